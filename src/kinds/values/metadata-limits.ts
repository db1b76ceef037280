import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import type { Normalised, ValueProblem, ValueRules } from '../draft.ts'
import { shown } from './check.ts'

type MetadataRules = Manifest['metadata']

const ASCII = /^[\x00-\x7f]*$/

/**
 * Metadata after the rules that may change it: values that are not ASCII left out, long ones cut or left out, keys above the
 * number left out. Fitted metadata stays as it is when it is fitted again. Which keys stay is an order over all names, so that
 * it makes no difference whether records are fitted before they merge, after, or both times.
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

/** Notes `n` on metadata that was dropped, where a merge gave the resource `d` the member back: see `mootNotes` of DraftDefinition. */
export const MOOT_METADATA = `n.code IN ('metadata_key_dropped', 'metadata_value_dropped', 'metadata_non_ascii_dropped')
  AND EXISTS (SELECT 1 FROM json_each(d.attributes, '$.metadata') m WHERE m.key = n.detail)`
