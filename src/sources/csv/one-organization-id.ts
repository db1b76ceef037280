import type { RowRule } from './stream.ts'

/** An organization is named by one id: WorkOS's own or the source's. */
export const oneOrganizationId: RowRule = (data) => {
  if (data.org_id === undefined || data.org_external_id === undefined) return undefined
  return {
    code: 'two_organization_ids',
    message: 'the row has both org_id and org_external_id',
    hint: 'keep org_id for an organization that is in WorkOS already, org_external_id for one that is yet to be created',
  }
}
