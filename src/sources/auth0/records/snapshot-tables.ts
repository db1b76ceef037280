/**
 * What of a snapshot is put in another order than it was read in, on disk. In: its streams. Out: its users by age, and to each user its
 * memberships.
 */

import type { DatabaseSync } from 'node:sqlite'
import { openThrowawayIn } from '../../../files/scratch.ts'
import type { JsonObject } from '../../../json.ts'
import { JoinTable } from '../../join/join-table.ts'
import type { Snapshot, SnapshotRow } from '../../snapshot/snapshot.ts'
import { ROW_FILE, ROW_LINE } from '../../source.ts'
import { STREAMS } from '../snapshot-rows.ts'

/** What of an organization is put into each of its memberships. */
const OF_ORGANIZATION = ['id', 'name', 'display_name', 'metadata']

/** The members that a snapshot holds, by user; each user takes its own. */
export class MemberTable {
  readonly #members: JoinTable
  readonly #organizations: JoinTable
  /** Members of organizations that were there to the end. */
  readonly read: number

  private constructor(members: JoinTable, organizations: JoinTable, read: number) {
    this.#members = members
    this.#organizations = organizations
    this.read = read
  }

  /**
   * @param folder a private folder that is removed after the run
   * @param file of the members, for messages
   * @param gone ids of organizations that were deleted while they were read
   */
  static async load(
    snapshot: Snapshot,
    folder: string,
    file: string,
    gone: ReadonlySet<string>,
    signal?: AbortSignal,
  ): Promise<MemberTable> {
    const organizations = new JoinTable(folder, 'organizations', file)
    for await (const rows of snapshot.read(STREAMS.organizations, signal)) {
      organizations.load(rows.map(({ line, data }) => ({ key: String(data.id), line, data: ofOrganization(data) })))
    }
    organizations.finish()
    const members = new JoinTable(folder, 'members', file)
    let read = 0
    for await (const rows of snapshot.read(STREAMS.members, signal)) {
      const own = rows.filter(({ data }) => !gone.has(String(data.organization_id)))
      read += own.length
      members.load(
        own.map(({ line, data: { user_id, organization_id, roles } }) => {
          return { key: String(user_id), line, data: { organization: String(organization_id), roles: roles ?? [] } }
        }),
      )
    }
    members.finish()
    return new MemberTable(members, organizations, read)
  }

  /** Adds to each user its memberships, in the order in which they were read. */
  join(users: readonly JsonObject[]): void {
    const found = this.#members.take(users.map(({ user_id }) => String(user_id)))
    const organizations = this.#organizationsOf(found.flat())
    for (const [index, user] of users.entries()) {
      user.memberships = (found[index] ?? []).flatMap((member) => {
        const organization = organizations.get(String(member.organization))
        return organization === undefined ? [] : [{ ...member, organization: { ...organization } }]
      })
    }
  }

  #organizationsOf(members: readonly JsonObject[]): Map<string, JsonObject> {
    const ids = [...new Set(members.map(({ organization }) => String(organization)))]
    const found = new Map<string, JsonObject>()
    for (const [index, [first]] of this.#organizations.take(ids).entries()) {
      if (first === undefined) continue
      const { [ROW_FILE]: _file, [ROW_LINE]: _line, ...organization } = first
      found.set(ids[index] ?? '', organization)
    }
    return found
  }

  /** The members whose user never came. */
  *unused(): Iterable<{ line: number; user: string; organization: string }> {
    for (const { line, key, data } of this.#members.unused()) {
      yield { line, user: key, organization: String(data.organization) }
    }
  }

  close(): void {
    this.#members.close()
    this.#organizations.close()
  }
}

function ofOrganization(data: JsonObject): JsonObject {
  return Object.fromEntries(OF_ORGANIZATION.flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]]])))
}

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
    const database = openThrowawayIn(folder, 'users')
    database.exec(
      'CREATE TABLE user (line INTEGER PRIMARY KEY, created TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL)',
    )
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
