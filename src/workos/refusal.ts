import { CredentialsError, TargetError } from '../diagnostics/errors.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { isObject, type JsonObject } from '../json.ts'
import { ApiRefusal, type WriteRequest } from './api.ts'
import type { Answer } from './exchange.ts'

/**
 * Groups have to be enabled in an environment: where they are not, a key that is good for all else
 * is refused.
 */
const GROUPS = /\/groups(\/|$)/

/**
 * What an answer with a status from 300 to 499 means: one request that is refused, the key, or the
 * wrong server.
 */
export function refusalOf(
  baseUrl: string,
  { method, path }: { method: WriteRequest['method'] | 'GET'; path: string },
  { status, body, location }: Answer,
  redactor: Redactor,
): Error {
  if (status < 400) return redirected(baseUrl, status, location)
  // One object that WorkOS does not delete says nothing of the key.
  if (status === 401 || (status === 403 && method !== 'DELETE')) return credentialsRefused(baseUrl, path, status)
  const codes = errorCodes(body).map((code) => redactor.redact(code))
  return new ApiRefusal(status, codes, redactor.redact(errorMessage(status, body)))
}

function credentialsRefused(baseUrl: string, path: string, status: number): CredentialsError {
  if (status === 403 && GROUPS.test(path)) {
    return new CredentialsError({
      code: 'groups_refused',
      message: `${baseUrl} refuses access to groups (HTTP 403)`,
      hint: 'check that groups are enabled for the environment, and target.apiKey; or take map.group and map.groupMember out of the manifest',
    })
  }
  return new CredentialsError({
    code: 'credentials_refused',
    message: `${baseUrl} refuses the API key (HTTP ${status})`,
    hint: 'check target.apiKey: it must be a secret key (sk_…) of the environment to migrate into',
  })
}

/**
 * A redirection is not followed: the key, and people's data, would go to whatever host it names.
 */
function redirected(baseUrl: string, status: number, location: string | undefined): TargetError {
  const to = location === undefined ? null : URL.parse(location, baseUrl)
  const host = to === null || to.host === '' ? 'no host' : to.host
  const elsewhere = to?.protocol === 'https:' && to.origin !== baseUrl
  return new TargetError({
    code: 'redirected',
    message: `${baseUrl} redirects to ${host} (HTTP ${status}), and redirections are not followed`,
    hint: elsewhere
      ? `check target.baseUrl; if ${host} is WorkOS's API, write ${to.origin}`
      : "check target.baseUrl: WorkOS's API redirects nothing",
  })
}

/**
 * Every code in the answer to a refused request: the top-level ones first, then those of
 * `errors[]`.
 */
function errorCodes(body: JsonObject | undefined): string[] {
  const codes: string[] = []
  if (typeof body?.code === 'string') codes.push(body.code)
  if (typeof body?.error === 'string') codes.push(body.error)
  for (const entry of Array.isArray(body?.errors) ? body.errors : []) {
    if (isObject(entry) && typeof entry.code === 'string') codes.push(entry.code)
  }
  return codes
}

/** What the answer says for people. */
function errorMessage(status: number, body: JsonObject | undefined): string {
  const parts = typeof body?.message === 'string' ? [body.message] : []
  for (const entry of Array.isArray(body?.errors) ? body.errors : []) {
    if (isObject(entry) && typeof entry.message === 'string') parts.push(entry.message)
    if (typeof entry === 'string') parts.push(entry)
  }
  return parts.join(' ') || `HTTP ${status}`
}
