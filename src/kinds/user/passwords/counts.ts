import { counted, figure } from '../../../diagnostics/printable.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { canBeKnown } from '../../../rundb/known-facts.ts'
import type { RunDatabase } from '../../../rundb/run-database.ts'
import type { Row } from '../../../sqlite/open.ts'
import { RESET_CODES, type ResetCode } from './credentials.ts'
import { canonicalHashType, weakness } from './hash-types.ts'
import { withoutLength } from './strangers.ts'

/** How many users have a property of their password, and which. */
interface PasswordRemark {
  count: number
  /**
   * Hasher and public parameters: `md5`, `pbkdf2 sha256 i=27500 (i: 600000 to 1000000)`, `bcrypt
   * cost=8`.
   */
  detail: string
}

/**
 * The fate of the passwords of one algorithm: `kept` + `reset` + `there` = the users who have one.
 */
interface AlgorithmCount {
  /**
   * WorkOS's name of the type, the source's name of an unsupported one, `unknown`, `not a hash`, or
   * `clear` for plain-text passwords.
   */
  algorithm: string
  kept: number
  reset: number
  /** Users who were in WorkOS before: nothing is sent, and they keep their password there. */
  there: number
  /** Weak passwords among the kept ones, the most frequent first. */
  weak: PasswordRemark[]
  /** Why the others are reset, the most frequent first. */
  reasons: (PasswordRemark & { why: ResetWhy })[]
}

/** WorkOS does not support them, the manifest resets weak ones, or the value is not a hash. */
type ResetWhy = 'unsupported' | 'weak' | 'not a hash'

const WHY: Record<ResetCode, ResetWhy> = {
  password_reset_required: 'unsupported',
  password_weak_reset: 'weak',
  password_not_a_hash: 'not a hash',
}

/**
 * The fate of the passwords of all desired users: `kept` + `reset` + `there` + `none` = these
 * users.
 */
export interface PasswordCounts {
  kept: number
  reset: number
  there: number
  /**
   * Users without a password in the source, or with one only in a record that does not prove the
   * same user.
   */
  none: number
  /** The most users first. */
  algorithms: AlgorithmCount[]
}

/** Codes of remarks that the lines on passwords sum up: a plan does not list them separately. */
export const SUMMED_UP: ReadonlySet<string> = new Set(RESET_CODES)

/** How many reasons to show for one algorithm: parameters can differ from hash to hash. */
const REASONS = 3

/** An algorithm, and the fate of its passwords as text. */
interface PasswordLine {
  algorithm: string
  fate: string
}

/** One line for each algorithm. Empty if the source has no passwords. */
export function describePasswords({ algorithms, none }: PasswordCounts): PasswordLine[] {
  if (algorithms.length === 0) return []
  const lines = algorithms.map((count) => ({
    algorithm: count.algorithm === 'clear' ? 'plain text' : count.algorithm,
    fate: fateOf(count),
  }))
  return none === 0 ? lines : [...lines, { algorithm: 'none', fate: `${figure(none)} without a password` }]
}

/** The heading above these lines. */
export function passwordsHeading({ kept, reset, there }: PasswordCounts): string {
  const before = there === 0 ? '' : `, ${figure(there)} of users who were in WorkOS before`
  return `${figure(kept)} kept, ${figure(reset)} that users must reset${before}`
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
    ...(there > 0 ? [`${figure(there)} not sent: in WorkOS before, unchanged there`] : []),
  ].join('; ')
}

/** The hash type by which the Auth0 recipe marks an unverified account next to a verified one. */
const UNVERIFIED = 'bcrypt_unverified'

function describeWhy(why: ResetWhy, detail: string): string {
  switch (why) {
    case 'unsupported':
      return detail === UNVERIFIED
        ? 'the email address of its account is not verified'
        : `WorkOS does not support ${detail}`
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
 * Why a user gets no password from the source. `unsupported` and `weak`: the hash. `not a hash`:
 * the value. `none`: the source has none. `unproven`: only a record that does not prove the same
 * user has one. `there`: the account was in WorkOS before. `unverified`: the adopted account has no
 * verified address.
 */
type ResetReason = ResetWhy | 'none' | 'unproven' | 'there' | 'unverified'

/** Why a user's password is not migrated, as text. */
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
  const before = existing ? '; the user was in WorkOS before and keeps the password there' : ''
  switch (reason) {
    case 'unsupported':
    case 'weak':
      return describeWhy(reason, detail)
    case 'not a hash':
      return `the value mapped as the password hash is not a hash (${withoutLength(detail)})`
    case 'none':
      return `the source has no password${before}`
    case 'unproven':
      return `only a record that does not prove to be the same user has a password${before}`
    case 'unverified':
      return 'not sent: the address of the adopted account is not verified'
    case 'there':
      return 'not sent: the user was in WorkOS before and keeps the password there'
  }
}

/** What a comparison with WorkOS cannot read. */
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
    `WorkOS does not return passwords: ${figure(inSource)} in the source, ` +
    `${figure(sent)} sent with new users${alone}`
  )
}

export const NO_PASSWORDS: PasswordCounts = { kept: 0, reset: 0, there: 0, none: 0, algorithms: [] }

export interface Kept {
  /** With and without a password. */
  users: number
  /** By algorithm and weakness. */
  counts: ReadonlyMap<string, KeptCount>
}

interface KeptCount {
  algorithm: string
  /** Empty: not weak. */
  weak: string
  count: number
}

/** Counts passwords: memory grows with the algorithms and parameters, not with the users. */
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

/** @param all the passwords of all users */
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

/** The algorithm at the start of a remark's detail. */
function algorithmOf(detail: string): string {
  return detail.startsWith('an unknown ') ? 'unknown' : canonicalHashType(detail.split(' ')[0] ?? detail)
}

/**
 * Whether a desired user `d` was in WorkOS before this state and gets no password: users adopted
 * now or earlier.
 */
const THERE = `coalesce(
  (SELECT a.type = 'adopt' FROM decided_actions a WHERE a.kind = 'user' AND a.key = d.key
     AND (a.type IN ('adopt', 'create') OR EXISTS (SELECT 1 FROM json_each(a.action, '$.changes') c WHERE c.value ->> 'secret'))),
  EXISTS (SELECT 1 FROM known k WHERE k.kind = 'user' AND k.key = d.key AND k.ownership = 'adopted'))`

/** Whether there can be any: otherwise the lookup for each user is skipped. */
function areSomeThere(rundb: RunDatabase): boolean {
  const some = (from: string) => rundb.count(`SELECT EXISTS (SELECT 1 FROM ${from})`) > 0
  if (some("decided_actions WHERE kind = 'user' AND type = 'adopt'")) return true
  return canBeKnown(rundb, 'adopted', 'user') && some("known WHERE kind = 'user' AND ownership = 'adopted'")
}

/** The passwords of users who were in WorkOS before. */
function passwordsThere(rundb: RunDatabase): Iterable<Row> {
  if (!areSomeThere(rundb)) return []
  return rundb.iterate(
    `SELECT json_extract(secrets, '$.passwordHash.type') AS type, json_extract(secrets, '$.passwordHash.hash') AS hash
     FROM desired d WHERE kind = 'user' AND secrets IS NOT NULL AND ${THERE}`,
  )
}

/** As SQL. */
const CODES = RESET_CODES.map((code) => `'${code}'`).join(', ')

/**
 * Users that lose the password of the source, with the detail of the remark. A merged user with
 * several counts for the first.
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
  /** Such as `users.csv:12`. */
  origin: string
  /** As the plan counts it: see `PasswordCounts`. */
  fate: 'reset' | 'there' | 'none'
  reason: ResetReason
  /** Hasher and public parameters. Empty: nothing to add. */
  detail: string
  /** The user was in WorkOS before. */
  existing: boolean
}

/** Users with a password only in a record that does not prove the same user. */
const UNPROVEN = `SELECT DISTINCT m.key FROM merges m, json_each(m.conflicts) c WHERE m.kind = 'user'
  AND c.value ->> 'rule' = 'proof' AND c.value ->> 'field' IN ('password', 'passwordHash')`

/**
 * Every user whose password is not migrated, in the order of the source. These and the kept ones
 * are all users of the set.
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
