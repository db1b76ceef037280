import { isObject, type JsonObject } from '../../json.ts'
import { type Call, type Endpoint, invalidParameters, notFound, pathParameter, type Reply, refusal } from '../call.ts'
import { EXTERNAL_ID, Fields, mergeMetadata, parseMetadata, readMetadata } from '../fields.ts'
import { listPage } from '../paging.ts'
import { deleteMemberships, deleteRolesOfGroups } from './cascade.ts'

export interface OrganizationRow {
  id: string
  name: string
  allow_profiles_outside_organization: number
  external_id: string | null
  stripe_customer_id: string | null
  metadata: string
  created_at: string
  updated_at: string
}

export const organizationEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/organizations', handle: createOrganization },
  { method: 'GET', path: '/organizations', handle: listOrganizations },
  { method: 'GET', path: '/organizations/external_id/:external_id', handle: getOrganizationByExternalId },
  { method: 'GET', path: '/organizations/:id', handle: getOrganization },
  { method: 'PUT', path: '/organizations/:id', handle: updateOrganization },
  { method: 'DELETE', path: '/organizations/:id', handle: deleteOrganization },
]

/** @throws Refusal 404 */
export function findOrganization(call: Call, id: string): OrganizationRow {
  const sql = 'SELECT * FROM organizations WHERE environment = ? AND id = ?'
  const organization = call.database.one<OrganizationRow>(sql, call.environment, id)
  if (organization === undefined) throw notFound('Organization', id)
  return organization
}

function createOrganization(call: Call): Reply {
  const fields = new Fields(call.body)
  const name = fields.requiredText('name')
  const allowProfiles = fields.boolean('allow_profiles_outside_organization') ?? false
  const externalId = fields.nullableText('external_id', EXTERNAL_ID) ?? null
  const metadataChange = readMetadata(fields, false)
  const domains = readDomains(fields)
  fields.check()

  const organization: OrganizationRow = {
    id: call.newId('org'),
    name,
    allow_profiles_outside_organization: Number(allowProfiles),
    external_id: externalId,
    stripe_customer_id: null,
    metadata: mergeMetadata('{}', metadataChange),
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  refuseTaken(call, organization)
  call.database.run(
    `INSERT INTO organizations (environment, id, name, allow_profiles_outside_organization, external_id, stripe_customer_id,
      metadata, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    call.environment,
    organization.id,
    organization.name,
    organization.allow_profiles_outside_organization,
    organization.external_id,
    organization.stripe_customer_id,
    organization.metadata,
    organization.created_at,
    organization.updated_at,
  )
  if (domains !== undefined) replaceDomains(call, organization.id, domains)
  return { status: 201, body: presentOrganization(call, organization) }
}

function updateOrganization(call: Call): Reply {
  const fields = new Fields(call.body)
  const name = fields.raw('name') === undefined ? undefined : fields.requiredText('name')
  const allowProfiles = fields.boolean('allow_profiles_outside_organization')
  const externalId = fields.nullableText('external_id', EXTERNAL_ID)
  const stripeCustomerId = fields.text('stripe_customer_id')
  const metadataChange = readMetadata(fields, true)
  const domains = readDomains(fields)
  fields.check()

  const before = findOrganization(call, pathParameter(call, 'id'))
  const organization: OrganizationRow = {
    ...before,
    name: name ?? before.name,
    allow_profiles_outside_organization:
      allowProfiles === undefined ? before.allow_profiles_outside_organization : Number(allowProfiles),
    external_id: externalId === undefined ? before.external_id : externalId,
    stripe_customer_id: stripeCustomerId ?? before.stripe_customer_id,
    metadata: mergeMetadata(before.metadata, metadataChange),
    updated_at: call.timestamp,
  }
  refuseTaken(call, organization)
  call.database.run(
    `UPDATE organizations SET name = ?, allow_profiles_outside_organization = ?, external_id = ?, stripe_customer_id = ?,
      metadata = ?, updated_at = ? WHERE environment = ? AND id = ?`,
    organization.name,
    organization.allow_profiles_outside_organization,
    organization.external_id,
    organization.stripe_customer_id,
    organization.metadata,
    organization.updated_at,
    call.environment,
    organization.id,
  )
  if (domains !== undefined) replaceDomains(call, organization.id, domains)
  return { status: 200, body: presentOrganization(call, organization) }
}

function listOrganizations(call: Call): Reply {
  const where = ['environment = ?']
  const parameters: (string | number)[] = [call.environment]
  const domains = call.query
    .getAll('domains')
    .concat(call.query.getAll('domains[]'))
    .flatMap((value) => value.split(','))
    .filter((domain) => domain !== '')
  if (domains.length > 0) {
    where.push(
      `id IN (SELECT organization_id FROM organization_domains WHERE environment = ? AND domain IN (SELECT value FROM json_each(?)))`,
    )
    parameters.push(call.environment, JSON.stringify(domains.map((domain) => domain.toLowerCase())))
  }
  const search = call.query.get('search')
  if (search !== null && search !== '') {
    where.push('instr(lower(name), lower(?)) > 0')
    parameters.push(search)
  }
  return listPage<OrganizationRow>(call, {
    select: 'SELECT * FROM organizations',
    idColumn: 'id',
    where,
    parameters,
    idOf: (organization) => organization.id,
    present: (organization) => presentOrganization(call, organization),
  })
}

function getOrganization(call: Call): Reply {
  return { status: 200, body: presentOrganization(call, findOrganization(call, pathParameter(call, 'id'))) }
}

function getOrganizationByExternalId(call: Call): Reply {
  const externalId = pathParameter(call, 'external_id')
  const sql = 'SELECT * FROM organizations WHERE environment = ? AND external_id = ?'
  const organization = call.database.one<OrganizationRow>(sql, call.environment, externalId)
  if (organization === undefined) throw notFound('Organization', externalId)
  return { status: 200, body: presentOrganization(call, organization) }
}

function deleteOrganization(call: Call): Reply {
  const { id } = findOrganization(call, pathParameter(call, 'id'))
  deleteMemberships(call, 'organization_id', id)
  deleteRolesOfGroups(call, 'organization_id', id)
  for (const table of ['organization_groups', 'organization_domains', 'roles', 'connections', 'invitations']) {
    call.database.run(`DELETE FROM ${table} WHERE environment = ? AND organization_id = ?`, call.environment, id)
  }
  call.database.run('DELETE FROM organizations WHERE environment = ? AND id = ?', call.environment, id)
  return { status: 200 }
}

function refuseTaken(call: Call, organization: OrganizationRow): void {
  for (const column of ['external_id', 'stripe_customer_id'] as const) {
    const value = organization[column]
    if (value === null) continue
    const sql = `SELECT id FROM organizations WHERE environment = ? AND ${column} = ? AND id <> ?`
    if (call.database.one(sql, call.environment, value, organization.id) !== undefined) {
      throw refusal(400, `${column}_already_used`, `This ${column} is already used by another organization.`)
    }
  }
}

function presentOrganization(call: Call, organization: OrganizationRow): JsonObject {
  return {
    object: 'organization',
    id: organization.id,
    name: organization.name,
    allow_profiles_outside_organization: organization.allow_profiles_outside_organization === 1,
    domains: domainsOf(call, organization.id).map(presentDomain),
    ...(organization.stripe_customer_id === null ? {} : { stripe_customer_id: organization.stripe_customer_id }),
    external_id: organization.external_id,
    metadata: parseMetadata(organization.metadata),
    created_at: organization.created_at,
    updated_at: organization.updated_at,
  }
}

interface DomainRow {
  id: string
  organization_id: string
  domain: string
  state: string
  created_at: string
  updated_at: string
}

interface DomainInput {
  domain: string
  state: string
}

/**
 * Email domains in which anyone can have an address. WorkOS rejects these and more; its list is not
 * published.
 */
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

/**
 * Reads `domain_data`, or the deprecated `domains`, whose states are pending. Undefined: neither
 * was sent.
 */
function readDomains(fields: Fields): DomainInput[] | undefined {
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
 * Replaces an organization's domains.
 * @throws Refusal 422 for an invalid or consumer domain, 409 for another organization's
 */
function replaceDomains(call: Call, organizationId: string, inputs: readonly DomainInput[]): void {
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

function domainsOf(call: Call, organizationId: string): DomainRow[] {
  const sql = 'SELECT * FROM organization_domains WHERE environment = ? AND organization_id = ? ORDER BY id'
  return call.database.all<DomainRow>(sql, call.environment, organizationId)
}

function presentDomain(row: DomainRow): JsonObject {
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
