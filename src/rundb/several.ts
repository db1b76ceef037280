import type { JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import { hasKeyed, hasToldApart, TOLD_APART } from './draft-facts.ts'
import { orderOf, REPEATED_KEYS } from './drafts.ts'
import { unpackRepeats } from './repeats.ts'
import type { RunDatabase } from './run-database.ts'

/** Resources of one kind that have several drafts: the table `several`. In: drafts. Out: groups. */

/** One staged draft of a resource that has several. */
export interface Member {
  key: string
  refs: string
  attributes: Attributes
  secrets: JsonObject | null
  updatedAt: number | null
  seq: number
  file: number
  line: number | null
  records: number
}

/** The drafts of a resource that has several. */
export interface DraftGroup {
  /** In the order of the policy. Of equal drafts only the first, with the records of all. */
  members: Member[]
  /** The number of drafts. */
  drafts: number
}

/**
 * Fills the table `several` with the resources of a kind that have several drafts.
 * @param repeats whether equal drafts without secrets count as one
 */
export function findSeveral(rundb: RunDatabase, kind: string, { repeats }: { repeats: boolean }): void {
  clearSeveral(rundb)
  if (hasToldApart(rundb, kind)) {
    unpackRepeats(rundb, REPEATED_OF_KIND, kind)
    rundb.run(
      `INSERT INTO several SELECT dedupe_group, NULL, count(*), NULL FROM drafts WHERE kind = ? AND ${TOLD_APART}
       GROUP BY dedupe_group HAVING count(*) > 1`,
      kind,
    )
    if (!hasKeyed(rundb, kind)) return
    rundb.run(
      `INSERT INTO several SELECT d.dedupe_group, NULL, count(*), NULL
       FROM (${REPEATED_KEYS}) r CROSS JOIN drafts d ON d.kind = ?1 AND d.key = r.key
       WHERE NOT d.${TOLD_APART} GROUP BY d.dedupe_group HAVING count(*) > 1`,
      kind,
    )
    return
  }
  unpackRepeats(rundb, repeats ? REPEATED_OF_DIFFERING : REPEATED_OF_KIND, kind)
  rundb.run(
    `INSERT INTO several SELECT 'k' || key, NULL, count(*), sum(records) FROM drafts WHERE kind = ?
     GROUP BY key HAVING count(*) > 1`,
    kind,
  )
  rundb.run(
    `INSERT OR REPLACE INTO several SELECT 'k' || d.key, NULL, count(*) + sum(r.repeats), sum(d.records)
     FROM (${KEYS_OF_REPEATED}) k
     CROSS JOIN drafts d ON d.kind = ?1 AND d.key = k.key LEFT JOIN repeated r ON r.draft = d.id GROUP BY d.key`,
    kind,
  )
  if (repeats) findRepeats(rundb, kind)
}

export function clearSeveral(rundb: RunDatabase): void {
  rundb.exec('DELETE FROM several')
}

/** Whether drafts of a kind represent others. */
export function hasRepeated(rundb: RunDatabase, kind: string): boolean {
  return rundb.count(`SELECT EXISTS (${REPEATED_OF_KIND})`, kind) > 0
}

/** IDs of drafts of a kind `?1` that represent others. */
const REPEATED_OF_KIND = 'SELECT r.draft FROM repeated r CROSS JOIN drafts d ON d.id = r.draft WHERE d.kind = ?1'

/** Keys of a kind `?1` with a draft that represents others. */
const KEYS_OF_REPEATED = 'SELECT DISTINCT o.key FROM repeated r CROSS JOIN drafts o ON o.id = r.draft WHERE o.kind = ?1'

/** IDs of drafts of a kind `?1` that represent others, if their key has different drafts. */
const REPEATED_OF_DIFFERING = `SELECT r.draft
  FROM (SELECT d.key FROM (${KEYS_OF_REPEATED}) k CROSS JOIN drafts d ON d.kind = ?1 AND d.key = k.key GROUP BY d.key
    HAVING min(d.attributes) <> max(d.attributes) OR min(d.refs) <> max(d.refs) OR count(d.secrets) > 0) k
  CROSS JOIN drafts d ON d.kind = ?1 AND d.key = k.key CROSS JOIN repeated r ON r.draft = d.id`

/** SQL: whether two drafts differ. */
function differ(one: string, other: string): string {
  return `(${one}.attributes <> ${other}.attributes OR ${one}.refs <> ${other}.refs OR ${one}.secrets IS NOT NULL)`
}

export function hasSeveral(rundb: RunDatabase): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM several)') > 0
}

/** Notes the first draft of those in `several` whose drafts are equal. All have no dedupe key. */
function findRepeats(rundb: RunDatabase, kind: string): void {
  rundb.run(
    `UPDATE several SET first =
       (SELECT id FROM drafts f WHERE f.kind = ? AND f.key = substr(several.dedupe_group, 2) ORDER BY f.seq, f.id LIMIT 1)`,
    kind,
  )
  rundb.exec(
    `UPDATE several SET first = NULL WHERE EXISTS (
       SELECT 1 FROM drafts f JOIN drafts d ON d.kind = f.kind AND d.key = f.key WHERE f.id = several.first
         AND ${differ('d', 'f')})`,
  )
}

/** IDs of drafts of a kind `?1` in `several` that are not all equal. */
export const DIFFERING = `
  SELECT d.id FROM several s CROSS JOIN drafts d ON d.kind = ?1 AND d.dedupe_group = s.dedupe_group AND d.${TOLD_APART}
    WHERE s.first IS NULL AND s.${TOLD_APART}
  UNION ALL SELECT d.id FROM several s CROSS JOIN drafts d ON d.kind = ?1 AND d.key = substr(s.dedupe_group, 2) AND d.dedupe_group = s.dedupe_group
    WHERE s.first IS NULL AND NOT s.${TOLD_APART}`

/** Drafts of `several`; of equal ones only the first. */
const OF_SEVERAL = `${DIFFERING} UNION ALL SELECT first FROM several WHERE first IS NOT NULL`

/** The drafts of each resource in `several`, by resource. @param order of a merge policy */
export function* severalDrafts(rundb: RunDatabase, kind: string, order: string): Generator<DraftGroup> {
  if (!hasSeveral(rundb)) return
  const rows = rundb.iterate(
    `SELECT d.dedupe_group AS own, d.key, d.refs, d.attributes, d.secrets, d.updated, d.seq, d.file, d.line,
       iif(s.first IS NULL, d.records, s.records) AS records, s.drafts
     FROM drafts d CROSS JOIN several s ON s.dedupe_group = d.dedupe_group WHERE d.id IN (${OF_SEVERAL})
     ORDER BY d.dedupe_group, ${orderOf('d', order)}`,
    kind,
  )
  let own: string | undefined
  let group: DraftGroup | undefined
  for (const row of rows) {
    if (group === undefined || row.own !== own) {
      if (group !== undefined) yield group
      own = String(row.own)
      group = { members: [], drafts: Number(row.drafts) }
    }
    group.members.push(memberFromRow(row))
  }
  if (group !== undefined) yield group
}

/** The drafts of each resource of a kind that has several, by resource, in the policy's order. */
export function* draftGroups(rundb: RunDatabase, kind: string, order: string): Generator<Member[]> {
  rundb.transaction(() => findSeveral(rundb, kind, { repeats: false }))
  for (const { members } of severalDrafts(rundb, kind, order)) yield members
}

function memberFromRow(row: Row): Member {
  return {
    key: String(row.key),
    refs: String(row.refs),
    attributes: JSON.parse(String(row.attributes)),
    secrets: row.secrets === null ? null : JSON.parse(String(row.secrets)),
    updatedAt: row.updated === null ? null : Number(row.updated),
    seq: Number(row.seq),
    file: Number(row.file),
    line: row.line === null ? null : Number(row.line),
    records: Number(row.records),
  }
}
