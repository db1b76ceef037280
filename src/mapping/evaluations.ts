import type { CompiledExpression } from '../expressions/expression.ts'
import type { Json, JsonObject } from '../json.ts'

/** The result of an expression that is evaluated asynchronously. */
type Answer = { value: Json | undefined } | { error: unknown }

/**
 * Thrown if an expression needs an asynchronous evaluation: the step is repeated once the result is
 * there.
 */
class AnswersLater extends Error {}

const LATER = new AnswersLater('waiting for the result of an expression')

/**
 * Evaluates without a promise if expressions allow it, as most do. An expression for the
 * interpreter is asynchronous: a throw ends the step, and the step is repeated with the result.
 * Expressions change nothing, and a step changes the result last, so that it can be repeated.
 */
export class Evaluations {
  /** How many evaluations the step has requested. */
  #asked = 0
  /** Asynchronous results of the step, by number. Undefined: none. */
  #answers: Map<number, Answer> | undefined
  #awaited: Promise<Answer> | undefined

  /** @throws ExpressionFailure, and an error for `run`: let all others pass */
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

  /** Ends a step and forgets its results. */
  endStep(): void {
    this.#asked = 0
    this.#answers = undefined
  }

  /**
   * Runs work that consists of steps, synchronously if nothing is awaited.
   * @param work continues with the unfinished step at each call
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
