import { someOf } from '../diagnostics/some-of.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * Refuses groups of one organization that have one name. All of them: WorkOS keeps nothing else by which one of them could be told
 * from the others, once the state is lost or an answer.
 */
export function refuseSharedGroupNames(rundb: RunDatabase): void {
  const shared = rundb.spool(
    `SELECT json_extract(refs, '$.organization') AS organization, json_extract(attributes, '$.name') AS name,
       json_group_array(key ORDER BY key) AS keys
     FROM desired WHERE kind = 'group' GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2`,
  )
  for (const { organization, name, keys } of shared) {
    const groups = JSON.parse(String(keys)).map(String)
    for (const key of groups) refuse(rundb, key, `${organization} has several groups called ${name}: ${named(groups)}`)
  }
}

function refuse(rundb: RunDatabase, key: string, message: string): void {
  rundb.run(
    `INSERT INTO rejects SELECT kind, key, 'shared_group_name', 'name', ?, ?, seq, file, line, refs, records
     FROM desired WHERE kind = 'group' AND key = ?`,
    message,
    'map names that differ, such as the whole path of a group; or the same key, where they are one group',
    key,
  )
  rundb.run("DELETE FROM desired WHERE kind = 'group' AND key = ?", key)
}

function named(keys: readonly string[]): string {
  return someOf(keys.map((key) => `group:${key}`))
}
