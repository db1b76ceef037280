import { counted, figure } from '../../../diagnostics/printable.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import type { RunDatabase } from '../../../rundb/run-database.ts'
import type { Row } from '../../../sqlite/open.ts'
import { RESET_CODES, type ResetCode } from './credentials.ts'
import { canonicalHashType, weakness } from './hash-types.ts'
import { withoutLength } from './strangers.ts'

/** How many users of the desired set have some one thing said of their password, and what. */
interface PasswordRemark {
  count: number
  /**
   * Hasher and public parameters: `md5`, `pbkdf2 sha256 i=27500 (i: 600000 to 1000000)`, `bcrypt
   * cost=8`.
   */
  detail: string
}

/**
 * What becomes of the passwords of one algorithm: `kept` + `reset` + `there` = the users who had
 * one.
 */
interface AlgorithmCount {
  /**
   * WorkOS's name of the type, the source's name of one that it does not take, `unknown`, `not a
   * hash`, or `clear` for passwords as they are.
   */
  algorithm: string
  kept: number
  reset: number
  /** Users who were in WorkOS before: nothing is sent, they keep what they have there. */
  there: number
  /** Those of the kept that are weak by today's measure, most first. */
  weak: PasswordRemark[]
  /** Why the others are reset. Most first. */
  reasons: (PasswordRemark & { why: ResetWhy })[]
}

/**
 * WorkOS does not take them, or they are weak and the manifest says so, or what is there is no
 * hash.
 */
type ResetWhy = 'unsupported' | 'weak' | 'not a hash'

const WHY: Record<ResetCode, ResetWhy> = {
  password_reset_required: 'unsupported',
  password_weak_reset: 'weak',
  password_not_a_hash: 'not a hash',
}

/**
 * What becomes of the passwords of all users of the desired set: `kept` + `reset` + `there` +
 * `none` = these users.
 */
export interface PasswordCounts {
  kept: number
  reset: number
  there: number
  /**
   * Users for whom the source has no password, or only one of a record that did not prove to be the
   * same person.
   */
  none: number
  /** Most users first. */
  algorithms: AlgorithmCount[]
}

/**
 * Codes of remarks that the lines about passwords sum up: they are no remarks of a plan besides.
 */
export const SUMMED_UP: ReadonlySet<string> = new Set(RESET_CODES)

/** How many reasons are spelt out for one algorithm: parameters may differ from hash to hash. */
const REASONS = 3

/** One algorithm, and in words what becomes of its passwords. */
interface PasswordLine {
  algorithm: string
  fate: string
}

/**
 * What becomes of the users' passwords, one line for each algorithm. Empty where the source has
 * none at all.
 */
export function describePasswords({ algorithms, none }: PasswordCounts): PasswordLine[] {
  if (algorithms.length === 0) return []
  const lines = algorithms.map((count) => ({
    algorithm: count.algorithm === 'clear' ? 'in clear' : count.algorithm,
    fate: fateOf(count),
  }))
  return none === 0 ? lines : [...lines, { algorithm: 'none', fate: `${figure(none)} without a password` }]
}

/** What the count is of, in a line. */
export function passwordsHeading({ kept, reset, there }: PasswordCounts): string {
  const before = there === 0 ? '' : `, ${figure(there)} of users who were in WorkOS before`
  return `${figure(kept)} kept, ${figure(reset)} to be reset by their owners${before}`
}

function fateOf({ kept, reset, there, weak, reasons }: AlgorithmCount): string {
  const weakCount = weak.reduce((sum, { count }) => sum + count, 0)
  const weakness = weakCount === 0 ? '' : `, ${figure(weakCount)} of them weak: ${list(weak, ({ detail }) => detail)}`
  const why = list(reasons, ({ why, detail }) =>
    why === 'weak' ? `${detail} is weak (passwords.weak: reset)` : describeWhy(why, detail),
  )
  return [
    ...(kept > 0 ? [`${figure(kept)} kept${weakness}`] : []),
    ...(reset > 0
      ? [`${figure(reset)} ${reasons[0]?.why === 'not a hash' ? 'without a password' : 'reset'}: ${why}`]
      : []),
    ...(there > 0 ? [`${figure(there)} not sent: in WorkOS before, with what they have there`] : []),
  ].join('; ')
}

function describeWhy(why: ResetWhy, detail: string): string {
  switch (why) {
    case 'unsupported':
      return `WorkOS does not take ${detail}`
    case 'weak':
      return `${detail} is weak, and passwords.weak is reset`
    case 'not a hash':
      return detail
  }
}

function list<T extends { count: number }>(items: readonly T[], describe: (item: T) => string): string {
  const shown = items.slice(0, REASONS).map((item) => {
    return items.length === 1 ? describe(item) : `${describe(item)} (${figure(item.count)})`
  })
  const rest = items.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')
}

/**
 * Why a user comes into WorkOS without the password of the source, or is sent none: `unsupported`
 * and `weak` hashes; what is no hash (`not a hash`); a source that has none (`none`), or only one
 * of a record that did not prove to be the same person (`unproven`); an account that was in WorkOS
 * before (`there`), or was adopted and whose address nobody has verified (`unverified`).
 */
type ResetReason = ResetWhy | 'none' | 'unproven' | 'there' | 'unverified'

/** Why the password of one user is not migrated, in words. */
export function describeReset({
  reason,
  detail,
  existing,
}: {
  reason: ResetReason
  /** Hasher and public parameters. */
  detail: string
  /** The user was in WorkOS before. */
  existing: boolean
}): string {
  const before = existing ? '; the user was in WorkOS before, and keeps what is there' : ''
  switch (reason) {
    case 'unsupported':
    case 'weak':
      return describeWhy(reason, detail)
    case 'not a hash':
      return `what is mapped as the password hash is no hash (${withoutLength(detail)})`
    case 'none':
      return `the source has no password${before}`
    case 'unproven':
      return `only a record that did not prove to be the same person has a password${before}`
    case 'unverified':
      return 'not sent: nobody has verified the address of the adopted account'
    case 'there':
      return 'not sent: the user was in WorkOS before, and keeps what is there'
  }
}

/** What a comparison with WorkOS cannot see. */
export function describeUnreadable({
  inSource,
  sent,
  leftAlone,
}: {
  inSource: number
  sent: number
  leftAlone: number
}): string {
  const alone = leftAlone === 0 ? '' : `, ${counted(leftAlone, 'user')} from before kept theirs`
  return (
    `passwords cannot be read back from WorkOS: ${figure(inSource)} in the source, ` +
    `${figure(sent)} sent with users that were created${alone}`
  )
}

/** Nobody has one. */
export const NO_PASSWORDS: PasswordCounts = { kept: 0, reset: 0, there: 0, none: 0, algorithms: [] }

/** The passwords of all users. */
export interface Kept {
  /** Users, with and without one. */
  users: number
  /** By algorithm, and by how weak it is. */
  counts: ReadonlyMap<string, KeptCount>
}

/** How many users have a password of an algorithm, and how weak it is. */
interface KeptCount {
  algorithm: string
  /** Empty: it is not. */
  weak: string
  count: number
}

/**
 * Counts passwords: what is in memory grows with the algorithms and parameters, not with the users.
 */
export class KeptPasswords {
  readonly #counts = new Map<string, KeptCount>()
  #users = 0

  /** @param secrets of a user */
  add(secrets: JsonObject | null): void {
    this.#users += 1
    if (secrets !== null) this.count(isObject(secrets.passwordHash) ? secrets.passwordHash : {})
  }

  count({ type = null, hash = null }: { type?: unknown; hash?: unknown }): void {
    const algorithm = type === null ? 'clear' : String(type)
    const weak = type === null ? '' : (weakness(algorithm, String(hash)) ?? '')
    const key = `${algorithm}\n${weak}`
    const counted = this.#counts.get(key)
    if (counted === undefined) this.#counts.set(key, { algorithm, weak, count: 1 })
    else counted.count += 1
  }

  kept(): Kept {
    return { users: this.#users, counts: this.#counts }
  }
}

/**
 * What becomes of the passwords of all users.
 * @param all that users have
 */
export function countPasswords(rundb: RunDatabase, all: Kept): PasswordCounts {
  const found = new Map<string, AlgorithmCount>()
  const of = (algorithm: string): AlgorithmCount => {
    const known = found.get(algorithm) ?? { algorithm, kept: 0, reset: 0, there: 0, weak: [], reasons: [] }
    found.set(algorithm, known)
    return known
  }
  const left = new KeptPasswords()
  for (const password of passwordsThere(rundb)) left.count(password)
  const beforehand = left.kept().counts
  for (const [key, { algorithm, weak, count }] of all.counts) {
    const before = beforehand.get(key)?.count ?? 0
    of(algorithm).there += before
    of(algorithm).kept += count - before
    if (weak !== '' && count > before) of(algorithm).weak.push({ count: count - before, detail: weak })
  }
  for (const { code, detail, there, count } of resets(rundb)) {
    const why = WHY[code]
    const counted = of(why === 'not a hash' ? why : algorithmOf(detail))
    if (there) {
      counted.there += count
      continue
    }
    counted.reset += count
    counted.reasons.push({ count, detail, why })
  }
  const algorithms = [...found.values()].sort((a, b) => total(b) - total(a) || (a.algorithm < b.algorithm ? -1 : 1))
  for (const { weak, reasons } of algorithms) for (const list of [weak, reasons]) list.sort(mostFirst)
  const sum = (fate: 'kept' | 'reset' | 'there') => algorithms.reduce((all, algorithm) => all + algorithm[fate], 0)
  const [kept, reset, there] = [sum('kept'), sum('reset'), sum('there')]
  return { kept, reset, there, none: all.users - kept - reset - there, algorithms }
}

function total({ kept, reset, there }: AlgorithmCount): number {
  return kept + reset + there
}

function mostFirst(a: PasswordRemark, b: PasswordRemark): number {
  return b.count - a.count || (a.detail < b.detail ? -1 : 1)
}

/** The algorithm in a remark's detail, which begins with it. */
function algorithmOf(detail: string): string {
  return detail.startsWith('an unknown ') ? 'unknown' : canonicalHashType(detail.split(' ')[0] ?? detail)
}

/**
 * Whether a desired user `d` was in WorkOS before this state and is sent no password: those that
 * are adopted now, and those that were.
 */
const THERE = `coalesce(
  (SELECT a.type = 'adopt' FROM actions a WHERE a.kind = 'user' AND a.key = d.key
     AND (a.type IN ('adopt', 'create') OR EXISTS (SELECT 1 FROM json_each(a.action, '$.changes') c WHERE c.value ->> 'secret'))),
  EXISTS (SELECT 1 FROM known k WHERE k.kind = 'user' AND k.key = d.key AND k.ownership = 'adopted'))`

/** Whether there can be any: else nobody looks for each user. */
const SOME_THERE = `SELECT EXISTS (SELECT 1 FROM actions WHERE kind = 'user' AND type = 'adopt')
  OR EXISTS (SELECT 1 FROM known WHERE kind = 'user' AND ownership = 'adopted')`

/** The passwords of users who were in WorkOS before. */
function passwordsThere(rundb: RunDatabase): Iterable<Row> {
  if (rundb.count(SOME_THERE) === 0) return []
  return rundb.iterate(
    `SELECT json_extract(secrets, '$.passwordHash.type') AS type, json_extract(secrets, '$.passwordHash.hash') AS hash
     FROM desired d WHERE kind = 'user' AND secrets IS NOT NULL AND ${THERE}`,
  )
}

/** As SQL. */
const CODES = RESET_CODES.map((code) => `'${code}'`).join(', ')

/**
 * Users without a password who had one in the source, and what the remark says. One with several,
 * of records that merged, counts for the first.
 */
const RESETS = `
  SELECT d.key, min(n.seq), n.code, n.detail, ${THERE} AS there FROM notes n
  LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
  JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
  WHERE n.kind = 'user' AND n.code IN (${CODES}) AND d.secrets IS NULL
  GROUP BY d.key`

function resets(rundb: RunDatabase): { code: ResetCode; detail: string; there: boolean; count: number }[] {
  return rundb
    .statement(`SELECT code, detail, there, count(*) AS n FROM (${RESETS}) GROUP BY code, detail, there`)
    .all()
    .map(({ code, detail, there, n }) => {
      return { code: resetCode(code), detail: String(detail), there: there === 1, count: Number(n) }
    })
}

function resetCode(code: unknown): ResetCode {
  return RESET_CODES.find((known) => known === code) ?? 'password_reset_required'
}

export interface PasswordReset {
  key: string
  email: string
  /** `users.csv:12`. */
  origin: string
  /** As the plan counts it: see PasswordCounts. */
  fate: 'reset' | 'there' | 'none'
  reason: ResetReason
  /** Hasher and public parameters; empty: there is nothing to add. */
  detail: string
  /** The user was in WorkOS before. */
  existing: boolean
}

/**
 * Users with a password in one of their records, where that record did not prove to be the same
 * person.
 */
const UNPROVEN = `SELECT DISTINCT m.key FROM merges m, json_each(m.conflicts) c WHERE m.kind = 'user'
  AND c.value ->> 'rule' = 'proof' AND c.value ->> 'field' IN ('password', 'passwordHash')`

/**
 * Every user whose password is not migrated, in the order of the source. Together with those that
 * are kept: all users of the set.
 */
export function* passwordResets(rundb: RunDatabase): Generator<PasswordReset> {
  const rows = rundb.iterate(
    `SELECT d.key, d.attributes ->> 'email' AS email, coalesce(f.name || coalesce(':' || d.line, ''), '') AS origin, r.code, r.detail,
         d.secrets IS NOT NULL AS held, ${THERE} AS there,
         EXISTS (SELECT 1 FROM notes n WHERE n.kind = 'user' AND n.key = d.key AND n.code = 'password_kept_back') AS unverified,
         u.key IS NOT NULL AS unproven
       FROM desired d LEFT JOIN files f ON f.id = d.file LEFT JOIN (${RESETS}) r ON r.key = d.key
       LEFT JOIN (${UNPROVEN}) u ON u.key = d.key
       WHERE d.kind = 'user' ORDER BY d.seq, d.key`,
  )
  for (const row of rows) {
    const existing = row.there === 1
    if (row.held === 1 && !existing) continue
    const user = { key: String(row.key), email: String(row.email ?? ''), origin: String(row.origin), existing }
    if (row.held === 1 || (row.code !== null && existing)) {
      yield { ...user, fate: 'there', reason: row.unverified === 1 ? 'unverified' : 'there', detail: '' }
    } else if (row.code !== null) {
      yield { ...user, fate: 'reset', reason: WHY[resetCode(row.code)], detail: String(row.detail) }
    } else yield { ...user, fate: 'none', reason: row.unproven === 1 ? 'unproven' : 'none', detail: '' }
  }
}
