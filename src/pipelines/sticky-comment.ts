/**
 * One comment for each key in the thread of a pull request or merge request, however often it is written. In: a thread, which a provider's
 * file brings (gitlab.ts), and the text. Out: the comment is there once. A request without an answer is settled by looking again.
 */

import { type Clock, sleep } from '../clock.ts'
import { CommentError } from '../diagnostics/errors.ts'
import { backOff } from '../http/retry.ts'
import { type CommentText, composeComment, markerOf } from './comment-text.ts'

export interface Comment {
  id: string
  body: string
}

/** The comments on one change, as a provider keeps them. Its methods send one request for each page or write, and repeat none. */
export interface CommentThread {
  /** For people: `merge request !7`. */
  name: string
  /** Characters that one comment may hold. */
  room: number
  /** The text without what the provider would take for more than text. Default: as it is. */
  plain?(text: string): string
  /** Comments that were written with the same token, the oldest first. Others may begin with the same marker. */
  own(): AsyncIterable<Comment>
  create(body: string): Promise<void>
  /** @throws CommentGone for one that was deleted meanwhile */
  update(id: string, body: string): Promise<void>
}

/** The comment was deleted since it was found. */
export class CommentGone extends Error {}

/** No usable answer came, and another attempt may get one. What was to be written may be there. */
export class NoAnswer extends Error {
  /** What the server asks for, milliseconds. */
  readonly waitMs: number

  constructor(why: string, waitMs = 0) {
    super(why)
    this.waitMs = waitMs
  }
}

export type Written = 'created' | 'updated' | 'unchanged'

const ATTEMPTS = 6
/** Milliseconds. */
const PAUSES = { first: 500, longest: 20_000 }

/**
 * Writes the comment of a key, in place of the former one.
 * @throws CommentError after some attempts without an answer, or whatever the provider's refusal is
 */
export async function stick(
  thread: CommentThread,
  comment: CommentText,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Written> {
  const body = composeComment({ ...comment, text: thread.plain?.(comment.text) ?? comment.text }, thread.room)
  let sent: Written | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      const present = await find(thread, markerOf(comment.key))
      // A provider may cut off blanks at the end.
      if (present?.body.trim() === body.trim()) return sent ?? 'unchanged'
      sent = present === undefined ? 'created' : 'updated'
      if (present === undefined) await thread.create(body)
      else await thread.update(present.id, body)
      return sent
    } catch (error) {
      if (!(error instanceof NoAnswer) && !(error instanceof CommentGone)) throw error
      if (attempt === ATTEMPTS) throw unanswered(thread, error, attempt)
      const waitMs = error instanceof NoAnswer ? error.waitMs : 0
      await sleep(clock, Math.max(backOff(attempt, PAUSES), waitMs), signal)
    }
  }
}

async function find(thread: CommentThread, marker: string): Promise<Comment | undefined> {
  for await (const comment of thread.own()) {
    if (comment.body === marker || comment.body.startsWith(`${marker}\n`)) return comment
  }
  return undefined
}

function unanswered({ name }: CommentThread, { message }: Error, attempts: number): CommentError {
  return new CommentError({
    code: 'comment_unanswered',
    message: `the comment on ${name} cannot be written: ${message} (${attempts} attempts)`,
    hint: 'run the job again: it looks whether the comment is there, and writes it once',
  })
}
