import type { RunDatabase } from '../../rundb/run-database.ts'

/** How many organizations are named. */
const NAMED = 5

/** The single sign-on connections of a desired set. */
export interface ConnectionCounts {
  saml: number
  oidc: number
  /** Organizations that have one. */
  organizations: number
  /** Keys of the first of them, in order. */
  named: string[]
}

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
