import { membershipColumns, membershipRule, roleColumns, roleRule, userColumns, userRule } from './columns.ts'
import type { JoinedFormat } from './joined-file.ts'

const memberships: JoinedFormat = {
  stream: 'memberships',
  columnSpec: membershipColumns,
  rule: membershipRule,
  rowKey: ({ clerk_user_id }) => `id:${clerk_user_id}`,
  userKeys: ({ id }) => [`id:${id}`],
}

/** A user's external id is that of the column `external_id`, and its Clerk id where there is none: as WorkOS will have it. */
const roles: JoinedFormat = {
  stream: 'roles',
  columnSpec: roleColumns,
  rule: roleRule,
  rowKey: ({ clerk_user_id, external_id }) =>
    clerk_user_id === undefined ? `external:${external_id}` : `id:${clerk_user_id}`,
  userKeys: ({ id, external_id }) => [`id:${id}`, `external:${external_id ?? id}`],
}

/** The files that may be joined to users, wherever those come from. */
export const joinedFormats: readonly JoinedFormat[] = [memberships, roles]

/** The dashboard's export, joined to the users of the API. */
export const exportFormat: JoinedFormat = {
  stream: 'export',
  columnSpec: userColumns,
  rule: userRule,
  rowKey: ({ id }) => `id:${id}`,
  userKeys: ({ id }) => [`id:${id}`],
}
