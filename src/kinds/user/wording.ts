import { counted } from '../../diagnostics/printable.ts'
import { after, again, keyOf, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

/** What a plan remarks on users that it accepts. */
export const userRemarks: Remarks = {
  password_changed_in_source: ({ resources }) =>
    `${resources} whose password changed in the source: not sent, since they may have set one in WorkOS (passwords.onChange: send sends it)`,
  password_kept_back: ({ resources }) =>
    `${resources} whose password changed in the source: not sent, since nobody has verified the address of the adopted account`,
  password_beside_hash: ({ resources }) =>
    `${resources} with a password in clear beside a hash: the hash decides, and the password is not sent`,
  totp_changed_in_source: ({ count }) =>
    `${counted(count, 'user')} whose TOTP secret changed in the source: not enrolled, since WorkOS has a factor of theirs already`,
  totp_left_alone: ({ count }) =>
    `${counted(count, 'user')} with a TOTP factor in WorkOS already: it stays, and that of the source is not enrolled`,
  locale_unknown: ({ resources, detail }) =>
    `${resources} whose locale ${detail} is no language tag such as en-US: migrated without it`,
  totp_weak_secret: ({ resources, detail }) =>
    `${resources} with a TOTP secret of ${detail} bits, migrated as it is (RFC 4226 asks for 128)`,
  totp_several: ({ resources }) =>
    `${resources} with several authenticator apps: the first that WorkOS takes is migrated`,
  totp_encoding_ambiguous: ({ resources }) =>
    `${resources} whose TOTP secret reads as Base32 and as hex, taken as Base32: totp.encoding says which it is`,
}

/** What helps against the codes of users: those of a plan first, then WorkOS's. */
export const userRemedies: Remedies = {
  key_contradiction: after('two people have one key: give each a key of its own, or make the records agree'),
  duplicate_user: after(
    'leave all but one of the records out with map.user.when, or set dedupe.user.strategy to merge, first, last or newest',
  ),
  no_user: keyOf('user'),
  several_users: keyOf('user'),
  user_rejected: rejectedWith('user'),
  user_missing: after('the user is not in the source: add the record, or leave this one out'),
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
  user_key_collision: after(
    'several names of the source give one key: tell them apart in map.user.key, and in the same way wherever the user is named',
  ),
  invalid_password: after('map the password as text'),
  type_without_hash: after('give a hash with its type: both columns, or neither'),
  not_a_hash: after(
    'map the column that holds hashes; with passwords.unsupported: reset the user is created without a password',
  ),
  unknown_hash_type: after(
    'correct the name of the hash type; of a hasher that WorkOS does not take, map the hash as { "unsupported": name }',
  ),
  weak_password_hash: after('set passwords.weak to keep the hash or to reset the password'),
  unsupported_password_hash: after(
    'WorkOS does not take such hashes: set passwords.unsupported to reset, and the users set a new password',
  ),
  totp_answered_otherwise: after(
    'WorkOS does not enrol the secret that it is sent: ask its support. Without the second factor the account opens with the first alone',
  ),
  unverified_account: after(
    'have the person verify the address of the account, or delete the account in WorkOS if it is a stranger; if you know that it is ' +
      'theirs, as where an earlier apply made it whose state is lost: workos-migrate state import; adopt.unverified: allow lets all such accounts in',
  ),
  address_out_of_scope: after(
    'choose both users, or plan everybody with --everybody: the address passes from one to the other',
  ),
  user_creation_error: after('the message says which value WorkOS refuses: correct it in the source'),
  email_not_available: after(
    'somebody else in WorkOS has the e-mail address. Where two users of this migration exchange theirs, give one of them another address in WorkOS first; else look for the user in the dashboard',
  ),
  user_already_exists: again('the user exists by now: apply again, and it is found'),
  invalid_locale: after('WorkOS does not take the locale: correct it in the source, or map nothing there'),
  invalid_email: after('correct the e-mail address in the source'),
  email_already_verified: again('the address was verified in the meantime: apply again, and it is compared again'),
  email_change_not_allowed: after('the user signs in through an organization that owns the domain: change it there'),
  password_strength_error: after('the password is weaker than the environment demands: leave it out and have it reset'),
  password_too_short: after('the password is weaker than the environment demands: leave it out and have it reset'),
  password_and_password_hash_provided: after('map the password or its hash, not both'),
  password_and_password_hash_type_provided: after('map passwordHashType with a hash alone'),
  invalid_password_hash: after(
    'WorkOS takes the hash for damaged: check password_hash and password_hash_type of the record',
  ),
  user_deletion_not_allowed: after('WorkOS keeps the user: see the message, and delete it in the dashboard'),
}
