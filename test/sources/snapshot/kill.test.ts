import { spawn } from 'node:child_process'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { finishReplacement } from '../../../src/sources/snapshot/format.ts'
import { readSnapshot } from '../../../src/sources/snapshot/read-snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { rowsOf } from './directory.ts'
import { OF, readPages } from './pages.ts'

const CHILD = fileURLToPath(new URL('./killed-child.ts', import.meta.url))

/** Writes a snapshot in a process that is killed at a step; 0: never. */
async function child(folder: string, step: number, version: string) {
  const started = spawn(process.execPath, [CHILD, folder, `${step}`, version], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    started.once('close', (_code, signal) => resolve(signal)),
  )
  return { stdout: await text(started.stdout), signal: await ended }
}

async function write(folder: string, version: string) {
  const writer = await openSnapshotWriter(folder, OF)
  await readPages(writer, version)
  return writer.finish()
}

test('after a kill at any step, the old or the new snapshot is whole, and the next run writes the same rows', async () => {
  const home = temporaryFolder()
  const old = await write(join(home, 'old'), '1')
  const unkilled = await write(join(home, 'unkilled'), '2')
  const begin = (name: string) => {
    cpSync(join(home, 'old'), join(home, name, 'snapshot'), { recursive: true })
    return join(home, name, 'snapshot')
  }
  const { stdout, signal } = await child(begin('counting'), 0, '2')
  expect(signal).toBeNull()
  const steps = Number(stdout)
  expect(steps).toBeGreaterThan(20)

  const outcomes = new Set<string>()
  const killAt = async (step: number) => {
    const folder = begin(`killed-${step}`)
    expect([step, (await child(folder, step, '2')).signal]).toEqual([step, 'SIGKILL'])
    finishReplacement(folder)
    const left = await readSnapshot(folder)
    const rows = [...(await rowsOf(left, 'people')), ...(await rowsOf(left, 'groups'))]
    const versions = new Set(rows.map(({ version }) => version))
    expect([step, rows.length, versions.size]).toEqual([step, 9, 1])
    outcomes.add(left.digest)
    const next = await write(folder, '2')
    expect([step, next.digest]).toEqual([step, unkilled.digest])
    expect(await rowsOf(next, 'people')).toEqual(await rowsOf(unkilled, 'people'))
    expect(readdirSync(join(folder, '..'))).toEqual(['snapshot'])
  }
  const left = Array.from({ length: steps }, (_, index) => index + 1).values()
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (const step of left) await killAt(step)
    }),
  )
  expect(outcomes).toEqual(new Set([old.digest, unkilled.digest]))
}, 120_000)
