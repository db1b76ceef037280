import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RequestLogEntry, type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import type { StateLocation } from '../../src/state/location.ts'
import { peekState } from '../../src/state/open.ts'
import type { StateResource } from '../../src/state/store.ts'
import { PROJECT, type StateKind } from '../state/kinds.ts'
import type { Boundary } from './boundary.ts'
import { type Command, type Finished, inChild, inProcess } from './command.ts'
import { type Population, writeProject } from './population.ts'
import { type Comparison, compare, type Live, readBack } from './read-back.ts'

const CHILD = fileURLToPath(new URL('./crashing-child.ts', import.meta.url))

/**
 * A sandbox and a project in which commands are killed, each with its own key and so its own
 * environment.
 */
export interface Wreck {
  folder: string
  /** Runs a command that dies at the boundary. */
  crash(args: readonly string[], boundary: Boundary): Promise<Finished>
  /** How often a complete command passes the boundary. */
  passes(args: readonly string[], at: Boundary['at']): Promise<number>
  /** Runs a command to its end. */
  run(args: readonly string[]): Promise<Finished>
  /** Starts over: another environment, no state. */
  renew(): Promise<void>
  compare(): Promise<Comparison>
  /** One request of the test itself. A successful response has an ID. */
  call(method: string, path: string, body?: object): Promise<{ id?: string; [member: string]: unknown }>
  live(): Promise<Live>
  /** Resources of a kind in the state. */
  applied(kind: string): Promise<StateResource[]>
  /** Requests of commands since the last renewal. */
  requests: readonly RequestLogEntry[]
  /** Files that runs left in the folder of the state. */
  leftovers(): string[]
  close(): Promise<void>
}

export interface WreckOptions {
  manifest?: object
  /** How far the clock of WorkOS is ahead of this machine's. Milliseconds. */
  ahead?: () => number
  /** Folder of the project. Default: a temporary folder. */
  folder?: string
  /** For the commands that are killed. */
  env?: Record<string, string>
  /** Storage of the state. Default: a file. */
  kind?: StateKind
}

const ASIDE = 'x-aside'

export async function openWreck(population: Population, options: WreckOptions = {}): Promise<Wreck> {
  const { ahead = () => 0, manifest, folder: place, env = {}, kind } = options
  const requests: RequestLogEntry[] = []
  const folder = place ?? mkdtempSync(join(tmpdir(), 'workos-migrate-crash-'))
  const shared = await kind?.newPlace()
  const sandbox: Sandbox = await startSandbox({
    data: ':memory:',
    now: () => Date.now() + ahead(),
    onRequest(entry) {
      if (!(ASIDE in entry.headers)) requests.push(entry)
    },
  })
  writeProject(folder, population, {
    baseUrl: sandbox.url,
    concurrency: 5,
    timeout: 20,
    more: { ...(shared && { name: PROJECT, ...shared.manifest }), ...manifest },
  })
  let environment = 0
  const key = () => `sk_test_wreck${environment}`
  const envOf = () => ({ KEY: key(), ...shared?.env })
  const state = join(folder, '.workos-migrate')
  const childFor = (boundary: Boundary, more: Record<string, string> = {}): Command =>
    inChild(CHILD, { CRASH: JSON.stringify(boundary), ...env, ...more })
  return {
    folder,
    crash: (args, boundary) => childFor(boundary)(folder, args, envOf()),
    async passes(args, at) {
      const file = join(folder, 'passes')
      const { exit, stderr } = await childFor({ at, count: 0 }, { COUNT_FILE: file })(folder, args, envOf())
      if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}: ${stderr}`)
      return Number(readFileSync(file, 'utf8'))
    },
    run: (args) => inProcess(folder, args, envOf()),
    requests,
    async call(method, path, body) {
      const headers = { authorization: `Bearer ${key()}`, 'content-type': 'application/json', [ASIDE]: '1' }
      const answer = await fetch(sandbox.url + path, { method, headers, body: JSON.stringify(body) ?? null })
      const text = await answer.text()
      return text === '' ? {} : JSON.parse(text)
    },
    live: () => readBack(sandbox.url, key()),
    async applied(kind) {
      const location: StateLocation = shared?.location(folder) ?? { type: 'file', path: join(state, 'state.sqlite') }
      const store = await peekState(location)
      try {
        const resources: StateResource[] = []
        for await (const batch of store.resources(kind)) resources.push(...batch)
        return resources
      } finally {
        await store.close()
      }
    },
    async renew() {
      environment += 1
      requests.length = 0
      rmSync(state, { recursive: true, force: true })
      await shared?.lose(folder)
    },
    compare: async () => compare(population.expected, await readBack(sandbox.url, key())),
    leftovers: () => readdirSync(state).filter((name) => name.startsWith('scratch-')),
    async close() {
      await sandbox.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The result of one crash and one plain apply after it. */
export interface Recovery extends Comparison {
  /** The signal that ended the first command; undefined if it finished. */
  signal: NodeJS.Signals | null
  exit: number
  stderr: string
  leftovers: string[]
  openWrites: number
}

/** Applies until the boundary kills it, then applies once more. */
export async function crashAndApply(wreck: Wreck, boundary: Boundary): Promise<Recovery> {
  await wreck.renew()
  const { signal } = await wreck.crash(['apply', '--yes'], boundary)
  const { exit, stderr } = await wreck.run(['apply', '--yes', '--json'])
  if (exit !== 0) throw new Error(`the apply after ${JSON.stringify(boundary)} ended with ${exit}: ${stderr}`)
  const { openWrites } = JSON.parse((await wreck.run(['state', 'show', '--json'])).stdout)
  return { signal, exit, stderr, openWrites, leftovers: wreck.leftovers(), ...(await wreck.compare()) }
}
