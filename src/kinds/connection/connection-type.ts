import { accept, type Check, optionalText, refuse, shown } from '../values/check.ts'

export type Protocol = 'saml' | 'oidc'

/** The types that POST /connections takes, by protocol: https://workos.com/docs/reference/sso/connection and @workos/migrations. */
const TYPES: Readonly<Record<Protocol, readonly string[]>> = {
  saml: `ADFSSAML Auth0SAML AzureSAML CasSAML ClassLinkSAML CloudflareSAML CyberArkSAML DuoSAML GenericSAML GoogleSAML
    JumpCloudSAML KeycloakSAML LastPassSAML MiniOrangeSAML NetIqSAML OktaSAML OneLoginSAML OracleSAML PingFederateSAML PingOneSAML
    RipplingSAML SalesforceSAML ShibbolethGenericSAML ShibbolethSAML SimpleSamlPhpSAML VMwareSAML`.split(/\s+/),
  oidc: ['AdpOidc', 'EntraIdOIDC', 'GenericOIDC', 'LoginGovOidc'],
}

/** `saml` or `oidc`, in any case. */
export function normaliseProtocol(value: unknown): Check<Protocol | undefined> {
  const text = optionalText(value)
  if (!text.ok) return text
  const lower = text.value?.toLowerCase()
  if (lower === undefined || lower === 'saml' || lower === 'oidc') return accept(lower)
  return refuse(
    'invalid_connection_protocol',
    `${shown(text.value)} is neither saml nor oidc`,
    'WorkOS takes connections by SAML and OpenID Connect: map one of the two, or leave the record out with when',
  )
}

/** WorkOS's type of a connection, in its own spelling; undefined: WorkOS takes the generic one of the protocol. */
export function normaliseConnectionType(value: unknown, protocol: Protocol): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  const lower = text.value.toLowerCase()
  const type = TYPES[protocol].find((name) => name.toLowerCase() === lower)
  if (type !== undefined) return accept(type)
  return refuse(
    'invalid_connection_type',
    `${shown(text.value)} is no ${protocol === 'saml' ? 'SAML' : 'OpenID Connect'} type of WorkOS`,
    `leave it out, or map one of ${TYPES[protocol].slice(0, 6).join(', ')} …: see docs/how-to/connections.md`,
  )
}
