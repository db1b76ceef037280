/**
 * Records of the `okta` source. In: the snapshot of an org. Out: users, oldest first, each with its
 * groups; identity providers and SAML apps; rejected records; counts of each stream.
 */

import { isObject, type JsonObject } from '../../json.ts'
import { AgeOrder } from '../join/age-order.ts'
import { JoinTable } from '../join/join-table.ts'
import { fileOf, type Snapshot } from '../snapshot/snapshot.ts'
import { type ReadContext, ROW_FILE, ROW_LINE, type StreamCount } from '../source.ts'
import type { LineRecord } from '../text/record-file.ts'
import { partOptions, type ReadOptions, unreadUsers } from './options.ts'
import { APPS, CONNECTIONS, GROUPS, STREAMS, USERS } from './streams.ts'

/** Records of one stream, and their file in messages. */
interface Batch {
  stream: string
  file: string
  records: LineRecord[]
}

export class OrgRecords {
  readonly #snapshot: Snapshot
  readonly #options: ReadOptions
  readonly #context: ReadContext
  readonly #counts = new Map<string, StreamCount>()

  constructor(snapshot: Snapshot, options: ReadOptions, context: ReadContext) {
    this.#snapshot = snapshot
    this.#options = options
    this.#context = context
    const { groups, connections, apps } = options
    this.#count(USERS, STREAMS.users, 'main')
    if (groups) this.#count(GROUPS, STREAMS.members, 'joined')
    if (connections) this.#count(CONNECTIONS, STREAMS.connections, 'main')
    if (apps) this.#count(APPS, STREAMS.apps, 'main')
  }

  counts(): StreamCount[] {
    return [...this.#counts.values()]
  }

  async *all(): AsyncGenerator<Batch> {
    yield* this.#users()
    if (this.#options.connections) yield* this.#whole(CONNECTIONS, STREAMS.connections)
    if (this.#options.apps) yield* this.#whole(APPS, STREAMS.apps)
  }

  async *#users(): AsyncGenerator<Batch> {
    const { scratch, signal } = this.#context
    const file = this.#place(STREAMS.users)
    const members = this.#options.groups ? await this.#members() : undefined
    // Okta guarantees no order; a search and the list of users order them differently.
    const age = ({ created, id }: JsonObject) => ({ created: String(created ?? ''), id: String(id) })
    const inOrder = await AgeOrder.load(this.#snapshot.read(STREAMS.users, signal), scratch, age)
    try {
      for (const rows of inOrder.batches()) {
        signal?.throwIfAborted()
        const records = members === undefined ? rows : members.join(rows)
        this.#pass(USERS, records.length)
        yield { stream: USERS, file, records }
      }
      if (members !== undefined) this.#accountFor(members)
    } finally {
      inOrder.close()
      members?.close()
    }
  }

  async *#whole(stream: string, of: string): AsyncGenerator<Batch> {
    for await (const records of this.#snapshot.read(of, this.#context.signal)) {
      this.#pass(stream, records.length)
      yield { stream, file: this.#place(of), records }
    }
  }

  #members(): Promise<Members> {
    const { scratch, signal } = this.#context
    const files = { groups: this.#place(STREAMS.groups), members: this.#place(STREAMS.members) }
    return Members.load(this.#snapshot, scratch, files, signal)
  }

  /**
   * Reports members whose user was not read. In a complete reading, these users were deleted
   * meanwhile. In a partial reading, they are not in the part.
   */
  #accountFor(members: Members): void {
    const { warn, reject } = this.#context
    const unread = unreadUsers(this.#options)
    const file = this.#place(STREAMS.members)
    const count = this.#counts.get(GROUPS)
    let left = 0
    for (const { line, user, group } of members.unused()) {
      left += 1
      if (unread !== undefined) continue
      if (count !== undefined) count.rejected += 1
      const origin = { file, line }
      const problem = {
        code: 'deleted_meanwhile',
        message: `the user ${user}, a member of the group ${group}, was deleted during the reading`,
        hint: 'read the org again with --fresh to confirm that the user is deleted',
        at: origin,
      }
      reject({ stream: GROUPS, origin, problem })
    }
    if (count !== undefined) count.read += unread === undefined ? left : 0
    this.#pass(GROUPS, members.read - left)
    if (unread === undefined || left === 0) return
    warn({
      code: 'members_not_read',
      severity: 'warning',
      message: `${left === 1 ? '1 membership in groups belongs' : `${left} memberships in groups belong`} to users who ${unread}; nothing changes for them`,
      hint: `remove ${partOptions(this.#options)} for the last run, which then reads the memberships of all users`,
    })
  }

  #count(stream: string, of: string, role: StreamCount['role']): void {
    this.#counts.set(stream, { stream, file: this.#place(of), role, read: 0, passed: 0, rejected: 0 })
  }

  #pass(stream: string, records: number): void {
    const count = this.#counts.get(stream)
    if (count === undefined) return
    count.read += records
    count.passed += records
  }

  #place(stream: string): string {
    return fileOf(this.#snapshot, stream, this.#context.directory)
  }
}

/** The members of groups, on disk, by user. */
class Members {
  readonly #members: JoinTable
  readonly #groups: JoinTable
  readonly read: number

  private constructor(members: JoinTable, groups: JoinTable, read: number) {
    this.#members = members
    this.#groups = groups
    this.read = read
  }

  /**
   * @param folder a private folder that is removed after the run
   * @param files of the streams, for messages
   */
  static async load(
    snapshot: Snapshot,
    folder: string,
    files: { groups: string; members: string },
    signal?: AbortSignal,
  ): Promise<Members> {
    const groups = new JoinTable(folder, 'okta groups', files.groups)
    for await (const rows of snapshot.read(STREAMS.groups, signal)) {
      groups.load(rows.map(({ line, data }) => ({ key: String(data.id), line, data: ofGroup(data) })))
    }
    groups.finish()
    const members = new JoinTable(folder, 'okta members', files.members)
    let read = 0
    for await (const rows of snapshot.read(STREAMS.members, signal)) {
      read += rows.length
      members.load(
        rows.map(({ line, data: { user_id, group_id } }) => {
          return { key: String(user_id), line, data: { groupId: String(group_id) } }
        }),
      )
    }
    members.finish()
    return new Members(members, groups, read)
  }

  /** Adds to each user its groups, sorted by ID. */
  join(users: readonly LineRecord[]): LineRecord[] {
    const found = this.#members.take(users.map(({ data }) => String(data.id)))
    const groups = this.#groupsOf(found.flat())
    return users.map(({ data, ...place }, index) => {
      const rows = (found[index] ?? []).toSorted(byGroup).map((member) => {
        return { ...groups.get(String(member.groupId)), userId: data.id ?? null, ...member }
      })
      return { ...place, data: { ...data, groups: rows } }
    })
  }

  #groupsOf(members: readonly JsonObject[]): Map<string, JsonObject> {
    const ids = [...new Set(members.map(({ groupId }) => String(groupId)))]
    const found = new Map<string, JsonObject>()
    for (const [index, [first]] of this.#groups.take(ids).entries()) {
      if (first === undefined) continue
      const { [ROW_FILE]: _file, [ROW_LINE]: _line, ...group } = first
      found.set(ids[index] ?? '', group)
    }
    return found
  }

  /** The members that no user has claimed. */
  *unused(): Iterable<{ line: number; user: string; group: string }> {
    for (const { line, key, data } of this.#members.unused()) {
      yield { line, user: key, group: String(data.groupId) }
    }
  }

  close(): void {
    this.#members.close()
    this.#groups.close()
  }
}

function byGroup(one: JsonObject, other: JsonObject): number {
  const [id, otherId] = [String(one.groupId), String(other.groupId)]
  return id < otherId ? -1 : id > otherId ? 1 : 0
}

/** The fields of a group for each of its members, named as in a file of members. */
function ofGroup({ type = null, profile }: JsonObject): JsonObject {
  const { name = null, description = null } = isObject(profile) ? (profile as JsonObject) : {}
  return { groupName: name, groupDescription: description, groupType: type }
}
