import { HttpRefusal } from '../../../http/refusal.ts'
import type { JsonObject } from '../../../json.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { requireCount } from './counts.ts'

/**
 * A list that knows no checkpoints, as far as its pages reach.
 * @param idOf the member that tells its entries apart
 * @throws SpoiledReading when not all were read
 */
export async function countedPages(
  tenant: Tenant,
  path: string,
  list: string,
  what: string,
  pageSize: number,
  idOf = 'id',
): Promise<JsonObject[]> {
  const all = new Map<string, JsonObject>()
  let before: number | undefined
  for (let page = 0; ; page++) {
    const { items, total } = await pageOf(tenant, path, list, page, pageSize, before)
    before ??= total
    for (const item of items) all.set(String(item[idOf] ?? JSON.stringify(item)), item)
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
