import type { JsonObject } from '../json.ts'
import { admissionWithin, anyKey, DOCUMENTED_LIMITS } from './admission.ts'
import type { Reply } from './call.ts'
import { Database } from './database.ts'
import { checkSize, parseBody } from './http.ts'
import { routeTable } from './routes.ts'
import { createService, replyToError, TooEarly, unknownRoute } from './service.ts'

/**
 * A sandbox within a run. In: requests of this process. Out: answers as the server gives them, as
 * objects, and memberships without their users, whom nobody here looks at. Nothing of it goes
 * through a port, so that it is nobody else's, and no page is written and parsed.
 */

export interface EmbeddedOptions {
  /** Database file, made if missing. */
  data: string
  /** Whether it refuses what comes faster than the documented windows. */
  limits: boolean
  /** The key whose environment it shows. What is no key is refused. */
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
  /** `waitMs`: after how long a request that came too early would be admitted. */
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

/** Without what is undefined or empty: WorkOS's SDK leaves that out as well. */
function parametersOf(query: EmbeddedRequest['query']): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.append(name, String(value))
  }
  return parameters
}
