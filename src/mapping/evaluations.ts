import type { CompiledExpression } from '../expressions/expression.ts'
import type { Json, JsonObject } from '../json.ts'

/** What an expression came to that answers later. */
type Answer = { value: Json | undefined } | { error: unknown }

/**
 * Thrown where an expression answers later: the step that asked is done anew once the answer is
 * there.
 */
class AnswersLater extends Error {}

const LATER = new AnswersLater('for the answer of an expression')

/**
 * Evaluations without a promise where expressions answer at once, as most do. One that the
 * interpreter has to evaluate answers later: a throw ends the step of the work that asks, and the
 * step is done anew with the answer. Expressions change nothing, and a step adds to a result as the
 * last thing it does, so it can be done any number of times.
 */
export class Evaluations {
  /** How many the step has asked for. */
  #asked = 0
  /** Those of the step that came later, by their number. Undefined: none. */
  #answers: Map<number, Answer> | undefined
  #awaited: Promise<Answer> | undefined

  /** @throws ExpressionFailure, and what `run` has to see: let everything else pass */
  evaluate(expression: CompiledExpression, item: Json, record: JsonObject): Json | undefined {
    const number = this.#asked
    this.#asked += 1
    const answer = this.#answers?.get(number)
    if (answer !== undefined) {
      if ('error' in answer) throw answer.error
      return answer.value
    }
    const value = expression.evaluate(item, record)
    if (!(value instanceof Promise)) return value
    this.#awaited = value.then(
      (answered) => ({ value: answered }),
      (error: unknown) => ({ error }),
    )
    throw LATER
  }

  /** Ends a step: what it has asked for is not asked for again. */
  endStep(): void {
    this.#asked = 0
    this.#answers = undefined
  }

  /**
   * Does work that consists of steps: at once where it waits for nothing.
   * @param work goes on with the step that has not ended, each time that it is called
   */
  run(work: () => void): void | Promise<void> {
    try {
      work()
    } catch (error) {
      if (error !== LATER) throw error
      return this.#goOn(work)
    }
  }

  async #goOn(work: () => void): Promise<void> {
    for (;;) {
      const answer = await this.#awaited
      if (answer === undefined) throw new TypeError('nothing is awaited')
      this.#answers ??= new Map()
      this.#answers.set(this.#asked - 1, answer)
      this.#asked = 0
      try {
        return work()
      } catch (error) {
        if (error !== LATER) throw error
      }
    }
  }
}
