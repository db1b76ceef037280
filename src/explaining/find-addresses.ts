import { basename, resolve } from 'node:path'
import { addressForm } from '../addresses.ts'
import { draftDefinitions, kindDefinitions } from '../kinds/registry.ts'
import { definitionKeys } from '../kinds/role/role-definition.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import { canonicalOf } from '../rundb/merges.ts'
import {
  atLine,
  desiredUnder,
  filesRead,
  formerKeys,
  mergedKeys,
  positions,
  turnedKey,
  withEmail,
  withId,
  withKey,
} from '../rundb/questions.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Origin } from '../sources/source.ts'
import type { Address } from '../state/store.ts'

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
  const kinds = kindNames()
  for (const { kind, key } of addresses.flatMap((address) => rolesMadeOf(rundb, address))) {
    if (!kinds.includes(kind)) continue
    const stands = canonicalKey(rundb, kind, key)
    canonical.set(`${kind}:${stands}`, { kind, key: stands })
  }
  return [...canonical.values()].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
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

/** What records a resource is made from: their kind, and the keys that they have. */
export interface Origins {
  kind: string
  keys: string[]
}

/** The keys of the records that became a resource, the one that stands for them first. */
export function originsOf(rundb: RunDatabase, { kind, key }: Address): Origins {
  if (kind === 'role') return { kind: 'role-definition', keys: [key] }
  if (kind === 'organization-role') {
    const [slug = '', organization = ''] = key.split('@')
    return { kind: 'role-definition', keys: definitionKeys(slug, organization).slice(1) }
  }
  if (kind === 'membership' || kind === 'group-membership')
    return { kind, keys: [key, ...formerKeys(rundb, key, 'user')] }
  const of = kind === 'totp-factor' ? 'user' : kind
  return { kind: of, keys: [key, ...mergedKeys(rundb, of, key)] }
}

/** Positions of the records that a resource is made from, or that were refused for it, in order. */
export function positionsOf(rundb: RunDatabase, { kind, keys }: Origins): number[] {
  return positions(rundb, kind, keys, kind === 'user' ? 'roleAssignment' : null)
}

/** Everything that a text may mean. It means what is found. */
export interface Wanted {
  text: string
  /** `user:u1`. */
  address?: { kind: string; key: string }
  /** `users.csv:12`. */
  place?: { file: string; line: number }
  /** As users have it. */
  email?: string
}

/** The forms of what can be asked for. */
export const FORMS =
  'ask for an address (user:u1), a key, an e-mail address, a record by its file and line (users.csv:12), or an id of WorkOS (user_01…)'

/** Kinds by their names, users first. */
function kindNames(): readonly string[] {
  return [...new Set(['user', ...[...kindDefinitions, ...draftDefinitions].map(({ name }) => name)])]
}

export function parseWanted(text: string): Wanted {
  const plain = text.trim()
  const colon = plain.indexOf(':')
  const [kind, key] = [plain.slice(0, Math.max(colon, 0)), plain.slice(colon + 1)]
  const [, file, line] = /^(.+):([1-9]\d{0,14})$/.exec(plain) ?? []
  const email = plain.includes('@') ? normaliseEmail(plain) : undefined
  return {
    text: plain,
    ...(kindNames().includes(kind) && key !== '' && { address: { kind, key } }),
    ...(file !== undefined && { place: { file, line: Number(line) } }),
    ...(email?.ok && email.value !== undefined && { email: email.value }),
  }
}

/** Whether a place of a record is the one that is meant: by its path from here or from the manifest, or by the name of its file. */
export function isPlace(
  origin: Origin,
  { file, line }: { file: string; line: number },
  folders: readonly string[],
): boolean {
  if (origin.line !== line) return false
  if (origin.file === file || basename(origin.file) === file) return true
  const [manifest = ''] = folders
  return folders.some((folder) => resolve(folder, file) === resolve(manifest, origin.file))
}

/** Whether a text is the e-mail address, in any case. */
export function isEmail(value: unknown, email: string): boolean {
  return typeof value === 'string' && addressForm(value) === addressForm(email)
}
