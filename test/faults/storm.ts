import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultSet } from '../../src/sandbox/faults/fault.ts'
import { type RequestLogEntry, type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import type { Command, Finished } from './command.ts'
import { type Expected, type Population, writeProject } from './population.ts'
import { compare, type Live, readBack } from './read-back.ts'
import { checkRun } from './truth.ts'

const KEY = 'sk_test_storm'

/** More applies than any weather here needs. */
const APPLIES = 25

export interface Weather {
  name: string
  faults: FaultSet
  /** What is left to be there while it lasts; default: everything. */
  expected?(expected: Expected): Expected
  /** It does not pass by itself: the exit code that applies end with while it lasts. */
  lasting?: number
  /** Seconds until a request is given up. */
  timeout?: number
}

export interface StormOptions {
  population: Population
  weather: Weather
  command: Command
  concurrency: number
  /** Kill the child as the n-th write of an apply comes in; one apply each. */
  kills?: readonly number[]
  /** Told of each child that is started. */
  onChild?: (pid: number) => void
}

/** What a storm left. Nothing may be lost or duplicated, and nobody may have been told anything untrue. */
export interface Aftermath {
  name: string
  injected: number
  survived: number
  lost: string[]
  duplicated: string[]
  /** Where an exit code, a summary or a count of requests was not true. */
  untruths: string[]
  requests: number
  /** Exit codes of the applies; of killed ones, the signal. */
  exits: (number | string)[]
  seconds: number
}

interface Scene {
  options: StormOptions
  folder: string
  sandbox: Sandbox
  /** A second server on the same data, without faults. */
  calm: Sandbox
  log: RequestLogEntry[]
  /** Requests that came in, whether they are in the log yet or not. */
  killer: { pid?: number; at: number; seen: number }
  aftermath: Aftermath
}

/** Applies through the weather until all is done, reads everything back, and applies once more: nothing may be left to do. */
export async function ride(options: StormOptions): Promise<Aftermath> {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-faults-'))
  const data = join(folder, 'sandbox.sqlite')
  const log: RequestLogEntry[] = []
  const killer: Scene['killer'] = { at: Number.POSITIVE_INFINITY, seen: 0 }
  const sandbox = await startSandbox({
    data,
    faults: options.weather.faults,
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
  const calm = await startSandbox({ data })
  const aftermath: Aftermath = {
    name: options.weather.name,
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
  const scene: Scene = { options, folder, sandbox, calm, log, killer, aftermath }
  try {
    const { concurrency, weather, population } = options
    writeProject(folder, population, { baseUrl: sandbox.url, concurrency, timeout: weather.timeout ?? 5 })
    await rideOut(scene)
  } finally {
    await sandbox.close()
    await calm.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...aftermath, seconds: (performance.now() - started) / 1000 }
}

async function rideOut(scene: Scene): Promise<void> {
  const { options, sandbox, aftermath, log } = scene
  const { weather, population, kills = [] } = options
  for (const at of kills) await apply(scene, at)
  const last = await applyUntil(scene, weather.lasting ?? 0)
  aftermath.injected = sandbox.faults().faults.reduce((sum, { injected }) => sum + injected, 0)
  if (weather.lasting !== undefined) {
    const expected = weather.expected?.(population.expected)
    if (expected) settleAccounts(aftermath, expected, last)
    sandbox.setFaults(undefined)
    await applyUntil(scene, 0)
  }
  aftermath.requests = sandbox.requests().total
  sandbox.setFaults(undefined)
  const live = await readBack(scene.calm.url, KEY)
  aftermath.survived = settleAccounts(aftermath, population.expected, live)
  await checkState(scene, live)
  const before = log.length
  const again = await options.command(scene.folder, ['apply', '--yes', '--json'], { KEY })
  const written = log.slice(before).filter(({ method }) => method !== 'GET').length
  if (again.exit !== 0 || written > 0) {
    aftermath.untruths.push(`one more apply ended with ${again.exit} after ${written} writes: ${again.stderr}`)
  }
}

/** Applies until the exit code is the one that is waited for. Returns what is in WorkOS then. */
async function applyUntil(scene: Scene, code: number): Promise<Live> {
  const { aftermath } = scene
  for (let n = 0; n < APPLIES; n += 1) {
    const { exit, live, stderr } = await apply(scene)
    if (exit === code) return live
    // 1: out of reach for too long, 7: some outcomes stayed open. Both say to apply again.
    if (exit === 1 || exit === 7) continue
    aftermath.untruths.push(`an apply ended with ${exit}: ${stderr}`)
    return live
  }
  aftermath.untruths.push(`${APPLIES} applies did not come to an end (${aftermath.exits.join(' ')})`)
  return readBack(scene.calm.url, KEY)
}

/** One apply, whose exit code, summary and counts are held against what really happened. */
async function apply(scene: Scene, killAt?: number): Promise<Finished & { live: Live }> {
  const { options, folder, calm, log, killer, aftermath, sandbox } = scene
  const before = { live: await readBack(calm.url, KEY), log: log.length, requests: sandbox.requests().total }
  killer.seen = 0
  killer.at = killAt ?? Number.POSITIVE_INFINITY
  const finished = await options.command(folder, ['apply', '--yes', '--json'], { KEY }, ({ pid }) => {
    killer.pid = pid
    if (pid !== undefined) options.onChild?.(pid)
  })
  killer.pid = undefined
  await settled(scene)
  const live = await readBack(calm.url, KEY)
  aftermath.exits.push(finished.signal ?? finished.exit)
  if (finished.signal === null) {
    const runs = JSON.parse((await options.command(folder, ['state', 'show', '--json'], { KEY })).stdout).runs
    aftermath.untruths.push(
      ...checkRun({
        finished,
        live,
        before: before.live,
        run: runs.at(-1),
        log: log.slice(before.log),
        impatient: options.weather.timeout !== undefined,
      }),
    )
  } else if (killAt === undefined) aftermath.untruths.push(`an apply was ended by ${finished.signal}`)
  return { ...finished, live }
}

/** Waits until requests that nobody waits for any more are done with. */
async function settled({ sandbox, options: { weather, kills } }: Scene): Promise<void> {
  if (weather.timeout === undefined && kills === undefined) return
  for (let total = -1; total !== sandbox.requests().total; ) {
    total = sandbox.requests().total
    await new Promise((resolve) => setTimeout(resolve, 700))
  }
}

function settleAccounts(aftermath: Aftermath, expected: Expected, live: Live): number {
  const { survived, lost, duplicated } = compare(expected, live)
  aftermath.lost.push(...lost)
  aftermath.duplicated.push(...duplicated)
  return survived
}

/** The state knows each resource, by the id that it has in WorkOS, and nothing is open. */
async function checkState({ options, folder, aftermath }: Scene, live: Live): Promise<void> {
  const shown = JSON.parse((await options.command(folder, ['state', 'show', '--json'], { KEY })).stdout)
  if (shown.openWrites !== 0) aftermath.untruths.push(`${shown.openWrites} writes are open in the end`)
  const listed = (await options.command(folder, ['state', 'list', '--json'], { KEY })).stdout.trimEnd().split('\n')
  const known = listed.map((line) => JSON.parse(line)).filter(({ kind }) => kind !== 'role')
  const ids = new Set([...live.users, ...live.organizations, ...live.memberships].map(({ id }) => id))
  const strangers = known.filter(({ workos_id }) => !ids.delete(workos_id))
  for (const { kind, key } of strangers) aftermath.untruths.push(`the state has ${kind}:${key}, WorkOS does not`)
  if (ids.size > 0) aftermath.untruths.push(`WorkOS has ${ids.size} resources that the state does not know`)
}
