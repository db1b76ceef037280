import { SourceError } from '../../../diagnostics/errors.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import { type Page, TokenRefused } from './api.ts'

interface List {
  /** `users of the user pool eu-west-1_Example01`. */
  what: string
  signal: AbortSignal | undefined
  warn(problem: Problem): void
  /** Undefined: what is listed is gone. */
  page(token: string | undefined): Promise<Page | undefined>
  /** Told of each page, in their order. */
  take(page: Page): Promise<void>
  /** The token is not taken any more: what was taken will come again. */
  restart(): Promise<void>
}

/** How often one reading may lose its token. */
const RESTARTS = 3

/**
 * Reads a list from a token on. Tokens hold for an hour: where one is not taken any more, the list
 * is read from its beginning, and whoever takes the pages leaves out what it has.
 * @returns false where what is listed is gone
 * @throws SourceError when tokens are refused over and over, or lead back to themselves
 */
export async function readPages(list: List, start: string | undefined): Promise<boolean> {
  const { what, signal, warn, page, take, restart } = list
  let token = start
  let restarts = 0
  for (;;) {
    signal?.throwIfAborted()
    let answer: Page | undefined
    try {
      answer = await page(token)
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error
      restarts += 1
      if (restarts > RESTARTS) throw refusedForGood(what, error)
      warn(begunAnew(what))
      await restart()
      token = undefined
      continue
    }
    if (answer === undefined) return false
    if (answer.next !== undefined && answer.next === token) throw inCircle(what)
    await take(answer)
    if (answer.next === undefined) return true
    token = answer.next
  }
}

function begunAnew(what: string): Problem {
  return {
    code: 'list_begun_anew',
    severity: 'warning',
    message: `the list of ${what} is read from its beginning again: Cognito does not take its paging token any more, which holds for an hour`,
    hint: 'nothing needs to be done: what was read before is kept, and nothing is taken twice',
  }
}

function refusedForGood(what: string, cause: TokenRefused): SourceError {
  return new SourceError(
    {
      code: 'checkpoint_refused',
      message: `Cognito does not take its own paging tokens for the list of ${what}: ${cause.message}`,
      hint: 'run the same command again: what was read is kept',
    },
    { cause },
  )
}

function inCircle(what: string): SourceError {
  return new SourceError({
    code: 'unexpected_answer',
    message: `a page of the list of ${what} leads to itself`,
    hint: 'check source.endpoint: it must be the API of Cognito user pools',
  })
}
