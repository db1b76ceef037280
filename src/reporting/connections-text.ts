import { figure } from '../diagnostics/printable.ts'
import type { ConnectionCounts } from '../kinds/connection/connection-counts.ts'
import { counted } from './style.ts'

/** Which connections go into files, for plans; undefined where there are none. */
export function describeConnections(counts: ConnectionCounts): string | undefined {
  const { saml, oidc, organizations, named } = counts
  if (saml + oidc === 0) return undefined
  const sorts = [...(saml > 0 ? [`${saml} by SAML`] : []), ...(oidc > 0 ? [`${oidc} by OpenID Connect`] : [])]
  const rest = organizations - named.length
  const names = `${named.join(', ')}${rest > 0 ? ` and ${figure(rest)} more` : ''}`
  return `${counted(saml + oidc, 'connection')} (${sorts.join(', ')}) of ${counted(organizations, 'organization')}, ${names}: written into files by workos-migrate handoff, not sent`
}
