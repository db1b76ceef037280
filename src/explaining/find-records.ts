import { isObject, type Json } from '../json.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import { originOf } from '../mapping/evaluate.ts'
import { endsOn } from '../mapping/pool.ts'
import { type Origin, ROW_FILE, ROW_LINE, type SourceRecord } from '../sources/source.ts'
import { isEmail, isPlace, type Wanted } from './find-addresses.ts'
import { type TracedRecord, traceRecord, wouldBe } from './trace-record.ts'

/** How many records that are not known by their position are taken. */
const MATCHES = 20

/** Why a record is one that is meant. */
export interface Match {
  record: SourceRecord
  /** `place`: it stands there; `identity`: it is of what was asked for; `column`: a column holds the very text, and nothing else is known. */
  by: 'place' | 'identity' | 'column'
  /** Resources that it yields, or would if a condition did not leave it out. */
  addresses: { kind: string; key: string; leftOut: boolean; origin: Origin }[]
}

/**
 * Finds the records that are meant and that the run's database does not tell of: those at a place, and those of an identity that were left
 * out, or refused before their key was known.
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
  if (here) return { record, by: 'place', addresses: atPlace(record, addresses, isHere) }
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

/** What stands there itself; where a row that only adds columns does, all that the record yields, or would. */
function atPlace(
  record: SourceRecord,
  addresses: Match['addresses'],
  isHere: (origin: Origin) => boolean,
): Match['addresses'] {
  const own = isHere(record.origin) ? [] : addresses.filter(({ origin }) => isHere(origin))
  return own.length > 0 ? own : addresses
}

interface Identities {
  addresses: Match['addresses']
  /** Addresses of users by their keys; under an empty key of those that have none. */
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

/** Where a record and the rows that were joined to it stand. */
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
 * Whether a record may be of what is meant: its text holds the letters and digits of it, whatever the case and whatever stands between
 * them, since keys are made of names. Both ends of a key that is made of two are looked for by themselves.
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
