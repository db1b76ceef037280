import { ManifestError } from '../../../diagnostics/errors.ts'
import { JsonClient } from '../../../http/json-client.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { Asking, CaptureContext } from '../../source.ts'
import { checkCredentials, type LiveOptions, liveOptions } from '../options.ts'
import { readConnections, readEnabledConnections, readRoles } from './counted-lists.ts'
import { readMembers, readOrganizations } from './organizations.ts'
import { Tenant } from './tenant.ts'
import { AccessTokens, checkScopes } from './token.ts'
import { readMissingUsers, readUsers } from './users.ts'

/**
 * Reads a tenant into a snapshot: first what is quick and shows what the application may not, then organizations, users, and who is
 * a member of what. See LiveReading.capture.
 */
export async function capture(
  config: Record<string, unknown>,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  const { tenant, tokens, options } = reach(config, context)
  context.progress({ phase: `asking ${tenant.name}` })
  await checkScopes(tenant, tokens, options)
  await readConnections(tenant, snapshot, options)
  await readRoles(tenant, snapshot, options)
  const organized = options.organizations === 'organizations'
  if (organized) await readOrganizations(tenant, snapshot, options, context)
  if (organized && options.connections) await readEnabledConnections(tenant, snapshot, options, context)
  await readUsers(tenant, snapshot, options, context)
  if (!organized) return
  await readMembers(tenant, snapshot, options, context)
  // A part of the users was asked for: the other members are no surprise.
  if (options.updatedSince === undefined) await readMissingUsers(tenant, snapshot, context)
}

/** Asks for a token, and whether it has the scopes. See LiveReading.tryCredentials. */
export async function tryCredentials(config: Record<string, unknown>, asking: Asking): Promise<void> {
  const { tenant, tokens, options } = reach(config, asking)
  await checkScopes(tenant, tokens, options)
}

/** @throws ManifestError for credentials that are missing */
function reach(
  config: Record<string, unknown>,
  { signal, clock, proxies, onWait, onFailedRequest }: Asking,
): { tenant: Tenant; tokens: AccessTokens; options: LiveOptions } {
  const missing = checkCredentials(config)
  if (missing.length > 0) throw new ManifestError(missing)
  const options = liveOptions(config)
  const { address, rate, concurrency } = options
  const { baseUrl, name } = address
  const asking = { name, signal, clock, proxies, onWait, onFailedRequest }
  const tokens = new AccessTokens(new JsonClient({ ...asking, baseUrl }), options)
  const authorize = (renew: boolean) => tokens.authorize(renew)
  const client = new JsonClient({ ...asking, baseUrl: `${baseUrl}/api/v2`, authorize, rate, concurrency })
  return { tenant: new Tenant(client, name), tokens, options }
}
