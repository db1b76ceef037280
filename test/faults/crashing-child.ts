/**
 * Runs the command line in a process that kills itself with SIGKILL at one exact place, given as
 * JSON in the variable CRASH. The program does not know of it: the boundaries wrap what the program
 * calls.
 */
import { subscribe } from 'node:diagnostics_channel'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StateStore } from '../../src/state/store.ts'
import { built } from '../built.ts'
import type { Boundary } from './boundary.ts'

const boundary: Boundary = JSON.parse(process.env.CRASH ?? '{}')
let seen = 0

/** Called at each visit to the boundary; dies at the n-th. */
function reached(): void {
  seen += 1
  if (seen === boundary.count) die()
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // The signal might be late: no further statement can run.
  for (;;);
}

interface Request {
  request: { method: string; path: string }
}

const PATHS = { user: '/user_management/users' }

function isCounted({ method, path }: Request['request']): boolean {
  return method !== 'GET' && (boundary.kind === undefined || path === PATHS[boundary.kind])
}

switch (boundary.at) {
  case 'after send':
    subscribe('undici:request:bodySent', (message) => {
      if (isCounted((message as Request).request)) reached()
    })
    break
  case 'after answer':
    subscribe('undici:request:trailers', (message) => {
      if (isCounted((message as Request).request)) reached()
    })
    break
  case 'statement':
    crashBefore(DatabaseSync.prototype, ['exec'])
    crashBefore(StatementSync.prototype, ['run', 'get', 'all'])
    break
  case 'half of a file':
    crashInWriting()
    break
  case 'before a rename':
  case 'after a rename':
    crashAroundRename(boundary.at === 'before a rename')
    break
  default:
    await crashAroundCommit()
}

const { processContext } = (await import(built('cli/context.ts'))) as typeof import('../../src/cli/context.ts')
const { run } = (await import(built('cli/run.ts'))) as typeof import('../../src/cli/run.ts')
const exit = await run(process.argv.slice(2), processContext())
if (process.env.COUNT_FILE !== undefined) fs.writeFileSync(process.env.COUNT_FILE, `${seen}`)
process.exitCode = exit

function crashBefore<Name extends string>(
  target: Record<Name, (...args: never[]) => unknown>,
  names: readonly Name[],
): void {
  for (const name of names) {
    const original = target[name]
    target[name] = function (this: unknown, ...args: never[]) {
      reached()
      return original.apply(this, args)
    }
  }
}

function crashInWriting(): void {
  const original = fs.writeSync
  const half = (fd: number, bytes: Uint8Array, at: number) => {
    if (seen + 1 === boundary.count) original(fd, bytes, at, Math.floor((bytes.length - at) / 2))
    reached()
    return original(fd, bytes, at)
  }
  fs.writeSync = half as typeof fs.writeSync
  syncBuiltinESMExports()
}

function crashAroundRename(before: boolean): void {
  const original = fs.renameSync
  fs.renameSync = (from, to) => {
    if (before) reached()
    original(from, to)
    if (!before) reached()
  }
  syncBuiltinESMExports()
}

async function crashAroundCommit(): Promise<void> {
  const { SqliteStateStore } = (await import(
    built('state/sqlite/store.ts')
  )) as typeof import('../../src/state/sqlite/store.ts')
  const { PostgresStateStore } = (await import(
    built('state/postgres/store.ts')
  )) as typeof import('../../src/state/postgres/store.ts')
  crashAroundCommitOf(SqliteStateStore.prototype)
  crashAroundCommitOf(PostgresStateStore.prototype)
}

function crashAroundCommitOf(store: Pick<StateStore, 'commit'>): void {
  const { commit } = store
  store.commit = async function (batch) {
    const counted = (kind: string) => boundary.kind === undefined || boundary.kind === kind
    const intents = batch.intents.some(({ kind }) => counted(kind))
    const outcomes = batch.outcomes.some((outcome) =>
      counted(outcome.type === 'saved' ? outcome.resource.kind : outcome.address.kind),
    )
    if ((boundary.at === 'before intent' && intents) || (boundary.at === 'before commit' && outcomes)) reached()
    await commit.call(this, batch)
    if ((boundary.at === 'after intent' && intents) || (boundary.at === 'after commit' && outcomes)) reached()
  }
}
