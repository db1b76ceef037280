import type { DraftDefinition } from '../kinds/draft.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** References that are turned in one go: as many may merge as there are users. */
const ALIASES_AT_ONCE = 5_000

/** References to a key that merged into another one are turned to that one, and so are remarks on what bears them. */
export function followAliases(rundb: RunDatabase, definition: DraftDefinition): void {
  const { keyFromRefs } = definition
  for (const [role, kind] of Object.entries(definition.refs)) {
    if (rundb.count('SELECT EXISTS (SELECT 1 FROM aliases WHERE kind = ?)', kind) === 0) continue
    const update = rundb.statement('UPDATE drafts SET refs = ?, key = ?, dedupe_group = ? WHERE id = ?')
    const updateNotes = rundb.statement('UPDATE notes SET key = ? WHERE kind = ? AND key = ?')
    const page = rundb.statement(
      // The + keeps SQLite from going through the index by kind, in which a row changes its place while it is turned.
      `SELECT d.id, d.key, d.refs, a.canonical FROM drafts d
       JOIN aliases a ON a.kind = ?1 AND a.key = json_extract(d.refs, '$.' || ?2)
       WHERE +d.kind = ?3 AND d.id > ?4 ORDER BY d.id LIMIT ${ALIASES_AT_ONCE}`,
    )
    let last = 0
    for (;;) {
      const rows = page.all(kind, role, definition.name, last)
      for (const row of rows) {
        const turned = { ...JSON.parse(String(row.refs)), [role]: String(row.canonical) }
        const refs = definition.derivedRefs?.(turned) ?? turned
        const key = keyFromRefs ? keyFromRefs(refs) : String(row.key)
        last = Number(row.id)
        update.run(JSON.stringify(refs), key, `k${key}`, last)
        if (key !== row.key) updateNotes.run(key, definition.name, String(row.key))
      }
      if (rows.length < ALIASES_AT_ONCE) break
    }
  }
}

/** What refers to something that is not in the desired set is refused too, and says what it misses. */
export function refuseDependents(rundb: RunDatabase, definition: DraftDefinition): void {
  for (const [role, kind] of Object.entries(definition.refs)) {
    const orphaned = `kind = ?1 AND NOT EXISTS
      (SELECT 1 FROM desired p WHERE p.kind = ?3 AND p.key = json_extract(desired.refs, '$.' || ?2))`
    rundb.run(
      `INSERT INTO rejects
         SELECT kind, key, CASE WHEN r.code IS NULL THEN ?3 || '_missing' ELSE ?3 || '_rejected' END, ?2,
           'its ' || ?3 || ' ' || json_extract(refs, '$.' || ?2) ||
             coalesce(' was rejected: ' || r.message, ' is not among the ' || ?3 || 's of the source'),
           NULL, seq, file, line, refs, records
         FROM desired LEFT JOIN (SELECT key AS rejected, code, message, min(seq) FROM rejects WHERE kind = ?3 GROUP BY key) r
           ON r.rejected = json_extract(desired.refs, '$.' || ?2)
         WHERE ${orphaned}`,
      definition.name,
      role,
      kind,
    )
    rundb.run(`DELETE FROM desired WHERE ${orphaned}`, definition.name, role, kind)
  }
}
