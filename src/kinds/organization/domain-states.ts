import type { RunDatabase } from '../../rundb/run-database.ts'

/**
 * Leaves a domain verified only where every record of its organization that has it says so: whoever controls a verified domain decides how its
 * people sign in, and one record of two is no proof. Runs when records have been merged.
 */
export function uniteDomainStates(rundb: RunDatabase): void {
  const verified = "json_each(o.attributes, '$.verifiedDomains')"
  const doubted = `EXISTS (SELECT 1 FROM drafts d, json_each(d.attributes, '$.domains') domain
    WHERE d.kind = 'organization' AND d.key = o.key AND domain.value = held.value AND NOT EXISTS
      (SELECT 1 FROM json_each(d.attributes, '$.verifiedDomains') own WHERE own.value = held.value))`
  const organizations = `o.kind = 'organization' AND o.attributes -> '$.verifiedDomains' IS NOT NULL`
  const noted = rundb.run(
    `INSERT INTO notes SELECT o.seq, o.kind, o.key, 'domain_states_differ', held.value FROM desired o, ${verified} held
     WHERE ${organizations} AND ${doubted}`,
  )
  if (noted === 0) return
  rundb.run(
    `UPDATE desired AS o SET attributes = json_set(o.attributes, '$.verifiedDomains',
       (SELECT json_group_array(held.value ORDER BY held.value) FROM ${verified} held WHERE NOT ${doubted}))
     WHERE ${organizations} AND EXISTS (SELECT 1 FROM ${verified} held WHERE ${doubted})`,
  )
  rundb.run(
    `UPDATE desired SET attributes = json_remove(attributes, '$.verifiedDomains')
     WHERE kind = 'organization' AND json_array_length(attributes, '$.verifiedDomains') = 0`,
  )
}
