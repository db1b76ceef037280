import type { JsonObject } from '../json.ts'
import type { Mergeable } from '../kinds/mergeable.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** One draft of a resource that has several. */
export interface Member extends Mergeable {
  refs: string
  secrets: JsonObject | null
  updatedAt: number | null
  seq: number
  file: number
  line: number | null
  records: number
}

/** The drafts of each resource of a kind that has several, in the order of the policy; one resource at a time. */
export function* draftGroups(rundb: RunDatabase, kind: string, order: string): Generator<Member[]> {
  const rows = rundb.db
    .prepare(
      `SELECT dedupe_group, key, refs, attributes, secrets, updated, seq, file, line, records FROM drafts
       WHERE kind = ?1 AND dedupe_group IN (SELECT dedupe_group FROM drafts WHERE kind = ?1 GROUP BY dedupe_group HAVING count(*) > 1)
       ORDER BY dedupe_group, ${order}`,
    )
    .iterate(kind)
  let group: string | undefined
  let members: Member[] = []
  for (const row of rows) {
    if (row.dedupe_group !== group) {
      if (members.length > 0) yield members
      members = []
      group = String(row.dedupe_group)
    }
    members.push({
      key: String(row.key),
      refs: String(row.refs),
      attributes: JSON.parse(String(row.attributes)),
      secrets: row.secrets === null ? null : JSON.parse(String(row.secrets)),
      updatedAt: row.updated === null ? null : Number(row.updated),
      seq: Number(row.seq),
      file: Number(row.file),
      line: row.line === null ? null : Number(row.line),
      records: Number(row.records),
    })
  }
  if (members.length > 0) yield members
}

/** `users.csv:12`. */
export function originOf(rundb: RunDatabase, { file, line }: Pick<Member, 'file' | 'line'>): string {
  const name = String(rundb.statement('SELECT name FROM files WHERE id = ?').get(file)?.name)
  return line === null ? name : `${name}:${line}`
}
