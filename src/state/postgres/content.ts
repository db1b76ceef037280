import { CONTENT_BATCH } from '../content.ts'
import type { StateContent, StateEntry } from '../store.ts'
import type { Connection, Row } from './connection.ts'
import {
  failureFromRow,
  intentFromRow,
  type Rows,
  rejectFromRow,
  resourceFromRow,
  rowOfFailure,
  rowOfIntent,
  rowOfReject,
  rowOfResource,
  rowOfRun,
  runFromRow,
} from './rows.ts'

/** Reads and replaces the whole content of a state in a schema, within a transaction. */

/** One table: the order of its rows, and the conversion from and to entries. */
interface Table<Type extends StateEntry['type']> {
  name: string
  columns: string
  order: readonly string[]
  first: readonly (string | number)[]
  entry(row: Row): StateEntry
  /** @param before the number of earlier entries of the same type */
  row(entry: Extract<StateEntry, { type: Type }>, before: number): Rows[number]
}

const TABLES: { [Type in StateEntry['type']]: Table<Type> } = {
  resource: {
    name: 'resources',
    columns: `kind text, key text, id text, attributes text, digests text, refs text, ownership text, run integer,
      reduced text, answered text, gone integer`,
    order: ['kind', 'key'],
    first: ['', ''],
    entry: (row) => ({ type: 'resource', resource: resourceFromRow(row) }),
    row: ({ resource }) => rowOfResource(resource),
  },
  intent: {
    name: 'intents',
    columns: 'kind text, key text, action text, started_at text, attributes text, digests text, refs text',
    order: ['kind', 'key'],
    first: ['', ''],
    entry: (row) => ({ type: 'intent', intent: intentFromRow(row) }),
    row: ({ intent }) => rowOfIntent(intent),
  },
  run: {
    name: 'runs',
    columns: `run integer, command text, started_at text, finished_at text, outcome text, tool_version text,
      manifest_digest text, source text, counts text`,
    order: ['run'],
    first: [0],
    entry: (row) => ({ type: 'run', run: runFromRow(row) }),
    row: ({ run }) => ({ ...rowOfRun(run), run: run.run, counts: JSON.stringify(run.counts) }),
  },
  failure: {
    name: 'failures',
    columns: `run integer, kind text, key text, action text, outcome text, code text, message text, origin text,
      email text`,
    order: ['run', 'kind', 'key'],
    first: [0, '', ''],
    entry: (row) => ({ type: 'failure', run: Number(row.run), failure: failureFromRow(row) }),
    row: ({ run, failure }) => ({ ...rowOfFailure(failure), run }),
  },
  reject: {
    name: 'rejects',
    columns: `run integer, place integer, kind text, key text, code text, field text, message text, hint text,
      origin text, records integer, email text`,
    order: ['run', 'place'],
    first: [0, 0],
    entry: (row) => ({ type: 'reject', run: Number(row.run), reject: rejectFromRow(row) }),
    // Unique and increasing within each run.
    row: ({ run, reject }, before) => ({ ...rowOfReject(reject, before + 1), run }),
  },
}

export async function* entriesOf(connection: Connection, state: number): AsyncGenerator<StateEntry[]> {
  for (const { name, order, first, entry } of Object.values(TABLES)) {
    const keys = order.join(', ')
    const places = order.map((_key, index) => `$${index + 2}`).join(', ')
    const sql = `SELECT * FROM ${name} WHERE state = $1 AND (${keys}) > (${places}) ORDER BY ${keys} LIMIT ${CONTENT_BATCH}`
    for (let after: readonly unknown[] = first; ; ) {
      const rows = await connection.query(sql, state, ...after)
      const last = rows.at(-1)
      if (last === undefined) break
      yield rows.map(entry)
      after = order.map((key) => last[key])
    }
  }
}

export async function replaceEntries(connection: Connection, state: number, { entries }: StateContent): Promise<void> {
  for (const { name } of Object.values(TABLES)) {
    await connection.query(`DELETE FROM ${name} WHERE state = $1`, state)
  }
  const counts = { resource: 0, intent: 0, run: 0, failure: 0, reject: 0 }
  for await (const batch of entries()) {
    const type = batch[0]?.type
    if (type === undefined) continue
    await insert(connection, state, { type, rows: batch.map((entry, index) => rowOf(entry, counts[type] + index)) })
    counts[type] += batch.length
  }
}

function rowOf(entry: StateEntry, before: number): Rows[number] {
  switch (entry.type) {
    case 'resource':
      return TABLES.resource.row(entry, before)
    case 'intent':
      return TABLES.intent.row(entry, before)
    case 'run':
      return TABLES.run.row(entry, before)
    case 'failure':
      return TABLES.failure.row(entry, before)
    case 'reject':
      return TABLES.reject.row(entry, before)
  }
}

async function insert(
  connection: Connection,
  state: number,
  { type, rows }: { type: StateEntry['type']; rows: Rows },
): Promise<void> {
  const { name, columns } = TABLES[type]
  const names = columns.split(',').map((column) => column.trim().split(' ')[0])
  await connection.query(
    `INSERT INTO ${name} (state, ${names.join(', ')}) SELECT $1, r.* FROM json_to_recordset($2::json) AS r(${columns})`,
    state,
    JSON.stringify(rows),
  )
}
