import type { JsonObject } from '../../../json.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { LiveOptions } from '../options/options.ts'
import { STREAMS } from '../snapshot-rows.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { countedPages } from './counted-pages.ts'

/** Roles with the permissions they give. @throws SourceError when not all were read */
export async function readRoles(tenant: Tenant, snapshot: SnapshotWriter, { pageSize }: LiveOptions): Promise<void> {
  const step = 'roles'
  if (snapshot.isDone(step)) return
  const roles = await countedPages(tenant, '/roles', 'roles', 'roles', pageSize)
  const rows: JsonObject[] = []
  for (const role of roles) {
    const path = `/roles/${encodeURIComponent(String(role.id))}/permissions`
    const permissions = await countedPages(tenant, path, 'permissions', `permissions of the role ${role.id}`, pageSize)
    rows.push({ ...role, permissions })
  }
  await snapshot.append(STREAMS.roles, rows, { step, cursor: null, done: true })
}
