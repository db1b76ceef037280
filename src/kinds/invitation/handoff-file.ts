import { stringify } from 'csv-stringify/sync'
import type { DesiredResource } from '../../resource.ts'
import { desiredFromRow } from '../../rundb/desired.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { textOf } from '../wire.ts'

export const INVITATIONS_FILE = 'invitations.csv'

const COLUMNS = ['email', 'organizationName', 'organizationId', 'organizationExternalId', 'role', 'expiresAt']

export const INVITATIONS_HEADER = stringify([COLUMNS])

/** The invitations of a desired set, grouped by organization. */
export function* invitationsIn(rundb: RunDatabase): Generator<DesiredResource> {
  const rows = rundb.iterate(
    "SELECT * FROM desired WHERE kind = 'invitation' ORDER BY json_extract(refs, '$.organization'), key",
  )
  for (const row of rows) yield desiredFromRow(row)
}

export function invitationRow(
  { attributes }: DesiredResource,
  organization: { id: string; name: string; externalId: string },
): string {
  const text = (field: string) => textOf(attributes, field) ?? ''
  const { name, id, externalId } = organization
  return stringify([[text('email'), name, id, externalId, text('role'), text('expiresAt')]])
}
