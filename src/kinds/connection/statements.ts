import type { DesiredResource } from '../../resource.ts'
import { desiredFromRow } from '../../rundb/desired.ts'
import { countRejects, countUnreadOf } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/** Queries about connections on the run's database, once its set is assembled or merged. */

export interface ConnectionCounts {
  saml: number
  oidc: number
  /** Organizations that have a connection. */
  organizations: number
  /** Keys of the first few organizations, in order. */
  named: string[]
  /** Rejected connections: no file contains them. */
  rejected: number
  /**
   * Records of connections that the source rejected. Which connections they describe is unknown.
   */
  unread: number
}

export const NO_CONNECTIONS: ConnectionCounts = {
  saml: 0,
  oidc: 0,
  organizations: 0,
  named: [],
  rejected: 0,
  unread: 0,
}

/** How many organizations to name. */
const NAMED = 5

export function countConnections(rundb: RunDatabase): ConnectionCounts {
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
    rejected: countRejects(rundb, 'connection'),
    unread: countUnreadOf(rundb, 'connection'),
  }
}

/** The connections of one protocol, grouped by organization. */
export function* connectionsOfType(rundb: RunDatabase, type: string): Generator<DesiredResource> {
  const rows = rundb.iterate(
    `SELECT * FROM desired WHERE kind = 'connection' AND json_extract(attributes, '$.type') = ?
     ORDER BY json_extract(refs, '$.organization'), key`,
    type,
  )
  for (const row of rows) yield desiredFromRow(row)
}

/**
 * Removes the reports of records without a client secret if another record of the connection has
 * it.
 */
export function withdrawMissingSecrets(rundb: RunDatabase): void {
  rundb.run(
    `DELETE FROM notes WHERE kind = 'connection' AND code = 'connection_without_secret'
       AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'connection' AND d.key = notes.key AND d.secrets IS NOT NULL)`,
  )
}
