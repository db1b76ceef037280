import { SourceError } from '../../../diagnostics/errors.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import type { LiveOptions } from '../options/options.ts'
import { idsIn, STREAMS } from '../snapshot-rows.ts'
import { pagesFrom } from '../tenant/pages.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { requireCount } from './counts.ts'

const STEP = 'organizations'
const PATH = '/organizations'

/**
 * Reads the organizations, all or those that the manifest names.
 * @throws SourceError when one that is named does not exist, or not all were read
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
        hint: 'correct the list under source.organizations: ids look like org_9ybsU1dN2dKfDkBi',
        path: 'source.organizations',
      })),
    )
  }
  await snapshot.append(STREAMS.organizations, rows, { step: STEP, cursor: null, done: true })
}
