/**
 * Records of the `cognito` source. In: the snapshot of user pools. Out: users with their groups, in
 * the form of `aws cognito-idp list-users`, so that one mapping serves its files too; groups;
 * identity providers; rejected records; counts of each stream.
 */

import type { Problem } from '../../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { AgeOrder } from '../join/age-order.ts'
import { JoinTable } from '../join/join-table.ts'
import { fileOf, type Snapshot } from '../snapshot/snapshot.ts'
import type { ReadContext, Source, StreamCount } from '../source.ts'
import { Numbering } from '../text/numbering.ts'
import { type LineRecord, numberedFrom } from '../text/record-file.ts'
import { type CognitoOptions, type LiveOptions, liveOptions } from './options.ts'
import {
  CONNECTIONS,
  factOf,
  GONE_GROUPS,
  GROUPS,
  goneGroup,
  memberKey,
  POOL_GROUPS,
  STREAMS,
  USERS,
  userKey,
} from './streams.ts'

/** Reads nothing before `read` is iterated, so that `streams` needs no snapshot. */
export function openPools(config: CognitoOptions, context: ReadContext): Source {
  const options = liveOptions(config)
  const { directory, numbering = new Numbering() } = context
  const counts = new Map<string, StreamCount>()
  const count = (
    stream: string,
    file: string,
    role: StreamCount['role'],
    figures: { passed: number; rejected?: number },
  ) => {
    const { passed, rejected = 0 } = figures
    const before = counts.get(stream) ?? { stream, file, role, read: 0, passed: 0, rejected: 0 }
    const sum = { passed: before.passed + passed, rejected: before.rejected + rejected }
    counts.set(stream, { stream, file, role, ...sum, read: sum.passed + sum.rejected })
  }

  async function* records(snapshot: Snapshot) {
    const place = (stream: string) => fileOf(snapshot, stream, directory)
    count(USERS, place(STREAMS.users), 'main', { passed: 0 })
    const members = options.groups ? await Members.load(snapshot, context) : undefined
    try {
      for await (const batch of users(snapshot, context)) {
        members?.join(batch.map(({ data }) => data))
        count(USERS, place(STREAMS.users), 'main', { passed: batch.length })
        yield { stream: USERS, file: place(STREAMS.users), records: batch }
      }
      if (members !== undefined) count(GROUPS, place(STREAMS.members), 'joined', accountFor(members, options, context))
    } finally {
      members?.close()
    }
    const others = [
      ...(options.groups ? [[POOL_GROUPS, STREAMS.groups] as const] : []),
      ...(options.connections ? [[CONNECTIONS, STREAMS.providers] as const] : []),
    ]
    for (const [stream, name] of others) {
      const file = place(name)
      count(stream, file, 'main', { passed: 0 })
      for await (const batch of snapshot.read(name, context.signal)) {
        count(stream, file, 'main', { passed: batch.length })
        yield { stream, file, records: batch }
      }
    }
    for (const warning of farOff(snapshot, options)) context.warn(warning)
  }

  return {
    // Streams that the options do not request are empty.
    streams: [USERS, POOL_GROUPS, CONNECTIONS, GROUPS],
    partial: options.updatedSince !== undefined,
    read: (chunkSize) => numberedFrom(records(snapshotOf(context)), chunkSize, numbering),
    counts: () => [...counts.values()],
    digest: () => snapshotOf(context).digest,
  }
}

function snapshotOf({ snapshot }: ReadContext): Snapshot {
  if (snapshot === undefined) throw new Error('user pools are read from their snapshot')
  return snapshot
}

/** The users of all pools, oldest first. Cognito guarantees no order. */
async function* users(snapshot: Snapshot, { scratch, signal }: ReadContext): AsyncGenerator<LineRecord[]> {
  const age = (user: JsonObject) => ({
    created: String(user.UserCreateDate ?? ''),
    id: userKey(String(user.pool), user),
  })
  const inOrder = await AgeOrder.load(snapshot.read(STREAMS.users, signal), scratch, age)
  try {
    for (const batch of inOrder.batches()) {
      signal?.throwIfAborted()
      yield batch
    }
  } finally {
    inOrder.close()
  }
}

/** The members of groups, by user. */
class Members {
  readonly table: JoinTable
  /** Name of the file in messages. */
  readonly file: string
  readonly read: number

  private constructor(table: JoinTable, file: string, read: number) {
    this.table = table
    this.file = file
    this.read = read
  }

  /** Leaves out the members of groups that were deleted during the reading. */
  static async load(snapshot: Snapshot, { directory, scratch, signal }: ReadContext): Promise<Members> {
    const listed = snapshot.facts[GONE_GROUPS]
    const gone = new Set(Array.isArray(listed) ? listed : [])
    const file = fileOf(snapshot, STREAMS.members, directory)
    const table = new JoinTable(scratch, GROUPS, file)
    let read = 0
    for await (const rows of snapshot.read(STREAMS.members, signal)) {
      const own = rows.filter(({ data }) => !gone.has(goneGroup(String(data.pool), String(data.group))))
      read += own.length
      table.load(own.map(({ line, data }) => ({ key: memberKey(data), line, data })))
    }
    table.finish()
    return new Members(table, file, read)
  }

  /** Adds to each user its groups, in reading order. */
  join(users: readonly JsonObject[]): void {
    const found = this.table.take(users.map((user) => userKey(String(user.pool), user)))
    for (const [index, user] of users.entries()) user[GROUPS] = found[index] ?? []
  }

  close(): void {
    this.table.close()
  }
}

/** Reports members whose user was not read. A partial reading omits unchanged users. */
function accountFor(
  { table, file, read }: Members,
  { updatedSince }: LiveOptions,
  context: ReadContext,
): { passed: number; rejected: number } {
  let left = 0
  for (const { line, data } of table.unused()) {
    left += 1
    if (updatedSince !== undefined) continue
    const origin = { file, line }
    const message = `the user ${data.username} of the group ${data.group} is not a user of ${data.pool}`
    const hint = 'read the user pools again with --fresh'
    context.reject({ stream: GROUPS, origin, problem: { code: 'no_such_user', message, hint, at: origin } })
  }
  if (updatedSince === undefined) return { passed: read - left, rejected: left }
  if (left > 0) {
    context.warn({
      code: 'members_not_read',
      severity: 'warning',
      message: `${left === 1 ? '1 membership in groups belongs' : `${left} memberships in groups belong`} to users who have not changed since ${new Date(updatedSince).toISOString()}; nothing changes for them`,
      hint: 'remove updatedSince for the last run: in Cognito, a change of groups does not update the user',
    })
  }
  return { passed: read - left, rejected: 0 }
}

/** Warn below this share of Cognito's estimate, if at least this many users are missing. */
const FAR_OFF = { share: 0.9, users: 25 }

/** Warns of pools with far fewer users than Cognito's estimate, which lags behind. */
function farOff({ facts }: Snapshot, { pools }: LiveOptions): Problem[] {
  return pools.flatMap(({ id }) => {
    const fact = facts[factOf(id)]
    if (!isObject(fact) || typeof fact.estimated !== 'number' || typeof fact.read !== 'number') return []
    const { estimated, read } = fact
    if (read >= estimated * FAR_OFF.share || estimated - read < FAR_OFF.users) return []
    return [
      {
        code: 'fewer_users_than_estimated',
        severity: 'warning',
        message: `${read} users of the user pool ${id} were read, but Cognito estimates ${estimated}`,
        hint: 'compare with the number in the console; if it is higher too, read again with --fresh. The estimate can still include users deleted recently',
      } as const,
    ]
  })
}
