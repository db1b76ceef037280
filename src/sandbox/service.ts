import { randomBytes } from 'node:crypto'
import type { Admission, Recognise } from './admission.ts'
import { type Call, Refusal, type Reply, refusal } from './call.ts'
import type { Database } from './database.ts'
import { DEFAULT_ROLE } from './endpoints/role-store.ts'
import type { Match } from './routes.ts'

export interface Service {
  newId(prefix: string): string
  /**
   * The row ID of the caller's environment. @throws Refusal 401, or 429 for a request that comes
   * too early
   */
  admit(authorization: string | undefined, method: string, path: string, at: number): number
  /** Runs a handler. Writes run in one transaction: completely or not at all. @throws Refusal */
  handle(match: Match, environment: number, query: URLSearchParams, body: Record<string, unknown>, at: number): Reply
}

/** Everything about responses except HTTP itself. */
export function createService(
  database: Database,
  now: () => number,
  features: Pick<Call, 'multipleRoles' | 'pagedRoles' | 'connectionsApi' | 'showsMembers'>,
  recognise: Recognise,
  waitFor: Admission | undefined,
): Service {
  const newId = idGenerator(now)
  const environments = new Map<string, number>()
  let lastAt = -1
  let lastTimestamp = ''

  const timestampOf = (at: number) => {
    if (at !== lastAt) {
      lastAt = at
      lastTimestamp = new Date(at).toISOString()
    }
    return lastTimestamp
  }

  return {
    newId,
    admit(authorization, method, path, at) {
      const caller = recognise(authorization)
      if (caller === undefined) throw new Refusal(401, { message: 'Unauthorized' })
      const wait = waitFor?.({ ...caller, method, path }, at) ?? 0
      if (wait > 0) throw new TooEarly(wait)
      let environment = environments.get(caller.environment)
      if (environment === undefined) {
        environment = openEnvironment(database, caller.environment, newId, at)
        environments.set(caller.environment, environment)
      }
      return environment
    },
    handle({ endpoint, params }, environment, query, body, at) {
      const timestamp = timestampOf(at)
      const call: Call = { database, environment, params, query, body, at, timestamp, ...features, newId }
      return endpoint.method === 'GET' ? endpoint.handle(call) : database.transaction(() => endpoint.handle(call))
    },
  }
}

/** 429, with the milliseconds until the request would be admitted. */
export class TooEarly extends Refusal {
  readonly waitMs: number

  constructor(waitMs: number) {
    super(429, { message: 'Too many requests.', code: 'rate_limit_exceeded' })
    this.waitMs = waitMs
  }
}

/** The response to a request whose handling failed. */
export function replyToError(error: unknown): Reply {
  if (error instanceof Refusal) return { status: error.status, body: error.body }
  const reason = error instanceof Error ? error.message : String(error)
  return { status: 500, body: { message: `The sandbox failed: ${reason}` } }
}

/** 404 for an unknown method and path. */
export function unknownRoute(method: string, path: string): Refusal {
  return refusal(404, 'route_not_found', `Cannot ${method} ${path}`)
}

/**
 * Finds or creates an environment; a new one has the role `member`, as in WorkOS. Its name is most
 * of an API key, which might be a production key, so the database has a keyed digest of it.
 */
function openEnvironment(database: Database, name: string, newId: (prefix: string) => string, at: number): number {
  const find = 'SELECT id FROM environments WHERE name = ?'
  const stored = database.digest(name)
  // Earlier versions stored the name itself.
  database.run('UPDATE environments SET name = ? WHERE name = ?', stored, name)
  const known = database.one<{ id: number }>(find, stored)
  if (known !== undefined) return known.id
  return database.transaction(() => {
    database.run('INSERT INTO environments (name) VALUES (?) ON CONFLICT DO NOTHING', stored)
    const id = database.one<{ id: number }>(find, stored)?.id ?? 0
    const timestamp = new Date(at).toISOString()
    database.run(
      `INSERT INTO roles (environment, organization_id, slug, id, name, description, resource_type_slug, permissions, created_at, updated_at)
        VALUES (?, '', ?, ?, 'Member', NULL, 'organization', '[]', ?, ?) ON CONFLICT DO NOTHING`,
      id,
      DEFAULT_ROLE,
      newId('role'),
      timestamp,
      timestamp,
    )
    return id
  })
}

/** Crockford's Base32, as in the ULID specification. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_DIGITS = 10
const RANDOM_DIGITS = 16

/**
 * Generates IDs such as `user_01K…`: a prefix and a monotonic ULID. They sort in the order of
 * creation, even within one millisecond. Lists page by comparing IDs.
 */
function idGenerator(now: () => number): (prefix: string) => string {
  let time = -1
  let timeText = ''
  let random: number[] = []

  return (prefix) => {
    const current = Math.floor(now())
    if (current > time) {
      time = current
      timeText = timeDigits(time)
      random = randomDigits()
    } else if (!increment(random)) {
      time += 1
      timeText = timeDigits(time)
      random = randomDigits()
    }
    let text = `${prefix}_${timeText}`
    for (const digit of random) text += ALPHABET[digit]
    return text
  }
}

function timeDigits(time: number): string {
  let rest = time
  let text = ''
  for (let digit = 0; digit < TIME_DIGITS; digit++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function randomDigits(): number[] {
  return Array.from(randomBytes(RANDOM_DIGITS), (byte) => byte & 31)
}

/** Adds one in place. False on overflow. */
function increment(digits: number[]): boolean {
  for (let position = digits.length - 1; position >= 0; position--) {
    const digit = digits[position] ?? 0
    if (digit < 31) {
      digits[position] = digit + 1
      return true
    }
    digits[position] = 0
  }
  return false
}
