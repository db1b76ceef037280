import type { Answer } from './exchange.ts'

/** Ends the handling of a request with an error response. */
export class Refused extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}
