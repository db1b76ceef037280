/**
 * The one note of a label on a merge request, however often it is written. In: GitLab, and the
 * text. Out: the note is there once. https://docs.gitlab.com/api/notes/#merge-requests
 */

import { isObject } from '../json.ts'
import { cutMarkdown, mapProse, NOTE } from '../pipelines/cut.ts'
import { markerText } from '../pipelines/marker.ts'
import { type Gitlab, unexpected } from './api.ts'

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

/** Writes the note of a label, in place of the former one. @throws as Gitlab.persist */
export function writeNote(gitlab: Gitlab, mergeRequest: string, note: NoteText): Promise<Written> {
  const path = pathOf(gitlab, mergeRequest)
  const body = composed(note)
  let sent: Written | undefined
  return gitlab.persist(async () => {
    const present = await findNote(gitlab, mergeRequest, note.label)
    // GitLab cuts off blanks at the end.
    if (present?.body.trimEnd() === body.trimEnd()) return sent ?? 'unchanged'
    sent = present === undefined ? 'created' : 'updated'
    if (present === undefined) await gitlab.ask('POST', path, { body })
    else await gitlab.ask('PUT', `${path}/${present.id}`, { body })
    return sent
  })
}

/**
 * The note of a label among those that were written with the same token. A note of somebody else
 * may begin like it: its author could change what stands there.
 */
export async function findNote(
  gitlab: Gitlab,
  mergeRequest: string,
  label: string,
): Promise<{ id: number; body: string } | undefined> {
  const marker = markerOf(label)
  const me = await gitlab.ask('GET', 'user')
  if (!isObject(me) || typeof me.id !== 'number') throw unexpected('GET user')
  for await (const note of gitlab.list(pathOf(gitlab, mergeRequest), { sort: 'asc', order_by: 'created_at' })) {
    const { id, body, author, system } = note
    if (system === true || !isObject(author) || author.id !== me.id) continue
    if (typeof id !== 'number' || typeof body !== 'string') continue
    if (body === marker || body.startsWith(`${marker}\n`)) return { id, body }
  }
  return undefined
}

function pathOf({ project }: Gitlab, mergeRequest: string): string {
  return `${project}/merge_requests/${encodeURIComponent(mergeRequest)}/notes`
}

function markerOf(label: string): string {
  return markerText({ what: 'plan', config: '', label })
}

function composed({ label, text, footer, rest }: NoteText): string {
  const end = `\n\n${footer}\n`
  const room = { ...NOTE, limit: NOTE.limit - end.length }
  const whole = `${markerOf(label)}\n${withoutCommands(text).trim()}`
  return `${cutMarkdown(whole, room, rest).trimEnd()}${end}`
}

/**
 * GitLab carries out a line that begins with `/`, such as `/merge`, in the name of whoever writes
 * the note.
 */
function withoutCommands(text: string): string {
  return mapProse(text, (line) => line.replace(/^(\s*)\//, '$1\\/'))
}
