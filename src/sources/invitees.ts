import { addressForm } from '../addresses.ts'
import type { JsonObject } from '../json.ts'
import type { Snapshot } from './snapshot/snapshot.ts'

/** The shape of invitations and users in a source. */
export interface InviteeForms {
  invitations: string
  users: string
  recipient(invitation: JsonObject): string
  addresses(user: JsonObject): string[]
  /** Whether the source does not let the user sign in. */
  isKeptOut(user: JsonObject): boolean
}

/**
 * Finds invited addresses whose users are all banned in the source. A new invitation would let
 * these users sign in.
 * @returns a function that tests whether an invitation goes to such an address
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
