import type { Problem, Reason } from '../../../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { type InviteeForms, invitedAndKeptOut } from '../../invitees.ts'
import { AgeOrder } from '../../join/age-order.ts'
import { JoinTable } from '../../join/join-table.ts'
import { nothingFound } from '../../parts.ts'
import { fileOf, type Snapshot } from '../../snapshot/snapshot.ts'
import { type ReadContext, ROW_FILE, ROW_LINE, type StreamCount } from '../../source.ts'
import type { LineRecord } from '../../text/record-file.ts'
import { partOptions, type ReadOptions, unreadUsers } from '../options.ts'
import { STREAMS } from '../streams.ts'
import {
  CONNECTIONS,
  INVITATIONS,
  NamedOrganizations,
  ORGANIZATIONS,
  ROLES,
  USERS,
  type Users,
  usersIn,
} from './users.ts'

const MEMBERSHIPS = 'memberships'

/** The users in the snapshot of a tenant. Rejects its unread records. */
export async function snapshotUsers(snapshot: Snapshot, options: ReadOptions, context: ReadContext): Promise<Users> {
  const { directory, scratch, signal } = context
  const place = (stream: string) => fileOf(snapshot, stream, directory)
  const organized = options.organizations === 'organizations'
  const none = { read: 0, passed: 0, rejected: 0 }
  const counts = tally([
    { stream: USERS, file: place(STREAMS.users), role: 'main', ...none },
    // With metadata, the users name their organizations.
    { stream: ORGANIZATIONS, file: place(organized ? STREAMS.organizations : STREAMS.users), role: 'main', ...none },
    ...(options.connections
      ? [{ stream: CONNECTIONS, file: place(STREAMS.connections), role: 'main', ...none } as const]
      : []),
    ...(options.invitations
      ? [{ stream: INVITATIONS, file: place(STREAMS.invitations), role: 'main', ...none } as const]
      : []),
    ...(organized ? [{ stream: MEMBERSHIPS, file: place(STREAMS.members), role: 'joined', ...none } as const] : []),
    { stream: ROLES, file: place(STREAMS.roles), role: 'main', ...none },
  ])
  const gone = await rejectUnread(snapshot, context, counts.reject)
  const named = options.organizations === 'metadata' ? new NamedOrganizations() : undefined
  const members = organized
    ? await MemberTable.load(snapshot, scratch, place(STREAMS.members), gone, signal)
    : undefined

  return {
    file: place(STREAMS.users),
    async *peek() {
      for await (const rows of snapshot.read(STREAMS.users, signal)) {
        yield usersIn(rows, { isCsv: false, paths: undefined }, nothingFound())
      }
    },
    async *users() {
      // Auth0 guarantees no order; export jobs and pages order users differently.
      const age = ({ created_at, user_id }: JsonObject) => ({
        created: String(created_at ?? ''),
        id: String(user_id ?? ''),
      })
      const inOrder = await AgeOrder.load(snapshot.read(STREAMS.users, signal), scratch, age)
      try {
        for (const rows of inOrder.batches()) {
          signal?.throwIfAborted()
          const found = nothingFound()
          const users = usersIn(rows, { isCsv: false, paths: named && options.paths }, found)
          for (const { line, problem } of found.refused)
            refuse(context, USERS, place(STREAMS.users), line, problem, counts.reject)
          named?.add(found.organizations)
          members?.join(users.map(({ data }) => data))
          counts.pass(USERS, users.length)
          yield users
        }
      } finally {
        inOrder.close()
      }
      if (members !== undefined) accountForMembers(members, options, context, place(STREAMS.members), counts)
    },
    async *organizations() {
      if (named !== undefined) {
        for (const record of named.all()) {
          counts.pass(ORGANIZATIONS, 1)
          yield { file: place(STREAMS.users), records: [record] }
        }
        return
      }
      for await (const rows of snapshot.read(STREAMS.organizations, signal)) {
        const records = rows.filter(({ data }) => !gone.has(String(data.id)))
        counts.pass(ORGANIZATIONS, records.length)
        yield { file: place(STREAMS.organizations), records }
      }
    },
    async *roles() {
      for await (const records of snapshot.read(STREAMS.roles, signal)) {
        counts.pass(ROLES, records.length)
        yield { file: place(STREAMS.roles), records }
      }
    },
    async *connections() {
      if (!options.connections) return
      for await (const records of connectionRecords(snapshot, signal)) {
        counts.pass(CONNECTIONS, records.length)
        yield { file: place(STREAMS.connections), records }
      }
    },
    async *invitations() {
      if (!options.invitations) return
      for await (const records of invitationRecords(snapshot, signal)) {
        counts.pass(INVITATIONS, records.length)
        yield { file: place(STREAMS.invitations), records }
      }
    },
    counts: () => counts.all(),
    digest: () => snapshot.digest,
    close() {
      members?.close()
      named?.close()
    },
  }
}

/** Rejects the unread records. @returns the IDs of unread organizations */
async function rejectUnread(
  snapshot: Snapshot,
  context: ReadContext,
  count: (stream: string) => void,
): Promise<ReadonlySet<string>> {
  const gone = new Set<string>()
  const readAfterAll = await unreadAndRead(snapshot, context.signal)
  if (readAfterAll.size > 0) context.warn(madeGood(readAfterAll.size))
  for await (const rows of snapshot.read(STREAMS.unread, context.signal)) {
    for (const { data } of rows) {
      const { stream, code, message, hint, file, line, organization, user } = data
      if (typeof user === 'string' && readAfterAll.has(user)) continue
      const origin = { file: String(file), ...(typeof line === 'number' ? { line } : {}) }
      const problem = { code: String(code), message: String(message), hint: String(hint), at: origin }
      context.reject({ stream: String(stream), origin, problem })
      count(String(stream))
      if (organization !== undefined) gone.add(String(organization))
    }
  }
  return gone
}

/** IDs of users with an unreadable line in the export that were read later as members. */
async function unreadAndRead(snapshot: Snapshot, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const unread = new Set<string>()
  for await (const rows of snapshot.read(STREAMS.unread, signal)) {
    for (const { data } of rows) if (typeof data.user === 'string') unread.add(data.user)
  }
  const found = new Set<string>()
  if (unread.size === 0) return found
  for await (const rows of snapshot.read(STREAMS.users, signal)) {
    for (const { data } of rows) if (unread.has(String(data.user_id))) found.add(String(data.user_id))
  }
  return found
}

function madeGood(count: number): Problem {
  return {
    code: 'line_made_good',
    severity: 'warning',
    message: `${count === 1 ? '1 user has an unreadable line in the export and was' : `${count} users have unreadable lines in the export and were`} read one by one`,
    hint: 'do nothing: no user is missing',
  }
}

/**
 * Reports members whose user was not read. In a complete reading, these users were deleted
 * meanwhile. In a partial reading, they are not in the part.
 */
function accountForMembers(
  members: MemberTable,
  options: ReadOptions,
  context: ReadContext,
  file: string,
  counts: Tally,
): void {
  const unread = unreadUsers(options)
  let left = 0
  for (const { line, user, organization } of members.unused()) {
    left += 1
    if (unread !== undefined) continue
    refuse(
      context,
      MEMBERSHIPS,
      file,
      line,
      {
        code: 'deleted_meanwhile',
        message: `the user ${user}, a member of ${organization}, was deleted during the reading`,
        hint: 'read the tenant again with --fresh to confirm that the user is deleted',
      },
      counts.reject,
    )
  }
  counts.pass(MEMBERSHIPS, members.read - left)
  if (unread === undefined || left === 0) return
  context.warn({
    code: 'members_not_read',
    severity: 'warning',
    message: `${left === 1 ? '1 membership belongs' : `${left} memberships belong`} to users who ${unread}; nothing changes for them`,
    hint: `remove ${partOptions(options)} for the last run, which then reads the memberships of all users`,
  })
}

function refuse(
  context: ReadContext,
  stream: string,
  file: string,
  line: number,
  problem: Reason,
  count: (stream: string) => void,
): void {
  const origin = { file, line }
  context.reject({ stream, origin, problem: { ...problem, at: origin } })
  count(stream)
}

interface Tally {
  pass(stream: string, count: number): void
  reject(stream: string): void
  all(): StreamCount[]
}

function tally(streams: StreamCount[]): Tally {
  const of = (stream: string) => streams.filter((one) => one.stream === stream)
  return {
    pass(stream, count) {
      for (const one of of(stream)) {
        one.read += count
        one.passed += count
      }
    },
    reject(stream) {
      for (const one of of(stream)) {
        one.read += 1
        one.rejected += 1
      }
    },
    all: () => streams,
  }
}

/** The connections, each with the sorted `organizations` that it is enabled for: `[{ id }]`. */
async function* connectionRecords(snapshot: Snapshot, signal?: AbortSignal): AsyncGenerator<LineRecord[]> {
  const organizations = new Map<string, string[]>()
  for await (const rows of snapshot.read(STREAMS.enabledConnections, signal)) {
    for (const { data } of rows) {
      const connection = String(data.connection_id)
      const ids = organizations.get(connection) ?? []
      ids.push(String(data.organization_id))
      organizations.set(connection, ids)
    }
  }
  for await (const rows of snapshot.read(STREAMS.connections, signal)) {
    yield rows.map(({ line, data }) => {
      const ids = (organizations.get(String(data.id)) ?? []).toSorted()
      return { line, data: { ...data, organizations: ids.map((id) => ({ id })) } }
    })
  }
}

/**
 * The invitations, each with its `roles` as `[{ id, name }]` and whether its recipient is blocked.
 * A new invitation would let a blocked user in again.
 */
async function* invitationRecords(snapshot: Snapshot, signal?: AbortSignal): AsyncGenerator<LineRecord[]> {
  const names = new Map<unknown, Json>()
  for await (const rows of snapshot.read(STREAMS.roles, signal)) {
    for (const { data } of rows) if (data.name !== undefined) names.set(data.id, data.name)
  }
  const isBlocked = await invitedAndKeptOut(snapshot, INVITEES, signal)
  for await (const rows of snapshot.read(STREAMS.invitations, signal)) {
    yield rows.map(({ line, data }) => {
      const ids = Array.isArray(data.roles) ? data.roles : []
      // A role that was deleted since has only its ID, and stays visible.
      const roles = ids.map((id) => ({ id, name: names.get(id) ?? null }))
      return { line, data: { ...data, roles, invitee_blocked: isBlocked(data) } }
    })
  }
}

const INVITEES: InviteeForms = {
  invitations: STREAMS.invitations,
  users: STREAMS.users,
  recipient: ({ invitee }) => (isObject(invitee) ? String(invitee.email ?? '') : ''),
  addresses: ({ email }) => [String(email ?? '')],
  isKeptOut: ({ blocked }) => blocked === true,
}

/** The fields of an organization that each of its memberships has. */
const OF_ORGANIZATION = ['id', 'name', 'display_name', 'metadata']

/** The members in a snapshot, by user. */
class MemberTable {
  readonly #members: JoinTable
  readonly #organizations: JoinTable
  /** Number of members, without those of organizations deleted during the reading. */
  readonly read: number

  private constructor(members: JoinTable, organizations: JoinTable, read: number) {
    this.#members = members
    this.#organizations = organizations
    this.read = read
  }

  /**
   * @param folder a private folder that is removed after the run
   * @param file of the members, for messages
   * @param gone IDs of organizations that were deleted during the reading
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

  /** Adds to each user its memberships, in reading order. */
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

  /** The members that no user has claimed. */
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
