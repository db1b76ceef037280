/**
 * One note per label on a merge request, however often it is written.
 * https://docs.gitlab.com/api/notes/#merge-requests
 */

import { isObject } from '../json.ts'
import { cutMarkdown, mapProse, NOTE } from '../pipelines/cut.ts'
import { markerText } from '../pipelines/marker.ts'
import { type Gitlab, unexpected } from './api.ts'

export interface NoteText {
  /** Identifies the note: the name of an environment. */
  label: string
  /** Markdown. */
  text: string
  /** Follows the text and is never cut. */
  footer: string
  /** Follows a text that was cut. */
  rest: string
}

export type Written = 'created' | 'updated' | 'unchanged'

/** Writes or replaces the note of a label. @throws as Gitlab.persist */
export function writeNote(gitlab: Gitlab, mergeRequest: string, note: NoteText): Promise<Written> {
  const path = pathOf(gitlab, mergeRequest)
  const body = composed(note)
  let sent: Written | undefined
  return gitlab.persist(async () => {
    const present = await findNote(gitlab, mergeRequest, note.label)
    // GitLab trims the end.
    if (present?.body.trimEnd() === body.trimEnd()) return sent ?? 'unchanged'
    sent = present === undefined ? 'created' : 'updated'
    if (present === undefined) await gitlab.ask('POST', path, { body })
    else await gitlab.ask('PUT', `${path}/${present.id}`, { body })
    return sent
  })
}

/**
 * The note of a label among those that the same token wrote. Notes of others are ignored even with
 * the marker, because their author could change the text later.
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

/** GitLab executes a line that begins with `/`, such as `/merge`, as the author of the note. */
function withoutCommands(text: string): string {
  return mapProse(text, (line) => line.replace(/^(\s*)\//, '$1\\/'))
}
