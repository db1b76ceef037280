import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Journal } from '../src/applying/apply-context.ts'
import { loadManifest } from '../src/config/load.ts'
import { Redactor } from '../src/diagnostics/redactor.ts'
import { digester } from '../src/digest.ts'
import { createScratch } from '../src/files/scratch.ts'
import { computeDesired } from '../src/planning/compute-desired.ts'
import { type StateLocation, stateLocation } from '../src/state/location.ts'
import { openState } from '../src/state/open.ts'
import type { OpenState, StateContent, StateEntry } from '../src/state/store.ts'
import { Cluster, NO_POSTGRES, newPostgresLocation, postgresPrograms } from '../test/postgres.ts'
import { clerkSize, writeClerkExport } from './data.ts'
import { inFolder } from './folder.ts'
import { type Measured, measure } from './measure.ts'

/**
 * Measures both kinds of states. The server has the default settings of Debian, including `fsync`.
 */

export interface StateFigures {
  title: string
  figures: Record<string, number>
}

/** Journal writes: as many callers as requests in progress, each with an intent and its outcome. */
const WRITES = 40_000
const CALLERS = 50

/** Measurements of a plan; the smallest counts. */
const RUNS = 3

/** @param users 2.5 resources each */
export async function* stateBenchmarks(users = 400_000): AsyncGenerator<StateFigures> {
  if (postgresPrograms === undefined) throw new Error(NO_POSTGRES)
  const cluster = Cluster.make({ settings: ['fsync = on', 'full_page_writes = on', 'shared_buffers = 128MB'] })
  try {
    await cluster.start()
    yield await inFolder((folder) => journalling(folder, cluster))
    yield await inFolder((folder) => knowing(folder, cluster, users))
  } finally {
    await cluster.remove()
  }
}

async function journalling(folder: string, cluster: Cluster): Promise<StateFigures> {
  const sqlite = await journalled({ type: 'file', path: join(folder, 'state.sqlite') })
  const postgres = await journalled(await newPostgresLocation(cluster))
  return {
    title: `${WRITES} journalled writes, ${CALLERS} at a time, on this machine`,
    figures: {
      'writes/s, SQLite': sqlite.perSecond,
      'writes/s, PostgreSQL (at least 2,000)': postgres.perSecond,
      'commits a write, PostgreSQL': postgres.commits,
    },
  }
}

async function journalled(location: StateLocation): Promise<{ perSecond: number; commits: number }> {
  const state = await openState(location, { command: 'bench', now: new Date() })
  try {
    const journal = new Journal(state)
    const numbers = Array.from({ length: WRITES }, (_, n) => n).values()
    const caller = async () => {
      for (const n of numbers) {
        const one = {
          kind: 'user',
          key: `u-${n}`,
          attributes: { email: `user${n}@example.com` },
          digests: {},
          refs: {},
        }
        await journal.intend({ ...one, action: 'create', startedAt: new Date().toISOString() })
        const resource = { ...one, id: `user_${n}`, ownership: 'created', run: 1 } as const
        await journal.record({ type: 'saved', resource })
      }
    }
    const started = performance.now()
    await Promise.all(Array.from({ length: CALLERS }, caller))
    const seconds = (performance.now() - started) / 1000
    return { perSecond: WRITES / seconds, commits: state.serial / WRITES }
  } finally {
    await state.close()
  }
}

/** A plan of known, unchanged resources, with each kind of state. */
async function knowing(folder: string, cluster: Cluster, users: number): Promise<StateFigures> {
  const { schema } = await newPostgresLocation(cluster)
  const shared = `environments: { shared: { state: { type: postgres, url: "\${DATABASE_URL}", schema: ${schema} } } }`
  writeClerkExport(folder, clerkSize(users), `target: { type: sandbox }\n${shared}`)
  const env = { DATABASE_URL: cluster.url() }
  const resources = await fill(folder, env)
  const sqlite = await least(() => measure(folder, ['plan', '--quiet']))
  const postgres = await least(() => measure(folder, ['plan', '--quiet', '-e', 'shared'], env))
  const name = (kind: string) => `seconds planning, ${kind}`
  return {
    title: `planning ${resources.toLocaleString('en-US')} known resources of which none has changed`,
    figures: {
      [name('SQLite')]: sqlite,
      [name('PostgreSQL')]: postgres,
      'times SQLite (at most 1.5)': postgres / sqlite,
    },
  }
}

async function least(run: () => Promise<Measured>): Promise<number> {
  let seconds = Number.POSITIVE_INFINITY
  for (let times = 0; times < RUNS; times += 1) seconds = Math.min(seconds, (await run()).seconds)
  return seconds
}

/** Marks everything as applied in both states. @returns the number of resources */
async function fill(folder: string, env: Record<string, string>): Promise<number> {
  const load = (environment?: string) =>
    loadManifest({ path: join(folder, 'migrate.config.yaml'), environment, cwd: folder, env, redactor: new Redactor() })
  const loaded = await load()
  const place = join(folder, '.workos-migrate')
  mkdirSync(place, { recursive: true, mode: 0o700 })
  const scratch = createScratch(place)
  const { set } = await computeDesired({ loaded, scratch: scratch.path })
  try {
    for (const environment of [undefined, 'shared']) {
      const location = stateLocation(await load(environment))
      const state = await openState(location, { command: 'bench', now: new Date() })
      await state.replace(appliedOf(state, () => set.rundb.iterate('SELECT * FROM desired ORDER BY kind, key')))
      await state.close()
    }
    return Number(set.rundb.statement('SELECT count(*) AS n FROM desired').get()?.n)
  } finally {
    set.close()
    scratch.remove()
  }
}

function appliedOf(state: OpenState, rows: () => Iterable<Record<string, unknown>>): StateContent {
  const { lineage, digestKey } = state
  const { digest } = digester(digestKey)
  return {
    identity: { lineage, serial: 1, digestKey, binding: undefined },
    async *entries() {
      let batch: StateEntry[] = []
      for (const { kind, key, attributes, secrets, refs } of rows()) {
        const resource = {
          kind: String(kind),
          key: String(key),
          id: `${kind}_${key}`,
          attributes: JSON.parse(String(attributes)),
          digests: secrets === null ? {} : digest(JSON.parse(String(secrets))),
          refs: JSON.parse(String(refs)),
          ownership: 'created',
          run: 1,
        } as const
        batch.push({ type: 'resource', resource })
        if (batch.length < 1_000) continue
        yield batch
        batch = []
      }
      yield batch
    },
  }
}
