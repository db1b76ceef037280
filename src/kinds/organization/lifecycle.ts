import type { Manifest } from '../../config/manifest.ts'
import { canonicalJson } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import { changeDesired } from '../../rundb/desired.ts'
import { keyRanges } from '../../rundb/key-ranges.ts'
import { insertNote, noteAll, noteDesired } from '../../rundb/notes.ts'
import { rejectDesired } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { DIFFERING } from '../../rundb/several.ts'
import type { Row } from '../../sqlite/open.ts'
import { type NameRules, namedWithPlaces, type RepeatedValue, rejectRepeated, repeatedValues } from '../collisions.ts'
import { BY_CONTENT, BY_PLACE, type Lifecycle, type MergePolicy } from '../lifecycle.ts'

/**
 * Combines records of organizations: names, domains and external IDs. Notes records with several
 * names or domain states, and names that are nearly alike.
 */
export const organizationLifecycle: Lifecycle = {
  merged(rundb, { organizations }) {
    uniteDomainStates(rundb)
    reportNameConflicts(rundb, organizations.onNameConflict)
    rejectSharedValues(rundb, organizations)
  },
  assembled: noteSimilarNames,
}

/** The manifest's rule for records with different names. */
export function organizationPolicy({ organizations: { onNameConflict } }: Manifest): MergePolicy {
  const name = onNameConflict === 'error' ? 'first' : onNameConflict
  // If the rule for names ignores the order of rows, no other field depends on it either.
  const isPlaced = onNameConflict === 'first' || onNameConflict === 'last'
  return { strategy: 'merge', rules: { name }, order: [...(isPlaced ? [] : BY_CONTENT), ...BY_PLACE].join(', ') }
}

/** Two names of the source that expressions turn into one key. */
export const organizationNames: NameRules = {
  of: 'organization',
  wording: (key, names) => ({
    message: `the names ${namedWithPlaces(names)} result in the same key, ${key}: two organizations would become one`,
    hint: 'make the keys differ in map.organization.key and map.membership.organization; if the names mean one organization, make them equal before $slug with $lowercase or $replace',
  }),
}

/**
 * Keeps a domain verified only if every record of its organization that has it says so: anyone who
 * controls a verified domain decides how its users sign in. Runs after records merge.
 */
function uniteDomainStates(rundb: RunDatabase): void {
  if (noteDoubtedDomains(rundb) === 0) return
  unverifyDoubtedDomains(rundb)
  removeEmptyVerified(rundb)
}

/** How many conflicts remarks name; the others are counted. */
const NAMED = 10

/** How many names of an organization to show, and how many characters of each. */
const SPELLINGS = 4
const LENGTH = 60

const TAKEN = { first: 'the first one', last: 'the last one', most: 'the most frequent one' }

/**
 * Reports organizations that their records call by different names: a remark with the names and how
 * many records have each, or, where the rule is `error`, a reject. Runs when records have been
 * merged, by the rule.
 */
function reportNameConflicts(rundb: RunDatabase, rule: Manifest['organizations']['onNameConflict']): void {
  let named = 0
  for (const { key, names } of severalNames(rundb, rule === 'first' || rule === 'last' ? 'seq' : 'n DESC, name')) {
    const spellings = spelt(JSON.parse(String(names)))
    if (rule === 'error') {
      rejectDesired(
        rundb,
        { kind: 'organization', key: String(key) },
        {
          code: 'organization_name_conflict',
          field: 'name',
          message: `its records have different names: ${spellings}`,
          hint: 'use one name in all records, map different keys for two organizations, or set organizations.onNameConflict',
        },
      )
      continue
    }
    named += 1
    const detail = named > NAMED ? '' : `${spellings}; ${TAKEN[rule]} is used`
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
 * Notes organizations that are identified by name only and whose names differ only in case and
 * spaces: they count as different, which may be an error in the source.
 */
function noteSimilarNames(rundb: RunDatabase): void {
  let named = 0
  for (const { keys, names } of similarNames(rundb)) {
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

/**
 * Rejects all organizations that claim the same external ID or domain: nothing here decides who is
 * right, and anyone who has a domain decides how its users sign in. With `sharedDomains: drop` they
 * are created without the domain.
 */
function rejectSharedValues(rundb: RunDatabase, rules: Manifest['organizations']): void {
  rejectRepeated(rundb, 'organization', externalIds(rundb), (id, others) => ({
    code: 'shared_external_id',
    field: 'externalId',
    message: `the external ID ${id} also belongs to ${others}`,
    hint: 'map another external ID, since WorkOS accepts each only once; if they are one organization, map the same key',
  }))
  if (rules.sharedDomains === 'drop') dropDomains(rundb)
  else {
    rejectRepeated(rundb, 'organization', domains(rundb), (domain, others) => ({
      code: 'shared_domain',
      field: 'domains',
      message: `the domain ${domain} also belongs to ${others}`,
      hint: 'keep the domain only in the organization that owns it, or set organizations.sharedDomains to drop',
    }))
  }
}

function dropDomains(rundb: RunDatabase): void {
  for (const { value, keys } of domains(rundb)) {
    for (const key of keys) {
      const row = organizationRow(rundb, key)
      if (row === undefined) continue
      const attributes = JSON.parse(String(row.attributes))
      for (const field of ['domains', 'verifiedDomains']) {
        const kept = (attributes[field] ?? []).filter((domain: unknown) => domain !== value)
        if (kept.length > 0) attributes[field] = kept
        else delete attributes[field]
      }
      setAttributes(rundb, key, attributes)
      insertNote(rundb, {
        seq: Number(row.seq),
        kind: 'organization',
        key,
        code: 'shared_domain_dropped',
        detail: value,
      })
    }
  }
}

/** The verified domains of organization `o`. */
const VERIFIED = "json_each(o.attributes, '$.verifiedDomains')"

/** Whether a record of organization `o` has the domain `held` without calling it verified. */
const DOUBTED = `EXISTS (SELECT 1 FROM drafts d, json_each(d.attributes, '$.domains') domain
  WHERE d.kind = 'organization' AND d.key = o.key AND domain.value = held.value AND NOT EXISTS
    (SELECT 1 FROM json_each(d.attributes, '$.verifiedDomains') own WHERE own.value = held.value))`

const WITH_VERIFIED = `o.kind = 'organization' AND o.attributes -> '$.verifiedDomains' IS NOT NULL`

/** @returns how many domains */
function noteDoubtedDomains(rundb: RunDatabase): number {
  return noteAll(rundb, {
    from: `desired o, ${VERIFIED} held`,
    where: `${WITH_VERIFIED} AND ${DOUBTED}`,
    on: 'o',
    seq: 'o.seq',
    note: { code: 'domain_states_differ', detail: { sql: 'held.value' } },
  })
}

function unverifyDoubtedDomains(rundb: RunDatabase): void {
  changeDesired(
    rundb,
    'organization',
    `UPDATE desired AS o SET attributes = json_set(o.attributes, '$.verifiedDomains',
       (SELECT json_group_array(held.value ORDER BY held.value) FROM ${VERIFIED} held WHERE NOT ${DOUBTED}))
     WHERE ${WITH_VERIFIED} AND EXISTS (SELECT 1 FROM ${VERIFIED} held WHERE ${DOUBTED})`,
  )
}

function removeEmptyVerified(rundb: RunDatabase): void {
  changeDesired(
    rundb,
    'organization',
    `UPDATE desired SET attributes = json_remove(attributes, '$.verifiedDomains')
     WHERE kind = 'organization' AND json_array_length(attributes, '$.verifiedDomains') = 0`,
  )
}

/**
 * Keys with more than one name, and how many records have each, while the drafts of `several` are
 * organizations. @param order of the names, as SQL
 */
function severalNames(rundb: RunDatabase, order: string): Iterable<Row> {
  return rundb.spool(
    `SELECT key, json_group_array(json_array(name, n) ORDER BY ${order}) AS names FROM (
       SELECT key, json_extract(attributes, '$.name') AS name, sum(records) AS n, min(seq) AS seq FROM drafts
       WHERE id IN (${DIFFERING}) AND json_extract(attributes, '$.name') IS NOT NULL GROUP BY key, name
     ) GROUP BY key HAVING count(*) > 1 ORDER BY key`,
    'organization',
  )
}

/** Groups of similar keys and names, the largest first. */
function similarNames(rundb: RunDatabase): Iterable<Row> {
  rundb.define('fold', foldName)
  rundb.exec(`CREATE TEMP TABLE IF NOT EXISTS folded (folded TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
    DELETE FROM folded`)
  // Keys mapped by the source do not count: `name:` begins the key of an organization without one.
  const add = `INSERT INTO folded SELECT fold(name), key, name, seq FROM (
      SELECT key, attributes ->> 'name' AS name, seq FROM desired
      WHERE kind = 'organization' AND key BETWEEN ? AND ? AND key >= 'name:' AND key < 'name;')
    WHERE name IS NOT NULL`
  for (const range of keyRanges(rundb, 'desired', 'organization')) rundb.run(add, ...range)
  return rundb.iterate(
    `SELECT count(*) AS n, min(seq) AS first, json_group_array(key ORDER BY seq) AS keys, json_group_array(name ORDER BY seq) AS names
     FROM folded GROUP BY folded HAVING n > 1 ORDER BY n DESC, first`,
  )
}

function externalIds(rundb: RunDatabase): Iterable<RepeatedValue> {
  return repeatedValues(
    rundb,
    `SELECT json_extract(attributes, '$.externalId') AS value, key FROM desired
     WHERE kind = 'organization' AND json_extract(attributes, '$.externalId') IS NOT NULL`,
  )
}

function domains(rundb: RunDatabase): Iterable<RepeatedValue> {
  return repeatedValues(
    rundb,
    // An organization with a mapped WorkOS ID exists: its domains are not created.
    `SELECT item.value AS value, desired.key FROM desired, json_each(attributes, '$.domains') item
     WHERE kind = 'organization' AND json_extract(attributes, '$.id') IS NULL`,
  )
}

function organizationRow(rundb: RunDatabase, key: string): Row | undefined {
  return rundb.statement("SELECT seq, attributes FROM desired WHERE kind = 'organization' AND key = ?").get(key)
}

function setAttributes(rundb: RunDatabase, key: string, attributes: Attributes): void {
  const set = "UPDATE desired SET attributes = ? WHERE kind = 'organization' AND key = ?"
  changeDesired(rundb, 'organization', set, canonicalJson(attributes), key)
}
