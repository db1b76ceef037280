import { isObject, type Json, type JsonObject } from '../json.ts'
import { type GithubApi, unexpected } from './api.ts'

/** One comment or issue per marker: updates the existing one or creates it. */

export interface StickyOptions {
  api: GithubApi
  /** `owner/name`. */
  repository: string
  /**
   * The login that the token belongs to. Comments of others are ignored even with the marker,
   * because their author could change the text later.
   */
  author: string
}

export interface Written {
  done: 'created' | 'updated' | 'unchanged'
  url: string
}

/** Writes the comment on a pull request that has this marker. */
export async function writeComment(
  { api, repository, author }: StickyOptions,
  pullRequest: number,
  marker: string,
  body: string,
): Promise<Written> {
  const path = `/repos/${repository}/issues/${pullRequest}/comments`
  const find = () => findOwn(api.list(path), author, marker)
  const found = await find()
  if (found === undefined) return { done: 'created', url: postOf(await api.post(path, { body }, find)).url }
  const { id, body: before, url } = postOf(found)
  if (isSame(before, body)) return { done: 'unchanged', url }
  await api.patch(`/repos/${repository}/issues/comments/${id}`, { body })
  return { done: 'updated', url }
}

/** Opens the issue with this marker, or updates the one that is open. */
export async function openIssue(
  options: StickyOptions,
  marker: string,
  { title, body }: { title: string; body: string },
): Promise<Written> {
  const { api, repository } = options
  const path = `/repos/${repository}/issues`
  const find = () => findIssue(options, marker)
  const found = await find()
  if (found === undefined) return { done: 'created', url: postOf(await api.post(path, { title, body }, find)).url }
  const { number, body: before, url } = postOf(found)
  if (isSame(before, body)) return { done: 'unchanged', url }
  await api.patch(`${path}/${number}`, { title, body })
  return { done: 'updated', url }
}

/** Closes the issue with this marker. @returns its URL; undefined: none is open */
export async function closeIssue(options: StickyOptions, marker: string, body: string): Promise<string | undefined> {
  const found = await findIssue(options, marker)
  if (found === undefined) return undefined
  const { number, url } = postOf(found)
  const closed = { state: 'closed', state_reason: 'completed', body }
  await options.api.patch(`/repos/${options.repository}/issues/${number}`, closed)
  return url
}

function findIssue({ api, repository, author }: StickyOptions, marker: string): Promise<JsonObject | undefined> {
  return findOwn(api.list(`/repos/${repository}/issues?state=open`), author, marker)
}

/** GitHub lists pull requests among the issues. */
async function findOwn(
  items: AsyncIterable<JsonObject>,
  author: string,
  marker: string,
): Promise<JsonObject | undefined> {
  for await (const item of items) {
    const { user, body } = item
    const own = isObject(user) && user.login === author && !('pull_request' in item)
    if (own && typeof body === 'string' && body.startsWith(marker)) return item
  }
  return undefined
}

/** GitHub trims text. */
function isSame(before: string, after: string): boolean {
  return before.trimEnd() === after.trimEnd()
}

/** A comment is addressed by ID, an issue by number. */
function postOf(item: Json): { id: number; number: number; body: string; url: string } {
  if (!isObject(item) || typeof item.id !== 'number') throw unexpected('what was written')
  const { id, number, body, html_url: url } = item
  return {
    id,
    number: typeof number === 'number' ? number : 0,
    body: typeof body === 'string' ? body : '',
    url: typeof url === 'string' ? url : '',
  }
}
