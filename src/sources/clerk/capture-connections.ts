import { SourceError } from '../../diagnostics/errors.ts'
import { HttpRefusal } from '../../http/refusal.ts'
import { type ClerkApi, isMissing, lacksFeature } from './api.ts'
import type { ReadingContext } from './counted-list.ts'
import { CONNECTIONS } from './objects.ts'
import { wholeList } from './whole-list.ts'

/**
 * Enterprise connections, by SAML and by OpenID Connect: https://clerk.com/changelog/2026-03-09-bapi-enterprise-connections. An
 * instance that has none to offer is told of in a warning.
 * @throws SourceError when not all were read, and where the API does not have the list
 */
export async function captureConnections(api: ClerkApi, reading: ReadingContext): Promise<void> {
  const { snapshot, name, pageSize, warn, progress } = reading
  const step = CONNECTIONS
  if (snapshot.isDone(step)) return
  try {
    const page = (offset: number, limit: number) => api.page('/enterprise_connections', { limit, offset })
    const connections = await wholeList({ what: 'enterprise connections', name, pageSize, page })
    await snapshot.append(CONNECTIONS, connections, { step, cursor: null, done: true })
    progress({ phase: 'reading the connections', done: connections.length })
  } catch (error) {
    if (isMissing(error)) throw notListed(name, error)
    if (!(error instanceof HttpRefusal) || !lacksFeature(error)) throw error
    warn({
      code: 'connections_off',
      severity: 'warning',
      message: `${name} says that enterprise connections are not switched on in this instance, or not in its plan: none are read (HTTP ${error.status} ${error.code ?? ''})`,
      hint: 'take connections out under source if there are none',
    })
    await snapshot.append(CONNECTIONS, [], { step, cursor: null, done: true })
  }
}

function notListed(name: string, cause: HttpRefusal): SourceError {
  return new SourceError(
    {
      code: 'connections_not_listed',
      message: `${name} has no list of enterprise connections (HTTP 404), which Clerk's Backend API has since March 2026`,
      hint: 'check source.baseUrl; or take connections out under source, and map connections from a file: see docs/connections.md',
      path: 'source.connections',
    },
    { cause },
  )
}
