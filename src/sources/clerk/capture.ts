import { HttpRefusal } from '../../http/refusal.ts'
import type { SnapshotWriter } from '../snapshot/snapshot.ts'
import type { Asking, CaptureContext } from '../source.ts'
import { ClerkApi, isNotEnabled } from './api.ts'
import { captureChangedUsers } from './capture-changed-users.ts'
import { captureConnections } from './capture-connections.ts'
import { fetchMembers } from './capture-members.ts'
import { captureMemberships } from './capture-memberships.ts'
import { captureRoles } from './capture-roles.ts'
import { idsOf, ListReader, type ReadingContext } from './counted-list.ts'
import { listOf, OLDEST_FIRST } from './lists.ts'
import { ORGANIZATIONS, slimMembership, USERS } from './objects.ts'
import { type LiveOptions, liveOptions, requireOptions } from './options.ts'

/**
 * Reads an instance into a snapshot: connections, where they are asked for, users, organizations with their roles, memberships, then
 * the users who came meanwhile and members who were not among the users.
 * @throws CredentialsError; SourceError, also when the counts do not come out; ManifestError for options that do not fit
 */
export async function captureClerk(
  config: Record<string, unknown>,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  requireOptions(config)
  const options = liveOptions(config)
  const api = new ClerkApi(options, context)
  const { pageSize, concurrency } = options
  const reading: ReadingContext = { ...context, snapshot, name: api.name, pageSize, concurrency }
  if (snapshot.fact('begun') === undefined) snapshot.note('begun', Date.now())
  if (options.connections) await captureConnections(api, reading)
  if (options.updatedSince === undefined) await captureAll(api, options, reading)
  else await captureChanged(api, options, options.updatedSince, reading)
}

/** Asks how many users there are. See LiveReading.tryCredentials. */
export async function tryCredentials(config: Record<string, unknown>, asking: Asking): Promise<void> {
  requireOptions(config)
  await new ClerkApi(liveOptions(config), asking).countUsers()
}

async function captureAll(api: ClerkApi, options: LiveOptions, reading: ReadingContext): Promise<void> {
  const { snapshot } = reading
  const seen = await idsOf(USERS, snapshot)
  const list = listOf(USERS, (offset, limit) => api.page('/users', { limit, offset, order_by: OLDEST_FIRST }))
  const users = new ListReader({ ...list, total: () => api.countUsers() }, reading, seen)
  try {
    await users.read(USERS)
    if (options.organizations && (await captureOrganizations(api, reading))) {
      await captureRoles(api, reading)
      await captureMemberships(api, reading, undefined)
      await users.read(`${USERS}/later`, Number(snapshot.cursor(USERS) ?? 0))
      await fetchMembers(api, seen, reading)
    }
    await users.settle()
  } finally {
    seen.close()
  }
}

/** Only users who changed since, and those whose memberships did. The organizations and roles are few, and read whole. */
async function captureChanged(
  api: ClerkApi,
  options: LiveOptions,
  since: number,
  reading: ReadingContext,
): Promise<void> {
  const seen = await captureChangedUsers(api, since, reading)
  try {
    if (!options.organizations || !(await captureOrganizations(api, reading))) return
    await captureRoles(api, reading)
    await captureMemberships(
      api,
      reading,
      (membership) => Number(membership.updated_at) >= since || seen.has(slimMembership(membership).user_id),
    )
    await fetchMembers(api, seen, reading)
  } finally {
    seen.close()
  }
}

/** @returns false where the instance has organizations switched off */
async function captureOrganizations(api: ClerkApi, reading: ReadingContext): Promise<boolean> {
  const { snapshot, warn } = reading
  if (snapshot.fact('organizationsOff') === true) return false
  const seen = await idsOf(ORGANIZATIONS, snapshot)
  const list = listOf(ORGANIZATIONS, (offset, limit) =>
    api.page('/organizations', { limit, offset, order_by: OLDEST_FIRST }),
  )
  const organizations = new ListReader(list, reading, seen)
  try {
    await organizations.read(ORGANIZATIONS)
    await organizations.settle()
    return true
  } catch (error) {
    if (!(error instanceof HttpRefusal) || !isNotEnabled(error)) throw error
    snapshot.note('organizationsOff', true)
    warn({
      code: 'organizations_off',
      severity: 'warning',
      message: `${api.name} says that organizations are switched off in this instance: users alone are read`,
    })
    return false
  } finally {
    seen.close()
  }
}
