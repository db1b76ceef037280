import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Snapshot, SnapshotRow } from '../../snapshot/snapshot.ts'
import { STREAMS } from '../snapshot-rows.ts'

const BATCH = 500

/**
 * The users of a snapshot from the oldest to the newest, on disk. Auth0 promises no order, and an export job's is another than that of pages; of two
 * accounts that are merged the first gives the name and the id, so that without an order of our own each reading would look like a change.
 */
export class UserOrder {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** @param folder a private folder that is removed after the run */
  static async load(snapshot: Snapshot, folder: string, signal?: AbortSignal): Promise<UserOrder> {
    const path = join(folder, 'users.sqlite')
    closeSync(openSync(path, 'wx', 0o600))
    const database = new DatabaseSync(path)
    database.exec(`
      PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;
      CREATE TABLE user (line INTEGER PRIMARY KEY, created TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL);
    `)
    const add = database.prepare('INSERT INTO user VALUES (?, ?, ?, ?)')
    try {
      for await (const rows of snapshot.read(STREAMS.users, signal)) {
        database.exec('BEGIN')
        for (const { line, data } of rows) {
          add.run(line, String(data.created_at ?? ''), String(data.user_id ?? ''), JSON.stringify(data))
        }
        database.exec('COMMIT')
      }
      database.exec('CREATE INDEX user_by_age ON user (created, id)')
      return new UserOrder(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  *batches(): Iterable<SnapshotRow[]> {
    let batch: SnapshotRow[] = []
    const rows = this.#database.prepare('SELECT line, data FROM user ORDER BY created, id, line')
    for (const { line, data } of rows.iterate()) {
      batch.push({ line: Number(line), data: JSON.parse(String(data)) })
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  close(): void {
    this.#database.close()
  }
}
