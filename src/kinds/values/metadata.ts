import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { innermostJson, jsonAsWritten, parseJsonAsWritten, WrittenNumber } from '../../json-text.ts'
import type { Attributes } from '../../resource.ts'
import type { Normalised, ValueProblem, ValueRules } from '../draft.ts'
import { accept, type Check, isEmpty, kindOf, refuse, shown, take } from './check.ts'

type MetadataRules = Manifest['metadata']

/**
 * Names that refer to the organization elsewhere in a migration; in metadata of a user they get the
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
 * Each level has two brackets: deeper values are longer than WorkOS accepts, and can be too deep to
 * serialize.
 */
const MAX_LEVELS = 300

export interface Metadata {
  /** Text by key, as WorkOS accepts it. Without a prototype, since a key can be `__proto__`. */
  metadata: JsonObject
  /** Changes to names and, by `readMetadata`, to values. */
  notes: Normalised['notes']
}

/**
 * Reads metadata within the limits of the manifest: changes and notes what the rules allow, and
 * reports everything else as problems.
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

/** Metadata that no rule changes or rejects, the usual case. Undefined: it needs a full check. */
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
 * Metadata from an object or its JSON text: values become text, empty ones are omitted, nested
 * objects become separate keys if the manifest sets this, reserved names get the prefix. Two keys
 * that would become one are rejected. Undefined: the source has none. An empty object is kept: it
 * means that no metadata is left.
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
      `the metadata has a value with more than ${MAX_LEVELS} levels`,
      'map only the part that you need',
    )
  }
  const metadata: JsonObject = Object.create(null)
  const notes: Normalised['notes'] = []
  /** The place in the source of each name's value, for messages. */
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

/** A value and its key before renaming; `path` is the list of keys that lead to it. */
interface Leaf {
  path: readonly string[]
  key: string
  value: unknown
}

function* leavesOf(source: Record<string, unknown>, rules: MetadataRules): Iterable<Leaf> {
  const open = entriesOf(source, [])
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const [path, value] = entry
    // Every level adds a separator, so that a deeper level cannot result in a key that fits.
    const mayNest = rules.nested === 'flatten' && path.length <= rules.maxKeyLength
    if (mayNest && isMembers(value) && Object.keys(value).length > 0) {
      open.push(...entriesOf(value, path))
    } else {
      yield { path, key: path.join(rules.separator), value }
    }
  }
}

/** In reverse, since the caller takes from the end. */
function entriesOf(object: Record<string, unknown>, above: readonly string[]): [string[], unknown][] {
  return Object.entries(object)
    .map(([key, value]): [string[], unknown] => [[...above, key], value])
    .reverse()
}

/** Whether lists and objects nest deeper than `levels`. Does not recurse. */
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
      `the metadata key ${shown(reserved.key)} is reserved and would become ${shown(name)}, which already exists`,
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
 * Applies the rules that change metadata: omits values that are not ASCII, cuts or omits long ones,
 * and omits keys above the maximum. Fitting again changes nothing. The order of keys covers all
 * names, so that it does not matter whether records are fitted before or after a merge.
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

/** `fitMerged` for kinds with metadata: a union can have more keys than each record. */
export function fitMergedMetadata(attributes: Attributes, rules: ValueRules) {
  if (!isObject(attributes.metadata)) return { attributes, notes: [] }
  const { metadata, notes } = fitMetadata(attributes.metadata, rules.metadata)
  return { attributes: { ...attributes, metadata }, notes }
}

/** Keys in `metadata.keep` in its order, then the others by character code. */
function byPriority(keys: readonly string[], keep: readonly string[]): string[] {
  const present = new Set(keys)
  const first = new Set(keep.filter((key) => present.has(key)))
  return [...first, ...keys.filter((key) => !first.has(key)).sort()]
}

/** At most `length` UTF-16 units; a character of two units is not split. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.codePointAt(length - 1) ?? 0
  return text.slice(0, last > 0xffff ? length - 1 : length)
}

/** The limits of the manifest; the defaults are the strictest that WorkOS publishes. */
export function checkMetadataLimits(metadata: JsonObject, rules: MetadataRules): ValueProblem[] {
  const problems: ValueProblem[] = []
  const add = (code: string, message: string, hint: string) => problems.push({ code, field: 'metadata', message, hint })
  const entries = Object.entries(metadata)
  if (entries.length > rules.maxKeys) {
    add(
      'metadata_too_many_keys',
      `the metadata has ${entries.length} keys, but the limit is ${rules.maxKeys}`,
      'map fewer keys, set metadata.maxKeys to another limit, or set metadata.tooManyKeys to drop',
    )
  }
  for (const [key, value] of entries) {
    const text = String(value)
    if (key.length === 0 || key.length > rules.maxKeyLength) {
      add(
        'metadata_key_length',
        `the metadata key ${shown(key)} has ${key.length} characters, but the limits are 1 and ${rules.maxKeyLength}`,
        'map it to another key, set metadata.maxKeyLength to another limit, or set metadata.keyTooLong to cut',
      )
    }
    if (text.length > rules.maxValueLength) {
      add(
        'metadata_value_too_long',
        `the metadata value of ${shown(key)} has ${text.length} characters, but the limit is ${rules.maxValueLength}`,
        'shorten it with $substring(), set metadata.maxValueLength to another limit, or set metadata.tooLong to cut or drop',
      )
    }
    if (rules.ascii && !isAscii(key, text)) {
      add(
        'metadata_not_ascii',
        `the metadata value of ${shown(key)} is not plain ASCII`,
        'set metadata.nonAscii to drop, or metadata.ascii to false if your environment accepts other characters',
      )
    }
  }
  return problems
}

function isAscii(key: string, text: string): boolean {
  return ASCII.test(key) && ASCII.test(text)
}

/**
 * Notes `n` on dropped metadata of resource `d` that a merge restored: see `mootNotes` of
 * `DraftDefinition`.
 */
export const MOOT_METADATA = `n.code IN ('metadata_key_dropped', 'metadata_value_dropped', 'metadata_non_ascii_dropped')
  AND EXISTS (SELECT 1 FROM json_each(d.attributes, '$.metadata') m WHERE m.key = n.detail)`
