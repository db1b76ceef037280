import type { DatabaseSync } from 'node:sqlite'
import { openThrowawayIn } from '../../files/scratch.ts'
import type { JsonObject } from '../../json.ts'
import type { SnapshotRow } from '../snapshot/snapshot.ts'

const BATCH = 500

/** The order of users: creation time as sortable text, then ID. */
interface Age {
  created: string
  id: string
}

/**
 * Users from the oldest to the newest, on disk, for sources without a fixed order. The first of two
 * merged accounts supplies the name and the ID. Without a fixed order, each reading would look like
 * a change.
 */
export class AgeOrder {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** @param folder a private folder that is removed after the run */
  static async load(
    users: AsyncIterable<SnapshotRow[]>,
    folder: string,
    ageOf: (data: JsonObject) => Age,
  ): Promise<AgeOrder> {
    const database = openThrowawayIn(folder, 'users')
    database.exec(
      'CREATE TABLE user (line INTEGER PRIMARY KEY, created TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL)',
    )
    const add = database.prepare('INSERT INTO user VALUES (?, ?, ?, ?)')
    try {
      for await (const rows of users) {
        database.exec('BEGIN')
        for (const { line, data } of rows) {
          const { created, id } = ageOf(data)
          add.run(line, created, id, JSON.stringify(data))
        }
        database.exec('COMMIT')
      }
      database.exec('CREATE INDEX user_by_age ON user (created, id)')
      return new AgeOrder(database)
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
