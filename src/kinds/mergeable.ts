import type { MergeRule } from '../config/manifest.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { DraftDefinition } from './draft.ts'

/** A record of a resource, as it is merged. */
export interface Mergeable {
  key: string
  attributes: Attributes
  secrets: JsonObject | null
  /** When it was changed last, in milliseconds since 1970. */
  updatedAt?: number | null
  /** How many records it is. Default 1. */
  records?: number
}

/** The parts of a kind that merging reads. */
export type MergedKind = Pick<DraftDefinition, 'fields' | 'exclusive' | 'provenBy'>

/** A value that lost against another of the same field. Values of secret fields are left out. */
export interface MergeConflict {
  /** Index of the record whose value was not taken. */
  draft: number
  /** The field, or `field.member` of an object. */
  field: string
  /** What decided: a rule, the strategy that took another record whole, or `proof` (see `provenBy`). */
  rule: MergeRule | 'proof'
  /** Index of the record whose value was taken; of a secret, undefined where none was. */
  from?: number
  /** Of a secret: the field that was taken, where it is another one. */
  instead?: string
  kept?: Json
  dropped?: Json
}
