import { looksLikeHash } from '../inspecting/password-format.ts'
import { isSecretName } from '../inspecting/sensitivity.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { shownHashType } from '../kinds/user/passwords/hash-types.ts'
import { recognisePasswordHash } from '../kinds/user/passwords/recognise.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import { concealing } from '../mapping/conceal.ts'

/** What is shown of the values of records: nothing of their secrets. */
export interface Masking {
  /** The name of a column: of a file without a header it is the first record's value. */
  name(name: string): string
  /** A column of a record, or a member of one. */
  column(name: string, value: Json): Json
  /** A value that is no secret by its place. */
  value(value: Json): Json
  /** Everything that goes out passes through this. */
  text(text: string): string
}

/** Names of columns that hold hashes. Their type may be shown. */
const OF_PASSWORD = /pass|hash|digest|pwd/i

const SECRET = '(secret)'

/**
 * @param records whose secrets are kept out of every text
 * @param redact keeps the secrets of the manifest out of a text
 */
export function maskingOf(
  mapping: CompiledMapping,
  records: readonly JsonObject[],
  redact: (text: string) => string,
): Masking {
  const conceal = concealing(namesOfSecrets(mapping, records), ...records)
  const typeNames = namesOfTypes(mapping)
  const text = (plain: string) => redact(conceal(plain))
  const nameOf = (name: string) => (holdsHash(name) ? SECRET : text(name))
  const value = (plain: Json): Json => {
    if (typeof plain === 'string') return holdsHash(plain) ? secretWord(plain, true) : text(plain)
    if (typeof plain === 'number') return text(String(plain)) === String(plain) ? plain : SECRET
    if (Array.isArray(plain)) return plain.map(value)
    if (!isObject(plain)) return plain
    return Object.fromEntries(Object.entries(plain).map(([name, member]) => [nameOf(name), column(name, member)]))
  }
  const column = (name: string, plain: Json): Json => {
    if (typeNames.has(name) && typeof plain === 'string')
      return plain === '' ? plain : shownHashType(plain.trim().toLowerCase())
    const secret = mapping.secretNames.has(name) || isSecretName(name)
    return secret ? masked(plain, OF_PASSWORD.test(name)) : value(plain)
  }
  return { name: nameOf, column, value, text }
}

/** Those that the mapping knows, and those of the records that read as one. */
function namesOfSecrets({ secretNames }: CompiledMapping, records: readonly Json[]): Set<string> {
  const names = new Set(secretNames)
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    else if (isObject(value))
      for (const [name, member] of Object.entries(value)) {
        if (isSecretName(name)) names.add(name)
        visit(member)
      }
  }
  for (const record of records) visit(record)
  return names
}

/** Columns that say of what type a hash is: where the two are swapped, the hash stands in them. */
function namesOfTypes({ kinds, secretNames }: CompiledMapping): Set<string> {
  const fields = kinds.flatMap(({ rule }) => rule.fields.filter(({ secret }) => secret))
  const expressions = fields.flatMap(({ value }) => (Array.isArray(value) ? value.map(([, one]) => one) : [value]))
  const names = expressions.flatMap((expression) => [...expression.fields])
  return new Set(
    names.filter((name) => !secretNames.has(name) && !isSecretName(name) && /type|hasher|algorithm/i.test(name)),
  )
}

/** What is nothing is shown as such: that a column is empty is no secret. */
function masked(value: Json, ofPassword: boolean): Json {
  if (value === null || value === '' || typeof value === 'boolean') return value
  if (Array.isArray(value) && value.length === 0) return value
  return secretWord(value, ofPassword)
}

/** `(secret, bcrypt)`. */
export function secretWord(value: Json | undefined, ofPassword: boolean): string {
  if (isObject(value) && typeof value.type === 'string') return `(secret, ${shownHashType(value.type)})`
  if (!ofPassword || typeof value !== 'string') return SECRET
  const found = recognisePasswordHash(value)
  const type = 'type' in found ? found.type : found.unsupported
  return type === 'unknown' ? SECRET : `(secret, ${type})`
}

function holdsHash(text: string): boolean {
  return looksLikeHash(text.trim())
}

/** Members whose values are words of this program. */
const WORDS: ReadonlySet<string> = new Set([
  'format',
  'kind',
  'plural',
  'type',
  'fate',
  'ownership',
  'rule',
  'from',
  'strategy',
  'method',
])

/** Passes every text of a value through a function, but for words of this program. */
export function mapTexts<T>(value: T, change: (text: string) => string): T
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      WORDS.has(name) && typeof member === 'string' ? member : mapTexts(member, change),
    ]),
  )
}
