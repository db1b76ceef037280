import type { ConnectionCounts } from '../kinds/connection/connections-text.ts'
import type { DesiredSet } from './desired-set.ts'

/** How many organizations are named. */
const NAMED = 5
/** None go into files. */
export const NONE: ConnectionCounts = { saml: 0, oidc: 0, organizations: 0, named: [] }

export function countConnections({ rundb }: DesiredSet): ConnectionCounts {
  const ofType = (type: string) =>
    rundb.count(
      "SELECT count(*) FROM desired WHERE kind = 'connection' AND json_extract(attributes, '$.type') = ?",
      type,
    )
  const organizations =
    "SELECT DISTINCT json_extract(refs, '$.organization') AS key FROM desired WHERE kind = 'connection'"
  return {
    saml: ofType('saml'),
    oidc: ofType('oidc'),
    organizations: rundb.count(`SELECT count(*) FROM (${organizations})`),
    named: rundb
      .statement(`${organizations} ORDER BY key LIMIT ?`)
      .all(NAMED)
      .map(({ key }) => String(key)),
  }
}
