import type { Json } from '../json.ts'
import type { Normalised, ValueProblem } from '../kinds/draft.ts'
import type { SourceRecord } from '../sources/source.ts'
import type { CompiledMapping, CompiledRule, RuleName } from './compile.ts'
import type { Evaluations } from './evaluations.ts'
import type { Own } from './implicit-refs.ts'
import type { MapResult, Reject } from './result.ts'
import type { Speech } from './said.ts'

/**
 * The result of one item of a rule. The item is the record if the expression for the items fails.
 */
export type MappedItem = { rule: RuleName; kind: string; item: Json } & (
  | { ok: true; value: Normalised }
  | { ok: false; rejected: Reject }
)

/** The current chunk: what rules share, and the current record. */
export interface Work {
  readonly mapping: CompiledMapping
  readonly evaluations: Evaluations
  readonly speech: Speech
  readonly result: MapResult
  /** Called with each item, in order. */
  readonly watch: ((mapped: MappedItem) => void) | undefined
  record: SourceRecord
  /** The resources of the record so far. */
  readonly own: Own
  /** Values that depend only on the record, by the text of their expression: rules share them. */
  readonly values: Map<string, Json | undefined>
  /** Where its drafts begin in the result. */
  firstDraft: number
}

/**
 * Maps the items of one rule. Each call is a step: it evaluates first and changes the result last.
 */
export interface RuleMapper {
  readonly rule: CompiledRule
  /** @throws FieldFailure if an expression fails, which rejects the item */
  map(item: Json): void
  /** Handles an item that `when` leaves out. */
  leaveOut(item: Json): void
  /**
   * @param item the record, if its items are unknown
   * @param isItem whether the rule's fields are about it
   */
  reject(item: Json, problems: readonly ValueProblem[], isItem: boolean): void
}
