import type { Manifest } from '../../config/manifest.ts'
import { noteDesired } from '../../rundb/notes.ts'
import { rejectDesired } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/**
 * Names of organizations, once records are merged. In: what the records say. Out: notes on organizations whose records have several names, and
 * on those whose names are nearly those of others.
 */

/** How many conflicts are named in remarks; the organizations of all others are one number. */
const NAMED = 10

/** How many names of an organization are spelt out, and how much of each. */
const SPELLINGS = 4
const LENGTH = 60

const TAKEN = { first: 'the first one', last: 'the last one', most: 'the one that most have' }

/**
 * Reports organizations that their records call by different names: a remark with the names and how many records have each, or,
 * where the rule is `error`, a reject. Runs when records have been merged, by the rule.
 */
export function reportNameConflicts(rundb: RunDatabase, rule: Manifest['organizations']['onNameConflict']): void {
  const order = rule === 'first' || rule === 'last' ? 'seq' : 'n DESC, name'
  const conflicts = rundb.spool(
    `SELECT key, json_group_array(json_array(name, n) ORDER BY ${order}) AS names FROM (
       SELECT key, json_extract(attributes, '$.name') AS name, sum(records) AS n, min(seq) AS seq FROM drafts
       WHERE kind = 'organization' AND json_extract(attributes, '$.name') IS NOT NULL GROUP BY key, name
     ) GROUP BY key HAVING count(*) > 1 ORDER BY key`,
  )
  let named = 0
  for (const { key, names } of conflicts) {
    const spellings = spelt(JSON.parse(String(names)))
    if (rule === 'error') {
      rejectDesired(
        rundb,
        { kind: 'organization', key: String(key) },
        {
          code: 'organization_name_conflict',
          field: 'name',
          message: `its records have different names: ${spellings}`,
          hint: 'make them agree, give them different keys if they are two organizations, or set organizations.onNameConflict',
        },
      )
      continue
    }
    named += 1
    const detail = named > NAMED ? '' : `${spellings}; ${TAKEN[rule]} is taken`
    noteDesired(rundb, { kind: 'organization', key: String(key), code: 'organization_name_conflict', detail })
  }
}

function spelt(names: [unknown, number][]): string {
  const shown = names.slice(0, SPELLINGS).map(([name, records]) => {
    const text = JSON.stringify(String(name).slice(0, LENGTH))
    return `${text} in ${records} ${records === 1 ? 'record' : 'records'}`
  })
  const rest = names.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}

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
    const detail = named > NAMED ? '' : quotedNames(JSON.parse(String(names)))
    for (const key of JSON.parse(String(keys)).map(String)) {
      noteDesired(rundb, { kind: 'organization', key, code: 'similar_organization_names', detail })
    }
  }
}

function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

function quotedNames(names: unknown[]): string {
  const quoted = names.slice(0, SPELLINGS).map((name) => JSON.stringify(String(name).slice(0, LENGTH)))
  return names.length > SPELLINGS ? `${quoted.join(', ')} …` : quoted.join(', ')
}
