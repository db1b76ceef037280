/** What helps against a failure, by the error code of WorkOS or of ours. */
const REMEDIES: Readonly<Record<string, string>> = {
  dependency_blocked: 'it is taken up by the next apply, once what it needs exists',
  outcome_unknown: 'apply again: what became of the write is looked up before it is repeated',
  exists_already: 'allow taking over what exists with adopt.mode: match, or leave the record out',
  external_id_clash: 'give the record another external id, or take the external id away from the one in WorkOS',
  identity_clash: 'leave one of the two records out, or unite them with dedupe',
  deleted_in_workos: 'leave the record out; to have it again, create it in WorkOS and apply',
  unknown_role: 'declare the role under roles.define, translate it under roles.map, or correct it in the source',
  invalid_role: 'declare the role under roles.define, or create it in WorkOS',
  multiple_roles_not_enabled: 'enable several roles per membership in the WorkOS dashboard, or give one role',
  password_strength_error: 'the password is weaker than the environment demands: leave it out and have it reset',
  invalid_password_hash: 'WorkOS takes the hash for damaged: check password_hash and password_hash_type of the record',
  invalid_metadata: 'see metadata in the manifest: WorkOS bounds the number and the length of keys and values',
  invalid_email: 'correct the e-mail address in the source',
  email_change_not_allowed: 'the user signs in through an organization that owns the domain: change it there',
}

/** What would help; of several codes, joined by commas, the first that is known counts. */
export function remedyFor(codes: string): string | undefined {
  return codes
    .split(', ')
    .map((code) => (Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined))
    .find((remedy) => remedy !== undefined)
}
