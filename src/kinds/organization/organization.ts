import type { Problem } from '../../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { DesiredResource, LiveResource } from '../../resource.ts'
import { isDesired } from '../../rundb/desired.ts'
import type { Api } from '../../workos/api.ts'
import { keyed } from '../collisions.ts'
import type { NormaliseResult, ValueProblem, ValueRules } from '../draft.ts'
import type { KindDefinition, WarningContext } from '../kind.ts'
import { belongs, globOf, isInScope } from '../scope.ts'
import { accept, type Check, normaliseExternalId, optionalText, refuse, shown, take } from '../values/check.ts'
import { checkMetadataLimits, fitMergedMetadata, MOOT_METADATA, readMetadata } from '../values/metadata.ts'
import { createBody, pages, pick, requiredText, type Spelling, textOf, updateBody } from '../wire.ts'
import { normaliseDomains } from './domains.ts'
import { bearsFreeName, blockHeldDomains, indexNames, matchByName, needsNames, ownerOutOfScope } from './in-workos.ts'
import { organizationLifecycle, organizationNames, organizationPolicy } from './lifecycle.ts'
import { externalIdOfName } from './organization-name.ts'
import { organizationRemarks, organizationRemedies } from './wording.ts'

/**
 * Organizations: the mapped fields of records (for domains see domains.ts), the requests and the
 * responses. lifecycle.ts merges records; in-workos.ts finds matches and conflicts in WorkOS.
 */

const PATH = '/organizations'

const SPELLING: Spelling = { name: 'name', externalId: 'external_id', metadata: 'metadata' }

/**
 * An organization: identified by WorkOS ID (then it must exist), by external ID, or only by name
 * (then its external ID is derived from the name).
 */
export const organization: KindDefinition = {
  name: 'organization',
  plural: 'organizations',
  remarks: organizationRemarks,
  remedies: organizationRemedies,
  rule: 'organization',
  alwaysCounted: true,
  refs: {},
  fields: {
    id: { compare: 'value', merge: 'first', compared: false, updatable: false },
    externalId: { compare: 'value', merge: 'first' },
    name: { compare: 'value', merge: 'first' },
    metadata: { compare: 'map', merge: 'union' },
    // Verification changes domains after the create: from then on WorkOS and its administrators
    // manage them.
    domains: { compare: 'set', caseless: true, merge: 'union', compared: false, updatable: false },
    // The domains to create as verified.
    verifiedDomains: { compare: 'set', caseless: true, merge: 'union', compared: false, updatable: false },
  },
  mapped: ['key', 'id', 'externalId', 'name', 'metadata', 'domains'],
  normalise,
  mergePolicy: organizationPolicy,
  lifecycle: organizationLifecycle,
  mootNotes: [MOOT_METADATA],
  names: organizationNames,
  collisions: [keyed('organization', 'organization_key_collision')],
  scope: {
    selectors: [
      {
        by: 'organization',
        found: ({ organizations }) => `SELECT key AS chosen FROM (${organizations}) WHERE key GLOB ?1`,
        glob: globOf,
        names: ({ organizations }) => `SELECT key AS name FROM (${organizations})`,
        hint: 'write the key exactly as map.organization.key returns it',
      },
    ],
    desired: isInScope('organization', 'd.key'),
    refused: ({ key }, { hasOrganization }) => (key === null ? 'unknown' : belongs(hasOrganization(key))),
  },
  fitMerged: fitMergedMetadata,
  checkMerged: (attributes, rules) =>
    isObject(attributes.metadata) ? checkMetadataLimits(attributes.metadata, rules.metadata) : [],
  rateClass: 'other',
  holder: true,
  whyNotCreatable,
  naturalKey: () => null,
  natural: () => 'NULL',
  list: (api) => pages(api, PATH, {}, parse),
  find: async (api, { attributes }) => {
    const id = textOf(attributes, 'id')
    const externalId = textOf(attributes, 'externalId')
    if (id === null && externalId === null) return undefined
    const path = id === null ? `external_id/${encodeURIComponent(externalId ?? '')}` : encodeURIComponent(id)
    const body = await api.read(`${PATH}/${path}`)
    return body === undefined ? undefined : parse(body)
  },
  get: async (api, id) => {
    const body = await api.read(`${PATH}/${encodeURIComponent(id)}`)
    return body === undefined ? undefined : parse(body)
  },
  create: ({ attributes }) => ({
    method: 'POST',
    path: PATH,
    body: { ...createBody(attributes, SPELLING), ...domainData(attributes) },
  }),
  update: (id, changes) => [
    { method: 'PUT', path: `${PATH}/${encodeURIComponent(id)}`, body: updateBody(changes, SPELLING) },
  ],
  remove: (id) => ({ method: 'DELETE', path: `${PATH}/${encodeURIComponent(id)}` }),
  parse,
  exists: (codes) => codes.includes('external_id_already_used') || codes.includes('entity_already_exists'),
  label: ({ attributes, key }) =>
    textOf(attributes, 'name') ?? textOf(attributes, 'externalId') ?? textOf(attributes, 'id') ?? key,
  live: { prepare: indexNames, byName: matchByName },
  planned: {
    plain: { label: "d.attributes ->> '$.name'", where: bearsFreeName },
    needsList: needsNames,
    refuse: { adopt: ownerOutOfScope },
    decided: (context) => blockHeldDomains(context, withDomains),
  },
  provesEnvironment: true,
  stateScope: { is: 'chosen', heldBy: ['membership', 'group', 'connection'] },
  deletion: { round: 'places', keptBy: 'membership' },
  review: { mapsFields: { except: [] }, sourceWarnings: unknownOrganizations },
}

/** The organizations in WorkOS with one of these domains, page by page. */
function withDomains(api: Api, domains: readonly string[]): AsyncIterable<LiveResource[]> {
  return pages(api, PATH, { domains: domains.join(',') }, parse)
}

function normalise(fields: Record<string, unknown>, rules: ValueRules): NormaliseResult {
  const problems: ValueProblem[] = []
  const id = take('id', organizationId(fields.id), problems)
  const beside = take('externalId', normaliseExternalId(fields.externalId, rules.externalId), problems)
  // The WorkOS ID identifies the organization. An external ID next to it can belong to another one
  // in WorkOS.
  const given = id === undefined ? beside : undefined
  const name = take('name', optionalText(fields.name), problems)
  const mappedKey = take('key', optionalText(fields.key), problems)
  const key = mappedKey ?? id ?? given ?? (name === undefined ? null : `name:${name}`)
  if (id === undefined && given === undefined && name === undefined && problems.length === 0) {
    problems.push({
      code: 'organization_unnamed',
      field: 'externalId',
      message: 'the organization has no id, external ID or name',
      hint: 'map id, externalId or name, or skip the record with map.organization.when',
    })
  }
  const metadata = readMetadata(fields.metadata, rules.metadata, problems)
  const domains = take('domains', normaliseDomains(fields.domains, rules.organizations), problems)
  if (problems.length > 0 || key === null) return { ok: false, key, problems }

  const derived = name === undefined ? undefined : externalIdOfName(name, rules.externalId.maxLength)
  const externalId = given ?? (id === undefined ? derived : undefined)
  // Ordered by name, as they are written.
  const attributes: JsonObject = {}
  if (domains !== undefined && domains.domains.length > 0) attributes.domains = domains.domains
  if (externalId !== undefined) attributes.externalId = externalId
  if (id !== undefined) attributes.id = id
  if (metadata !== undefined) attributes.metadata = metadata.metadata
  if (name !== undefined) attributes.name = name
  if (domains !== undefined && domains.verified.length > 0) attributes.verifiedDomains = domains.verified
  const notes = [
    ...(metadata?.notes ?? []),
    ...(domains?.dropped ?? []).map((detail) => ({ code: 'consumer_domain_dropped', detail })),
    ...(domains?.mistrusted ? [{ code: 'verified_domain_pending', detail: '' }] : []),
    ...(id !== undefined && beside !== undefined ? [{ code: 'external_id_beside_id', detail: beside }] : []),
  ]
  return { ok: true, value: { key, attributes, secrets: null, refs: {}, notes } }
}

function organizationId(value: unknown): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  if (/^org_[A-Za-z0-9]+$/.test(text.value)) return accept(text.value)
  return refuse(
    'invalid_organization_id',
    `${shown(text.value)} is not the WorkOS ID of an organization`,
    'map an ID of the source to externalId: WorkOS IDs begin with org_',
  )
}

function whyNotCreatable({ attributes }: DesiredResource): ValueProblem | undefined {
  const id = textOf(attributes, 'id')
  if (id !== null) {
    return {
      code: 'unknown_organization',
      field: 'id',
      message: `WorkOS has no organization ${id}`,
      hint: 'check the ID and the environment of the API key; an organization with a mapped WorkOS ID is never created',
    }
  }
  if (textOf(attributes, 'name') !== null) return undefined
  return {
    code: 'unknown_organization',
    field: 'externalId',
    message: `WorkOS has no organization with the external ID ${textOf(attributes, 'externalId')}`,
    hint: 'map a name, and apply creates the organization',
  }
}

function parse(body: JsonObject): LiveResource {
  const id = requiredText(body, 'id')
  return {
    id,
    externalId: textOf(body, 'external_id'),
    naturalKey: null,
    attributes: {
      id,
      ...pick(body, 'external_id', 'externalId'),
      ...pick(body, 'name', 'name'),
      ...pick(body, 'metadata', 'metadata'),
      ...domainsOf(body),
    },
  }
}

/** The domains in a response and, if it contains states, the verified ones. */
function domainsOf({ domains: told }: JsonObject): JsonObject {
  if (!Array.isArray(told)) return {}
  const items = told.flatMap((item) => (isObject(item) ? [item as JsonObject] : []))
  const named = (some: JsonObject[]) => some.flatMap((item) => textOf(item, 'domain') ?? [])
  const verified = named(items.filter(({ state }) => state === 'verified' || state === 'legacy_verified'))
  const states = items.every(({ state }) => typeof state === 'string')
  return { domains: named(items), ...(states && { verifiedDomains: verified }) }
}

function domainData(attributes: JsonObject): JsonObject {
  const { domains, verifiedDomains } = attributes
  if (!Array.isArray(domains)) return {}
  const verified = Array.isArray(verifiedDomains) ? verifiedDomains : []
  const stateOf = (domain: Json) => (verified.includes(domain) ? 'verified' : 'pending')
  return { domain_data: domains.map((domain) => ({ domain, state: stateOf(domain) })) }
}

/** Warns for each key under `roles.organizations` that no organization in the source has. */
export function unknownOrganizations({ rundb, loaded, partial }: WarningContext): Problem[] {
  if (partial) return []
  const { manifest, locate } = loaded
  return Object.keys(manifest.roles.organizations ?? {})
    .filter((key) => !isDesired(rundb, organization.name, key))
    .map((key) => ({
      code: 'unknown_organization_rules',
      severity: 'warning' as const,
      message: `no organization in the source has the key "${key}": its rules under roles.organizations have no effect`,
      hint: 'write the key of the organization as map.membership.organization returns it',
      at: locate(['roles', 'organizations', key]),
      path: `roles.organizations.${key}`,
    }))
}
