import type { Remedy } from './remedy.ts'

const after = (help: string): Remedy => ({ reapply: 'after-remedy', help })
const withCause = (help: string): Remedy => ({ reapply: 'with-cause', help })

const HASH_PAIR = 'give a hash with its type: both columns, or neither'
const MAP_KEY = (kind: string) => after(`map the key of the ${kind} that is meant, or leave the record out with when`)
const REJECTED = (kind: string) => withCause(`the ${kind} it belongs to was rejected: correct that one`)

/** What helps when a record or resource is rejected, so that no run attempts it. */
export const sourceRemedies: Readonly<Record<string, Remedy>> = {
  connection_incomplete: after(
    'map what is missing, take it from the identity provider, or leave the connection out with when',
  ),
  invalid_certificate: after('map the certificate as PEM, or as the Base64 between its two lines'),
  invalid_private_key: after('map the private key as PEM, without a passphrase'),
  certificate_of_another_key: after('map a private key and its certificate of one pair, or leave both out'),
  invalid_url: after('map an address that begins with https://'),
  invalid_saml_metadata: after('map the XML of the identity provider, or idpEntityId, idpUrl and x509Cert'),
  invalid_connection_protocol: after('map type as saml or oidc, or leave the connection out with when'),
  invalid_connection_type: after('map a connectionType that WorkOS knows, or leave it out'),
  row_not_filled_in: after(
    'write the values of the row into its columns, from _migrate_text where they stand there; or delete the row',
  ),
  ragged_row: after('every row needs a value, if an empty one, for each column of the header: correct the row'),
  stray_quote: after('put the whole field in quotes, and write a quote inside of it twice'),
  role_for_two_users: after('the row names two users: correct external_id or email, or leave one of them empty'),
  no_such_user: after('the row names a user whom the export does not have: correct the id, or export again'),
  ambiguous_user: after('the row does not say whose it is: name the connection and the id of the user in it'),
  second_password: after('the user has another password in the files: keep the row that is the newer one'),
  second_mfa_secret: after('the user has another secret in the files: keep the row that is the newer one'),
  no_password_hash: after('fill in the hash of the row, or leave the row out'),
  no_totp_secret: after('only TOTP secrets can be migrated: fill it in, or leave the row out'),
  deleted_meanwhile: after(
    'it went while the source was read: read again with --fresh, and it is gone or there for good',
  ),
  missing_key: after('fill in the id of the user'),
  missing_role: after('fill in the role'),
  missing_organization: after('fill in the organization: org_id, org_external_id or org_name'),
  bad_json: after('the line is not JSON: correct it, or export again'),
  not_an_object: after('a record is an object: look at what stands there, or say with records where the records are'),
  line_too_long: after('one record a line: break the line, or say format: json for one document'),
  too_deep: after('brackets are nested deeper than in any record: look at how the file was made'),
  no_join_key: after('fill in what join.key names, or set unmatched: ignore'),
  bad_join_key: after('let join.key and join.to name a value, not an object'),
  unmatched_row: after(
    'correct the key or the join, or set unmatched: ignore where rows without a record are meant to be',
  ),
  second_row: after('remove the second row, or join with as: many'),
  two_organization_ids: after('give the WorkOS id of an existing organization or an external id, not both'),

  expression_failed: after('the expression fails on this record: guard it (field ? $f(field)), or correct the record'),
  unstable_expression: after('an expression may use no time and no chance: take $now, $millis and $random out'),
  invalid: after('the message says what is wrong with the record: correct it'),
  not_text: after('map one text value, not a list or an object'),
  not_boolean: after('use true, 1, yes, y or false, 0, no, n'),
  key_contradiction: after('two people have one key: give each a key of its own, or make the records agree'),
  duplicate_user: after(
    'leave all but one of the records out with map.user.when, or set dedupe.user.strategy to merge, first, last or newest',
  ),
  no_user: MAP_KEY('user'),
  no_organization: MAP_KEY('organization'),
  no_group: MAP_KEY('group'),
  several_users: MAP_KEY('user'),
  several_organizations: MAP_KEY('organization'),
  several_groups: MAP_KEY('group'),
  user_rejected: REJECTED('user'),
  organization_rejected: REJECTED('organization'),
  membership_rejected: REJECTED('membership'),
  group_rejected: REJECTED('group'),
  user_missing: after('the user is not in the source: add the record, or leave this one out'),
  organization_missing: after('the organization is not in the source: add the record, or leave this one out'),

  invalid_totp_secret: after(
    'say with totp.encoding how the secrets are written, or correct the record: no part of the secret is shown here',
  ),
  unsupported_totp: after(
    'WorkOS computes SHA-1, 6 digits and 30 seconds alone: with totp.unsupported: skip the user is migrated without the factor',
  ),
  totp_secret_in_metadata: after('leave the member of map.user.metadata out that has the secret in it'),

  confusable_email: after(
    'a character of the address can be taken for another one: write the address with ASCII letters, or leave the record out with when',
  ),
  possible_duplicate: after(
    'two addresses differ only in the case or form of letters outside ASCII: write them in one way, or leave one user out with map.user.when',
  ),
  email_missing: after('WorkOS identifies users by e-mail: fill in the address, or leave the user out with when'),
  external_id_not_ascii: after('map an external id of ASCII characters'),
  external_id_too_long: after('map a shorter external id, or raise externalId.maxLength if your environment takes it'),
  id_and_external_id: after('give the WorkOS id of an existing organization or an external id, not both'),
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
  shared_external_id: after(
    'an external id is that of one user or one organization: give each its own, or let one key or dedupe.user.by say that they are one',
  ),
  membership_incomplete: after('map the keys of the user and of the organization, or leave the record out with when'),

  group_incomplete: after("map the group's name and the key of its organization, or leave the item out with when"),
  group_text_too_long: after('shorten the name or the description, in the mapping with $substring'),
  group_missing: after('no record makes that group: map it under map.group, or leave the member out with when'),
  group_member_incomplete: after(
    'map the keys of the group, of its organization and of the user, or leave the item out with when',
  ),
  group_member_without_membership: after(
    "add the user's membership in the group's organization, or leave the member of the group out",
  ),
  shared_group_name: after(
    'an organization has one group of a name: map names that differ, such as whole paths, or one key where they are one group',
  ),

  role_slug_collision: after(
    'several names of the source give one slug: give each a slug of its own under roles.map, or all the same one if they are one role',
  ),
  permission_slug_collision: after(
    'several names of the source give one slug: tell them apart in map.permission.key and map.role.permissions',
  ),
  user_key_collision: after(
    'several names of the source give one key: tell them apart in map.user.key, and in the same way wherever the user is named',
  ),
  organization_key_collision: after(
    'several names of the source give one key: tell them apart in map.organization.key and map.membership.organization',
  ),
  group_key_collision: after(
    'several names of the source give one key: tell them apart in map.group.key and map.groupMember.group',
  ),
  role_unnamed: after('map the slug of the role, or leave the record out with when'),
  invalid_role_type: after(
    'a role is of the environment or of an organization: write environment, organization or nothing',
  ),
  environment_role_in_organization: after('leave the organization out, or give the role the type organization'),
  environment_role_with_prefix: after('give the role another slug, or the type organization'),
  permission_unnamed: after('map the slug of the permission, or leave the record out with when'),
  permission_text_too_long: after('shorten the name or the description of the permission'),
  invalid_permissions: after('write permissions as a list with commas or a JSON array of slugs'),
  invalid_permission_slug: after('a slug has at most 48 lowercase letters, digits, and - _ : . *'),
  invalid_roles: after('write roles as a list with commas or a JSON array of slugs'),
  invalid_role_slug: after('a slug has at most 48 lowercase letters, digits, - and _'),
  role_text_too_long: after('shorten the name or the description of the role'),
  unmapped_role: after('translate the role under roles.map, or set roles.unmapped to drop or keep'),
  several_roles: after('give the membership one role, or set roles.multiple to first, with roles.priority'),
  roles_without_priority: after('add the role that such memberships keep to roles.priority'),
  no_role: after('map the role that is given, or leave the record out with when'),
  role_without_membership: after('add the membership that the role is for, or leave the role out'),

  metadata_bad_json: after('the metadata is no JSON: correct it, or map an object'),
  metadata_not_object: after('map metadata as an object of texts'),
  metadata_key_conflict: after(
    'two keys are one after renaming: rename one, or set metadata.prefix, separator or keyTooLong',
  ),
  metadata_key_length: after('shorten the key, or set metadata.keyTooLong: cut'),
  metadata_not_ascii: after(
    'leave out what is not ASCII, by metadata.nonAscii: drop for all, or set metadata.ascii: false if your environment takes it',
  ),
  metadata_too_deep: after('map the part that is needed: a value of so many levels does not fit into WorkOS'),
  metadata_too_many_keys: after(
    'map fewer keys, raise metadata.maxKeys if your environment takes them, or set metadata.tooManyKeys: drop',
  ),
  metadata_value_too_long: after('shorten the value, or set metadata.tooLong to cut or drop'),

  invalid_password: after('map the password as text'),
  password_and_hash: after('map the password or its hash, not both'),
  hash_without_type: after(HASH_PAIR),
  type_without_hash: after(HASH_PAIR),
  unknown_hash_type: after(
    'correct the name of the hash type; of a hasher that WorkOS does not take, map the hash as { "unsupported": name }',
  ),
  weak_password_hash: after('set passwords.weak to keep the hash or to reset the password'),
  unsupported_password_hash: after(
    'WorkOS does not take such hashes: set passwords.unsupported to reset, and the users set a new password',
  ),
}
