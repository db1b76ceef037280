import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { createPrivateFile } from '../../files/regular-file.ts'
import { openThrowaway } from '../../sqlite/open.ts'
import type { Connection } from './connection.ts'
import { fromStored } from './text.ts'

/** Copies data from PostgreSQL to a SQLite file. In: a connection and the state. Out: a file. */

/** Rows per fetch. */
const PAGE = 5_000

const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
  CREATE TABLE resources (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, attributes TEXT NOT NULL, digests TEXT NOT NULL,
    refs TEXT NOT NULL, ownership TEXT NOT NULL, run INTEGER NOT NULL, reduced TEXT, answered TEXT, gone INTEGER,
    PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT`

/**
 * Provides a temporary file with all resources at one moment: see `inFile` of StateStore.
 * @param of.folder a private folder: the file contains email addresses
 */
export async function copyState<T>(
  connection: Connection,
  of: { state: number; lineage: string; folder: string },
  read: (file: string) => T | Promise<T>,
): Promise<T> {
  const file = join(of.folder, `known-${randomUUID()}.sqlite`)
  createPrivateFile(file)
  try {
    const db = openThrowaway(file)
    try {
      db.exec(`${TABLES}; BEGIN`)
      await connection.transaction(async () => {
        const [now] = await connection.query('SELECT serial FROM states WHERE state = $1', of.state)
        const keep = db.prepare('INSERT INTO meta VALUES (?, ?)')
        keep.run('lineage', of.lineage)
        keep.run('serial', String(now?.serial))
        await copyResources(connection, of.state, db)
      }, 'ISOLATION LEVEL REPEATABLE READ READ ONLY')
      db.exec('COMMIT')
    } finally {
      db.close()
    }
    return await read(`${pathToFileURL(file)}?mode=ro`)
  } finally {
    rmSync(file, { force: true })
  }
}

/**
 * Call within a transaction: the cursor reads one moment of the state. Fetches the next rows while
 * these are written.
 */
async function copyResources(connection: Connection, state: number, db: DatabaseSync): Promise<void> {
  const insert = db.prepare('INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  await connection.exec(`DECLARE known NO SCROLL CURSOR FOR
    SELECT json_build_array(kind, key, id, attributes, digests, refs, ownership, run, reduced, answered, gone)::text AS row
    FROM resources WHERE state = ${Number(state)} ORDER BY kind, key`)
  const fetch = () => connection.simple(`FETCH ${PAGE} FROM known`)
  let coming = fetch()
  for (;;) {
    const rows = await coming
    if (rows.length === 0) return
    coming = fetch()
    // Awaited in the next turn. Until then its failure is handled here.
    coming.catch(() => {})
    for (const [kind, key, id, attributes, digests, refs, ownership, run, reduced, answered, gone] of parsed(rows)) {
      insert.run(
        fromStored(String(kind)),
        fromStored(String(key)),
        fromStored(String(id)),
        attributes ?? null,
        digests ?? null,
        refs ?? null,
        ownership ?? null,
        run ?? null,
        typeof reduced === 'string' ? fromStored(reduced) : null,
        answered ?? null,
        gone ?? null,
      )
    }
  }
}

function parsed(rows: readonly Record<string, unknown>[]): (string | number | null)[][] {
  return JSON.parse(`[${rows.map(({ row }) => row).join(',')}]`)
}
