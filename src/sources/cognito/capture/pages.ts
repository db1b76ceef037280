import { SourceError } from '../../../diagnostics/errors.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import { type Page, TokenRefused } from './api.ts'

interface List {
  /** `users of the user pool eu-west-1_Example01`. */
  what: string
  signal: AbortSignal | undefined
  warn(problem: Problem): void
  /** Undefined: the list no longer exists. */
  page(token: string | undefined): Promise<Page | undefined>
  /** Receives each page in order. */
  take(page: Page): Promise<void>
  /** The token was rejected: the same entries will come again. */
  restart(): Promise<void>
}

/** How often a reading can start again after a rejected token. */
const RESTARTS = 3

/**
 * Reads a list from a token on. Tokens are valid for an hour. After a rejected token, the list is
 * read from its beginning, and `take` must skip known entries.
 * @returns false if the list no longer exists
 * @throws SourceError if tokens are rejected repeatedly, or a page leads to itself
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
      if (restarts > RESTARTS) throw rejectedRepeatedly(what, error)
      warn(restarted(what))
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

function restarted(what: string): Problem {
  return {
    code: 'list_begun_anew',
    severity: 'warning',
    message: `the list of ${what} starts again from the beginning, because its paging token expired after an hour`,
    hint: 'do nothing: the records read so far are kept, and none is read twice',
  }
}

function rejectedRepeatedly(what: string, cause: TokenRefused): SourceError {
  return new SourceError(
    {
      code: 'checkpoint_refused',
      message: `Cognito repeatedly rejected its own paging tokens for the list of ${what}: ${cause.message}`,
      hint: 'run the same command again: it keeps what it has read',
    },
    { cause },
  )
}

function inCircle(what: string): SourceError {
  return new SourceError({
    code: 'unexpected_answer',
    message: `a page of the list of ${what} leads to itself`,
    hint: 'check that source.endpoint is the API of Cognito user pools',
  })
}
