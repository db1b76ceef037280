import { after, keyOf, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

export const organizationRemarks: Remarks = {
  similar_organization_names: ({ resources, detail }) =>
    `${resources} with names that differ only in case or spaces${detail === '' ? '' : `, ${detail}`}: they stay separate`,
  consumer_domain_dropped: ({ resources, detail }) =>
    `${resources} without the domain ${detail} of a public email provider (organizations.consumerDomains is drop)`,
  shared_domain_dropped: ({ resources, detail }) =>
    `${resources} without the domain ${detail}, which all of them claim (organizations.sharedDomains is drop)`,
  organization_name_conflict: ({ resources, detail }) =>
    `${resources} with different names${detail === '' ? ' in the records' : `: ${detail}`} (organizations.onNameConflict)`,
  domain_states_differ: ({ resources, detail }) =>
    `${resources} with the domain ${detail}, which is verified in some records only: created as pending`,
  external_id_beside_id: ({ resources, detail }) =>
    `${resources} with a WorkOS ID and the external ID ${detail}: only the WorkOS ID counts, and the external ID is not sent`,
  verified_domain_pending: ({ resources }) =>
    `${resources} with domains that are verified in the source: created as pending (organizations.domainState)`,
}

/** Codes of plans first, then codes of WorkOS. */
export const organizationRemedies: Remedies = {
  no_organization: keyOf('organization'),
  several_organizations: keyOf('organization'),
  organization_rejected: rejectedWith('organization'),
  organization_missing: after(
    'add the record of the organization, or remove this one: the organization is not in the source',
  ),
  invalid_organization_id: after('map an ID of the source to externalId: WorkOS IDs begin with org_'),
  organization_unnamed: after('map an ID, an external ID or a name, or skip the record with map.organization.when'),
  invalid_domain: after('correct the domain: it looks like example.com'),
  invalid_domain_state: after('map pending or verified as the state of a domain'),
  consumer_domain: after(
    'remove the domain, or set organizations.consumerDomains: drop: WorkOS rejects domains of public email providers',
  ),
  organization_name_conflict: after(
    'use one name in all records, map different keys for two organizations, or set organizations.onNameConflict to most, first or last',
  ),
  shared_domain: after(
    'remove the domain from all but one organization, or set organizations.sharedDomains: drop: only one organization can have a domain',
  ),
  organization_key_collision: after(
    'make the keys differ in map.organization.key and map.membership.organization: several names of the source result in the same key',
  ),
  unknown_organization: after(
    'check the ID and the environment of the API key, or map a name to create the organization',
  ),
  ambiguous_organization_name: after(
    'set the external ID of the right one in WorkOS, map its WorkOS ID as id, or set organizations.matchByName to false to create a new one',
  ),
  consumer_domain_forbidden: after('remove the domain: WorkOS rejects domains of public email providers'),
  organization_domain_already_used: after('remove the domain from the source, or from the organization that owns it'),
  domain_already_exists: after(
    'remove the domain from the source, or from the organization in WorkOS that already has it',
  ),
  domain_invalid: after('correct the domain in the source'),
}
