import type { Manifest } from '../config/manifest.ts'
import { canonicalJson } from '../json.ts'
import type { Staging } from './staging.ts'

/** How many of the claimants a message names. */
const NAMED = 3

/**
 * Refuses organizations that claim what only one can have: an external id, a domain. All of them: which of them is right cannot be
 * told here, and who has a domain decides how its people sign in. With `sharedDomains: drop` they go without the domain instead.
 */
export function refuseSharedClaims(staging: Staging, rules: Manifest['organizations']): void {
  refuseClaimants(staging, externalIds(staging), (id, others) => ({
    code: 'shared_external_id',
    field: 'externalId',
    message: `the external id ${id} is that of ${others} as well`,
    hint: 'WorkOS takes an external id once: map another one, or map the same key where they are one organization',
  }))
  if (rules.sharedDomains === 'drop') dropDomains(staging)
  else {
    refuseClaimants(staging, domains(staging), (domain, others) => ({
      code: 'shared_domain',
      field: 'domains',
      message: `the domain ${domain} is claimed by ${others} as well`,
      hint: 'leave it with the organization that owns it, or set organizations.sharedDomains to drop',
    }))
  }
}

/** A value that several organizations claim, and their keys in order. */
interface Claim {
  value: string
  keys: string[]
}

interface Refusal {
  code: string
  field: string
  message: string
  hint: string
}

function externalIds(staging: Staging): Claim[] {
  return claims(
    staging,
    `SELECT json_extract(attributes, '$.externalId') AS value, key FROM desired
     WHERE kind = 'organization' AND json_extract(attributes, '$.externalId') IS NOT NULL`,
  )
}

function domains(staging: Staging): Claim[] {
  return claims(
    staging,
    // Nothing is entered for one that is given by its WorkOS id: it exists.
    `SELECT item.value AS value, desired.key FROM desired, json_each(attributes, '$.domains') item
     WHERE kind = 'organization' AND json_extract(attributes, '$.id') IS NULL`,
  )
}

function claims(staging: Staging, values: string): Claim[] {
  return staging
    .statement(
      `SELECT value, json_group_array(key ORDER BY key) AS keys FROM (${values})
       GROUP BY value HAVING count(*) > 1 ORDER BY value`,
    )
    .all()
    .map(({ value, keys }) => ({ value: String(value), keys: JSON.parse(String(keys)).map(String) }))
}

function refuseClaimants(
  staging: Staging,
  claims: readonly Claim[],
  refusal: (value: string, others: string) => Refusal,
): void {
  const refused = new Set<string>()
  for (const { value, keys } of claims) {
    for (const key of keys) {
      // Who claims two such values is one reject, and counts as a claimant of both.
      if (refused.has(key)) continue
      refused.add(key)
      const { code, field, message, hint } = refusal(value, named(keys, key))
      staging.run(
        `INSERT INTO rejects SELECT kind, key, ?, ?, ?, ?, seq, file, line, refs, records FROM desired
         WHERE kind = 'organization' AND key = ?`,
        code,
        field,
        message,
        hint,
        key,
      )
      staging.run("DELETE FROM desired WHERE kind = 'organization' AND key = ?", key)
    }
  }
}

/** The other claimants, as a message names them. */
function named(keys: readonly string[], key: string): string {
  const others = keys.slice(0, NAMED + 1).filter((other) => other !== key)
  const shown = others.slice(0, NAMED).map((other) => `organization:${other}`)
  const rest = keys.length - 1 - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}

function dropDomains(staging: Staging): void {
  for (const { value, keys } of domains(staging)) {
    for (const key of keys) {
      const row = staging
        .statement("SELECT seq, attributes FROM desired WHERE kind = 'organization' AND key = ?")
        .get(key)
      if (row === undefined) continue
      const attributes = JSON.parse(String(row.attributes))
      for (const field of ['domains', 'verifiedDomains']) {
        const kept = (attributes[field] ?? []).filter((domain: unknown) => domain !== value)
        if (kept.length > 0) attributes[field] = kept
        else delete attributes[field]
      }
      staging.run(
        "UPDATE desired SET attributes = ? WHERE kind = 'organization' AND key = ?",
        canonicalJson(attributes),
        key,
      )
      staging.run(
        "INSERT INTO notes VALUES (?, 'organization', ?, 'shared_domain_dropped', ?)",
        Number(row.seq),
        key,
        value,
      )
    }
  }
}
