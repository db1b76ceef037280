import { counted, figure } from '../../diagnostics/printable.ts'
import { after, type Remarks, type Remedies } from '../wording.ts'
import type { ConnectionCounts } from './statements.ts'
/** What a plan remarks on connections that it accepts. */
export const connectionRemarks: Remarks = {
  connection_without_secret: ({ resources }) =>
    `${resources} by OpenID Connect without a client secret: it has to be supplied before WorkOS takes them`,
}

/** What helps against the codes of connections: those of a plan first, then WorkOS's. */
export const connectionRemedies: Remedies = {
  connection_incomplete: after(
    'map what is missing, take it from the identity provider, or leave the connection out with when',
  ),
  invalid_certificate: after('map the certificate as PEM, or as the Base64 between its two lines'),
  invalid_private_key: after('map the private key as PEM, without a passphrase'),
  certificate_of_another_key: after('map a private key and its certificate of one pair, or leave both out'),
  invalid_url: after('map an address that begins with https://'),
  invalid_saml_metadata: after('map the XML of the identity provider, or idpEntityId, idpUrl and x509Cert'),
  invalid_connection_protocol: after('map type as saml or oidc, or leave the connection out with when'),
  invalid_connection_type: after('map a connectionType that WorkOS knows, or leave it out'),
  connections_api_not_enabled: after(
    'ask WorkOS to enable creating connections by the API for this environment, or set connections.mode to handoff and import the files of workos-migrate handoff',
  ),
  connection_already_exists_for_organization: after(
    'the organization has another connection in WorkOS: delete that one, or leave this one out with when',
  ),
  connection_without_secret: after(
    'map clientSecret, or leave the connection out with when: WorkOS takes none by OpenID Connect without one',
  ),
}

/**
 * Which connections go into files, for plans, and how many do not; undefined where there are none.
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

/** What is in no file, and what comes of that. */
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

/**
 * What became of the secrets of connections that were written into files; nothing where there are
 * none.
 */
export function describeSecrets(withSecrets: number, included: boolean): string | undefined {
  if (withSecrets === 0) return undefined
  const secrets = `secrets of ${counted(withSecrets, 'connection')}`
  return included
    ? `They hold the ${secrets}: keep them private, and delete them when they have been imported.`
    : `The ${secrets} are left out; --include-secrets writes them.`
}
