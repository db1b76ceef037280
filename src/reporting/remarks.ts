import { formatLocation } from '../diagnostics/problem.ts'
import type { PlanWarning } from '../planning/plan.ts'
import type { NoteCount } from '../rundb/notes.ts'
import { countedKind } from './kinds-text.ts'
import { counted } from './style.ts'

/** What holds for a source that was read in part. */
export const PARTIAL =
  'only a part of the source was read (source.updatedSince): what it lacks stays as it is, and does not count as having left'

/** What is odd about a plan as a whole, and where it begins. */
export function describeWarning({ message, at }: PlanWarning): string {
  return at === undefined ? message : `${message} (${formatLocation({ ...at, column: undefined })})`
}

/** Remarks that the plan tells in its block about passwords instead. */
const PASSWORD_RESETS: ReadonlySet<string> = new Set(['password_reset_required', 'password_weak_reset'])

/** Remarks of one kind and code that are told one by one: metadata keys may be as many as users. */
const TOLD = 20

/** Remarks on accepted resources, in words; where there are many of a sort, the most frequent and how many others there are. */
export function describeNotes(all: readonly NoteCount[]): string[] {
  const notes = all.filter(({ code }) => !PASSWORD_RESETS.has(code))
  const sorts = Map.groupBy(notes, ({ kind, code }) => `${kind} ${code}`)
  const last = new Map([...sorts.values()].map((sort) => [sort[TOLD - 1], sort.length - TOLD]))
  const told = new Set([...sorts.values()].flatMap((sort) => sort.slice(0, TOLD)))
  return notes
    .filter((note) => told.has(note))
    .flatMap((note) => {
      const others = last.get(note) ?? 0
      return others > 0
        ? [describeNote(note), `and ${counted(others, 'more remark')} of this sort`]
        : [describeNote(note)]
    })
}

/** What a remark on accepted resources means, in words. */
export function describeNote({ kind, code, detail, count }: NoteCount): string {
  const resources = countedKind(count, kind)
  switch (code) {
    case 'password_changed_in_source':
      return `${resources} whose password changed in the source: not sent, since they may have set one in WorkOS (passwords.onChange: send sends it)`
    case 'password_kept_back':
      return `${resources} whose password changed in the source: not sent, since nobody has verified the address of the adopted account`
    case 'totp_changed_in_source':
      return `${counted(count, 'user')} whose TOTP secret changed in the source: not enrolled, since WorkOS has a factor of theirs already`
    case 'totp_left_alone':
      return `${counted(count, 'user')} with a TOTP factor in WorkOS already: it stays, and that of the source is not enrolled`
    case 'totp_weak_secret':
      return `${resources} with a TOTP secret of ${detail} bits, migrated as it is (RFC 4226 asks for 128)`
    case 'totp_several':
      return `${resources} with several authenticator apps: the first that WorkOS takes is migrated`
    case 'totp_encoding_ambiguous':
      return `${resources} whose TOTP secret reads as Base32 and as hex, taken as Base32: totp.encoding says which it is`
    case 'metadata_key_renamed':
      return `${resources} with the reserved metadata key ${detail}, renamed with metadata.prefix`
    case 'metadata_key_cut':
      return `${resources} with a metadata key cut to ${detail}`
    case 'metadata_value_cut':
      return `${resources}: metadata value of ${detail}`
    case 'metadata_value_dropped':
      return `${resources} without the metadata value of ${detail}, which is too long (metadata.tooLong is drop)`
    case 'metadata_non_ascii_dropped':
      return `${resources} without the metadata of ${detail}, which is not ASCII (metadata.nonAscii is drop)`
    case 'metadata_keys_above_limit':
      return `${resources} with more than ${detail} metadata keys: the others left out (metadata.tooManyKeys is drop)`
    case 'metadata_key_dropped':
      return `${resources} without the metadata key ${detail}, which is above the number of keys`
    case 'external_ids_cut':
      return `${resources} merged from so many records that not all external ids fit into the metadata key ${detail}`
    case 'external_ids_left_out':
      return `${resources} without the external ids of the records they were merged from: the metadata has no room for the key ${detail}`
    case 'external_ids_shared':
      return `${resources} without an external id of a record they were merged from in the metadata key ${detail}: somebody else in the source has it too`
    case 'role_dropped':
      return `${resources} without the role ${detail}: roles.map does not know it, and roles.unmapped is drop`
    case 'role_default':
      return `${resources} for which the source has no role, or none that is kept, given ${detail} (roles.default)`
    case 'still_reduced':
      return `${resources} with one of the roles in WorkOS, which took no more when they were applied: where it takes several by now, apply with --refresh and onDrift: { ${kind}: overwrite }`
    case 'still_answered':
      return `${resources} for which WorkOS answered with other values than were sent (${detail}): workos-migrate verify shows what it holds, and plan --refresh looks again`
    case 'role_lost':
      return `${resources} without the role ${detail}: one comes before it in roles.priority (roles.multiple is first)`
    case 'role_of_group':
      return `${resources} with the role ${detail}: the group gives it, and the plan leaves it as it is`
    case 'group_gives_role':
      return `${resources} to be added, whose users get the role ${detail}: the group has it in WorkOS`
    case 'similar_organization_names':
      return `${resources} known by names that differ only in case or blanks${detail === '' ? '' : `, ${detail}`}: taken as different ones`
    case 'consumer_domain_dropped':
      return `${resources} without the domain ${detail} of a public mail provider (organizations.consumerDomains is drop)`
    case 'shared_domain_dropped':
      return `${resources} without the domain ${detail}, which all of them claim (organizations.sharedDomains is drop)`
    case 'organization_name_conflict':
      return `${resources} with different names${detail === '' ? ' in the records' : `: ${detail}`} (organizations.onNameConflict)`
    case 'secret_changed_in_source':
      return `${resources} whose ${detail} changed in the source: not sent, since WorkOS offers no update of it`
    case 'connection_without_secret':
      return `${resources} by OpenID Connect without a client secret: it has to be supplied before WorkOS takes them`
    case 'domain_states_differ':
      return `${resources} with the domain ${detail}, which some records call verified and others do not: entered as pending`
    case 'verified_domain_pending':
      return `${resources} with domains that are verified in the source, and entered as pending (organizations.domainState says whom to believe)`
    default:
      return `${resources}: ${code.replaceAll('_', ' ')}${detail === '' ? '' : ` (${detail})`}`
  }
}
