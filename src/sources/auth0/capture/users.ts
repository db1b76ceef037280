import { isObject, type JsonObject } from '../../../json.ts'
import { IdSet } from '../../join/id-set.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import { LAST_OF_PAGES, type LiveOptions } from '../options.ts'
import { idsIn, STREAMS, USER_FIELDS } from '../snapshot-rows.ts'
import { requireCount, type Tenant } from './tenant.ts'
import { exportUsers } from './users-export.ts'
import { pageUsers, searchQuery, tooMany } from './users-pages.ts'

const STEP = 'users'
/** The step that says what was read, once that has been held against the tenant's count. */
const CHECKED = 'users/counted'

type Engine = 'export' | 'pages'

/** How the users are read, decided once: a run that goes on after a kill must not choose anew. */
interface Decision {
  engine: Engine
  /** Users the tenant counted before. */
  before: number
  /** Whether the tenant itself leaves out who has not changed. */
  searched: boolean
}

/**
 * Reads every user, in whichever organization or none, and compares them with the tenant's own count.
 * @throws SourceError when they cannot all be read, or were not
 */
export async function readUsers(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  options: LiveOptions,
  context: CaptureContext,
): Promise<void> {
  if (snapshot.isDone(CHECKED)) return
  const { updatedSince, pageSize } = options
  const search = updatedSince === undefined ? undefined : `updated_at:[${updatedSince} TO *]`
  const count = (q: string | undefined) => tenant.total('/users', 'users', searchQuery(q))
  const decision = decisionIn(snapshot) ?? (await decide(tenant, options, search, count))
  snapshot.note('reading of users', { ...decision })
  const { engine, before, searched } = decision
  let came: { read: number; total?: number } | undefined = readIn(snapshot)
  if (came === undefined) {
    came =
      engine === 'export'
        ? {
            read: await exportUsers({
              tenant,
              snapshot,
              context,
              step: STEP,
              total: before,
              keep: changedSince(updatedSince),
            }),
          }
        : await pageUsers({ tenant, snapshot, context, step: STEP, pageSize, search })
  }
  const { read, total = before } = came
  const after = await count(searched ? search : undefined)
  requireCount(
    { what: searched ? `users changed since ${updatedSince}` : 'users', before: total, after, read },
    tenant.name,
  )
  snapshot.note('users', { before: total, after, read })
  await snapshot.append(STREAMS.users, [], { step: CHECKED, cursor: read, done: true })
}

async function decide(
  tenant: Tenant,
  { engine, exportAbove }: LiveOptions,
  search: string | undefined,
  count: (q: string | undefined) => Promise<number>,
): Promise<Decision> {
  if (search !== undefined && engine !== 'export') {
    const changed = await count(search)
    if (changed <= LAST_OF_PAGES) return { engine: 'pages', before: changed, searched: true }
    if (engine === 'pages') throw tooMany(tenant, changed)
  }
  const before = await count(undefined)
  if (engine === 'pages' && before > LAST_OF_PAGES) throw tooMany(tenant, before)
  const pages = engine === 'pages' || (engine === 'auto' && before <= exportAbove && search === undefined)
  return { engine: pages ? 'pages' : 'export', before, searched: false }
}

/** An export job knows no search: who has not changed is left out here. */
function changedSince(since: string | undefined): (user: JsonObject) => boolean {
  if (since === undefined) return () => true
  const from = Date.parse(since)
  return ({ updated_at }) => typeof updated_at !== 'string' || !(Date.parse(updated_at) < from)
}

function decisionIn(snapshot: SnapshotWriter): Decision | undefined {
  const fact = snapshot.fact('reading of users')
  if (!isObject(fact)) return undefined
  const { engine, before, searched } = fact
  return { engine: engine === 'export' ? 'export' : 'pages', before: Number(before), searched: searched === true }
}

/** What was read, and what the tenant counted meanwhile; only once the step is done: a count of half of it would be none. */
function readIn(snapshot: SnapshotWriter): { read: number; total?: number } | undefined {
  if (!snapshot.isDone(STEP)) return undefined
  const cursor = snapshot.cursor(STEP)
  if (!isObject(cursor)) return undefined
  if (cursor.lines !== undefined) return { read: Number(cursor.lines) }
  return { read: Number(cursor.read), total: Number(cursor.total) }
}

const MISSING_STEP = 'members without a user'

/**
 * Asks one by one for members who are not among the users: who came while the tenant was read becomes a record, and who left is found
 * without one when the snapshot is read.
 */
export async function readMissingUsers(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  if (snapshot.isDone(MISSING_STEP)) return
  const users = await idsIn(snapshot, STREAMS.users, 'user_id')
  const missing = new IdSet()
  try {
    for await (const rows of snapshot.read(STREAMS.members)) {
      const ids = rows.map(({ data }) => String(data.user_id))
      missing.add(
        ids.filter((id) => !users.has(id)),
        (id) => id,
      )
    }
    const cursor = snapshot.cursor(MISSING_STEP)
    const start = typeof cursor === 'string' ? cursor : ''
    let last = start
    let found = 0
    for (const id of missing.after(start)) {
      const path = `/users/${encodeURIComponent(id)}`
      const user = await tenant.find(path, { fields: USER_FIELDS.join(','), include_fields: true })
      await snapshot.append(STREAMS.users, user === undefined ? [] : [user], { step: MISSING_STEP, cursor: id })
      last = id
      context.progress({ phase: 'asking for members who are not among the users', done: ++found })
    }
    await snapshot.append(STREAMS.users, [], { step: MISSING_STEP, cursor: last, done: true })
  } finally {
    users.close()
    missing.close()
  }
}
