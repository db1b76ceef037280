import { counted } from '../../diagnostics/printable.ts'
import { after, type Remedies } from '../wording.ts'

/** Codes of plans first, then codes of WorkOS. */
export const invitationRemedies: Remedies = {
  invitation_with_roles: after('map the one role that the invitation assigns'),
  invalid_time: after('map a time as ISO 8601, or as seconds or milliseconds since 1970'),
  invalid_days: after('map a whole number of days from 1 to 30, or omit the field'),
}

/** Rules by which the recipient of an invitation already has an account or membership. */
export const PRESENT_BY = { user: 'map.user', membership: 'map.membership' } as const

/**
 * Why an invitation or a dependent resource is left out, as a clause.
 * @param at where the path is written
 */
export function whyLeftOutWith({ kind, path }: { kind: string; path: string }, at: string | null = null): string {
  const rule = at === null ? path : `${path} (${at})`
  if (!isPresent({ kind, path })) return `${rule} leaves out what it belongs to`
  return `${rule} already makes its recipient a ${path === PRESENT_BY.user ? 'user' : 'member of the organization'}`
}

/** Whether something is left out because its recipient already has it. */
export function isPresent({ kind, path }: { kind: string; path: string }): boolean {
  return kind === 'invitation' && (path === PRESENT_BY.user || path === PRESENT_BY.membership)
}

/** The line of a plan on invitations that go into a file. Undefined: there are none. */
export function describeInvitations(count: number): string | undefined {
  if (count === 0) return undefined
  return `${counted(count, 'invitation')}: not sent, workos-migrate handoff writes a file; set invitations.send to send them`
}
