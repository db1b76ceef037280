import { counted } from '../../diagnostics/printable.ts'
import { after, type Remedies } from '../wording.ts'

/** What helps against the codes of invitations: those of a plan first, then WorkOS's. */
export const invitationRemedies: Remedies = {
  invitation_with_roles: after('map the one role that the invitation is to give'),
  invalid_time: after('map a time as ISO 8601, or as seconds or milliseconds since 1970'),
  invalid_days: after('map a whole number of days from 1 to 30, or leave it out'),
}

/** The rules by which the recipient of an invitation has what it is to: then it is left out. */
export const PRESENT_BY = { user: 'map.user', membership: 'map.membership' } as const

/**
 * Why something is left out with something else, as a clause: the condition that leaves out what it
 * belongs to, or who is there already.
 * @param at where the path is written
 */
export function whyLeftOutWith({ kind, path }: { kind: string; path: string }, at: string | null = null): string {
  const rule = at === null ? path : `${path} (${at})`
  if (!isPresent({ kind, path })) return `${rule} leaves out what it belongs to`
  return `${rule} makes its recipient a ${path === PRESENT_BY.user ? 'user' : 'member of the organization'} already`
}

/** Whether something is left out since its recipient has what it is to. */
export function isPresent({ kind, path }: { kind: string; path: string }): boolean {
  return kind === 'invitation' && (path === PRESENT_BY.user || path === PRESENT_BY.membership)
}

/** Which invitations go into a file and are not sent, for plans; undefined where there are none. */
export function describeInvitations(count: number): string | undefined {
  if (count === 0) return undefined
  return `${counted(count, 'invitation')}: written into a file by workos-migrate handoff, not sent; invitations.send sends them`
}
