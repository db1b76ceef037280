import { CredentialsError, TargetError } from '../diagnostics/errors.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { isObject, type JsonObject } from '../json.ts'
import { ApiRefusal, type WriteRequest } from './api.ts'
import type { Answer } from './exchange.ts'

/** Groups must be enabled for an environment. Otherwise a valid key is rejected there. */
const GROUPS = /\/groups(\/|$)/

/**
 * Explains a response with a status from 300 to 499: a rejected request, a bad key, or the wrong
 * server.
 */
export function refusalOf(
  baseUrl: string,
  { method, path }: { method: WriteRequest['method'] | 'GET'; path: string },
  { status, body, location }: Answer,
  redactor: Redactor,
): Error {
  if (status < 400) return redirected(baseUrl, status, location)
  // A 403 for one deletion does not mean that the key is bad.
  if (status === 401 || (status === 403 && method !== 'DELETE')) return credentialsRefused(baseUrl, path, status)
  const codes = errorCodes(body).map((code) => redactor.redact(code))
  return new ApiRefusal(status, codes, redactor.redact(errorMessage(status, body)))
}

function credentialsRefused(baseUrl: string, path: string, status: number): CredentialsError {
  if (status === 403 && GROUPS.test(path)) {
    return new CredentialsError({
      code: 'groups_refused',
      message: `${baseUrl} denied access to groups (HTTP 403)`,
      hint: 'check target.apiKey and that groups are enabled for the environment, or remove map.group and map.groupMember from the manifest',
    })
  }
  return new CredentialsError({
    code: 'credentials_refused',
    message: `${baseUrl} rejected the API key (HTTP ${status})`,
    hint: 'check target.apiKey: it must be a secret key (sk_…) of the environment to migrate into',
  })
}

/** Redirects are not followed: the key and personal data would go to another host. */
function redirected(baseUrl: string, status: number, location: string | undefined): TargetError {
  const to = location === undefined ? null : URL.parse(location, baseUrl)
  const host = to === null || to.host === '' ? 'no host' : to.host
  const elsewhere = to?.protocol === 'https:' && to.origin !== baseUrl
  return new TargetError({
    code: 'redirected',
    message: `${baseUrl} redirects to ${host} (HTTP ${status}); redirects are not followed`,
    hint: elsewhere
      ? `check target.baseUrl; if ${host} is WorkOS's API, set it to ${to.origin}`
      : "check target.baseUrl: WorkOS's API does not redirect",
  })
}

/** Every code in the response: the top-level ones first, then those of `errors[]`. */
function errorCodes(body: JsonObject | undefined): string[] {
  const codes: string[] = []
  if (typeof body?.code === 'string') codes.push(body.code)
  if (typeof body?.error === 'string') codes.push(body.error)
  for (const entry of Array.isArray(body?.errors) ? body.errors : []) {
    if (isObject(entry) && typeof entry.code === 'string') codes.push(entry.code)
  }
  return codes
}

/** The message in the response. */
function errorMessage(status: number, body: JsonObject | undefined): string {
  const parts = typeof body?.message === 'string' ? [body.message] : []
  for (const entry of Array.isArray(body?.errors) ? body.errors : []) {
    if (isObject(entry) && typeof entry.message === 'string') parts.push(entry.message)
    if (typeof entry === 'string') parts.push(entry)
  }
  return parts.join(' ') || `HTTP ${status}`
}
