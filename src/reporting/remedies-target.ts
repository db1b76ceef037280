import type { Remedy } from './remedy.ts'

const yes = (help: string): Remedy => ({ reapply: 'yes', help })
const after = (help: string): Remedy => ({ reapply: 'after-remedy', help })
const withCause = (help: string): Remedy => ({ reapply: 'with-cause', help })

const DUPLICATE_EXTERNAL_ID =
  'something else in WorkOS has this external id: give the record another one, or take it away there'
const METADATA = 'see metadata in the manifest: WorkOS bounds the number and the length of keys and values'

/** What helps when something is failed or blocked: codes of ours first, then WorkOS's. */
export const targetRemedies: Readonly<Record<string, Remedy>> = {
  dependency_blocked: withCause('it is taken up by the next apply, once what it needs exists'),
  reference_gone: after(
    'somebody deleted it in WorkOS: apply again with onDeleted: recreate for its kind, and it is created again with all that depends on it; or take its records out of the source',
  ),
  gone_in_workos: after(
    'somebody deleted it in WorkOS: apply again with onDeleted: recreate for its kind, and it is created again; or take its records out of the source',
  ),
  endpoint_missing: after('check target.baseUrl, and that the feature is enabled for the environment'),
  answer_of_another: after(
    'look for the object in the WorkOS dashboard: if it is this one, give it the address and the external id of the source there, and apply again',
  ),
  id_answered_twice: after(
    'WorkOS made one object of two: look at it in the dashboard, and unite the two with dedupe, or leave one of them out',
  ),
  answered_otherwise: after(
    'see what WorkOS holds with workos-migrate verify, and correct the source or the setting in WorkOS; to send it again: apply with --refresh and onDrift: overwrite for its kind',
  ),
  totp_answered_otherwise: after(
    'WorkOS does not enrol the secret that it is sent: ask its support. Without the second factor the account opens with the first alone',
  ),
  outcome_unknown: yes('apply again: what became of the write is looked up before it is repeated'),
  exists_already: after('allow taking over what exists with adopt.mode: match, or leave the record out'),
  external_id_clash: after(
    'give the record another external id, or take the external id away from the one in WorkOS; ' +
      'if they are one and the same all the same: workos-migrate state import',
  ),
  unverified_account: after(
    'have the person verify the address of the account, or delete the account in WorkOS if it is a stranger; if you know that it is ' +
      'theirs, as where an earlier apply made it whose state is lost: workos-migrate state import; adopt.unverified: allow lets all such accounts in',
  ),
  address_out_of_scope: after(
    'choose both users, or plan everybody with --everybody: the address passes from one to the other',
  ),
  identity_clash: after('leave one of the two records out, or unite them with dedupe'),
  ambiguous_identity: after(
    'WorkOS holds several of that name: rename or delete all but one there, or say which one it is with workos-migrate state import',
  ),
  unknown_organization: after(
    'check the id and the environment of the API key, or give the organization a name to have it created',
  ),
  connections_api_not_enabled: after(
    'ask WorkOS to enable creating connections by the API for this environment, or set connections.mode to handoff and import the files of workos-migrate handoff',
  ),
  connection_already_exists_for_organization: after(
    'the organization has another connection in WorkOS: delete that one, or leave this one out with when',
  ),
  connection_without_secret: after(
    'map clientSecret, or leave the connection out with when: WorkOS takes none by OpenID Connect without one',
  ),
  ambiguous_organization_name: after(
    'give the right one its external id in WorkOS, or map its WorkOS id as id; or set organizations.matchByName to false to have a new one created',
  ),
  unknown_role: after('declare the role under roles.define, translate it under roles.map, or correct it in the source'),

  unknown_organization_role: after(
    'define the role under roles.define with the type organization, translate it under roles.map, or correct it in the source',
  ),
  role_rejected: withCause('the definition of the role was rejected: correct that one'),
  organization_role_rejected: withCause('the definition of the role was rejected: correct that one'),
  role_lost: after(
    'enable several roles per membership in the WorkOS dashboard, then apply again with onDrift: { membership: overwrite } and --refresh',
  ),

  invalid_role: after('declare the role under roles.define, or create it in WorkOS'),
  multiple_roles_not_enabled: after(
    'enable several roles per membership in the WorkOS dashboard, or set roles.notEnabled to first, with one of the roles of each such membership in roles.priority',
  ),
  role_slug_conflict: yes('somebody created the role in the meantime: apply again, and it is found'),
  organization_role_slug_conflict: yes('somebody created the role in the meantime: apply again, and it is found'),
  permission_slug_conflict: yes('somebody created the permission in the meantime: apply again, and it is found'),
  role_has_group_role_mappings: after(
    'groups give the role to their members: take it away from those groups in WorkOS first',
  ),
  group_membership_limit_exceeded: after(
    'WorkOS takes no more members into the group: divide it in the mapping, or ask WorkOS to raise the limit',
  ),
  role_has_assignments: after('take the role away from the memberships that have it first'),

  user_creation_error: after('the message says which value WorkOS refuses: correct it in the source'),
  invalid_request_parameters: after('the message says which value WorkOS refuses: correct it in the source'),
  bad_request: after('the message says what WorkOS refuses: correct it in the source'),
  email_not_available: after(
    'somebody else in WorkOS has the e-mail address. Where two users of this migration exchange theirs, give one of them another address in WorkOS first; else look for the user in the dashboard',
  ),
  user_already_exists: yes('the user exists by now: apply again, and it is found'),
  invalid_email: after('correct the e-mail address in the source'),
  email_already_verified: yes('the address was verified in the meantime: apply again, and it is compared again'),
  email_change_not_allowed: after('the user signs in through an organization that owns the domain: change it there'),
  external_id_already_used: after(DUPLICATE_EXTERNAL_ID),
  entity_already_exists: after(DUPLICATE_EXTERNAL_ID),
  password_strength_error: after('the password is weaker than the environment demands: leave it out and have it reset'),
  password_too_short: after('the password is weaker than the environment demands: leave it out and have it reset'),
  password_and_password_hash_provided: after('map the password or its hash, not both'),
  password_and_password_hash_type_provided: after('map passwordHashType with a hash alone'),
  invalid_password_hash: after(
    'WorkOS takes the hash for damaged: check password_hash and password_hash_type of the record',
  ),
  invalid_metadata: after(METADATA),
  metadata_required: after(METADATA),
  user_deletion_not_allowed: after('WorkOS keeps the user: see the message, and delete it in the dashboard'),

  consumer_domain_forbidden: after('WorkOS takes no domain of a mail provider for an organization: leave it out'),
  organization_domain_already_used: after('another organization owns the domain: take it away there, or leave it out'),
  domain_already_exists: after('an organization in WorkOS has the domain already: take it away there, or leave it out'),
  domain_invalid: after('correct the domain in the source'),
  organization_membership_already_exists: yes('the membership exists by now: apply again, and it is found'),
  user_already_organization_member: yes('the membership exists by now: apply again, and it is found'),
  conflict: yes('it exists by now, or something else changed it: apply again, and it is looked up'),
  cannot_reactivate_pending_organization_membership: after(
    'the user was invited and has not accepted: revoke the invitation in WorkOS, or wait until it is accepted',
  ),
  entity_not_found: after('WorkOS does not know something that the request names: the message says what'),
  not_found: after('WorkOS does not know something that the request names: the message says what'),
  payload_too_large: after('the record holds more than WorkOS takes in one request: shorten its metadata'),
  rate_limit_exceeded: yes('another program uses the allowance: apply again later, or lower run.limits'),
}
