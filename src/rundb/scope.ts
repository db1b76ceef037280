import type { RunDatabase } from './run-database.ts'

/**
 * Puts into `chosen` what a query yields.
 * @param found SQL: yields `chosen`; its parameter is the pattern
 * @returns how many are new
 */
export function chooseAs(rundb: RunDatabase, kind: string, found: string, glob: string): number {
  return rundb.run(`INSERT OR IGNORE INTO chosen SELECT DISTINCT ?2, chosen FROM (${found})`, glob, kind)
}

export function isChoosable(rundb: RunDatabase, found: string, glob: string): boolean {
  return rundb.count(`SELECT EXISTS (SELECT 1 FROM (${found}))`, glob) > 0
}

/** The condition that leaves out something of a kind whose key is like this. */
export function leftOutLike(rundb: RunDatabase, kind: string, glob: string): string | undefined {
  const row = rundb.statement('SELECT path FROM left_out_keys WHERE kind = ? AND key GLOB ?').get(kind, glob)
  return row && String(row.path)
}

/** The first names that a query yields. */
export function someNames(rundb: RunDatabase, names: string, limit: number): string[] {
  return rundb
    .statement(`${names} LIMIT ${limit}`)
    .all()
    .map(({ name }) => String(name))
}

/** What choosing reads by: addresses of users that were refused. */
export function indexAddresses(rundb: RunDatabase): void {
  rundb.exec('CREATE INDEX addresses_by_key ON addresses (key)')
}

/** Makes the index that the rules of a kind read by. @param index a whole statement of theirs */
export function makeIndex(rundb: RunDatabase, index: string): void {
  rundb.exec(index)
}

/** Moves desired resources of a kind out of the set. @param stay which of them, `d`, stay, as SQL */
export function moveOut(rundb: RunDatabase, kind: string, stay: string): void {
  rundb.run(
    `INSERT INTO out_of_scope SELECT kind, key, refs, attributes, records FROM desired d WHERE d.kind = ? AND NOT (${stay})`,
    kind,
  )
  rundb.run(
    `DELETE FROM desired WHERE kind = ? AND EXISTS
       (SELECT 1 FROM out_of_scope o WHERE o.kind = desired.kind AND o.key = desired.key)`,
    kind,
  )
}

/** Takes away what is noted on, or merged into, something out of scope. */
export function forgetNotes(rundb: RunDatabase): void {
  rundb.run(
    `DELETE FROM notes WHERE EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = notes.kind AND o.key = coalesce(
       (SELECT a.canonical FROM aliases a WHERE a.kind = notes.kind AND a.key = notes.key), notes.key))`,
  )
}

/** Takes a reject out, with the notes on what it refused. @param id its rowid */
export function moveRejectOut(
  rundb: RunDatabase,
  { id, kind, key, records }: { id: number; kind: string; key: string | null; records: number },
): void {
  rundb.run('DELETE FROM rejects WHERE rowid = ?', id)
  rundb.run('INSERT INTO rejects_out VALUES (?, ?, ?)', kind, key, records)
  if (key === null) return
  rundb.run(
    `DELETE FROM notes WHERE kind = ? AND key = ? AND NOT EXISTS
       (SELECT 1 FROM desired d WHERE d.kind = notes.kind AND d.key = notes.key)`,
    kind,
    key,
  )
}

export function countRejectsOut(rundb: RunDatabase): number {
  return rundb.count('SELECT sum(records) FROM rejects_out')
}
