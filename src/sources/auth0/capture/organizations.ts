import { SourceError } from '../../../diagnostics/errors.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { partsInOrder } from '../../parts-in-order.ts'
import type { SnapshotRow, SnapshotWriter, StepProgress } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import type { LiveOptions } from '../options.ts'
import { idsIn, STREAMS, unreadRow } from '../streams.ts'
import { pagesFrom, requireCount, type Tenant } from './api.ts'

const STEP = 'organizations'
const PATH = '/organizations'

/**
 * Reads all organizations, or those that the manifest lists.
 * @throws SourceError if a listed one does not exist, or the list is incomplete
 */
export async function readOrganizations(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  options: LiveOptions,
  context: CaptureContext,
): Promise<void> {
  if (snapshot.isDone(STEP)) return
  if (options.only === undefined) await readAll(tenant, snapshot, options, context)
  else await readNamed(tenant, snapshot, options.only)
}

async function readAll(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  { pageSize }: LiveOptions,
  context: CaptureContext,
): Promise<void> {
  const seen = await idsIn(snapshot, STREAMS.organizations, 'id')
  try {
    const cursor = snapshot.cursor(STEP)
    const start = isObject(cursor) ? cursor : undefined
    const before = typeof start?.before === 'number' ? start.before : await tenant.total(PATH, 'organizations')
    const from = typeof start?.from === 'string' ? start.from : undefined
    const list = { path: PATH, list: 'organizations', size: pageSize }
    for await (const { items, next } of pagesFrom(tenant, list, from)) {
      const fresh = seen.add(items, ({ id }) => String(id))
      await snapshot.append(STREAMS.organizations, fresh, { step: STEP, cursor: { before, from: next ?? null } })
      const read = snapshot.count(STREAMS.organizations)
      context.progress({ phase: 'reading the organizations', done: read, total: before })
    }
    const read = snapshot.count(STREAMS.organizations)
    const after = await tenant.total(PATH, 'organizations')
    requireCount({ what: 'organizations', before, after, read }, tenant.name)
    snapshot.note('organizations', { before, after, read })
    await snapshot.append(STREAMS.organizations, [], { step: STEP, cursor: null, done: true })
  } finally {
    seen.close()
  }
}

async function readNamed(tenant: Tenant, snapshot: SnapshotWriter, ids: readonly string[]): Promise<void> {
  const rows: JsonObject[] = []
  const unknown: string[] = []
  for (const id of new Set(ids)) {
    const found = await tenant.find(`${PATH}/${encodeURIComponent(id)}`)
    if (found === undefined) unknown.push(id)
    else rows.push(found)
  }
  if (unknown.length > 0) {
    throw new SourceError(
      unknown.map((id) => ({
        code: 'unknown_organization',
        message: `there is no organization ${id} in ${tenant.name}`,
        hint: 'correct the list under source.organizations: an ID looks like org_9ybsU1dN2dKfDkBi',
        path: 'source.organizations',
      })),
    )
  }
  await snapshot.append(STREAMS.organizations, rows, { step: STEP, cursor: null, done: true })
}

/** Auth0 returns the roles of members only if they are requested by name. */
const FIELDS = 'user_id,email,name,roles'

/** Some members of an organization, and where to continue. */
type Part =
  | { kind: 'members'; rows: JsonObject[]; cursor: Json; done: boolean }
  /** The organization was deleted during the reading. */
  | { kind: 'gone' }

/**
 * Reads the members of every organization in the snapshot, several organizations at a time. An
 * organization that was deleted during the reading becomes an unread row.
 * @throws SourceError if the number of members differs from the tenant's count
 */
export async function readMembers(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  options: LiveOptions,
  context: CaptureContext,
): Promise<void> {
  const total = snapshot.count(STREAMS.organizations)
  let organizations = 0
  await partsInOrder(
    notDone(snapshot, stepOf, () => {
      organizations += 1
    }),
    options.concurrency,
    (id) => partsOf(tenant, snapshot, options, id),
    async (id, part) => {
      context.signal?.throwIfAborted()
      const step = stepOf(id)
      if (part.kind === 'gone') {
        await snapshot.append(STREAMS.unread, [deleted(tenant, id)], { step, cursor: null, done: true })
      } else {
        const { rows, cursor, done } = part
        await snapshot.append(STREAMS.members, rows, { step, cursor, done } satisfies StepProgress)
      }
      if (part.kind === 'gone' || part.done) organizations += 1
      const done = snapshot.count(STREAMS.members)
      context.progress({ phase: 'reading the members of organizations', done, share: organizations / total })
    },
  )
}

/** IDs of the organizations whose step is not done. */
export async function* notDone(
  snapshot: SnapshotWriter,
  stepOf: (organization: string) => string,
  onDone: () => void,
): AsyncGenerator<string> {
  const batches: AsyncIterable<SnapshotRow[]> = snapshot.read(STREAMS.organizations)
  for await (const rows of batches) {
    for (const { data } of rows) {
      const id = String(data.id)
      if (snapshot.isDone(stepOf(id))) onDone()
      else yield id
    }
  }
}

function stepOf(organization: string): string {
  return `members/${organization}`
}

async function* partsOf(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  { pageSize }: LiveOptions,
  id: string,
): AsyncGenerator<Part> {
  const path = `/organizations/${encodeURIComponent(id)}/members`
  const query = { fields: FIELDS, include_fields: true }
  const cursor = snapshot.cursor(stepOf(id))
  const start = isObject(cursor) ? cursor : undefined
  try {
    let before = Number(start?.before)
    let read = Number(start?.read ?? 0)
    if (start === undefined) {
      const first = await tenant.counted(path, 'members', 0, pageSize, query)
      before = first.total
      if (first.items.length === before) {
        const rows = await rowsOf(tenant, path, id, first.items)
        return yield { kind: 'members', rows, cursor: { before, read: before }, done: true }
      }
    }
    const from = typeof start?.from === 'string' ? start.from : undefined
    const list = { path, list: 'members', size: pageSize, query }
    for await (const { items, next } of pagesFrom(tenant, list, from)) {
      const rows = await rowsOf(tenant, path, id, items)
      read += rows.length
      if (next === undefined) {
        const after = await tenant.total(path, 'members')
        requireCount({ what: `members of ${id}`, before, after, read }, tenant.name)
      }
      const done = next === undefined
      yield { kind: 'members', rows, cursor: { before, read, from: next ?? null }, done }
    }
  } catch (error) {
    if (!(error instanceof HttpRefusal) || error.status !== 404) throw error
    yield { kind: 'gone' }
  }
}

async function rowsOf(
  tenant: Tenant,
  path: string,
  organization_id: string,
  members: readonly JsonObject[],
): Promise<JsonObject[]> {
  const rows: JsonObject[] = []
  for (const member of members) {
    const user_id = String(member.user_id)
    const roles = Array.isArray(member.roles) ? member.roles : await memberRoles(tenant, path, user_id)
    rows.push({ organization_id, user_id, roles })
  }
  return rows
}

function deleted(tenant: Tenant, id: string): JsonObject {
  return unreadRow({
    stream: 'organizations',
    code: 'deleted_meanwhile',
    message: `the organization ${id} was deleted from ${tenant.name} during the reading; the organization and its members are rejected`,
    hint: 'read the tenant again with --fresh to confirm that it is deleted',
    at: { file: `organizations/${id}` },
    organization: id,
  })
}

const SIZE = 50

/**
 * The roles of one member, for tenants that do not return them with the members.
 * @param path of the members of the organization
 * @throws SpoiledReading if the list is incomplete
 */
async function memberRoles(tenant: Tenant, path: string, user: string): Promise<JsonObject[]> {
  const own = `${path}/${encodeURIComponent(user)}/roles`
  const roles: JsonObject[] = []
  let before: number | undefined
  for (let page = 0; ; page++) {
    try {
      const { items, total } = await tenant.counted(own, 'roles', page, SIZE)
      roles.push(...items.map(({ id = null, name = null }) => ({ id, name })))
      before ??= total
      if (items.length > 0 && roles.length < total) continue
      requireCount(
        { what: `roles of ${user} in ${path.split('/')[2]}`, before, after: total, read: roles.length },
        tenant.name,
      )
      return roles
    } catch (error) {
      // A former member shows later, when members and users are compared. Auth0 documents no error
      // code for one; only the code of a missing organization is known.
      const gone = error instanceof HttpRefusal && error.status === 404 && error.errorCode !== 'inexistent_organization'
      if (gone) return roles
      throw error
    }
  }
}
