import { counted, figure } from '../../diagnostics/printable.ts'
import { after, type Remarks, type Remedies } from '../wording.ts'
import type { ConnectionCounts } from './statements.ts'
export const connectionRemarks: Remarks = {
  connection_without_secret: ({ resources }) =>
    `${resources} by OpenID Connect without a client secret: WorkOS rejects them until you add it`,
}

/** Codes of plans first, then codes of WorkOS. */
export const connectionRemedies: Remedies = {
  connection_incomplete: after(
    'map the missing field, get its value from the identity provider, or skip the connection with map.connection.when',
  ),
  invalid_certificate: after('map the certificate as PEM, or as the Base64 between its two lines'),
  invalid_private_key: after('map the private key as PEM, without a passphrase'),
  certificate_of_another_key: after('map a private key and the certificate of the same pair, or omit both'),
  invalid_url: after('map an address that begins with https://'),
  invalid_saml_metadata: after('map the XML of the identity provider, or idpEntityId, idpUrl and x509Cert'),
  invalid_connection_protocol: after('map type as saml or oidc, or skip the connection with map.connection.when'),
  invalid_connection_type: after('map a connectionType that WorkOS has, or omit it'),
  connections_api_not_enabled: after(
    'ask WorkOS to enable creating connections by the API in this environment, or set connections.mode to handoff and import the files of workos-migrate handoff',
  ),
  connection_already_exists_for_organization: after(
    'delete the other connection of the organization in WorkOS, or skip this one with map.connection.when',
  ),
  connection_without_secret: after(
    'map clientSecret, which WorkOS requires for OpenID Connect, or skip the connection with map.connection.when',
  ),
}

/**
 * The line of a plan on connections that go into files and on those that do not. Undefined: there
 * are none.
 */
export function describeConnections(counts: ConnectionCounts): string | undefined {
  const { saml, oidc, rejected, unread } = counts
  const parts = [
    ...(saml + oidc > 0 ? [describeHandoff(counts)] : []),
    ...(rejected > 0 ? [describeLost(counted(rejected, 'connection'), 'rejected', rejected, 'names')] : []),
    ...(unread > 0
      ? [describeLost(`${counted(unread, 'record')} of connections`, 'unreadable', unread, 'counts')]
      : []),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}

function describeLost(what: string, how: string, count: number, does: string): string {
  const them = count === 1 ? 'it' : 'them'
  return `${what} ${how}: workos-migrate handoff ${does} ${them} and ends with exit code 7; safety.maxRejects does not count ${them}`
}

function describeHandoff({ saml, oidc, organizations, named }: ConnectionCounts): string {
  const sorts = [...(saml > 0 ? [`${saml} by SAML`] : []), ...(oidc > 0 ? [`${oidc} by OpenID Connect`] : [])]
  const rest = organizations - named.length
  const names = `${named.join(', ')}${rest > 0 ? ` and ${figure(rest)} more` : ''}`
  return `${counted(saml + oidc, 'connection')} (${sorts.join(', ')}) of ${counted(organizations, 'organization')}, ${names}: written into files by workos-migrate handoff, not sent`
}

/** The line on secrets of connections that were written into files. Undefined: there are none. */
export function describeSecrets(withSecrets: number, included: boolean): string | undefined {
  if (withSecrets === 0) return undefined
  const secrets = `secrets of ${counted(withSecrets, 'connection')}`
  return included
    ? `They contain the ${secrets}: keep the files private, and delete them after the import.`
    : `They do not contain the ${secrets}: use --include-secrets to write them.`
}
