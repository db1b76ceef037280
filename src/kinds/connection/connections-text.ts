import { counted, figure } from '../../diagnostics/printable.ts'

/** The single sign-on connections of a desired set. */
export interface ConnectionCounts {
  saml: number
  oidc: number
  /** Organizations that have one. */
  organizations: number
  /** Keys of the first of them, in order. */
  named: string[]
}

/** Which connections go into files, for plans; undefined where there are none. */
export function describeConnections(counts: ConnectionCounts): string | undefined {
  const { saml, oidc, organizations, named } = counts
  if (saml + oidc === 0) return undefined
  const sorts = [...(saml > 0 ? [`${saml} by SAML`] : []), ...(oidc > 0 ? [`${oidc} by OpenID Connect`] : [])]
  const rest = organizations - named.length
  const names = `${named.join(', ')}${rest > 0 ? ` and ${figure(rest)} more` : ''}`
  return `${counted(saml + oidc, 'connection')} (${sorts.join(', ')}) of ${counted(organizations, 'organization')}, ${names}: written into files by workos-migrate handoff, not sent`
}

/** What became of the secrets of connections that were written into files; nothing where there are none. */
export function describeSecrets(withSecrets: number, included: boolean): string | undefined {
  if (withSecrets === 0) return undefined
  const secrets = `secrets of ${counted(withSecrets, 'connection')}`
  return included
    ? `They hold the ${secrets}: keep them private, and delete them when they have been imported.`
    : `The ${secrets} are left out; --include-secrets writes them.`
}
