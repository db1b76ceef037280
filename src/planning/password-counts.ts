import type { DesiredSet } from '../desired/desired-set.ts'
import { canonicalHashType } from '../kinds/user/passwords/hash-types.ts'
import { weakness } from '../kinds/user/passwords/weakness.ts'
import type { AlgorithmCount, PasswordCounts, PasswordRemark } from '../kinds/user/passwords-text.ts'

/** Counts over the staged users, row by row: what is in memory grows with the algorithms and parameters, not with the users. */
export function countPasswords(set: DesiredSet): PasswordCounts {
  const found = new Map<string, AlgorithmCount>()
  const of = (algorithm: string): AlgorithmCount => {
    const known = found.get(algorithm) ?? { algorithm, kept: 0, reset: 0, there: 0, weak: [], reasons: [] }
    found.set(algorithm, known)
    return known
  }
  for (const { algorithm, weak, there, count } of keptPasswords(set)) {
    of(algorithm)[there ? 'there' : 'kept'] += count
    if (weak !== '' && !there) of(algorithm).weak.push({ count, detail: weak })
  }
  for (const { code, detail, there, count } of resets(set)) {
    const counted = of(algorithmOf(detail))
    if (there) {
      counted.there += count
      continue
    }
    counted.reset += count
    counted.reasons.push({ count, detail, why: code === 'password_weak_reset' ? 'weak' : 'unsupported' })
  }
  const algorithms = [...found.values()].sort((a, b) => total(b) - total(a) || (a.algorithm < b.algorithm ? -1 : 1))
  for (const { weak, reasons } of algorithms) for (const list of [weak, reasons]) list.sort(mostFirst)
  const sum = (fate: 'kept' | 'reset' | 'there') => algorithms.reduce((all, algorithm) => all + algorithm[fate], 0)
  const [kept, reset, there] = [sum('kept'), sum('reset'), sum('there')]
  return { kept, reset, there, none: set.count('user') - kept - reset - there, algorithms }
}

function total({ kept, reset, there }: AlgorithmCount): number {
  return kept + reset + there
}

function mostFirst(a: PasswordRemark, b: PasswordRemark): number {
  return b.count - a.count || (a.detail < b.detail ? -1 : 1)
}

/** The algorithm in a remark's detail, which begins with it. */
function algorithmOf(detail: string): string {
  return detail === 'an unknown type' ? 'unknown' : canonicalHashType(detail.split(' ')[0] ?? detail)
}

/** Whether a desired user `d` was in WorkOS before this state and is sent no password: those that are adopted now, and those that were. */
export const THERE = `coalesce(
  (SELECT a.type = 'adopt' FROM actions a WHERE a.kind = 'user' AND a.key = d.key
     AND (a.type IN ('adopt', 'create') OR EXISTS (SELECT 1 FROM json_each(a.action, '$.changes') c WHERE c.value ->> 'secret'))),
  EXISTS (SELECT 1 FROM known k WHERE k.kind = 'user' AND k.key = d.key AND k.ownership = 'adopted'))`

interface KeptCount {
  algorithm: string
  weak: string
  there: boolean
  count: number
}

function keptPasswords({ rundb }: DesiredSet): KeptCount[] {
  const counts = new Map<string, KeptCount>()
  const rows = rundb.db
    .prepare(
      `SELECT json_extract(secrets, '$.passwordHash.type') AS type, json_extract(secrets, '$.passwordHash.hash') AS hash,
         ${THERE} AS there FROM desired d WHERE kind = 'user' AND secrets IS NOT NULL`,
    )
    .iterate()
  for (const row of rows) {
    const { type, hash } = row
    const there = row.there === 1
    const algorithm = type === null ? 'clear' : String(type)
    const weak = type === null ? '' : (weakness(algorithm, String(hash)) ?? '')
    const key = `${algorithm} ${there} ${weak}`
    const counted = counts.get(key) ?? { algorithm, weak, there, count: 0 }
    counted.count += 1
    counts.set(key, counted)
  }
  return [...counts.values()]
}

/** Users without a password who had one in the source, and what the remark says. One with several, of records that merged, counts for the first. */
export const RESETS = `
  SELECT d.key, min(n.seq), n.code, n.detail, ${THERE} AS there FROM notes n
  LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
  JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
  WHERE n.kind = 'user' AND n.code IN ('password_reset_required', 'password_weak_reset') AND d.secrets IS NULL
  GROUP BY d.key`

function resets({ rundb }: DesiredSet): { code: string; detail: string; there: boolean; count: number }[] {
  return rundb
    .statement(`SELECT code, detail, there, count(*) AS n FROM (${RESETS}) GROUP BY code, detail, there`)
    .all()
    .map(({ code, detail, there, n }) => {
      return { code: String(code), detail: String(detail), there: there === 1, count: Number(n) }
    })
}
