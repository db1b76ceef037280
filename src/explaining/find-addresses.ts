import {
  atLine,
  canonicalOf,
  desiredUnder,
  filesRead,
  turnedKey,
  withEmail,
  withId,
  withKey,
} from '../rundb/questions.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Address } from '../state/store.ts'
import { isPlace, KINDS, type Wanted } from './wanted.ts'

/** What is meant, as far as the run's database tells. */
export interface Found {
  /** Users first; of a user that merged into another, the other. */
  addresses: Address[]
  /** Places of records that the source itself refused. */
  refused: string[]
  /** Positions of records that stand at the place that is meant. */
  seqs: Set<number>
}

/** Finds the resources that are meant. @param folders that a path may start from, the manifest's first */
export function findAddresses(rundb: RunDatabase, wanted: Wanted, folders: readonly string[]): Found {
  const found: Address[] = []
  const { address, place, email, text } = wanted
  if (address !== undefined) found.push(...byKey(rundb, address.key).filter(({ kind }) => kind === address.kind))
  const at =
    place === undefined ? { addresses: [], refused: [], seqs: new Set<number>() } : atPlace(rundb, place, folders)
  found.push(...at.addresses)
  if (found.length === 0) {
    found.push(...byKey(rundb, text), ...withId(rundb, text))
    if (email !== undefined) found.push(...withEmail(rundb, 'user', email))
  }
  return { addresses: canonicalAddresses(rundb, found), refused: at.refused, seqs: at.seqs }
}

/** Each once, what merged under the key that stands for it, users first. */
export function canonicalAddresses(rundb: RunDatabase, addresses: readonly Address[]): Address[] {
  const canonical = new Map<string, Address>()
  for (const { kind, key } of addresses.flatMap((address) => rolesMadeOf(rundb, address))) {
    if (!KINDS.includes(kind)) continue
    const stands = canonicalKey(rundb, kind, key)
    canonical.set(`${kind}:${stands}`, { kind, key: stands })
  }
  return [...canonical.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
}

/** The roles that a definition yielded; the definition itself where it yielded no role. */
function rolesMadeOf(rundb: RunDatabase, address: Address): Address[] {
  if (address.kind !== 'role-definition') return [address]
  const made = desiredUnder(rundb, ['role', 'organization-role'], address.key)
  return made.length === 0 ? [address] : made
}

/** The key that stands for what merged; of a membership, that of the user which its user merged into. */
export function canonicalKey(rundb: RunDatabase, kind: string, key: string): string {
  const turned = () =>
    kind === 'membership' || kind === 'group-membership' ? turnedKey(rundb, kind, key, 'user') : undefined
  return canonicalOf(rundb, kind, key) ?? turned() ?? key
}

function byKey(rundb: RunDatabase, key: string): Address[] {
  // What is rejected of a role is told with its user.
  return withKey(rundb, key).map((one) => (one.kind === 'roleAssignment' ? { ...one, kind: 'user' } : one))
}

/** What the record at a place yields; also where the place is that of a row that was joined to it. */
function atPlace(rundb: RunDatabase, place: { file: string; line: number }, folders: readonly string[]): Found {
  const files = filesRead(rundb).filter(({ name }) => isPlace({ file: name, line: place.line }, place, folders))
  const found: Found = { addresses: [], refused: [], seqs: new Set() }
  for (const { id, name } of files) {
    for (const { kind, key, seq } of atLine(rundb, id, place.line, 'user')) {
      if (kind === 'record') found.refused.push(`${name}:${place.line}`)
      else if (key !== null) found.addresses.push({ kind: kind === 'roleAssignment' ? 'user' : kind, key })
      if (seq !== null && seq >= 0) found.seqs.add(seq)
    }
  }
  return found
}
