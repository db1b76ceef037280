import { kindRemedies } from '../kinds/registry.ts'
import { after, again, type Reapply, type Remedies, type Remedy, withCause } from '../kinds/wording.ts'

/** Codes that come with a more telling one, which then counts. */
const GENERAL: ReadonlySet<string> = new Set(['user_creation_error', 'invalid_request_parameters', 'bad_request'])

/**
 * What would help; of several codes, joined by commas, the first that is known counts, and a
 * general one last.
 */
export function remedyFor(codes: string): string | undefined {
  return find(codes)?.help
}

/** The remedy for what nobody foresaw included: by the HTTP status, or as general as it must be. */
export function adviceFor(codes: string): Remedy {
  const known = find(codes)
  if (known) return known
  if (/^http_(5\d\d|408|429)$/.test(codes)) {
    return { reapply: 'yes', help: 'WorkOS was in trouble: apply again, and see status.workos.com if it lasts' }
  }
  return {
    reapply: 'after-remedy',
    help: 'the message says what is wrong: correct the record or the manifest; docs/reference/errors.md lists what is known',
  }
}

/** Whether applying again helps, as a sentence. */
export function describeReapply(reapply: Reapply): string {
  switch (reapply) {
    case 'yes':
      return 'Applying again helps.'
    case 'after-remedy':
      return 'Applying again helps once that is done.'
    case 'with-cause':
      return 'Once that is corrected, applying again takes this up by itself.'
  }
}

function find(codes: string): Remedy | undefined {
  const list = codes.split(', ')
  const telling = list.filter((code) => !GENERAL.has(code))
  return [...telling, ...list].map(remedyOf).find((remedy) => remedy !== undefined)
}

const DUPLICATE_EXTERNAL_ID =
  'something else in WorkOS has this external id: give the record another one, or take it away there'
const METADATA = 'see metadata in the manifest: WorkOS bounds the number and the length of keys and values'

/**
 * What helps whatever the kind: what is failed or blocked, by codes of ours and of WorkOS; then
 * what no run attempts.
 */
const general: Remedies = {
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
  outcome_unknown: again('apply again: what became of the write is looked up before it is repeated'),
  not_in_workos: after('leave the record out, or have it created with adopt.mode: match'),
  exists_already: after('allow taking over what exists with adopt.mode: match, or leave the record out'),
  external_id_clash: after(
    'give the record another external id, or take the external id away from the one in WorkOS; ' +
      'if they are one and the same all the same: workos-migrate state import',
  ),
  identity_clash: after('leave one of the two records out, or unite them with dedupe'),
  ambiguous_identity: after(
    'WorkOS holds several of that name: rename or delete all but one there, or say which one it is with workos-migrate state import',
  ),
  invalid_request_parameters: after('the message says which value WorkOS refuses: correct it in the source'),
  bad_request: after('the message says what WorkOS refuses: correct it in the source'),
  external_id_already_used: after(DUPLICATE_EXTERNAL_ID),
  entity_already_exists: after(DUPLICATE_EXTERNAL_ID),
  invalid_metadata: after(METADATA),
  metadata_required: after(METADATA),
  conflict: again('it exists by now, or something else changed it: apply again, and it is looked up'),
  entity_not_found: after('WorkOS does not know something that the request names: the message says what'),
  not_found: after('WorkOS does not know something that the request names: the message says what'),
  payload_too_large: after('the record holds more than WorkOS takes in one request: shorten its metadata'),
  rate_limit_exceeded: again('another program uses the allowance: apply again later, or lower run.limits'),

  row_not_filled_in: after(
    'write the values of the row into its columns, from _migrate_text where they stand there; or delete the row',
  ),
  ragged_row: after(
    'every row needs a value, if an empty one, for each column of the header: correct the row, or fill such rows up with ragged: pad',
  ),
  stray_quote: after('put the whole field in quotes, and write a quote inside of it twice'),
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
  expression_failed: after('the expression fails on this record: guard it (field ? $f(field)), or correct the record'),
  unstable_expression: after('an expression may use no time and no chance: take $now, $millis and $random out'),
  invalid: after('the message says what is wrong with the record: correct it'),
  not_text: after('map one text value, not a list or an object'),
  not_boolean: after('use true, 1, yes, y or false, 0, no, n'),
  external_id_not_ascii: after('map an external id of ASCII characters'),
  external_id_too_long: after('map a shorter external id, or raise externalId.maxLength if your environment takes it'),
  shared_external_id: after(
    'an external id is that of one user or one organization: give each its own, or let one key or dedupe.user.by say that they are one',
  ),
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
}

/** Every remedy by the code that it is for: WorkOS's codes and our own. */
export function remedies(): ReadonlyMap<string, Remedy> {
  return new Map(Object.entries({ ...general, ...kindRemedies() }))
}

function remedyOf(code: string): Remedy | undefined {
  return [kindRemedies(), general].find((known) => Object.hasOwn(known, code))?.[code]
}
