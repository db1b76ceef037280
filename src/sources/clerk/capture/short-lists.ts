import { SourceError } from '../../../diagnostics/errors.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { CONNECTIONS, ORGANIZATION_ROLES } from '../objects.ts'
import { type ClerkApi, type ClerkObject, isMissing, isNotEnabled, lacksFeature, type Page } from './api.ts'
import { OLDEST_FIRST, type ReadingContext } from './lists.ts'

/** A list that is short enough to be held. */
export interface WholeList {
  /** What messages call it. */
  what: string
  /** The system as messages name it. */
  name: string
  pageSize: number
  page(offset: number, limit: number): Promise<Page>
}

interface Reading {
  entries: Map<string, ClerkObject>
  /** How many there are, where it is told. */
  total: number | undefined
  /** Whether one answer had them all. */
  atOnce: boolean
}

/** How often a list is read until it comes out. */
const READINGS = 6

/**
 * A short list, whatever its order. Where one answer does not have all that are counted, it is read until two readings in a row have
 * the same entries, as many as are counted: while entries come and go, or in an order that is not fixed, a page may lack what no other
 * has.
 * @throws SourceError when it never comes out
 */
export async function wholeList(list: WholeList): Promise<ClerkObject[]> {
  let last: Reading | undefined
  for (let reading = 1; reading <= READINGS; reading += 1) {
    const { entries, total, atOnce } = await readOnce(list)
    const isCounted = total === undefined || entries.size === total
    if (isCounted && (atOnce || (last !== undefined && sameIds(entries, last.entries)))) return [...entries.values()]
    last = { entries, total, atOnce }
  }
  throw new SourceError({
    code: 'count_mismatch',
    message: `${list.name} told ${last?.entries.size ?? 0} ${list.what} and counts ${last?.total ?? 'none'}, and its answers did not agree in ${READINGS} readings`,
    hint: 'run the same command again, best when nobody changes the instance; nothing is migrated from an incomplete reading',
  })
}

async function readOnce({ page, pageSize }: WholeList): Promise<Reading> {
  const entries = new Map<string, ClerkObject>()
  for (let offset = 0; ; ) {
    const { rows, total } = await page(offset, pageSize)
    const before = entries.size
    for (const row of rows) entries.set(row.id, row)
    offset += rows.length
    // Without a count, the end is where nothing new comes, also of an API that knows no offset.
    const isEnd = total === undefined ? entries.size === before : rows.length === 0 || offset >= total
    if (isEnd) return { entries, total, atOnce: total !== undefined && before === 0 }
  }
}

function sameIds(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((id) => other.has(id))
}

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
      hint: 'check source.baseUrl; or take connections out under source, and map connections from a file: see docs/how-to/connections.md',
      path: 'source.connections',
    },
    { cause },
  )
}

/**
 * Roles of organizations with their permissions. Where the API does not have this list, memberships tell of those that somebody has.
 * @throws SourceError when not all were read
 */
export async function captureRoles(api: ClerkApi, reading: ReadingContext): Promise<void> {
  const { snapshot, name, pageSize } = reading
  const step = ORGANIZATION_ROLES
  if (snapshot.isDone(step)) return
  const page = (offset: number, limit: number) =>
    api.page('/organization_roles', { limit, offset, order_by: OLDEST_FIRST })
  const roles = await wholeList({ what: 'roles', name, pageSize, page }).catch((error: unknown) => {
    if (isMissing(error)) return []
    if (error instanceof HttpRefusal && (isNotEnabled(error) || lacksFeature(error))) return []
    throw error
  })
  await snapshot.append(ORGANIZATION_ROLES, roles, { step, cursor: null, done: true })
}
