/**
 * Finds what the user means. In: an address, a key, an email address, a place or an ID. Out: the
 * addresses that match in the run, or, from the source, records that were left out or rejected.
 */

import { basename, resolve } from 'node:path'
import { addressForm } from '../addresses.ts'
import { isObject, type Json } from '../json.ts'
import { draftDefinitions, kindDefinitions } from '../kinds/registry.ts'
import { definitionKeys } from '../kinds/role/role-definition.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import { originOf } from '../mapping/evaluate.ts'
import { endsOn } from '../mapping/pool.ts'
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
import { type Origin, ROW_FILE, ROW_LINE, type SourceRecord } from '../sources/source.ts'
import type { Address } from '../state/store.ts'
import { type TracedRecord, traceRecord, wouldBe } from './trace-record.ts'

/** The matches in the run's database. */
export interface Found {
  /** Users first. For a user that merged into another, the other user. */
  addresses: Address[]
  /** Places of records that the source itself rejected. */
  refused: string[]
  /** Positions of records at the place. */
  seqs: Set<number>
}

/**
 * Finds matching resources.
 * @param folders that a path can start from, the manifest's first
 */
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

/** Each address once, merged ones under their remaining key, users first. */
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

/** The roles made from a definition, or the definition itself if there is none. */
function rolesMadeOf(rundb: RunDatabase, address: Address): Address[] {
  if (address.kind !== 'role-definition') return [address]
  const made = desiredUnder(rundb, ['role', 'organization-role'], address.key)
  return made.length === 0 ? [address] : made
}

/** The key that an item merged into. A membership follows the user that its user merged into. */
export function canonicalKey(rundb: RunDatabase, kind: string, key: string): string {
  const turned = () =>
    kind === 'membership' || kind === 'group-membership' ? turnedKey(rundb, kind, key, 'user') : undefined
  return canonicalOf(rundb, kind, key) ?? turned() ?? key
}

function byKey(rundb: RunDatabase, key: string): Address[] {
  // A reject of a role assignment is shown with its user.
  return withKey(rundb, key).map((one) => (one.kind === 'roleAssignment' ? { ...one, kind: 'user' } : one))
}

/** The results of the record at a place, or of the record that the row there was joined to. */
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

/** The records of a resource: their kind and their keys. */
export interface Origins {
  kind: string
  keys: string[]
}

/** The keys of the records that became a resource, the remaining key first. */
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

/** Positions of a resource's records, including rejected ones, in order. */
export function positionsOf(rundb: RunDatabase, { kind, keys }: Origins): number[] {
  return positions(rundb, kind, keys, kind === 'user' ? 'roleAssignment' : null)
}

/** Everything that the input can mean. */
export interface Wanted {
  text: string
  /** `user:u1`. */
  address?: { kind: string; key: string }
  /** `users.csv:12`. */
  place?: { file: string; line: number }
  /** An email address, as users have it. */
  email?: string
}

/** The forms of input. */
export const FORMS =
  'enter an address (user:u1), a key, an email address, the file and line of a record (users.csv:12), or a WorkOS ID (user_01…)'

/** Names of kinds, users first. */
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

/**
 * Whether a place is the place of the input: by its path from here or from the manifest, or by the
 * name of its file.
 */
function isPlace(origin: Origin, { file, line }: { file: string; line: number }, folders: readonly string[]): boolean {
  if (origin.line !== line) return false
  if (origin.file === file || basename(origin.file) === file) return true
  const [manifest = ''] = folders
  return folders.some((folder) => resolve(folder, file) === resolve(manifest, origin.file))
}

/** Whether a text is the email address, ignoring case. */
function isEmail(value: unknown, email: string): boolean {
  return typeof value === 'string' && addressForm(value) === addressForm(email)
}

/** Maximum number of matching records that are not known by their position. */
const MATCHES = 20

/** A matching record, and why it matches. */
export interface Match {
  record: SourceRecord
  /**
   * `place`: it is there. `identity`: it belongs to the identity. `column`: a column contains
   * exactly the text, and nothing else is known.
   */
  by: 'place' | 'identity' | 'column'
  /** Its resources, including those that a condition leaves out. */
  addresses: { kind: string; key: string; leftOut: boolean; origin: Origin }[]
}

/**
 * Finds matching records that are not in the run's database: records at a place, and records that
 * were left out, or rejected before their key was known.
 */
export async function findRecords(
  records: AsyncIterable<SourceRecord>,
  wanted: Wanted,
  mapping: CompiledMapping,
  folders: readonly string[],
): Promise<Match[]> {
  const matches: Match[] = []
  const holds = needleOf(wanted)
  const { place } = wanted
  const isHere = (origin: Origin) => place !== undefined && isPlace(origin, place, folders)
  for await (const record of records) {
    if (!placesIn(record).some(isHere) && !holds(record.data)) continue
    const match = await matchOf(record, wanted, mapping, isHere)
    if (match !== undefined && matches.push(match) >= MATCHES) break
  }
  return matches
}

async function matchOf(
  record: SourceRecord,
  wanted: Wanted,
  mapping: CompiledMapping,
  isHere: (origin: Origin) => boolean,
): Promise<Match | undefined> {
  const here = placesIn(record).some(isHere)
  const { addresses, emails } = await identitiesOf(record, mapping)
  if (here) return { record, by: 'place', addresses: matchAtPlace(record, addresses, isHere) }
  const { address, email, text } = wanted
  const meant = addresses.filter(({ kind, key }) => {
    if (address !== undefined) return kind === address.kind && key === address.key
    return (
      key === text || (email !== undefined && kind === 'user' && emails.get(key)?.some((one) => isEmail(one, email)))
    )
  })
  if (meant.length > 0) return { record, by: 'identity', addresses: meant }
  const rejected = email !== undefined && [...emails.values()].flat().some((one) => isEmail(one, email))
  if (rejected) return { record, by: 'identity', addresses: [] }
  return hasScalar(record.data, email ?? address?.key ?? text) ? { record, by: 'column', addresses: [] } : undefined
}

/**
 * The resources of the record or row at the place. If the row only adds columns, all resources of
 * its record.
 */
function matchAtPlace(
  record: SourceRecord,
  addresses: Match['addresses'],
  isHere: (origin: Origin) => boolean,
): Match['addresses'] {
  const own = isHere(record.origin) ? [] : addresses.filter(({ origin }) => isHere(origin))
  return own.length > 0 ? own : addresses
}

interface Identities {
  addresses: Match['addresses']
  /** Email addresses of users by key. An empty key is for users without one. */
  emails: Map<string, string[]>
}

async function identitiesOf(record: SourceRecord, mapping: CompiledMapping): Promise<Identities> {
  const traced = await traceRecord(record, mapping)
  const found: Identities = { addresses: [], emails: new Map() }
  const add = (kind: string, key: string | null, leftOut: boolean, origin: Origin, email: unknown) => {
    const same = found.addresses.some((one) => one.kind === kind && one.key === key)
    if (key !== null && !same) found.addresses.push({ kind, key, leftOut, origin })
    if (kind !== 'user' || typeof email !== 'string') return
    found.emails.set(key ?? '', [...(found.emails.get(key ?? '') ?? []), email])
  }
  for (const { kind, items } of traced.rules)
    for (const { outcome, fields, origin } of items) {
      if (kind === undefined || outcome === undefined) continue
      const email = fields.find(({ path }) => path[0] === 'email')?.value
      add(kind, outcome.ok ? outcome.value.key : outcome.rejected.key, false, origin, email)
    }
  if (!hasLeftOut(traced) || !endsOn([record], mapping.boundedLength)) return found
  for (const one of await wouldBe(record, mapping)) {
    const origin = originOf(record, one.item)
    if (one.ok) add(one.kind, one.value.key, true, origin, one.value.attributes.email)
    else add(one.kind, one.rejected.key, true, origin, undefined)
  }
  return found
}

function hasLeftOut({ rules }: TracedRecord): boolean {
  return rules.some(({ items }) => items.some(({ chosen }) => !chosen))
}

/** The places of a record and of its joined rows. */
function placesIn({ origin, data }: SourceRecord): Origin[] {
  const places: Origin[] = [origin]
  const visit = (value: Json): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    else if (isObject(value)) {
      const { [ROW_FILE]: file, [ROW_LINE]: line } = value
      if (typeof file === 'string' && typeof line === 'number') places.push({ file, line })
      for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) visit(member)
    }
  }
  for (const member of Object.values(data)) if (typeof member === 'object' && member !== null) visit(member)
  return places
}

/**
 * Returns a quick test for records that might match: their text contains the letters and digits of
 * the input, ignoring case and other characters, because keys are made from names. Both parts of a
 * key made of two are searched separately.
 */
function needleOf({ address, email, text, place }: Wanted): (data: Json) => boolean {
  const key = address?.key ?? text
  const both = key
    .split('@')
    .map(lettersOf)
    .filter((part) => part !== '')
  if (both.length === 0 || (place !== undefined && address === undefined)) return () => false
  const whole = lettersOf(email ?? key)
  return (data) => {
    const letters = lettersOf(JSON.stringify(data))
    return letters.includes(whole) || both.every((part) => letters.includes(part))
  }
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}

function hasScalar(value: Json | undefined, text: string): boolean {
  if (Array.isArray(value)) return value.some((item) => hasScalar(item, text))
  if (isObject(value)) return Object.values(value).some((item) => hasScalar(item, text))
  return (typeof value === 'string' || typeof value === 'number') && isEmail(String(value), text)
}
