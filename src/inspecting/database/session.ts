import type { JsonObject } from '../../json.ts'
import type { Asked, Connecting, Session } from '../../sources/database/driver.ts'
import type { Ask, Dialect } from './catalog.ts'

/**
 * One read-only transaction for inspecting. Values are as the source reads them, and errors are
 * explained.
 */
export interface LookSession {
  ask: Ask
  close(): Promise<void>
}

/** Limit for one statement, in milliseconds. */
const STATEMENT_TIMEOUT = 5 * 60_000

const ASKED: Asked = { path: 'source', table: undefined, place: 'the tables of the database' }

/** @throws CredentialsError, SourceError, ManifestError */
export async function openDatabase(type: Dialect, url: string, signal?: AbortSignal): Promise<LookSession> {
  const session = await connect(type, { url, ca: undefined, statementTimeout: STATEMENT_TIMEOUT }, signal)
  return {
    async ask(sql) {
      // `columns` appends a LIMIT, so the statement must be a subquery.
      const columns = await session.columns(`SELECT * FROM (${sql}) AS described`, ASKED)
      const rows: JsonObject[] = []
      for await (const batch of session.rows(sql, columns, ASKED)) rows.push(...batch)
      return rows
    },
    close: () => session.close(),
  }
}

async function connect(type: Dialect, options: Connecting, signal: AbortSignal | undefined): Promise<Session> {
  const { openSession } =
    type === 'postgres'
      ? await import('../../sources/postgres/session.ts')
      : await import('../../sources/mysql/session.ts')
  return openSession(options, { signal })
}
