import type { JsonObject } from '../../json.ts'
import type { Ask, Dialect } from './catalog.ts'

export interface DatabaseSession {
  ask: Ask
  close(): Promise<void>
}

export async function openDatabase(type: Dialect, url: string, _options: { signal?: AbortSignal }): Promise<DatabaseSession> {
  if (type === 'postgres') {
    const { Client } = await import('pg')
    const client = new Client({ connectionString: url })
    await client.connect()
    return {
      ask: async (sql) => (await client.query<JsonObject>(sql)).rows.map(withoutNulls),
      close: () => client.end(),
    }
  }
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection(url)
  return {
    ask: async (sql) => {
      const [rows] = await connection.query(sql)
      return Array.isArray(rows) ? rows.map((row) => withoutNulls(row as JsonObject)) : []
    },
    close: () => connection.end(),
  }
}

function withoutNulls(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined))
}
