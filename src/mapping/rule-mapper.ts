import type { Json } from '../json.ts'
import type { Normalised, ValueProblem } from '../kinds/draft.ts'
import type { SourceRecord } from '../sources/source.ts'
import type { CompiledMapping, CompiledRule, RuleName } from './compile.ts'
import type { Evaluations } from './evaluations.ts'
import type { Own } from './implicit-refs.ts'
import type { MapResult, Reject } from './result.ts'
import type { Speech } from './said.ts'

/**
 * What became of one item of a rule: of the record, where an expression fails that tells the items.
 */
export type MappedItem = { rule: RuleName; kind: string; item: Json } & (
  | { ok: true; value: Normalised }
  | { ok: false; rejected: Reject }
)

/** A chunk at work: what the rules share, and the record that they are at. */
export interface Work {
  readonly mapping: CompiledMapping
  readonly evaluations: Evaluations
  readonly speech: Speech
  readonly result: MapResult
  /** Called with each item, in order. */
  readonly watch: ((mapped: MappedItem) => void) | undefined
  record: SourceRecord
  /** What the record yielded so far. */
  readonly own: Own
  /** Where its drafts begin in the result. */
  firstDraft: number
}

/**
 * Maps the items of one rule. Each call is a step of the work: it evaluates first and adds to the
 * result last.
 */
export interface RuleMapper {
  readonly rule: CompiledRule
  /** @throws FieldFailure where an expression fails, which rejects the item */
  map(item: Json): void
  /** What comes of an item that `when` leaves out. */
  leaveOut(item: Json): void
  /**
   * @param item the record, where its items cannot be told
   * @param isItem whether the rule's fields are about it
   */
  reject(item: Json, problems: readonly ValueProblem[], isItem: boolean): void
}
