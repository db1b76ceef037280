import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { JsonObject } from '../../../json.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import { ROW_FILE, ROW_LINE } from '../../source.ts'
import { STREAMS } from '../snapshot-rows.ts'

/** What of an organization is put into each of its memberships. */
const OF_ORGANIZATION = ['id', 'name', 'display_name', 'metadata']

/** The members that a snapshot holds, by user, on disk; each user takes its own. */
export class MemberTable {
  readonly #database: DatabaseSync
  readonly #take: StatementSync
  readonly #mark: StatementSync
  readonly #file: string
  /** Members of organizations that were there to the end. */
  read = 0

  /** @param file of the members, for messages */
  private constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#file = file
    this.#take = database.prepare(
      `SELECT wanted.key AS position, member.line, member.roles, organization.data FROM json_each(?) AS wanted
       CROSS JOIN member ON member.user = wanted.value CROSS JOIN organization ON organization.id = member.organization
       ORDER BY wanted.key, member.line`,
    )
    this.#mark = database.prepare(
      'UPDATE member SET taken = 1 WHERE user IN (SELECT value FROM json_each(?)) AND taken = 0',
    )
  }

  /**
   * @param folder a private folder that is removed after the run
   * @param gone ids of organizations that were deleted while they were read
   */
  static async load(
    snapshot: Snapshot,
    folder: string,
    file: string,
    gone: ReadonlySet<string>,
    signal?: AbortSignal,
  ): Promise<MemberTable> {
    const path = join(folder, 'members.sqlite')
    closeSync(openSync(path, 'wx', 0o600))
    const database = new DatabaseSync(path)
    database.exec(`
      PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;
      CREATE TABLE organization (id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE member (line INTEGER PRIMARY KEY, user TEXT NOT NULL, organization TEXT NOT NULL, roles TEXT NOT NULL,
        taken INTEGER NOT NULL DEFAULT 0);
    `)
    const addOrganization = database.prepare('INSERT OR IGNORE INTO organization VALUES (?, ?)')
    const addMember = database.prepare('INSERT INTO member (line, user, organization, roles) VALUES (?, ?, ?, ?)')
    for await (const rows of snapshot.read(STREAMS.organizations, signal)) {
      for (const { data } of rows) addOrganization.run(String(data.id), JSON.stringify(ofOrganization(data)))
    }
    let read = 0
    for await (const rows of snapshot.read(STREAMS.members, signal)) {
      database.exec('BEGIN')
      for (const { line, data } of rows) {
        const organization = String(data.organization_id)
        if (gone.has(organization)) continue
        addMember.run(line, String(data.user_id), organization, JSON.stringify(data.roles ?? []))
        read += 1
      }
      database.exec('COMMIT')
    }
    database.exec('CREATE INDEX member_by_user ON member (user, line)')
    const table = new MemberTable(database, file)
    table.read = read
    return table
  }

  /** Adds to each user its memberships, in the order in which they were read. */
  join(users: readonly JsonObject[]): void {
    const ids = JSON.stringify(users.map(({ user_id }) => user_id ?? null))
    for (const user of users) user.memberships = []
    for (const { position, line, roles, data } of this.#take.iterate(ids)) {
      const memberships = users[Number(position)]?.memberships
      if (!Array.isArray(memberships)) continue
      memberships.push({
        organization: JSON.parse(String(data)),
        roles: JSON.parse(String(roles)),
        [ROW_FILE]: this.#file,
        [ROW_LINE]: Number(line),
      })
    }
    this.#mark.run(ids)
  }

  /** The members whose user never came. */
  *unused(): Iterable<{ line: number; user: string; organization: string }> {
    const rows = this.#database.prepare('SELECT line, user, organization FROM member WHERE taken = 0 ORDER BY line')
    for (const { line, user, organization } of rows.iterate()) {
      yield { line: Number(line), user: String(user), organization: String(organization) }
    }
  }

  close(): void {
    this.#database.close()
  }
}

function ofOrganization(data: JsonObject): JsonObject {
  return Object.fromEntries(OF_ORGANIZATION.flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]]])))
}
