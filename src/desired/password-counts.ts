import { canonicalHashType } from '../resources/passwords/hash-types.ts'
import { weakness } from '../resources/passwords/weakness.ts'
import type { DesiredSet } from './desired-set.ts'

/** How many users of the desired set have some one thing said of their password, and what. */
export interface PasswordRemark {
  count: number
  /** Hasher and public parameters: `md5`, `pbkdf2 sha256 i=27500 (i: 600000 to 1000000)`, `bcrypt cost=8`. */
  detail: string
}

/** What becomes of the passwords of one algorithm: `kept` + `reset` = the users who had one. */
export interface AlgorithmCount {
  /** WorkOS's name of the type, the source's name of one that it does not take, or `clear` for passwords as they are. */
  algorithm: string
  kept: number
  reset: number
  /** Those of the kept that are weak by today's measure, most first. */
  weak: PasswordRemark[]
  /** Why the others are reset: WorkOS does not take them, or they are weak and the manifest says so. Most first. */
  reasons: (PasswordRemark & { why: 'unsupported' | 'weak' })[]
}

/** What becomes of the passwords of all users of the desired set: `kept` + `reset` + `none` = these users. */
export interface PasswordCounts {
  kept: number
  reset: number
  /** Users for whom the source has no password, or only one of a record that did not prove to be the same person. */
  none: number
  /** Most users first. */
  algorithms: AlgorithmCount[]
}

/** Counts over the staged users, row by row: what is in memory grows with the algorithms and parameters, not with the users. */
export function countPasswords(set: DesiredSet): PasswordCounts {
  const found = new Map<string, AlgorithmCount>()
  const of = (algorithm: string): AlgorithmCount => {
    const known = found.get(algorithm) ?? { algorithm, kept: 0, reset: 0, weak: [], reasons: [] }
    found.set(algorithm, known)
    return known
  }
  for (const { algorithm, weak, count } of keptPasswords(set)) {
    of(algorithm).kept += count
    if (weak !== '') of(algorithm).weak.push({ count, detail: weak })
  }
  for (const { code, detail, count } of resets(set)) {
    const counted = of(algorithmOf(detail))
    counted.reset += count
    counted.reasons.push({ count, detail, why: code === 'password_weak_reset' ? 'weak' : 'unsupported' })
  }
  const algorithms = [...found.values()].sort(
    (a, b) => b.kept + b.reset - a.kept - a.reset || (a.algorithm < b.algorithm ? -1 : 1),
  )
  for (const { weak, reasons } of algorithms) for (const list of [weak, reasons]) list.sort(mostFirst)
  const kept = algorithms.reduce((sum, algorithm) => sum + algorithm.kept, 0)
  const reset = algorithms.reduce((sum, algorithm) => sum + algorithm.reset, 0)
  return { kept, reset, none: set.count('user') - kept - reset, algorithms }
}

function mostFirst(a: PasswordRemark, b: PasswordRemark): number {
  return b.count - a.count || (a.detail < b.detail ? -1 : 1)
}

/** The algorithm in a remark's detail, which begins with it. */
function algorithmOf(detail: string): string {
  return detail === 'an unknown type' ? 'unknown' : canonicalHashType(detail.split(' ')[0] ?? detail)
}

function keptPasswords({ staging }: DesiredSet): { algorithm: string; weak: string; count: number }[] {
  const counts = new Map<string, { algorithm: string; weak: string; count: number }>()
  const rows = staging.db
    .prepare(
      `SELECT json_extract(secrets, '$.passwordHash.type') AS type, json_extract(secrets, '$.passwordHash.hash') AS hash
       FROM desired WHERE kind = 'user' AND secrets IS NOT NULL`,
    )
    .iterate()
  for (const { type, hash } of rows) {
    const algorithm = type === null ? 'clear' : String(type)
    const weak = type === null ? '' : (weakness(algorithm, String(hash)) ?? '')
    const key = `${algorithm} ${weak}`
    const counted = counts.get(key) ?? { algorithm, weak, count: 0 }
    counted.count += 1
    counts.set(key, counted)
  }
  return [...counts.values()]
}

/** Users without a password who had one in the source. One with several, of records that merged, counts for the first. */
function resets({ staging }: DesiredSet): { code: string; detail: string; count: number }[] {
  return staging
    .statement(
      `SELECT code, detail, count(*) AS n FROM (
         SELECT d.key, min(n.seq), n.code, n.detail FROM notes n
         LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
         JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
         WHERE n.kind = 'user' AND n.code IN ('password_reset_required', 'password_weak_reset') AND d.secrets IS NULL
         GROUP BY d.key)
       GROUP BY code, detail`,
    )
    .all()
    .map((row) => ({ code: String(row.code), detail: String(row.detail), count: Number(row.n) }))
}
