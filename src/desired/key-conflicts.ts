import type { SQLOutputValue } from 'node:sqlite'
import type { Manifest } from '../config/manifest.ts'
import type { DraftDefinition } from '../kinds/draft.ts'
import { draftDefinitions } from '../kinds/registry.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { casesOf, type DuplicateCaseCode, insertCase } from './duplicate-cases.ts'
import { policyFor } from './merge-policy.ts'

/**
 * One key in two groups: the source says that two different people (two e-mail addresses, say) are the same. The record that
 * is preferred, or the first, stands, the others are refused: nobody can tell here which is right, and merging would give one's account to the
 * other. For the same reason what the refused records give to that key, memberships and roles, is refused with them.
 */
export function rejectKeyConflicts(rundb: RunDatabase, definition: DraftDefinition, manifest: Manifest): void {
  if (definition.name === 'user') joinUndecided(rundb)
  const contradictory =
    'SELECT key FROM drafts WHERE kind = ? GROUP BY key HAVING min(dedupe_group) <> max(dedupe_group)'
  if (rundb.statement(contradictory).get(definition.name) === undefined) return
  rundb.db.exec(`
    CREATE INDEX IF NOT EXISTS drafts_by_record ON drafts (seq);
    CREATE INDEX IF NOT EXISTS grants_by_record ON grants (seq);
  `)
  const columns = policyFor(manifest, definition.name)
    .order.split(', ')
    .map((column) => `d.${column}`)
    .join(', ')
  for (const { key } of rundb.spool(`${contradictory} ORDER BY key`, definition.name)) {
    refuseOthers(rundb, definition, String(key), columns, manifest)
  }
}

/** Refuses the records of this key that are of another group than the one that stands. */
function refuseOthers(
  rundb: RunDatabase,
  { name }: DraftDefinition,
  key: string,
  columns: string,
  manifest: Manifest,
): void {
  const [first, ...later] = rundb
    .statement(
      `SELECT d.*, f.name || coalesce(':' || d.line, '') AS origin FROM drafts d
       JOIN files f ON f.id = d.file WHERE d.kind = ? AND d.key = ? ORDER BY ${columns}`,
    )
    .all(name, key)
  if (first === undefined) return
  const message = `the key ${key} stands for another ${name} already, in ${first.origin}: their dedupe fields differ`
  for (const other of later.filter((draft) => draft.dedupe_group !== first.dedupe_group)) {
    rundb.run(
      `INSERT INTO rejects SELECT kind, key, 'key_contradiction', 'key', ?, ?, seq, file, line, refs, records
       FROM drafts WHERE id = ?`,
      message,
      `give each ${name} a key of its own, or make the records agree`,
      Number(other.id),
    )
    if (name === 'user') {
      insertCase(rundb, contradictionOf([first, other], manifest), 'rejected', key, Number(other.records))
    }
    rundb.run('DELETE FROM drafts WHERE id = ?', Number(other.id))
    refuseFollowers(rundb, name, key, Number(other.seq), message)
  }
}

/**
 * A record that says nothing of what tells users apart contradicts nobody: it is one with the records of its key, where those are in
 * one group.
 */
function joinUndecided(rundb: RunDatabase): void {
  // Groups of a key alone begin with k, those of what tells users apart with g: see groupOf.
  const told = "FROM drafts o WHERE o.kind = drafts.kind AND o.key = drafts.key AND o.dedupe_group < 'k'"
  rundb.run(
    `UPDATE drafts SET dedupe_group = (SELECT min(o.dedupe_group) ${told})
     WHERE kind = 'user' AND dedupe_group >= 'k'
       AND (SELECT count(DISTINCT o.dedupe_group) ${told}) = 1`,
  )
}

const SAME_ID: DuplicateCaseCode = 'same_external_id_different_emails'

/** Which case two records of one key are: mostly the key is the external id, or goes with it. */
function contradictionOf(rows: readonly Record<string, SQLOutputValue>[], { dedupe }: Manifest): DuplicateCaseCode {
  const records = rows.map(({ attributes }) => ({ attributes: JSON.parse(String(attributes)) }))
  return casesOf(records, dedupe.user.email).includes(SAME_ID) ? SAME_ID : 'key_contradiction'
}

/** Refuses what the record `seq` says of the resource that was just refused. */
function refuseFollowers(rundb: RunDatabase, kind: string, key: string, seq: number, reason: string): void {
  const message = `its ${kind} ${key} was rejected: ${reason}`
  for (const { name, refs } of draftDefinitions) {
    for (const role of Object.keys(refs).filter((role) => refs[role] === kind)) {
      const follows = `seq = ?1 AND kind = ?2 AND json_extract(refs, '$.' || ?3) = ?4`
      rundb.run(
        `INSERT INTO rejects SELECT kind, key, ?5 || '_rejected', ?3, ?6, NULL, seq, file, line, refs, records
         FROM drafts WHERE ${follows}`,
        seq,
        name,
        role,
        key,
        kind,
        message,
      )
      rundb.run(`DELETE FROM drafts WHERE ${follows}`, seq, name, role, key)
    }
  }
  if (kind !== 'user') return
  rundb.run(
    `INSERT INTO rejects SELECT 'roleAssignment', user, 'user_rejected', 'user', ?3, NULL, seq, file, line,
       json_object('user', user), 1 FROM grants WHERE seq = ?1 AND user = ?2`,
    seq,
    key,
    message,
  )
  rundb.run('DELETE FROM grants WHERE seq = ? AND user = ?', seq, key)
}
