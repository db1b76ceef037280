import { addressForm } from '../addresses.ts'
import type { JsonObject } from '../json.ts'
import type { Snapshot } from './snapshot/snapshot.ts'

/** How a source writes an invitation and a user. */
export interface InviteeForms {
  invitations: string
  users: string
  /** The address of an invitation. */
  recipient(invitation: JsonObject): string
  /** The addresses of a user. */
  addresses(user: JsonObject): string[]
  /** Whether the old system keeps the user out. */
  isKeptOut(user: JsonObject): boolean
}

/**
 * The invited addresses whose users are all kept out of the old system. A new invitation would let
 * them in again.
 * @returns whether an invitation is to one of them
 */
export async function invitedAndKeptOut(
  snapshot: Snapshot,
  forms: InviteeForms,
  signal?: AbortSignal,
): Promise<(invitation: JsonObject) => boolean> {
  const recipientOf = (invitation: JsonObject) => addressForm(forms.recipient(invitation))
  const [invited, keptOut, free] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for await (const rows of snapshot.read(forms.invitations, signal)) {
    for (const { data } of rows) invited.add(recipientOf(data))
  }
  if (invited.size === 0) return () => false
  for await (const rows of snapshot.read(forms.users, signal)) {
    for (const { data } of rows) {
      for (const address of forms.addresses(data).map(addressForm)) {
        if (address !== '' && invited.has(address)) (forms.isKeptOut(data) ? keptOut : free).add(address)
      }
    }
  }
  return (invitation) => keptOut.has(recipientOf(invitation)) && !free.has(recipientOf(invitation))
}
