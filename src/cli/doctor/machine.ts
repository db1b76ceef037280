import { availableParallelism, totalmem } from 'node:os'
import { bytes, type Finding, MB, ok, type Patient, problem, skipped, soundIn, warning } from './patient.ts'

/** Memory that a run takes, and each of its workers. Megabytes. */
const RUN = 200
const WORKER = 100

/** Node.js, and SQLite in it. */
export async function lookAtNode(): Promise<Finding[]> {
  const { node } = process.versions
  try {
    const { openThrowaway } = await import('../../sqlite/open.ts')
    const db = openThrowaway(':memory:', { cacheKiB: 64 })
    const version = db.prepare('SELECT sqlite_version() AS version').get()?.version
    db.close()
    return [ok('node', `${node} on ${process.platform}-${process.arch}, with SQLite ${version}`)]
  } catch {
    return [problem('node', `${node} has no node:sqlite`, 'install Node.js 24 or later from https://nodejs.org')]
  }
}

/** What the machine has for `run.workers`. */
export function lookAtWorkers(patient: Patient): Finding[] {
  const loaded = soundIn(patient, 'run')
  if (loaded === undefined) return [skipped('workers', 'needs the manifest')]
  const { workers } = loaded.manifest.run
  return [workersOn(workers, { cores: availableParallelism(), memory: memory() })]
}

/** @param machine its cores, and the bytes of memory that this process may use */
export function workersOn(workers: number, { cores, memory }: { cores: number; memory: number }): Finding {
  const has = `run.workers is ${workers}, and there are ${cores} cores and ${bytes(memory)} of memory`
  const needed = (RUN + workers * WORKER) * MB
  if (memory < needed) {
    const fitting = Math.max(1, Math.floor((memory / MB - RUN) / WORKER))
    return warning(
      'workers',
      has,
      `a run takes about ${bytes(needed)} then: set run.workers to ${fitting}, or allow it more memory`,
    )
  }
  if (workers > cores)
    return warning('workers', has, `more threads than cores are no faster: set run.workers to ${cores}`)
  return ok('workers', has)
}

/** What a container allows, or what there is. */
function memory(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem())
}
