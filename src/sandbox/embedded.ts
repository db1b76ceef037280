import type { JsonObject } from '../json.ts'
import { admissionWithin, anyKey, DOCUMENTED_LIMITS } from './admission.ts'
import type { Reply } from './call.ts'
import { Database } from './database.ts'
import { checkSize, parseBody } from './http.ts'
import { routeTable } from './routes.ts'
import { createService, replyToError, TooEarly, unknownRoute } from './service.ts'

/**
 * A sandbox inside a run. In: requests of this process. Out: the server's responses as objects,
 * without the users of memberships, which nobody reads here. It has no port, so nothing else
 * reaches it.
 */

export interface EmbeddedOptions {
  /** Database file, created if missing. */
  data: string
  /** Whether it enforces the documented windows. */
  limits: boolean
  /** The key of its environment. Anything that is not a key is rejected. */
  apiKey: string
}

export interface EmbeddedRequest {
  method: string
  /** Identifiers in it are URI-encoded. */
  path: string
  query: Readonly<Record<string, string | number | undefined>>
  /** Undefined: none. */
  body: JsonObject | undefined
}

export interface EmbeddedSandbox {
  /** `waitMs`: when a request that came too early would be admitted. */
  answer(request: EmbeddedRequest): Reply & { waitMs: number }
  close(): void
}

/** @throws StateError for unusable data */
export function embedSandbox({ data, limits, apiKey }: EmbeddedOptions): EmbeddedSandbox {
  const database = new Database(data)
  const features = { multipleRoles: true, pagedRoles: false, connectionsApi: false, showsMembers: false }
  const waitFor = limits ? admissionWithin(DOCUMENTED_LIMITS) : undefined
  const service = createService(database, Date.now, features, anyKey, waitFor)
  const findRoute = routeTable()
  const authorization = `Bearer ${apiKey}`

  return {
    answer({ method, path, query, body }) {
      const at = Date.now()
      try {
        const environment = service.admit(authorization, method, path, at)
        const match = findRoute(method, path)
        if (match === undefined) throw unknownRoute(method, path)
        const sent = parseBody(body === undefined ? '' : checkSize(JSON.stringify(body)))
        return { ...service.handle(match, environment, parametersOf(query), sent, at), waitMs: 0 }
      } catch (error) {
        return { ...replyToError(error), waitMs: error instanceof TooEarly ? error.waitMs : 0 }
      }
    },
    close: () => database.close(),
  }
}

/** Without undefined and empty values, which WorkOS's SDK omits too. */
function parametersOf(query: EmbeddedRequest['query']): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.append(name, String(value))
  }
  return parameters
}
