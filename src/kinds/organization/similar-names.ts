import { noteDesired } from '../../rundb/notes.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/** How many groups are named; the organizations of all others are one number. */
const NAMED = 10

/** How many names of a group are spelt out, and how much of each. */
const SPELLINGS = 4
const LENGTH = 60

/**
 * Notes organizations that are known by their name alone and whose names differ in nothing but case and blanks: they are
 * taken as different ones, which may be a slip of the source.
 */
export function noteSimilarNames(rundb: RunDatabase): void {
  rundb.define('fold', foldName)
  // Keys that the source gives the organization are no part of this: `name:` begins the key of one that has none.
  const groups = rundb.iterate(
    `SELECT count(*) AS n, min(seq) AS first, json_group_array(key ORDER BY seq) AS keys,
         json_group_array(json_extract(attributes, '$.name') ORDER BY seq) AS names
       FROM desired WHERE kind = 'organization' AND key >= 'name:' AND key < 'name;'
         AND json_extract(attributes, '$.name') IS NOT NULL
       GROUP BY fold(json_extract(attributes, '$.name')) HAVING n > 1 ORDER BY n DESC, first`,
  )
  let named = 0
  for (const { keys, names } of groups) {
    named += 1
    const detail = named > NAMED ? '' : spelt(JSON.parse(String(names)))
    for (const key of JSON.parse(String(keys)).map(String)) {
      noteDesired(rundb, { kind: 'organization', key, code: 'similar_organization_names', detail })
    }
  }
}

function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

function spelt(names: unknown[]): string {
  const quoted = names.slice(0, SPELLINGS).map((name) => JSON.stringify(String(name).slice(0, LENGTH)))
  return names.length > SPELLINGS ? `${quoted.join(', ')} …` : quoted.join(', ')
}
