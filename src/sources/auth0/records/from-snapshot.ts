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

/**
 * Users of a tenant that has been read into a snapshot, with what could not be read there rejected.
 */
export async function snapshotUsers(snapshot: Snapshot, options: ReadOptions, context: ReadContext): Promise<Users> {
  const { directory, scratch, signal } = context
  const place = (stream: string) => fileOf(snapshot, stream, directory)
  const organized = options.organizations === 'organizations'
  const none = { read: 0, passed: 0, rejected: 0 }
  const counts = tally([
    { stream: USERS, file: place(STREAMS.users), role: 'main', ...none },
    // Users themselves may tell of their organizations and memberships.
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
      // Auth0 promises no order, and an export job's is another than that of pages.
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

/** Rejects what the tenant had and could not be read. @returns ids of the organizations among it */
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

/**
 * Ids of users whose line of an export could not be read, and who were asked for by themselves, as
 * members of an organization.
 */
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
    message: `${count === 1 ? '1 user, whose line' : `${count} users, whose lines`} of the export could not be read, ${count === 1 ? 'was' : 'were'} asked for one by one`,
    hint: 'nothing needs to be done',
  }
}

/**
 * Members whose user was not read: of a whole reading, those who were deleted meanwhile; of a part,
 * those who have not changed.
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
        message: `the user ${user}, a member of ${organization}, was deleted while the tenant was read`,
        hint: 'nothing is lost if the user is gone for good; read the tenant again with --fresh to be sure',
      },
      counts.reject,
    )
  }
  counts.pass(MEMBERSHIPS, members.read - left)
  if (unread === undefined || left === 0) return
  context.warn({
    code: 'members_not_read',
    severity: 'warning',
    message: `${left} memberships are of users who ${unread}, and are left as they are`,
    hint: `those of all users come with a whole reading: take ${partOptions(options)} out for the last one`,
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

/**
 * The connections of a tenant, each with the `organizations` that it is enabled for: `[{ id }]`, in
 * order.
 */
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
 * The invitations of a tenant, which names their roles by id: each with its `roles` as members have
 * theirs, `[{ id, name }]`, and whether its recipient is blocked: a new invitation would let
 * somebody in again whom the old system keeps out.
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
      // A role that was deleted since has its id alone, and is not lost sight of.
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

/** What of an organization is put into each of its memberships. */
const OF_ORGANIZATION = ['id', 'name', 'display_name', 'metadata']

/** The members that a snapshot holds, by user; each user takes its own. */
class MemberTable {
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
