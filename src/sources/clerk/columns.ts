import type { ColumnSpec } from '../csv/column-spec.ts'
import { oneOrganizationId } from '../csv/one-organization-id.ts'
import type { RowRule } from '../csv/stream.ts'

/**
 * The dashboard's export (Clerk dashboard, Settings, User exports), and `external_id`, which some add from their own database.
 */
export const userColumns: ColumnSpec = {
  known: [
    'id',
    'external_id',
    'first_name',
    'last_name',
    'username',
    'primary_email_address',
    'primary_phone_number',
    'verified_email_addresses',
    'unverified_email_addresses',
    'verified_phone_numbers',
    'unverified_phone_numbers',
    'totp_secret',
    'password_digest',
    'password_hasher',
  ],
  required: [['id'], ['primary_email_address']],
}

/** Who belongs to which organization; the dashboard's export does not say. */
export const membershipColumns: ColumnSpec = {
  known: ['clerk_user_id', 'org_id', 'org_external_id', 'org_name', 'role_slugs'],
  required: [['clerk_user_id'], ['org_id', 'org_external_id', 'org_name']],
}

/** Who has which role, in one organization or in all that the user belongs to. */
export const roleColumns: ColumnSpec = {
  known: ['clerk_user_id', 'external_id', 'role_slug', 'org_id', 'org_external_id', 'org_name'],
  required: [['clerk_user_id', 'external_id'], ['role_slug']],
}

export const userRule: RowRule = (data) =>
  data.id === undefined
    ? { code: 'missing_key', message: 'the row has no id', hint: 'every user has an id in Clerk' }
    : undefined

export const membershipRule: RowRule = (data) => {
  if (data.clerk_user_id === undefined) return noUser('clerk_user_id')
  if (data.org_id === undefined && data.org_external_id === undefined && data.org_name === undefined) {
    return {
      code: 'missing_organization',
      message: 'the row names no organization',
      hint: 'fill in org_id, org_external_id or org_name',
    }
  }
  return oneOrganizationId(data)
}

export const roleRule: RowRule = (data) => {
  if (data.clerk_user_id === undefined && data.external_id === undefined) return noUser('clerk_user_id or external_id')
  if (data.role_slug === undefined) {
    return { code: 'missing_role', message: 'the row names no role', hint: 'fill in role_slug' }
  }
  return oneOrganizationId(data)
}

function noUser(columns: string) {
  return { code: 'missing_key', message: 'the row names no user', hint: `fill in ${columns}` }
}
