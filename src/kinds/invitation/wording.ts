import { counted } from '../../diagnostics/printable.ts'
import { after, type Remedies } from '../wording.ts'

/** What helps against the codes of invitations: those of a plan first, then WorkOS's. */
export const invitationRemedies: Remedies = {
  invitation_with_roles: after('map the one role that the invitation is to give'),
  invalid_time: after('map a time as ISO 8601, or as seconds or milliseconds since 1970'),
  invalid_days: after('map a whole number of days from 1 to 30, or leave it out'),
  invited_is_there: after('nothing needs to be done: leave the invitation out with when, if it is in the way'),
}

/** Which invitations go into a file and are not sent, for plans; undefined where there are none. */
export function describeInvitations(count: number): string | undefined {
  if (count === 0) return undefined
  return `${counted(count, 'invitation')}: written into a file by workos-migrate handoff, not sent; invitations.send sends them`
}
