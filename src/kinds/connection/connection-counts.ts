import type { RunDatabase } from '../../rundb/run-database.ts'
import type { ConnectionCounts } from './connections-text.ts'

/** How many organizations are named. */
const NAMED = 5
/** None go into files. */
export const NONE: ConnectionCounts = { saml: 0, oidc: 0, organizations: 0, named: [] }

export function countConnections({ rundb }: { rundb: RunDatabase }): ConnectionCounts {
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

/** Takes back what was said of records that have no client secret, where another record of the connection brings it. */
export function withdrawMissingSecrets(rundb: RunDatabase): void {
  rundb.run(
    `DELETE FROM notes WHERE kind = 'connection' AND code = 'connection_without_secret'
       AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'connection' AND d.key = notes.key AND d.secrets IS NOT NULL)`,
  )
}
