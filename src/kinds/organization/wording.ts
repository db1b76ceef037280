import { after, keyOf, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

/** What a plan remarks on organizations that it accepts. */
export const organizationRemarks: Remarks = {
  similar_organization_names: ({ resources, detail }) =>
    `${resources} known by names that differ only in case or blanks${detail === '' ? '' : `, ${detail}`}: taken as different ones`,
  consumer_domain_dropped: ({ resources, detail }) =>
    `${resources} without the domain ${detail} of a public mail provider (organizations.consumerDomains is drop)`,
  shared_domain_dropped: ({ resources, detail }) =>
    `${resources} without the domain ${detail}, which all of them claim (organizations.sharedDomains is drop)`,
  organization_name_conflict: ({ resources, detail }) =>
    `${resources} with different names${detail === '' ? ' in the records' : `: ${detail}`} (organizations.onNameConflict)`,
  domain_states_differ: ({ resources, detail }) =>
    `${resources} with the domain ${detail}, which some records call verified and others do not: entered as pending`,
  external_id_beside_id: ({ resources, detail }) =>
    `${resources} with the external id ${detail} beside a WorkOS id, which counts alone: the external id is not sent`,
  verified_domain_pending: ({ resources }) =>
    `${resources} with domains that are verified in the source, and entered as pending (organizations.domainState says whom to believe)`,
}

/** What helps against the codes of organizations: those of a plan first, then WorkOS's. */
export const organizationRemedies: Remedies = {
  no_organization: keyOf('organization'),
  several_organizations: keyOf('organization'),
  organization_rejected: rejectedWith('organization'),
  organization_missing: after('the organization is not in the source: add the record, or leave this one out'),
  invalid_organization_id: after('WorkOS ids start with org_: an id of the source belongs in externalId'),
  organization_unnamed: after('map an id, an external id or a name, or leave the record out with when'),
  invalid_domain: after('correct the domain: it looks like example.com'),
  invalid_domain_state: after('the state of a domain is pending or verified: map one of the two'),
  consumer_domain: after(
    'WorkOS takes no domain of a mail provider for an organization: leave it out, or set organizations.consumerDomains: drop',
  ),
  organization_name_conflict: after(
    'make the records agree on the name, give two organizations two keys, or set organizations.onNameConflict to most, first or last',
  ),
  shared_domain: after(
    'one organization can have a domain: take it from the others, or set organizations.sharedDomains: drop',
  ),
  organization_key_collision: after(
    'several names of the source give one key: tell them apart in map.organization.key and map.membership.organization',
  ),
  unknown_organization: after(
    'check the id and the environment of the API key, or give the organization a name to have it created',
  ),
  ambiguous_organization_name: after(
    'give the right one its external id in WorkOS, or map its WorkOS id as id; or set organizations.matchByName to false to have a new one created',
  ),
  consumer_domain_forbidden: after('WorkOS takes no domain of a mail provider for an organization: leave it out'),
  organization_domain_already_used: after('another organization owns the domain: take it away there, or leave it out'),
  domain_already_exists: after('an organization in WorkOS has the domain already: take it away there, or leave it out'),
  domain_invalid: after('correct the domain in the source'),
}
