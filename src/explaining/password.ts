import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { isObject } from '../json.ts'
import { shownHashType } from '../kinds/user/passwords/hash-types.ts'
import { knownOf, notesUnder } from '../rundb/questions.ts'
import type { ExplainedAction, ExplainedMerging, ExplainedPassword } from './explanation.ts'

/** What becomes of the password of a user, and why it has none. */
export function passwordOf(
  set: DesiredSet,
  key: string,
  keys: readonly string[],
  action: ExplainedAction,
  merging: ExplainedMerging | null,
  map: Manifest['map'],
): ExplainedPassword | null {
  const desired = set.get('user', key)
  if (desired === undefined) return null
  const notes = passwordNotes(set, keys)
  const secret = desired.secrets?.passwordHash ?? desired.secrets?.password
  if (secret === undefined) {
    const reset = notes.find(({ code }) => code === 'password_reset_required' || code === 'password_weak_reset')
    if (reset !== undefined) return resetOf(reset)
    const lost = merging?.conflicts.find(({ field }) => field === 'password' || field === 'passwordHash')
    if (lost !== undefined) return { fate: 'not taken', type: null, why: notTaken(lost) }
    return { fate: 'none', type: null, why: whyNone(map) }
  }
  const type = isObject(secret) && typeof secret.type === 'string' ? shownHashType(secret.type) : 'in the clear'
  if (notes.some(({ code }) => code === 'password_kept_back')) {
    return {
      fate: 'there',
      type,
      why: 'it changed in the source and is not sent: nobody has verified the address of the adopted account',
    }
  }
  if (notes.some(({ code }) => code === 'password_changed_in_source')) {
    return {
      fate: 'there',
      type,
      why: 'it changed in the source and is not sent, since the user may have set one in WorkOS (passwords.onChange: send sends it)',
    }
  }
  return ofAction(set, key, action, type)
}

function whyNone({ user = {} }: Manifest['map']): string {
  const fields = ['password', 'passwordHash'].filter((field) => user[field] !== undefined)
  if (fields.length === 0) return 'the manifest maps no password'
  const paths = fields.map((field) => `map.user.${field}`).join(' and ')
  return `${paths} ${fields.length === 1 ? 'yields' : 'yield'} nothing for its records`
}

function ofAction(set: DesiredSet, key: string, action: ExplainedAction, type: string): ExplainedPassword {
  if (action.type === 'create') return { fate: 'sent', type, why: 'it goes to WorkOS with the user' }
  const there = 'the user was in WorkOS before: nothing is sent, and the password there stays'
  if (action.type === 'adopt') return { fate: 'there', type, why: there }
  if (action.type === 'blocked') return { fate: 'kept', type, why: 'it is sent once the user is no longer blocked' }
  if (action.changes.some((change) => 'secret' in change)) {
    return { fate: 'sent', type, why: 'it changed in the source, and passwords.onChange is send' }
  }
  if (knownOf(set.rundb, { kind: 'user', key })?.ownership === 'adopted') return { fate: 'there', type, why: there }
  return { fate: 'kept', type, why: 'it was sent when the user was created' }
}

function resetOf({ code, detail }: { code: string; detail: string }): ExplainedPassword {
  const type = detail.split(' ')[0] ?? null
  const why =
    code === 'password_weak_reset'
      ? `${detail} is weak, and the manifest has weak passwords reset (passwords.weak)`
      : `WorkOS does not take ${detail}: the owner sets a new password (passwords.unsupported)`
  return { fate: 'reset', type: detail === 'an unknown type' ? null : type, why }
}

function notTaken({ origin, rule }: ExplainedMerging['conflicts'][number]): string {
  return rule === 'proof'
    ? `that of ${origin} is not taken: another of the merged records verified the address, and this one did not`
    : `that of ${origin} is not taken when the records merge (${rule})`
}

function passwordNotes({ rundb }: DesiredSet, keys: readonly string[]): { code: string; detail: string }[] {
  return notesUnder(rundb, 'user', keys)
    .filter(({ code }) => code.startsWith('password'))
    .sort((one, other) => one.seq - other.seq)
}
