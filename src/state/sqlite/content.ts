import type { Row } from '../../sqlite/open.ts'
import { CONTENT_BATCH } from '../content.ts'
import type { StateContent, StateEntry } from '../store.ts'
import type { Connection } from './connection.ts'
import { failureFromRow, intentFromRow, rejectFromRow, resourceFromRow, runFromRow } from './rows.ts'

/** Reads and replaces the whole content of a file. Nothing else must use the connection. */

/** Rows of a table, sorted by their first columns, the key. */
interface Table {
  sql: string
  key: readonly string[]
  first: readonly (string | number)[]
  entry(row: Row): StateEntry
}

const TABLES: readonly Table[] = [
  {
    sql: 'SELECT * FROM resources WHERE (kind, key) > (?, ?) ORDER BY kind, key',
    key: ['kind', 'key'],
    first: ['', ''],
    entry: (row) => ({ type: 'resource', resource: resourceFromRow(row) }),
  },
  {
    sql: 'SELECT * FROM intents WHERE (kind, key) > (?, ?) ORDER BY kind, key',
    key: ['kind', 'key'],
    first: ['', ''],
    entry: (row) => ({ type: 'intent', intent: intentFromRow(row) }),
  },
  {
    sql: 'SELECT * FROM runs WHERE run > ? ORDER BY run',
    key: ['run'],
    first: [0],
    entry: (row) => ({ type: 'run', run: runFromRow(row) }),
  },
  {
    sql: 'SELECT * FROM failures WHERE (run, kind, key) > (?, ?, ?) ORDER BY run, kind, key',
    key: ['run', 'kind', 'key'],
    first: [0, '', ''],
    entry: (row) => ({ type: 'failure', run: Number(row.run), failure: failureFromRow(row) }),
  },
  {
    sql: 'SELECT * FROM rejects WHERE (run, id) > (?, ?) ORDER BY run, id',
    key: ['run', 'id'],
    first: [0, 0],
    entry: (row) => ({ type: 'reject', run: Number(row.run), reject: rejectFromRow(row) }),
  },
]

export async function* entriesOf(db: Connection): AsyncGenerator<StateEntry[]> {
  for (const { sql, key, first, entry } of TABLES) {
    for (let after = first; ; ) {
      const rows = db.all(`${sql} LIMIT ${CONTENT_BATCH}`, ...after)
      const last = rows.at(-1)
      if (last === undefined) break
      yield rows.map(entry)
      after = key.map((name) => (typeof last[name] === 'number' ? last[name] : String(last[name])))
    }
  }
}

/** Call within a transaction. */
export async function replaceEntries(db: Connection, { entries }: StateContent): Promise<void> {
  for (const table of ['resources', 'intents', 'runs', 'failures', 'rejects']) db.run(`DELETE FROM ${table}`)
  for await (const batch of entries()) for (const entry of batch) insert(db, entry)
}

function insert(db: Connection, entry: StateEntry): void {
  switch (entry.type) {
    case 'resource': {
      const { kind, key, id, attributes, digests, refs, ownership, run, reduced, answered, gone } = entry.resource
      const parts = [attributes, digests, refs].map((part) => JSON.stringify(part))
      const rest = [reduced ?? null, answered === undefined ? null : JSON.stringify(answered), gone ?? null]
      const sql = `INSERT INTO resources (kind, key, id, attributes, digests, refs, ownership, run, reduced, answered, gone)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
      db.run(sql, kind, key, id, ...parts, ownership, run, ...rest)
      break
    }
    case 'intent': {
      const { kind, key, action, startedAt, attributes, digests, refs } = entry.intent
      const parts = [attributes, digests, refs].map((part) => JSON.stringify(part))
      db.run('INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, ?)', kind, key, action, startedAt, ...parts)
      break
    }
    case 'run': {
      const { run, command, startedAt, finishedAt, outcome, toolVersion, manifestDigest, source, counts } = entry.run
      const sql = `INSERT INTO runs (run, command, started_at, finished_at, outcome, tool_version, manifest_digest, source, counts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
      const known = [command, startedAt, finishedAt, outcome, toolVersion, manifestDigest, source ?? null]
      db.run(sql, run, ...known, JSON.stringify(counts))
      break
    }
    case 'failure': {
      const { kind, key, action, outcome, code, message, origin, email } = entry.failure
      const sql = `INSERT INTO failures (run, kind, key, action, outcome, code, message, origin, email)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
      db.run(sql, entry.run, kind, key, action, outcome, code, message, origin, email)
      break
    }
    case 'reject': {
      const { kind, key, code, field, message, hint, origin, records, email } = entry.reject
      const sql = `INSERT INTO rejects (run, kind, key, code, field, message, hint, origin, records, email)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
      db.run(sql, entry.run, kind, key, code, field, message, hint, origin, records, email)
    }
  }
}
