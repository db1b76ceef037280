import { kindRemedies } from '../kinds/registry.ts'
import { after, again, type Reapply, type Remedies, type Remedy, withCause } from '../kinds/wording.ts'

/** General codes: a more specific one next to them takes precedence. */
const GENERAL: ReadonlySet<string> = new Set(['user_creation_error', 'invalid_request_parameters', 'bad_request'])

/**
 * The remedy for one code, or for several joined by `, `: the first known one decides, general ones
 * last. Undefined: no code is known.
 */
export function remedyFor(codes: string): string | undefined {
  return find(codes)?.help
}

/** The same, with a fallback for unknown codes: by the HTTP status, or general advice. */
export function adviceFor(codes: string): Remedy {
  const known = find(codes)
  if (known) return known
  if (/^http_(5\d\d|408|429)$/.test(codes)) {
    return { reapply: 'yes', help: 'apply again; if WorkOS keeps failing, check status.workos.com' }
  }
  return {
    reapply: 'after-remedy',
    help: 'correct the record or the manifest as the message says; docs/reference/errors.md lists the known codes',
  }
}

export function describeReapply(reapply: Reapply): string {
  switch (reapply) {
    case 'yes':
      return 'Applying again is enough.'
    case 'after-remedy':
      return 'Then apply again.'
    case 'with-cause':
      return 'The next apply then retries this one.'
  }
}

function find(codes: string): Remedy | undefined {
  const list = codes.split(', ')
  const telling = list.filter((code) => !GENERAL.has(code))
  return [...telling, ...list].map(remedyOf).find((remedy) => remedy !== undefined)
}

const DUPLICATE_EXTERNAL_ID =
  'give the record a different external ID, or remove this one from the other object in WorkOS'
const METADATA =
  'shorten the metadata: WorkOS limits the number of keys and the length of keys and values (see metadata in the manifest)'

/**
 * Remedies for resources of any kind: first codes of failed and blocked resources, from WorkOS and
 * from this program; then codes of rejected records, which no run attempts.
 */
const general: Remedies = {
  dependency_blocked: withCause('correct what it depends on'),
  reference_gone: after(
    'set onDeleted: recreate for its kind to create it and its dependents again, or remove its records from the source: it was deleted in WorkOS',
  ),
  gone_in_workos: after(
    'set onDeleted: recreate for its kind to create it again, or remove its records from the source: it was deleted in WorkOS',
  ),
  endpoint_missing: after('check target.baseUrl, and check that the environment has this feature enabled'),
  answer_of_another: after(
    'find the object in the WorkOS dashboard; if it is the right one, set its address and external ID there as in the source',
  ),
  id_answered_twice: after(
    'check the object in the WorkOS dashboard: it has the ID of two resources; merge the two with dedupe, or remove one of them',
  ),
  answered_otherwise: after(
    'compare the values with workos-migrate verify, then correct the source or the setting in WorkOS; to send them again, apply with --refresh and onDrift: overwrite for its kind',
  ),
  outcome_unknown: again('apply again: the program checks whether the write took effect before it repeats it'),
  not_in_workos: after('skip the record with when, or set adopt.mode: match to create it'),
  exists_already: after('set adopt.mode: match to adopt the one in WorkOS, or skip the record with when'),
  external_id_clash: after(
    'give the record a different external ID, or remove this one from the object in WorkOS; ' +
      'if both are the same resource, use workos-migrate state import',
  ),
  identity_clash: after('merge the two records with dedupe, or skip one of them with when'),
  ambiguous_identity: after(
    'rename or delete the others of that name in WorkOS, or choose the right one with workos-migrate state import',
  ),
  invalid_request_parameters: after('correct in the source the value that the message names'),
  bad_request: after('correct in the source what the message names'),
  external_id_already_used: after(DUPLICATE_EXTERNAL_ID),
  entity_already_exists: after(DUPLICATE_EXTERNAL_ID),
  invalid_metadata: after(METADATA),
  metadata_required: after(METADATA),
  conflict: again('apply again: something created or changed it in the meantime, and the program looks it up'),
  entity_not_found: after('check the object that the message names: WorkOS does not have it'),
  not_found: after('check the object that the message names: WorkOS does not have it'),
  payload_too_large: after('shorten the metadata of the record: it is larger than WorkOS accepts in one request'),
  rate_limit_exceeded: again('apply again later, or lower run.limits: another program uses the same rate limit'),

  row_not_filled_in: after('fill in the columns of the row (_migrate_text has the original text), or delete the row'),
  ragged_row: after(
    'give the row a value, even an empty one, for each column of the header; or set ragged: pad to fill up short rows',
  ),
  stray_quote: after('enclose the whole field in quotes, and double each quote inside it'),
  no_such_user: after('correct the user ID, or export again: the export does not have this user'),
  ambiguous_user: after('add the connection and the user ID in it: the row matches more than one user'),
  second_password: after('keep the newer row: the files have another password for this user'),
  second_mfa_secret: after('keep the newer row: the files have another secret for this user'),
  no_password_hash: after('fill in the hash, or remove the row'),
  no_totp_secret: after('fill in a TOTP secret, or remove the row: no other second factor can be migrated'),
  deleted_meanwhile: after('read the source again with --fresh: this was deleted during the read'),
  missing_key: after('fill in the user ID'),
  missing_role: after('fill in the role'),
  missing_organization: after('fill in org_id, org_external_id or org_name'),
  bad_json: after('correct the line, or export again: it is not valid JSON'),
  not_an_object: after('correct the record, or set records to where the records are: each record must be an object'),
  line_too_long: after('put each record on its own line, or set format: json if the file is one document'),
  too_deep: after('check how the file was created: its brackets nest too deeply for a record'),
  no_join_key: after('fill in the value that join.key names, or set unmatched: ignore'),
  bad_join_key: after('choose a plain value for join.key and join.to, not an object'),
  unmatched_row: after('correct the key or the join; if such rows are expected, set unmatched: ignore'),
  second_row: after('remove the second row, or join with as: many'),
  expression_failed: after('correct the record, or guard the expression: field ? $f(field)'),
  unstable_expression: after(
    'remove $now, $millis and $random from the expression: it must not depend on time or chance',
  ),
  invalid: after('correct the record as the message says'),
  not_text: after('map a single text value, not a list or an object'),
  not_boolean: after('use true, 1, yes, y or false, 0, no, n'),
  external_id_not_ascii: after('map an external ID that has only ASCII characters'),
  external_id_too_long: after(
    'map a shorter external ID, or raise externalId.maxLength if your environment accepts longer ones',
  ),
  shared_external_id: after(
    'give each user and each organization its own external ID; if the records are the same user, give them one key or use dedupe.user.by',
  ),
  metadata_bad_json: after('correct the JSON of the metadata, or map an object'),
  metadata_not_object: after('map metadata as an object of text values'),
  metadata_key_conflict: after(
    'rename one of the two keys, or set metadata.prefix, separator or keyTooLong: both end up with the same name',
  ),
  metadata_key_length: after('shorten the key, or set metadata.keyTooLong: cut'),
  metadata_not_ascii: after(
    'use only ASCII characters, set metadata.nonAscii: drop, or set metadata.ascii: false if your environment accepts others',
  ),
  metadata_too_deep: after('map only the part that you need: the value has too many levels for WorkOS'),
  metadata_too_many_keys: after(
    'map fewer keys, set metadata.tooManyKeys: drop, or raise metadata.maxKeys if your environment accepts more',
  ),
  metadata_value_too_long: after('shorten the value, or set metadata.tooLong to cut or drop'),
}

/** Every remedy by its code: codes of WorkOS and of this program. */
export function remedies(): ReadonlyMap<string, Remedy> {
  return new Map(Object.entries({ ...general, ...kindRemedies() }))
}

function remedyOf(code: string): Remedy | undefined {
  return [kindRemedies(), general].find((known) => Object.hasOwn(known, code))?.[code]
}
