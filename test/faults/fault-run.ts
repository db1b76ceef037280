import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultSet } from '../../src/sandbox/faults/fault.ts'
import { type RequestLogEntry, type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { PROJECT, type StateKind, type StatePlace } from '../state/kinds.ts'
import type { Command, Finished } from './command.ts'
import { type Expected, type Population, writeProject } from './population.ts'
import { compare, type Live, readBack } from './read-back.ts'
import { checkRun } from './truth.ts'

const KEY = 'sk_test_faults'

/** More applies than any case here needs. */
const APPLIES = 25

export interface FaultCase {
  name: string
  faults: FaultSet
  /** What is left to be there during the fault; default: everything. */
  expected?(expected: Expected): Expected
  /** For a fault that does not pass by itself: the exit code of applies during it. */
  lasting?: number
  /** Timeout of a request, in seconds. */
  timeout?: number
}

export interface FaultRunOptions {
  population: Population
  faultCase: FaultCase
  command: Command
  concurrency: number
  /** Kill the child as the n-th write of an apply arrives; one apply each. */
  kills?: readonly number[]
  /** Called for each child process. */
  onChild?: (pid: number) => void
  /** Storage of the state. Default: a file. */
  kind?: StateKind
}

/**
 * The result of applying under faults. Nothing can be lost or duplicated, and every report must be
 * true.
 */
export interface FaultRunResult {
  name: string
  injected: number
  survived: number
  lost: string[]
  duplicated: string[]
  /** Wrong exit codes, summaries and request counts. */
  untruths: string[]
  requests: number
  /** Exit codes of the applies; the signal for killed ones. */
  exits: (number | string)[]
  seconds: number
}

interface FaultRun {
  options: FaultRunOptions
  folder: string
  place: StatePlace | undefined
  env: Record<string, string>
  sandbox: Sandbox
  /** A second server on the same data, without faults. */
  faultFree: Sandbox
  log: RequestLogEntry[]
  /** Requests that arrived, whether they are in the log yet or not. */
  killer: { pid?: number; at: number; seen: number }
  result: FaultRunResult
}

/**
 * Applies under the faults of a case until everything is done, reads everything back, and applies
 * once more, which must find nothing to do.
 */
export async function applyUnderFaults(options: FaultRunOptions): Promise<FaultRunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-faults-'))
  const data = join(folder, 'sandbox.sqlite')
  const log: RequestLogEntry[] = []
  const killer: FaultRun['killer'] = { at: Number.POSITIVE_INFINITY, seen: 0 }
  const sandbox = await startSandbox({
    data,
    faults: options.faultCase.faults,
    onRequest: (entry) => log.push({ ...entry, body: undefined, responseBody: undefined, headers: {} }),
    interceptor: {
      before({ request }) {
        if (request.method !== 'GET') killer.seen += 1
        if (killer.seen >= killer.at && killer.pid !== undefined) {
          process.kill(killer.pid, 'SIGKILL')
          killer.at = Number.POSITIVE_INFINITY
        }
        return false
      },
    },
  })
  const faultFree = await startSandbox({ data })
  const result: FaultRunResult = {
    name: options.faultCase.name,
    injected: 0,
    survived: 0,
    lost: [],
    duplicated: [],
    untruths: [],
    requests: 0,
    exits: [],
    seconds: 0,
  }
  const started = performance.now()
  const place = await options.kind?.newPlace()
  const run: FaultRun = { options, folder, place, env: { KEY, ...place?.env }, sandbox, faultFree, log, killer, result }
  try {
    const { concurrency, faultCase, population } = options
    const more = run.place && { name: PROJECT, ...run.place.manifest }
    writeProject(folder, population, { baseUrl: sandbox.url, concurrency, timeout: faultCase.timeout ?? 5, more })
    await applyToTheEnd(run)
  } finally {
    await sandbox.close()
    await faultFree.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...result, seconds: (performance.now() - started) / 1000 }
}

async function applyToTheEnd(run: FaultRun): Promise<void> {
  const { options, sandbox, result, log } = run
  const { faultCase, population, kills = [] } = options
  for (const at of kills) await apply(run, at)
  const last = await applyUntil(run, faultCase.lasting ?? 0)
  result.injected = sandbox.faults().faults.reduce((sum, { injected }) => sum + injected, 0)
  if (faultCase.lasting !== undefined) {
    const expected = faultCase.expected?.(population.expected)
    if (expected) settleAccounts(result, expected, last)
    sandbox.setFaults(undefined)
    await applyUntil(run, 0)
  }
  result.requests = sandbox.requests().total
  sandbox.setFaults(undefined)
  const live = await readBack(run.faultFree.url, KEY)
  result.survived = settleAccounts(result, population.expected, live)
  await checkState(run, live)
  const before = log.length
  const again = await options.command(run.folder, ['apply', '--yes', '--json'], run.env)
  const written = log.slice(before).filter(({ method }) => method !== 'GET').length
  if (again.exit !== 0 || written > 0) {
    result.untruths.push(`one more apply ended with ${again.exit} after ${written} writes: ${again.stderr}`)
  }
}

/** Applies until the expected exit code. Returns what is in WorkOS then. */
async function applyUntil(run: FaultRun, code: number): Promise<Live> {
  const { result } = run
  for (let n = 0; n < APPLIES; n += 1) {
    const { exit, live, stderr } = await apply(run)
    if (exit === code) return live
    // 1: unreachable for too long; 7: some outcomes stayed open. Both tell the user to apply again.
    if (exit === 1 || exit === 7) continue
    result.untruths.push(`an apply ended with ${exit}: ${stderr}`)
    return live
  }
  result.untruths.push(`${APPLIES} applies did not come to an end (${result.exits.join(' ')})`)
  return readBack(run.faultFree.url, KEY)
}

/** One apply, whose exit code, summary and counts are compared with what really happened. */
async function apply(run: FaultRun, killAt?: number): Promise<Finished & { live: Live }> {
  const { options, folder, faultFree, log, killer, result, sandbox } = run
  const before = { live: await readBack(faultFree.url, KEY), log: log.length, requests: sandbox.requests().total }
  killer.seen = 0
  killer.at = killAt ?? Number.POSITIVE_INFINITY
  const finished = await options.command(folder, ['apply', '--yes', '--json'], run.env, ({ pid }) => {
    killer.pid = pid
    if (pid !== undefined) options.onChild?.(pid)
  })
  killer.pid = undefined
  await settled(run)
  const live = await readBack(faultFree.url, KEY)
  result.exits.push(finished.signal ?? finished.exit)
  if (finished.signal === null) {
    const runs = JSON.parse((await options.command(folder, ['state', 'show', '--json'], run.env)).stdout).runs
    result.untruths.push(
      ...checkRun({
        finished,
        live,
        before: before.live,
        run: runs.at(-1),
        log: log.slice(before.log),
        impatient: options.faultCase.timeout !== undefined,
      }),
    )
  } else if (killAt === undefined) result.untruths.push(`an apply was ended by ${finished.signal}`)
  return { ...finished, live }
}

/** Waits for abandoned requests to finish. */
async function settled({ sandbox, options: { faultCase, kills } }: FaultRun): Promise<void> {
  if (faultCase.timeout === undefined && kills === undefined) return
  for (let total = -1; total !== sandbox.requests().total; ) {
    total = sandbox.requests().total
    await new Promise((resolve) => setTimeout(resolve, 700))
  }
}

function settleAccounts(result: FaultRunResult, expected: Expected, live: Live): number {
  const { survived, lost, duplicated } = compare(expected, live)
  result.lost.push(...lost)
  result.duplicated.push(...duplicated)
  return survived
}

/** The state has each resource with its ID in WorkOS, and nothing is open. */
async function checkState({ options, folder, env, result }: FaultRun, live: Live): Promise<void> {
  const shown = JSON.parse((await options.command(folder, ['state', 'show', '--json'], env)).stdout)
  if (shown.openWrites !== 0) result.untruths.push(`${shown.openWrites} writes are open in the end`)
  const listed = (await options.command(folder, ['state', 'list', '--json'], env)).stdout.trimEnd().split('\n')
  const known = listed.map((line) => JSON.parse(line)).filter(({ kind }) => kind !== 'role')
  const ids = new Set([...live.users, ...live.organizations, ...live.memberships].map(({ id }) => id))
  const strangers = known.filter(({ workos_id }) => !ids.delete(workos_id))
  for (const { kind, key } of strangers) result.untruths.push(`the state has ${kind}:${key}, WorkOS does not`)
  if (ids.size > 0) result.untruths.push(`WorkOS has ${ids.size} resources that the state does not know`)
}
