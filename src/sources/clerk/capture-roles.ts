import { HttpRefusal } from '../../http/refusal.ts'
import { type ClerkApi, isMissing, isNotEnabled, lacksFeature } from './api.ts'
import type { ReadingContext } from './counted-list.ts'
import { OLDEST_FIRST } from './lists.ts'
import { ORGANIZATION_ROLES } from './objects.ts'
import { wholeList } from './whole-list.ts'

/**
 * Roles of organizations with their permissions. Where the API does not have this list, memberships tell of those that somebody has.
 * @throws SourceError when not all were read
 */
export async function captureRoles(api: ClerkApi, reading: ReadingContext): Promise<void> {
  const { snapshot, name, pageSize } = reading
  const step = ORGANIZATION_ROLES
  if (snapshot.isDone(step)) return
  const page = (offset: number, limit: number) =>
    api.page('/organization_roles', { limit, offset, order_by: OLDEST_FIRST })
  const roles = await wholeList({ what: 'roles', name, pageSize, page }).catch((error: unknown) => {
    if (isMissing(error)) return []
    if (error instanceof HttpRefusal && (isNotEnabled(error) || lacksFeature(error))) return []
    throw error
  })
  await snapshot.append(ORGANIZATION_ROLES, roles, { step, cursor: null, done: true })
}
