import type { Manifest } from '../../config/manifest.ts'
import { canonicalJson } from '../../json.ts'
import { insertNote } from '../../rundb/notes.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { type RepeatedValue, rejectRepeated, repeatedValues } from '../collisions.ts'

/**
 * Refuses organizations that claim what only one can have: an external id, a domain. All of them: which of them is right cannot be
 * told here, and who has a domain decides how its people sign in. With `sharedDomains: drop` they go without the domain instead.
 */
export function rejectSharedValues(rundb: RunDatabase, rules: Manifest['organizations']): void {
  rejectRepeated(rundb, 'organization', externalIds(rundb), (id, others) => ({
    code: 'shared_external_id',
    field: 'externalId',
    message: `the external id ${id} is that of ${others} as well`,
    hint: 'WorkOS takes an external id once: map another one, or map the same key where they are one organization',
  }))
  if (rules.sharedDomains === 'drop') dropDomains(rundb)
  else {
    rejectRepeated(rundb, 'organization', domains(rundb), (domain, others) => ({
      code: 'shared_domain',
      field: 'domains',
      message: `the domain ${domain} is claimed by ${others} as well`,
      hint: 'leave it with the organization that owns it, or set organizations.sharedDomains to drop',
    }))
  }
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
    // Nothing is entered for one that is given by its WorkOS id: it exists.
    `SELECT item.value AS value, desired.key FROM desired, json_each(attributes, '$.domains') item
     WHERE kind = 'organization' AND json_extract(attributes, '$.id') IS NULL`,
  )
}

function dropDomains(rundb: RunDatabase): void {
  for (const { value, keys } of domains(rundb)) {
    for (const key of keys) {
      const row = rundb
        .statement("SELECT seq, attributes FROM desired WHERE kind = 'organization' AND key = ?")
        .get(key)
      if (row === undefined) continue
      const attributes = JSON.parse(String(row.attributes))
      for (const field of ['domains', 'verifiedDomains']) {
        const kept = (attributes[field] ?? []).filter((domain: unknown) => domain !== value)
        if (kept.length > 0) attributes[field] = kept
        else delete attributes[field]
      }
      rundb.run(
        "UPDATE desired SET attributes = ? WHERE kind = 'organization' AND key = ?",
        canonicalJson(attributes),
        key,
      )
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
