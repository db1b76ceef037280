/**
 * The one note of a label on a merge request, however often it is written. In: the notes, and the text. Out: the note is there once. A request
 * without an answer is settled by looking again.
 */

import { type Clock, sleep } from '../clock.ts'
import { CommentError } from '../diagnostics/errors.ts'
import { backOff } from '../http/retry.ts'
import { cutMarkdown, mapProse, NOTE } from '../pipelines/cut.ts'
import { markerText } from '../pipelines/marker.ts'
import { NoAnswer, type Note, NoteGone, type Notes } from './notes.ts'

export interface NoteText {
  /** Which note it replaces: the name of an environment. */
  label: string
  /** Markdown. */
  text: string
  /** Below the text, and never cut: where it comes from. */
  footer: string
  /** Behind a text that was cut: where all of it is. */
  rest: string
}

export type Written = 'created' | 'updated' | 'unchanged'

const ATTEMPTS = 6
/** Milliseconds. */
const PAUSES = { first: 500, longest: 20_000 }

/**
 * Writes the note of a label, in place of the former one.
 * @throws CommentError after some attempts without an answer; what the notes throw
 */
export async function writeNote(notes: Notes, note: NoteText, clock: Clock, signal?: AbortSignal): Promise<Written> {
  const marker = markerText({ what: 'plan', config: '', label: note.label })
  const body = composed(note, marker)
  let sent: Written | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      const present = await find(notes, marker)
      // GitLab cuts off blanks at the end.
      if (present?.body.trimEnd() === body.trimEnd()) return sent ?? 'unchanged'
      sent = present === undefined ? 'created' : 'updated'
      if (present === undefined) await notes.create(body)
      else await notes.update(present.id, body)
      return sent
    } catch (error) {
      if (!(error instanceof NoAnswer) && !(error instanceof NoteGone)) throw error
      if (attempt === ATTEMPTS) throw unanswered(notes, error, attempt)
      const waitMs = error instanceof NoAnswer ? error.waitMs : 0
      await sleep(clock, Math.max(backOff(attempt, PAUSES), waitMs), signal)
    }
  }
}

function composed({ text, footer, rest }: NoteText, marker: string): string {
  const end = `\n\n${footer}\n`
  const room = { ...NOTE, limit: NOTE.limit - end.length }
  return `${cutMarkdown(`${marker}\n${withoutCommands(text).trim()}`, room, rest).trimEnd()}${end}`
}

/** GitLab carries out a line that begins with `/`, such as `/merge`, in the name of whoever writes the note. */
function withoutCommands(text: string): string {
  return mapProse(text, (line) => line.replace(/^(\s*)\//, '$1\\/'))
}

async function find(notes: Notes, marker: string): Promise<Note | undefined> {
  for await (const note of notes.own()) {
    if (note.body === marker || note.body.startsWith(`${marker}\n`)) return note
  }
  return undefined
}

function unanswered({ name }: Notes, { message }: Error, attempts: number): CommentError {
  return new CommentError({
    code: 'comment_unanswered',
    message: `the note on ${name} cannot be written: ${message} (${attempts} attempts)`,
    hint: 'run the job again: it looks whether the note is there, and writes it once',
  })
}
