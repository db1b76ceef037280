import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { jsonAsWritten, parseJsonAsWritten, WrittenNumber } from '../../json-text.ts'
import type { ValueProblem } from '../kind.ts'
import { accept, type Check, isEmpty, refuse, shown } from './check.ts'
import { kindOf } from './text.ts'

type MetadataRules = Manifest['metadata']

/** Names that mean the organization elsewhere in a migration; as metadata of a user they get the source's prefix. */
const RESERVED: ReadonlySet<string> = new Set([
  'organization_id',
  'organization_name',
  'org_id',
  'org_name',
  'organizationId',
  'organizationName',
])

const ASCII = /^[\x00-\x7f]*$/

export interface Metadata {
  /** Text by key, as WorkOS takes it; without a prototype, so that a key like `__proto__` is a key like any other. */
  metadata: JsonObject
  /** Reserved keys that got the prefix, as they were. */
  renamed: string[]
}

/**
 * Metadata from an object or the JSON text of one: every value becomes text, empty ones are left out, reserved names get
 * the prefix. Undefined when the source has none; an empty object is kept, for it says that there is nothing any more.
 */
export function normaliseMetadata(value: unknown, rules: MetadataRules): Check<Metadata | undefined> {
  if (isEmpty(value)) return accept(undefined)
  let source: unknown = value
  if (typeof value === 'string') {
    const parsed = parseJsonAsWritten(value)
    if (!parsed.ok) return refuse('metadata_bad_json', `the metadata is ${parsed.message}`, 'expected a JSON object')
    source = parsed.value
  }
  if (!isObject(source) || source instanceof WrittenNumber) {
    return refuse(
      'metadata_not_object',
      `metadata must be an object, not ${source instanceof WrittenNumber ? 'a number' : kindOf(source)}`,
      'like { "plan": "pro" }',
    )
  }
  const metadata: JsonObject = Object.create(null)
  const renamed: string[] = []
  for (const [key, member] of Object.entries(source)) {
    const text = metadataText(member)
    if (text === undefined) continue
    const name = RESERVED.has(key) ? `${rules.prefix}_${key}` : key
    if (name !== key) {
      if (Object.hasOwn(source, name)) {
        return refuse(
          'metadata_key_conflict',
          `the metadata key ${shown(key)} is reserved and would become ${shown(name)}, which exists as well`,
          'map one of the two to another key, or change metadata.prefix in the manifest',
        )
      }
      renamed.push(key)
    }
    metadata[name] = text
  }
  return accept({ metadata, renamed })
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
      'map fewer keys; metadata.maxKeys in the manifest sets the limit',
    )
  }
  for (const [key, value] of entries) {
    const text = String(value)
    if (key.length === 0 || key.length > rules.maxKeyLength) {
      add(
        'metadata_key_length',
        `the metadata key ${shown(key)} has ${key.length} characters, between 1 and ${rules.maxKeyLength} are taken`,
        'map it to another key; metadata.maxKeyLength in the manifest sets the limit',
      )
    }
    if (text.length > rules.maxValueLength) {
      add(
        'metadata_value_too_long',
        `the metadata value of ${shown(key)} has ${text.length} characters, at most ${rules.maxValueLength} are taken`,
        'cut it with $substring(); metadata.maxValueLength in the manifest sets the limit',
      )
    }
    if (rules.ascii && !(ASCII.test(key) && ASCII.test(text))) {
      add(
        'metadata_not_ascii',
        `the metadata at ${shown(key)} is not plain ASCII`,
        'set metadata.ascii to false in the manifest if your environment takes other characters',
      )
    }
  }
  return problems
}

function metadataText(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  if (typeof value === 'string') return value
  return typeof value === 'object' ? jsonAsWritten(value) : String(value)
}
