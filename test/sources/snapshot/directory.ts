import { once } from 'node:events'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import { SourceError } from '../../../src/diagnostics/errors.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import type { JsonObject } from '../../../src/json.ts'
import { type ObtainOptions, obtainSnapshot } from '../../../src/sources/snapshot/obtain.ts'
import { snapshotFolder } from '../../../src/sources/snapshot/placement.ts'
import { type Snapshot, SpoiledReading } from '../../../src/sources/snapshot/snapshot.ts'
import type { LiveReading } from '../../../src/sources/source.ts'
import { stepText } from '../step-text.ts'

const PAGE = 50

/** A user directory that is read over HTTP in pages of 50: the simplest possible live source. */
export interface Directory {
  people: JsonObject[]
  url: string
  /** Requested pages. */
  asked: number[]
  /**
   * Called before each response. False: the response is 500. 'gone': it is 410, which spoils the
   * reading.
   */
  onPage: (page: number) => boolean | 'gone'
}

export async function startDirectory(count: number): Promise<Directory> {
  const people = Array.from({ length: count }, (_, id) => ({ id, email: `person${id}@example.com` }))
  const directory: Directory = { people, url: '', asked: [], onPage: () => true }
  const server = createServer((request, response) => {
    const page = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('page'))
    directory.asked.push(page)
    const answered = directory.onPage(page)
    if (answered !== true) response.statusCode = answered === 'gone' ? 410 : 500
    response.end(JSON.stringify(directory.people.slice(page * PAGE, (page + 1) * PAGE)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  directory.url = `http://127.0.0.1:${address.port}`
  return directory
}

/** Reads the directory. */
const directoryReading: LiveReading = {
  applies: ({ url }) => url !== undefined,
  identity: ({ url, only }) => ({ url: String(url), ...(only === undefined ? {} : { only: String(only) }) }),
  async capture({ url }, snapshot, { signal, progress }) {
    for (let page = Number(snapshot.cursor('people') ?? 0); !snapshot.isDone('people'); page++) {
      const answer = await fetch(`${url}/people?page=${page}`, { signal: signal ?? null })
      if (answer.status === 410) throw new SpoiledReading({ code: 'directory_gone', message: `page ${page} is gone` })
      if (!answer.ok) throw new SourceError({ code: 'directory_broken', message: `page ${page}: ${answer.status}` })
      const rows: JsonObject[] = JSON.parse(await answer.text())
      await snapshot.append('people', rows, { step: 'people', cursor: page + 1, done: rows.length < PAGE })
      progress({ phase: 'people', done: snapshot.count('people') })
    }
    snapshot.note('people', snapshot.count('people'))
  },
}

/** Obtains the snapshot of a directory, and records warnings and progress. */
export interface Obtaining {
  config: SourceConfig
  folder: string
  warnings: Problem[]
  messages: string[]
  obtain(options?: Partial<ObtainOptions>): Promise<Snapshot>
}

export function obtaining(home: string, options: Record<string, unknown>): Obtaining {
  const config = { type: 'directory', ...options }
  const warnings: Problem[] = []
  const messages: string[] = []
  return {
    config,
    folder: snapshotFolder(config, home, directoryReading),
    warnings,
    messages,
    async obtain(more = {}) {
      const snapshot = await obtainSnapshot(
        config,
        {
          directory: home,
          now: Date.now,
          missing: [],
          onProgress: (step) => messages.push(stepText(step)),
          onWarning: (problem) => warnings.push(problem),
          ...more,
        },
        directoryReading,
      )
      if (snapshot === undefined) throw new Error('a live source has a snapshot')
      return snapshot
    },
  }
}

export async function rowsOf(snapshot: Snapshot, stream: string): Promise<JsonObject[]> {
  const rows: JsonObject[] = []
  for await (const batch of snapshot.read(stream)) for (const { data } of batch) rows.push(data)
  return rows
}
