import { counted } from '../../diagnostics/printable.ts'
import { after, again, keyOf, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

export const userRemarks: Remarks = {
  password_changed_in_source: ({ resources }) =>
    `${resources} whose password changed in the source: not sent, since the user may have set another one in WorkOS (passwords.onChange: send sends it)`,
  password_kept_back: ({ resources }) =>
    `${resources} whose password changed in the source: not sent, since the address of the adopted account is not verified`,
  password_beside_hash: ({ resources }) =>
    `${resources} with both a plain-text password and a hash: only the hash is sent`,
  totp_changed_in_source: ({ count }) =>
    `${counted(count, 'user')} whose TOTP secret changed in the source: not enrolled, since the user already has a factor in WorkOS`,
  totp_left_alone: ({ count }) =>
    `${counted(count, 'user')} with an existing TOTP factor in WorkOS: it stays, and the factor of the source is not enrolled`,
  locale_unknown: ({ resources, detail }) =>
    `${resources} whose locale ${detail} is not a language tag such as en-US: migrated without it`,
  totp_weak_secret: ({ resources, detail }) =>
    `${resources} with a TOTP secret of ${detail} bits, migrated unchanged (RFC 4226 requires 128)`,
  totp_several: ({ resources }) =>
    `${resources} with several authenticator apps: the first that WorkOS supports is migrated`,
  totp_encoding_ambiguous: ({ resources }) =>
    `${resources} whose TOTP secret is valid Base32 and hex: read as Base32 (totp.encoding sets the encoding)`,
}

/** Codes of plans first, then codes of WorkOS. */
export const userRemedies: Remedies = {
  key_contradiction: after('give each user its own key, or make the records agree: two users have one key'),
  duplicate_user: after(
    'skip all but one of the records with map.user.when, or set dedupe.user.strategy to merge, first, last or newest',
  ),
  no_user: keyOf('user'),
  several_users: keyOf('user'),
  user_rejected: rejectedWith('user'),
  user_missing: after('add the record of the user, or remove this one: the user is not in the source'),
  invalid_totp_secret: after(
    'set totp.encoding to the encoding of the secrets, or correct the record; no part of the secret is shown here',
  ),
  unsupported_totp: after(
    'set totp.unsupported to skip to migrate the user without the factor: WorkOS supports only SHA-1, 6 digits and 30 seconds',
  ),
  totp_secret_in_metadata: after('remove the member of map.user.metadata that contains the secret'),
  confusable_email: after(
    'write the address with ASCII letters, or skip the record with map.user.when: one of its characters can be mistaken for another',
  ),
  possible_duplicate: after(
    'write both addresses in one way, or skip one user with map.user.when: they differ only in the case or form of letters outside ASCII',
  ),
  email_missing: after('add the email address, by which WorkOS identifies users, or skip the user with map.user.when'),
  user_key_collision: after(
    'make the keys differ in map.user.key and wherever else the user is named: several names of the source result in the same key',
  ),
  invalid_password: after('map the password as text'),
  type_without_hash: after('map both the hash and its type, or neither'),
  not_a_hash: after(
    'map the column of hashes, or set passwords.unsupported to reset to create the user without a password',
  ),
  unknown_hash_type: after(
    'correct the name of the hash type, or map a hash that WorkOS does not support as { "unsupported": name }',
  ),
  weak_password_hash: after('set passwords.weak to keep the hash or to reset the password'),
  unsupported_password_hash: after(
    'set passwords.unsupported to reset, and the users set a new password: WorkOS does not support such hashes',
  ),
  totp_answered_otherwise: after(
    'ask WorkOS support: WorkOS enrolls a different secret than it is sent. Until then only the first factor protects the account',
  ),
  unverified_account: after(
    'have the user verify the address of the account, or delete the account in WorkOS if it belongs to a stranger. If you know that the account is the ' +
      'right one, as after a lost state, use workos-migrate state import; adopt.unverified: allow accepts all such accounts',
  ),
  address_out_of_scope: after(
    'choose both users, or plan all users with --everybody: the address moves from one to the other',
  ),
  user_creation_error: after('correct the value in the source that WorkOS names in the message'),
  email_not_available: after(
    'find the user in WorkOS that has the email address. If two users of this migration swap their addresses, first give one of them another address in WorkOS',
  ),
  user_already_exists: again('apply again: the user exists now, and apply finds it'),
  invalid_locale: after('correct the locale in the source, or leave it empty: WorkOS rejects it'),
  invalid_email: after('correct the email address in the source'),
  email_already_verified: again('apply again to compare the address again: it was verified in the meantime'),
  email_change_not_allowed: after(
    'change the address in the organization that owns its domain: the user signs in there',
  ),
  password_strength_error: after(
    'remove the password, and have the user reset it: it is weaker than the environment allows',
  ),
  password_too_short: after(
    'remove the password, and have the user reset it: it is weaker than the environment allows',
  ),
  password_and_password_hash_provided: after('map the password or its hash, not both'),
  password_and_password_hash_type_provided: after('map passwordHashType only together with a hash'),
  invalid_password_hash: after(
    'check password_hash and password_hash_type of the record: WorkOS considers the hash damaged',
  ),
  user_deletion_not_allowed: after(
    'read the message, and delete the user in the dashboard: WorkOS does not delete it by the API',
  ),
}
