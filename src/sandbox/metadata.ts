import { isObject } from '../json.ts'
import type { Fields } from './fields.ts'
import { refusal } from './refusal.ts'

/** The OpenAPI document's bounds on metadata. */
const MAX_KEYS = 50
const MAX_KEY_LENGTH = 40
const MAX_VALUE_LENGTH = 600

/** Members to set, or with null to remove; null for the whole: remove all. */
export type MetadataChange = Record<string, string | null> | null

/**
 * Reads `metadata`. A value that is not a string is noted as the misleading `metadata_required`, which is what WorkOS
 * answers; null as a member is accepted where an update may remove one.
 */
export function readMetadata(fields: Fields, nullRemoves: boolean): MetadataChange | undefined {
  const value = fields.raw('metadata')
  if (value === undefined || value === null) return value
  // Without a prototype, so that a key such as __proto__ is a key like any other.
  const change: Record<string, string | null> = Object.create(null)
  if (!isObject(value)) {
    fields.refuse('metadata', 'required', 'must be an object of strings')
    return change
  }
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'string' || (member === null && nullRemoves)) change[key] = member
    else fields.refuse('metadata', 'required', `must be an object of strings; '${key}' is not`)
  }
  return change
}

/**
 * The metadata after a change: members merge, null removes one, an empty object clears all.
 * @throws Refusal 400 `invalid_metadata` for too many members, or too long ones
 */
export function mergeMetadata(before: string, change: MetadataChange | undefined): string {
  if (change === undefined) return before
  if (change === null || Object.keys(change).length === 0) return '{}'
  const members = new Map<string, string>(Object.entries(parseMetadata(before)))
  for (const [key, value] of Object.entries(change)) {
    if (key.length === 0 || key.length > MAX_KEY_LENGTH) {
      throw refusal(400, 'invalid_metadata', `Metadata keys must have 1 to ${MAX_KEY_LENGTH} characters.`)
    }
    if (value === null) members.delete(key)
    else if (value.length > MAX_VALUE_LENGTH) {
      throw refusal(400, 'invalid_metadata', `Metadata values must have at most ${MAX_VALUE_LENGTH} characters.`)
    } else members.set(key, value)
  }
  if (members.size > MAX_KEYS) throw refusal(400, 'invalid_metadata', `Metadata must have at most ${MAX_KEYS} keys.`)
  return JSON.stringify(Object.fromEntries(members))
}

/** Metadata as it is stored. */
export function parseMetadata(text: string): Record<string, string> {
  return JSON.parse(text)
}
