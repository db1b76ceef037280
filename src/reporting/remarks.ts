import type { NoteCount } from '../desired/desired-set.ts'
import { counted } from './style.ts'

/** What holds for a source that was read in part. */
export const PARTIAL =
  'only a part of the source was read (source.updatedSince): what it lacks stays as it is, and does not count as having left'

/** What a remark on accepted resources means, in words. */
export function describeNote({ kind, code, detail, count }: NoteCount): string {
  const resources = counted(count, kind)
  switch (code) {
    case 'password_reset_required':
      return `${resources} without a password, who must reset it: WorkOS does not take ${detail} hashes`
    case 'password_changed_in_source':
      return `${resources} whose password changed in the source: not sent, since they may have set one in WorkOS (passwords.onChange: send sends it)`
    case 'totp_not_migrated':
      return `${resources} with a TOTP secret, which is not migrated: they enrol their authenticator again`
    case 'metadata_key_renamed':
      return `${resources} with the reserved metadata key ${detail}, renamed with metadata.prefix`
    case 'role_dropped':
      return `${resources} without the role ${detail}: roles.map does not know it, and roles.unmapped is drop`
    case 'similar_organization_names':
      return `${resources} known by names that differ only in case or blanks${detail === '' ? '' : `, ${detail}`}: taken as different ones`
    case 'consumer_domain_dropped':
      return `${resources} without the domain ${detail} of a public mail provider (organizations.consumerDomains is drop)`
    case 'shared_domain_dropped':
      return `${resources} without the domain ${detail}, which all of them claim (organizations.sharedDomains is drop)`
    case 'verified_domain_pending':
      return `${resources} with domains that are verified in the source, and entered as pending (organizations.domainState says whom to believe)`
    default:
      return `${resources}: ${code.replaceAll('_', ' ')}${detail === '' ? '' : ` (${detail})`}`
  }
}
