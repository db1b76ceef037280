import { isObject, type JsonObject } from '../../json.ts'
import type { Call } from '../call.ts'
import type { Fields } from '../fields.ts'
import { invalidParameters, refusal } from '../refusal.ts'

export interface DomainRow {
  id: string
  organization_id: string
  domain: string
  state: string
  created_at: string
  updated_at: string
}

export interface DomainInput {
  domain: string
  state: string
}

/** Mail domains that anyone may have an address in. WorkOS refuses these and more; its list is not published. */
const CONSUMER_DOMAINS = new Set([
  'aol.com',
  'gmail.com',
  'gmx.com',
  'googlemail.com',
  'hotmail.com',
  'icloud.com',
  'live.com',
  'mail.com',
  'me.com',
  'msn.com',
  'outlook.com',
  'proton.me',
  'protonmail.com',
  'yahoo.com',
  'yandex.com',
  'zoho.com',
])
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/

/** Reads `domain_data`, or the deprecated `domains`, whose states are pending. Undefined: neither was sent. */
export function readDomains(fields: Fields): DomainInput[] | undefined {
  const names = fields.texts('domains')
  const data = fields.raw('domain_data')
  if (data === undefined) return names?.map((domain) => ({ domain: domain.toLowerCase(), state: 'pending' }))
  const inputs: DomainInput[] = []
  for (const entry of Array.isArray(data) ? data : [undefined]) {
    const { domain, state } = isObject(entry) ? entry : {}
    if (typeof domain === 'string' && (state === 'pending' || state === 'verified')) {
      inputs.push({ domain: domain.toLowerCase(), state })
    } else fields.refuse('domain_data', 'invalid', 'must be a list of {domain, state: pending | verified}')
  }
  return inputs
}

/**
 * Makes an organization's domains exactly these.
 * @throws Refusal 422 for what is no domain or a consumer's, 409 for another organization's
 */
export function replaceDomains(call: Call, organizationId: string, inputs: readonly DomainInput[]): void {
  const { database, environment } = call
  const before = new Map(domainsOf(call, organizationId).map((row) => [row.domain, row]))
  const wanted = new Map(inputs.map((input) => [input.domain, input.state]))
  for (const domain of before.keys()) {
    if (wanted.has(domain)) continue
    database.run('DELETE FROM organization_domains WHERE environment = ? AND domain = ?', environment, domain)
  }
  for (const [domain, state] of wanted) {
    const known = before.get(domain)
    if (known === undefined) insertDomain(call, organizationId, domain, state)
    else if (known.state !== state) {
      const sql = 'UPDATE organization_domains SET state = ?, updated_at = ? WHERE environment = ? AND domain = ?'
      database.run(sql, state, call.timestamp, environment, domain)
    }
  }
}

function insertDomain(call: Call, organizationId: string, domain: string, state: string): void {
  if (!DOMAIN.test(domain)) throw invalidDomain('domain_invalid', `'${domain}' is not a domain.`)
  if (CONSUMER_DOMAINS.has(domain))
    throw invalidDomain('consumer_domain_forbidden', `'${domain}' is a consumer domain.`)
  const owner = 'SELECT organization_id FROM organization_domains WHERE environment = ? AND domain = ?'
  if (call.database.one(owner, call.environment, domain) !== undefined) {
    throw refusal(409, 'organization_domain_already_used', `The domain '${domain}' belongs to another organization.`)
  }
  call.database.run(
    `INSERT INTO organization_domains (environment, domain, id, organization_id, state, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
    call.environment,
    domain,
    call.newId('org_domain'),
    organizationId,
    state,
    call.timestamp,
    call.timestamp,
  )
}

export function domainsOf(call: Call, organizationId: string): DomainRow[] {
  const sql = 'SELECT * FROM organization_domains WHERE environment = ? AND organization_id = ? ORDER BY id'
  return call.database.all<DomainRow>(sql, call.environment, organizationId)
}

export function presentDomain(row: DomainRow): JsonObject {
  return {
    object: 'organization_domain',
    id: row.id,
    organization_id: row.organization_id,
    domain: row.domain,
    state: row.state,
    verification_strategy: row.state === 'verified' ? 'manual' : 'dns',
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

function invalidDomain(code: string, message: string) {
  return invalidParameters([{ code, message, field: 'domain_data' }])
}
