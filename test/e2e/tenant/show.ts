import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { PROGRESS } from '../../../src/sources/snapshot/format.ts'
import { startFakeAuth0 } from '../../fakes/auth0/fake-auth0.ts'
import { generateTenant, type TenantSize } from '../../fakes/auth0/generate.ts'
import type { LogEntry } from '../../fakes/http/exchange.ts'
import type { AnswerHook } from '../../fakes/http/server.ts'
import { type Finished, inChild } from '../../faults/command.ts'
import { type Comparison, compare, readBack } from '../../faults/read-back.ts'
import { type Truth, truthOf } from './expected.ts'
import { type SandboxProcess, startSandboxProcess } from './sandbox-process.ts'

const KEY = 'sk_test_tenant'
const UNLIMITED = '1000000/10s'

export interface ShowOptions {
  size: TenantSize
  /** Called after each command. */
  tell?: (line: string) => void
}

/** The result of migrating a tenant with five kills. */
export interface Shown {
  /** The signals that ended the five killed commands. */
  signals: (NodeJS.Signals | null)[]
  /** Exit codes of the finished commands: export, apply, plan. */
  exits: { export: number; apply: number; plan: number }
  truth: Truth
  comparison: Comparison
  /** Users whose surname differs from the tenant. */
  wrongNames: string[]
  /** Counts by kind of the finished apply. */
  applied: unknown
  /** What the last plan would do, by kind. */
  planned: unknown
  /** Answered requests to the tenant, by endpoint. */
  asked: Record<string, number>
  /** Organizations whose members were read from the beginning more than once. */
  askedTwice: number
  /** Requests that came faster than the tenant allows. */
  refused: number
  /** Requests to the tenant after the export had ended. */
  askedLater: number
  /** Writes to WorkOS after the apply had ended. */
  writtenLater: number
  seconds: number
}

/**
 * Exports a tenant, plans, applies and plans again with the real command line. It is killed while
 * reading users, while reading members, while planning, and twice while applying.
 */
export async function showTenant({ size, tell = () => {} }: ShowOptions): Promise<Shown> {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-tenant-'))
  const started = performance.now()
  const kill = new Trap(folder)
  const fake = await startFakeAuth0(generateTenant(size), {
    shortPages: 0.1,
    pageCap: 50,
    rate: { burst: 50, perSecond: 400 },
    onAnswer: kill.onAnswer,
  })
  const sandbox = await startSandboxProcess()
  const command = inChild()
  const run = async (args: string[], aim: (pid: number) => void = () => {}): Promise<Finished> => {
    const begun = performance.now()
    const finished = await command(folder, args, { KEY, SECRET: fake.source.clientSecret }, ({ pid = 0 }) => aim(pid))
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    tell(`${args.join(' ')}: ${finished.signal ?? finished.exit} after ${seconds} s`)
    return finished
  }
  try {
    writeFileSync(join(folder, 'migrate.config.yaml'), JSON.stringify(manifest(fake.source, sandbox, size)))
    const truth = truthOf(fake.tenant)
    const memberships = truth.expected.memberships.size
    const writes = truth.expected.users.size + truth.expected.organizations.size + memberships
    const signals: (NodeJS.Signals | null)[] = []
    const killed = async (args: string[], aim: (pid: number) => void) => {
      signals.push((await run(args, aim)).signal)
    }
    await killed(['export'], (pid) => kill.set(pid, '/exports/:job/:file', 1, 'users'))
    await killed(['export'], (pid) =>
      kill.set(pid, '/api/v2/organizations/:id/members', size.organizations / 2, 'members'),
    )
    const exported = await run(['export'])
    const asked = fake.counts()
    const requests = fake.log.length
    await killed(['plan'], (pid) => sandbox.aim({ pid, kind: 'read', count: 1 }))
    await killed(['apply', '--yes'], (pid) => sandbox.aim({ pid, kind: 'write', count: Math.floor(0.2 * writes) }))
    await killed(['apply', '--yes'], (pid) => sandbox.aim({ pid, kind: 'write', count: Math.floor(0.5 * writes) }))
    const applied = await run(['apply', '--yes', '--json'])
    const written = await sandbox.writes()
    const live = await readBack(sandbox.url, KEY)
    const users = live.users.map((user) => ({ ...user, first_name: user.first_name ?? '', metadata: {} }))
    const planned = await run(['plan', '--json', '--detailed-exitcode'])
    return {
      signals,
      exits: { export: exported.exit, apply: applied.exit, plan: planned.exit },
      truth,
      comparison: compare(truth.expected, { ...live, users }),
      wrongNames: live.users
        .filter(({ email, last_name }) => truth.lastNames.get(String(email)) !== (last_name ?? null))
        .map(({ email }) => String(email)),
      applied: parsed(applied).kinds,
      planned: parsed(planned).summary,
      asked,
      askedTwice: repeated(fake.log),
      refused: fake.log.filter(({ status }) => status === 429).length,
      askedLater: fake.log.length - requests,
      writtenLater: (await sandbox.writes()) - written,
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    await sandbox.close()
    await fake.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What was read before a kill need not be read again. */
function repeated(log: readonly LogEntry[]): number {
  const beginnings = log
    .filter(({ target, status }) => status === 200 && /\/members\?.*\bpage=0\b.*\bfields=/.test(target))
    .map(({ target }) => target)
  return beginnings.length - new Set(beginnings).size
}

/** Kills a process that reads from the tenant, after half of a response. */
class Trap {
  readonly #snapshots: string
  #pid: number | undefined
  #route = ''
  #left = 0
  #stream = ''

  constructor(folder: string) {
    this.#snapshots = join(folder, '.workos-migrate', 'snapshots')
  }

  /**
   * Triggers at the n-th response of this endpoint from now on, once the stream before it has been
   * stored.
   */
  set(pid: number, route: string, count: number, stream: string): void {
    this.#pid = pid
    this.#route = route
    this.#left = Math.ceil(count)
    this.#stream = stream
  }

  readonly onAnswer: AnswerHook = async ({ route }, answer, response) => {
    if (this.#pid === undefined || route !== this.#route) return false
    this.#left -= 1
    if (this.#left > 0) return false
    const pid = this.#pid
    this.#pid = undefined
    const { size } = this.#kept()
    const bytes = answer.bytes ?? Buffer.from(JSON.stringify(answer.body))
    response.writeHead(answer.status, { ...answer.headers, 'Content-Length': bytes.length })
    await new Promise((resolve) => response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), resolve))
    const isKept = () => {
      const now = this.#kept()
      return now.size > size && now.isCommitted
    }
    for (let tries = 0; tries < 100 && !isKept(); tries += 1) await setTimeout(100)
    process.kill(pid, 'SIGKILL')
    return true
  }

  /**
   * Bytes of the stream on disk, and whether its progress, which is written after them, is there
   * too.
   */
  #kept(): { size: number; isCommitted: boolean } {
    const names = readdirSync(this.#snapshots, { recursive: true, encoding: 'utf8' })
    const written = (fits: (name: string) => boolean) =>
      names.filter((name) => fits(basename(name))).map((name) => statSync(join(this.#snapshots, name)))
    const [stream] = written((name) => name === `${this.#stream}.ndjson.gz`)
    const progress = written((name) => name.startsWith(PROGRESS))
    if (stream === undefined) return { size: 0, isCommitted: false }
    return { size: stream.size, isCommitted: progress.some(({ mtimeMs }) => mtimeMs >= stream.mtimeMs) }
  }
}

function manifest(source: { domain: string; clientId: string }, sandbox: SandboxProcess, size: TenantSize): object {
  return {
    version: 1,
    name: 'tenant',
    source: { ...source, clientSecret: '${SECRET}' },
    target: { type: 'workos', apiKey: '${KEY}', baseUrl: sandbox.url },
    safety: { maxRejects: size.withoutEmail ?? 0 },
    run: { limits: { writes: UNLIMITED, reads: UNLIMITED, requests: UNLIMITED } },
  }
}

function parsed({ stdout, stderr }: Finished): Record<string, unknown> {
  if (!stdout.startsWith('{')) throw new Error(`no JSON: ${stderr}`)
  return JSON.parse(stdout)
}
