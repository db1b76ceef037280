import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { innermostJson, jsonAsWritten, parseJsonAsWritten, WrittenNumber } from '../../json-text.ts'
import type { Attributes } from '../../resource.ts'
import type { Normalised, ValueProblem, ValueRules } from '../draft.ts'
import { accept, type Check, isEmpty, kindOf, refuse, shown, take } from './check.ts'

type MetadataRules = Manifest['metadata']

/**
 * Names that mean the organization elsewhere in a migration; as metadata of a user they get the
 * source's prefix.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'organization_id',
  'organization_name',
  'org_id',
  'org_name',
  'organizationId',
  'organizationName',
])

/**
 * Each level is two brackets: what is deeper is longer than any value that WorkOS takes, and may be
 * too deep to be written at all.
 */
const MAX_LEVELS = 300

export interface Metadata {
  /** Text by key, as WorkOS takes it; without a prototype where a key may be called `__proto__`. */
  metadata: JsonObject
  /** What was done to its names and, by `readMetadata`, to its values. */
  notes: Normalised['notes']
}

/**
 * Metadata of a mapped field within the limits of the manifest: what its rules allow to change is
 * changed and noted, the rest is filed as problems.
 */
export function readMetadata(value: unknown, rules: MetadataRules, problems: ValueProblem[]): Metadata | undefined {
  const plain = plainMetadata(value, rules)
  if (plain !== undefined) return { metadata: plain, notes: [] }
  const named = take('metadata', normaliseMetadata(value, rules), problems)
  if (named === undefined) return undefined
  const fitted = fitMetadata(named.metadata, rules)
  problems.push(...checkMetadataLimits(fitted.metadata, rules))
  return { metadata: fitted.metadata, notes: [...named.notes, ...fitted.notes] }
}

/**
 * Metadata that no rule changes or refuses, which most is. Undefined: it has to be looked at more
 * closely.
 */
function plainMetadata(value: unknown, rules: MetadataRules): JsonObject | undefined {
  if (!isObject(value)) return undefined
  const metadata: JsonObject = {}
  let count = 0
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member === undefined || member === null || member === '') continue
    if (typeof member === 'object' || key === '__proto__' || RESERVED.has(key)) return undefined
    const text = String(member)
    if (key.length === 0 || key.length > rules.maxKeyLength || text.length > rules.maxValueLength) return undefined
    if (rules.ascii && !isAscii(key, text)) return undefined
    metadata[key] = text
    count += 1
  }
  return count > rules.maxKeys ? undefined : metadata
}

/**
 * Metadata from an object or the JSON text of one: every value becomes text, empty ones are left
 * out, nested objects become keys of their own where the manifest says so, reserved names get the
 * prefix. Two keys that would become one are refused. Undefined when the source has none; an empty
 * object is kept, for it says that there is nothing any more.
 */
export function normaliseMetadata(value: unknown, rules: MetadataRules): Check<Metadata | undefined> {
  if (isEmpty(value)) return accept(undefined)
  let source: unknown = value
  if (typeof value === 'string') {
    const parsed = parseJsonAsWritten(innermostJson(value))
    if (!parsed.ok) return refuse('metadata_bad_json', `the metadata is ${parsed.message}`, 'expected a JSON object')
    source = parsed.value
  }
  if (!isMembers(source)) {
    return refuse(
      'metadata_not_object',
      `metadata must be an object, not ${source instanceof WrittenNumber ? 'a number' : kindOf(source)}`,
      'like { "plan": "pro" }',
    )
  }
  if (isDeeper(source, MAX_LEVELS + 1)) {
    return refuse(
      'metadata_too_deep',
      `the metadata has a value that is nested deeper than ${MAX_LEVELS} levels`,
      'map the part of it that is needed',
    )
  }
  const metadata: JsonObject = Object.create(null)
  const notes: Normalised['notes'] = []
  /** Where in the source the value of a name is from, as a person may look for it. */
  const origins = new Map<string, Leaf>()
  for (const leaf of leavesOf(source, rules)) {
    const text = metadataText(leaf.value)
    if (text === undefined) continue
    const named = nameOf(leaf.key, rules)
    const rival = origins.get(named.name)
    if (rival !== undefined || (named.notes.length > 0 && RESERVED.has(named.name))) {
      return refuse('metadata_key_conflict', ...conflict(leaf, rival, named.name))
    }
    origins.set(named.name, leaf)
    metadata[named.name] = text
    notes.push(...named.notes)
  }
  return accept({ metadata, notes })
}

/** A value and its key, before it is renamed; `path` are the keys that lead to it. */
interface Leaf {
  path: readonly string[]
  key: string
  value: unknown
}

function* leavesOf(source: Record<string, unknown>, rules: MetadataRules): Iterable<Leaf> {
  const open = entriesOf(source, [])
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const [path, value] = entry
    // Every level adds a separator, so that one more would make no key that fits.
    const mayNest = rules.nested === 'flatten' && path.length <= rules.maxKeyLength
    if (mayNest && isMembers(value) && Object.keys(value).length > 0) {
      open.push(...entriesOf(value, path))
    } else {
      yield { path, key: path.join(rules.separator), value }
    }
  }
}

/** Last first, to be taken from the end. */
function entriesOf(object: Record<string, unknown>, above: readonly string[]): [string[], unknown][] {
  return Object.entries(object)
    .map(([key, value]): [string[], unknown] => [[...above, key], value])
    .reverse()
}

/** Whether lists and objects lie within each other deeper than `levels`. Does not recurse. */
function isDeeper(value: unknown, levels: number): boolean {
  let level = [value]
  for (let depth = 0; depth <= levels && level.length > 0; depth++) {
    level = level.flatMap((item) => (Array.isArray(item) ? item : isMembers(item) ? Object.values(item) : []))
  }
  return level.length > 0
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(value instanceof WrittenNumber)
}

function nameOf(key: string, rules: MetadataRules): { name: string; notes: Normalised['notes'] } {
  const notes: Normalised['notes'] = []
  let name = key
  if (RESERVED.has(key)) {
    name = `${rules.prefix}_${key}`
    notes.push({ code: 'metadata_key_renamed', detail: key })
  }
  if (rules.keyTooLong === 'cut' && name.length > rules.maxKeyLength) {
    name = cutText(name, rules.maxKeyLength)
    notes.push({ code: 'metadata_key_cut', detail: name })
  }
  return { name, notes }
}

function conflict(leaf: Leaf, rival: Leaf | undefined, name: string): [message: string, hint: string] {
  const hint = 'map one of the two to another key, or change metadata.prefix, separator or keyTooLong in the manifest'
  if (rival === undefined)
    return [`the metadata key ${shown(leaf.key)} would become ${shown(name)}, which is reserved`, hint]
  const reserved = [leaf, rival].find(({ key }) => RESERVED.has(key))
  if (reserved !== undefined && [leaf, rival].some(({ key }) => key === name)) {
    return [
      `the metadata key ${shown(reserved.key)} is reserved and would become ${shown(name)}, which exists as well`,
      hint,
    ]
  }
  return [`the metadata keys ${place(rival)} and ${place(leaf)} would both become ${shown(name)}`, hint]
}

function place({ path }: Leaf): string {
  return path.map(shown).join(' › ')
}

function metadataText(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  if (typeof value === 'string') return value
  return typeof value === 'object' ? jsonAsWritten(value) : String(value)
}

const ASCII = /^[\x00-\x7f]*$/

/**
 * Metadata after the rules that may change it: values that are not ASCII left out, long ones cut or
 * left out, keys above the number left out. Fitted metadata stays as it is when it is fitted again.
 * Which keys stay is an order over all names, so that it makes no difference whether records are
 * fitted before they merge, after, or both times.
 */
export function fitMetadata(
  metadata: JsonObject,
  rules: MetadataRules,
): { metadata: JsonObject; notes: Normalised['notes'] } {
  const fitted: JsonObject = Object.create(null)
  const notes: Normalised['notes'] = []
  for (const [key, value] of Object.entries(metadata)) {
    const text = String(value)
    if (rules.ascii && rules.nonAscii === 'drop' && !isAscii(key, text)) {
      notes.push({ code: 'metadata_non_ascii_dropped', detail: key })
      continue
    }
    if (text.length <= rules.maxValueLength || rules.tooLong === 'reject') {
      fitted[key] = text
      continue
    }
    const cut = rules.tooLong === 'cut' ? cutText(text, rules.maxValueLength) : ''
    if (cut === '') {
      notes.push({ code: 'metadata_value_dropped', detail: key })
    } else {
      fitted[key] = cut
      notes.push({ code: 'metadata_value_cut', detail: `${key} cut to ${rules.maxValueLength} characters` })
    }
  }
  const keys = Object.keys(fitted)
  if (rules.tooManyKeys === 'drop' && keys.length > rules.maxKeys) {
    notes.push({ code: 'metadata_keys_above_limit', detail: String(rules.maxKeys) })
    for (const key of byPriority(keys, rules.keep).slice(rules.maxKeys)) {
      delete fitted[key]
      notes.push({ code: 'metadata_key_dropped', detail: key })
    }
  }
  return { metadata: fitted, notes }
}

/** `fitMerged` of the kinds with metadata: a union may have more keys than each of its records. */
export function fitMergedMetadata(attributes: Attributes, rules: ValueRules) {
  if (!isObject(attributes.metadata)) return { attributes, notes: [] }
  const { metadata, notes } = fitMetadata(attributes.metadata, rules.metadata)
  return { attributes: { ...attributes, metadata }, notes }
}

/** Those of `metadata.keep` in its order, then the others by their characters' codes. */
function byPriority(keys: readonly string[], keep: readonly string[]): string[] {
  const present = new Set(keys)
  const first = new Set(keep.filter((key) => present.has(key)))
  return [...first, ...keys.filter((key) => !first.has(key)).sort()]
}

/** At most `length` UTF-16 units of a text; a character of two units is not halved. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.codePointAt(length - 1) ?? 0
  return text.slice(0, last > 0xffff ? length - 1 : length)
}

/** The limits of the manifest, which default to the strictest that WorkOS publishes. */
export function checkMetadataLimits(metadata: JsonObject, rules: MetadataRules): ValueProblem[] {
  const problems: ValueProblem[] = []
  const add = (code: string, message: string, hint: string) => problems.push({ code, field: 'metadata', message, hint })
  const entries = Object.entries(metadata)
  if (entries.length > rules.maxKeys) {
    add(
      'metadata_too_many_keys',
      `the metadata has ${entries.length} keys, at most ${rules.maxKeys} are taken`,
      'map fewer keys; metadata.maxKeys in the manifest sets the limit, tooManyKeys: drop leaves the rest out',
    )
  }
  for (const [key, value] of entries) {
    const text = String(value)
    if (key.length === 0 || key.length > rules.maxKeyLength) {
      add(
        'metadata_key_length',
        `the metadata key ${shown(key)} has ${key.length} characters, between 1 and ${rules.maxKeyLength} are taken`,
        'map it to another key; metadata.maxKeyLength in the manifest sets the limit, keyTooLong: cut shortens keys',
      )
    }
    if (text.length > rules.maxValueLength) {
      add(
        'metadata_value_too_long',
        `the metadata value of ${shown(key)} has ${text.length} characters, at most ${rules.maxValueLength} are taken`,
        'cut it with $substring(); metadata.maxValueLength in the manifest sets the limit, tooLong: cut or drop applies to all',
      )
    }
    if (rules.ascii && !isAscii(key, text)) {
      add(
        'metadata_not_ascii',
        `the metadata at ${shown(key)} is not plain ASCII`,
        'set metadata.ascii to false in the manifest if your environment takes other characters, or nonAscii: drop',
      )
    }
  }
  return problems
}

function isAscii(key: string, text: string): boolean {
  return ASCII.test(key) && ASCII.test(text)
}

/**
 * Notes `n` on metadata that was dropped, where a merge gave the resource `d` the member back: see
 * `mootNotes` of DraftDefinition.
 */
export const MOOT_METADATA = `n.code IN ('metadata_key_dropped', 'metadata_value_dropped', 'metadata_non_ascii_dropped')
  AND EXISTS (SELECT 1 FROM json_each(d.attributes, '$.metadata') m WHERE m.key = n.detail)`
