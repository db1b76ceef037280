import type { JsonObject } from '../../../json.ts'
import { HttpRefusal } from '../../http/refusal.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { LiveOptions } from '../options/options.ts'
import { STREAMS } from '../snapshot-rows.ts'
import { pagesFrom } from '../tenant/pages.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { requireCount } from './counts.ts'

/** Roles with the permissions they give. @throws SourceError when not all were read */
export async function readRoles(tenant: Tenant, snapshot: SnapshotWriter, { pageSize }: LiveOptions): Promise<void> {
  const step = 'roles'
  if (snapshot.isDone(step)) return
  const roles = await pages(tenant, '/roles', 'roles', 'roles', pageSize)
  const rows: JsonObject[] = []
  for (const role of roles) {
    const path = `/roles/${encodeURIComponent(String(role.id))}/permissions`
    const permissions = await pages(tenant, path, 'permissions', `permissions of the role ${role.id}`, pageSize)
    rows.push({ ...role, permissions })
  }
  await snapshot.append(STREAMS.roles, rows, { step, cursor: null, done: true })
}

/** Connections without their options, which hold secrets of identity providers. */
export async function readConnections(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  { pageSize }: LiveOptions,
): Promise<void> {
  const step = 'connections'
  if (snapshot.isDone(step)) return
  const rows: JsonObject[] = []
  const query = { fields: 'id,name,strategy,display_name', include_fields: true }
  const list = { path: '/connections', list: 'connections', size: pageSize, query }
  for await (const { items } of pagesFrom(tenant, list, undefined)) {
    for (const { id = null, name = null, strategy = null, display_name = null } of items) {
      rows.push({ id, name, strategy, display_name })
    }
  }
  await snapshot.append(STREAMS.connections, rows, { step, cursor: null, done: true })
}

/** A list that knows no checkpoints, as far as its pages reach. */
async function pages(
  tenant: Tenant,
  path: string,
  list: string,
  what: string,
  pageSize: number,
): Promise<JsonObject[]> {
  const all = new Map<string, JsonObject>()
  let before: number | undefined
  for (let page = 0; ; page++) {
    const { items, total } = await pageOf(tenant, path, list, page, pageSize, before)
    before ??= total
    for (const item of items) all.set(String(item.id ?? JSON.stringify(item)), item)
    if (items.length === 0 || all.size >= total) {
      requireCount({ what, before, after: total, read: all.size }, tenant.name)
      return [...all.values()]
    }
  }
}

/** A page; an empty one behind the last record that pages reach, which is told by the refusal: a tenant may give less than a page is asked for. */
async function pageOf(
  tenant: Tenant,
  path: string,
  list: string,
  page: number,
  size: number,
  total: number | undefined,
) {
  try {
    return await tenant.counted(path, list, page, size)
  } catch (error) {
    const isBehind = error instanceof HttpRefusal && error.code === 'invalid_paging'
    if (isBehind && total !== undefined) return { items: [], total }
    throw error
  }
}
