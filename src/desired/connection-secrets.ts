import type { RunDatabase } from '../rundb/run-database.ts'

/** Takes back what was said of records that have no client secret, where another record of the connection brings it. */
export function withdrawMissingSecrets(rundb: RunDatabase): void {
  rundb.run(
    `DELETE FROM notes WHERE kind = 'connection' AND code = 'connection_without_secret'
       AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'connection' AND d.key = notes.key AND d.secrets IS NOT NULL)`,
  )
}
