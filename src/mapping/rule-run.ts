import type { CompiledExpression } from '../expressions/expression.ts'
import { isTruthy } from '../expressions/plain.ts'
import type { Json } from '../json.ts'
import type { CompiledRule } from './compile.ts'
import { answerOf, type Condition, FieldFailure, itemsIn } from './evaluate.ts'
import type { RuleMapper, Work } from './rule-mapper.ts'

const EACH = { name: 'each', secret: false }
const WHEN = { name: 'when', secret: false }

/**
 * Runs a rule on the items of one record after another. A failing expression rejects its item, or
 * the record if the items are unknown. Finding the items, evaluating `when` for one, leaving one
 * out and mapping one are separate steps: see `Evaluations`.
 */
export class RuleRun {
  readonly rule: CompiledRule
  readonly #mapper: RuleMapper
  readonly #work: Work
  /** Of the current record. Undefined: not found yet. */
  #items: readonly Json[] | undefined
  /** How many of them have been tested by `when`. */
  #asked = 0
  /** The items that pass. As long as `when` leaves none out, these are all the tested ones. */
  #chosen: Json[] | undefined
  #leftOut: Json[] | undefined
  /** How many of the left-out and the chosen ones are done. */
  #told = 0
  #mapped = 0

  constructor(mapper: RuleMapper, work: Work) {
    this.rule = mapper.rule
    this.#mapper = mapper
    this.#work = work
  }

  /**
   * Continues where it was interrupted, or begins.
   * @returns the condition by which there is no item
   */
  goOn(): Condition | undefined {
    const condition = this.#apply()
    this.#items = undefined
    this.#asked = 0
    this.#chosen = undefined
    this.#leftOut = undefined
    this.#told = 0
    this.#mapped = 0
    return condition
  }

  #apply(): Condition | undefined {
    try {
      this.#items ??= this.#find()
      if (this.rule.when !== undefined) this.#choose(this.#items, this.rule.when)
    } catch (error) {
      const { record } = this.#work
      this.#refuse(record.data, error, this.rule.each(record.stream) === undefined)
      return undefined
    }
    const chosen = this.#chosen ?? this.#items
    if (this.#leftOut !== undefined) this.#leaveOut(this.#leftOut)
    this.#map(chosen)
    if (chosen.length > 0) return undefined
    return this.#items.length === 0 ? 'each' : 'when'
  }

  /** The items of `each`, or the record itself. */
  #find(): readonly Json[] {
    const { evaluations, record } = this.#work
    const each = this.rule.each(record.stream)
    if (each === undefined) return [record.data]
    const found = each.quiet ? this.#shared(EACH, each) : answerOf(this.rule, EACH, each, record.data, this.#work)
    const items = itemsIn(found)
    evaluations.endStep()
    return items
  }

  /** The value of an expression for the record, which other rules can have evaluated already. */
  #shared(field: typeof EACH, expression: CompiledExpression): Json | undefined {
    const { values, record } = this.#work
    const { text } = expression
    if (values.has(text)) return values.get(text)
    const value = answerOf(this.rule, field, expression, record.data, this.#work)
    values.set(text, value)
    return value
  }

  #choose(items: readonly Json[], when: CompiledExpression): void {
    const { evaluations } = this.#work
    for (; this.#asked < items.length; this.#asked += 1) {
      const item = items[this.#asked] ?? null
      const isChosen = isTruthy(
        when.ofRecord ? this.#shared(WHEN, when) : answerOf(this.rule, WHEN, when, item, this.#work),
      )
      evaluations.endStep()
      if (isChosen) this.#chosen?.push(item)
      else {
        this.#chosen ??= items.slice(0, this.#asked)
        this.#leftOut ??= []
        this.#leftOut.push(item)
      }
    }
  }

  #leaveOut(items: readonly Json[]): void {
    for (; this.#told < items.length; this.#told += 1) {
      this.#mapper.leaveOut(items[this.#told] ?? null)
      this.#work.evaluations.endStep()
    }
  }

  #map(items: readonly Json[]): void {
    for (; this.#mapped < items.length; this.#mapped += 1) {
      const item = items[this.#mapped] ?? null
      try {
        this.#mapper.map(item)
      } catch (error) {
        this.#refuse(item, error, true)
      }
      this.#work.evaluations.endStep()
    }
  }

  /** Part of the step that failed, since identifying the item can be asynchronous too. */
  #refuse(blamed: Json, error: unknown, isItem: boolean): void {
    if (!(error instanceof FieldFailure)) throw error
    const { field, message, hint } = error
    this.#mapper.reject(blamed, [{ code: 'expression_failed', field, message, hint }], isItem)
    this.#work.evaluations.endStep()
  }
}
