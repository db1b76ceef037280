import type { OktaApp, OktaGroup, OktaIdp, OktaUser, OrgData } from './objects.ts'

const CREATED = Date.parse('2024-03-01T08:00:00.000Z')
const at = (n: number) => new Date(CREATED + n * 1000).toISOString()

export interface OrgSize {
  users: number
  /**
   * Without Everyone. User n is in group n modulo this number, and every fourth in the first group.
   */
  groups: number
  /** Companies in the profiles. */
  companies?: number
}

/**
 * An org of any size, always the same for the same numbers. Users 7, 17, 27 … are deactivated, 8,
 * 18, 28 … suspended.
 */
export function generateOrg({
  users: count,
  groups: many,
  companies = 3,
}: OrgSize): Pick<OrgData, 'users' | 'groups' | 'members'> {
  const users = Array.from({ length: count }, (_, n) => oktaUser(n, companies))
  const groups = [everyone(), ...Array.from({ length: many }, (_, n) => oktaGroup(n))]
  const members = users.flatMap(({ id: user, status }, n) => {
    if (status === 'DEPROVISIONED') return []
    const own = many === 0 ? [] : [...new Set([n % many, ...(n % 4 === 0 ? [0] : [])])]
    return [everyone().id, ...own.map((group) => oktaGroup(group).id)].map((group) => ({ group, user }))
  })
  return { users, groups, members }
}

export function oktaUser(n: number, companies = 3): OktaUser {
  const email = `okta-${n}@example.com`
  return {
    id: userId(n),
    status: n % 10 === 7 ? 'DEPROVISIONED' : n % 10 === 8 ? 'SUSPENDED' : 'ACTIVE',
    created: at(n),
    lastUpdated: at(n),
    lastLogin: n % 3 === 0 ? at(n + 10) : null,
    profile: {
      login: `login-${n}`,
      email,
      firstName: `Given${n}`,
      lastName: n % 5 === 0 ? '' : 'Example',
      mobilePhone: null,
      organization: `Company ${n % companies}`,
    },
    credentials: {
      password: {},
      emails: [{ value: email, status: n % 6 === 0 ? 'UNVERIFIED' : 'VERIFIED', type: 'PRIMARY' }],
      provider: { type: 'OKTA', name: 'OKTA' },
    },
  }
}

export function userId(n: number): string {
  return `00ufake${String(n).padStart(13, '0')}`
}

export function groupId(n: number): string {
  return `00gfake${String(n).padStart(13, '0')}`
}

export function oktaGroup(n: number, more: Partial<OktaGroup> = {}): OktaGroup {
  const time = at(n)
  const profile = { name: n === 0 ? 'Admins' : `Team ${n}`, description: null }
  return { id: groupId(n), type: 'OKTA_GROUP', created: time, lastMembershipUpdated: time, profile, ...more }
}

export function everyone(): OktaGroup {
  const profile = { name: 'Everyone', description: 'All users in your organization' }
  return { ...oktaGroup(0), id: '00gfakeeveryone00000', type: 'BUILT_IN', profile }
}

export function samlIdp(n: number, more: Partial<OktaIdp> = {}): OktaIdp {
  return {
    id: `0oafakesaml${n}`,
    name: `SAML ${n}`,
    type: 'SAML2',
    status: 'ACTIVE',
    protocol: {
      type: 'SAML2',
      endpoints: { sso: { url: `https://idp-${n}.example/sso`, binding: 'HTTP-POST', destination: null } },
      credentials: {
        trust: { issuer: `https://idp-${n}.example`, audience: `https://acme.okta.example/sp/${n}`, kid: `key-${n}` },
      },
    },
    ...more,
  }
}

export function oidcIdp(n: number, more: Partial<OktaIdp> = {}): OktaIdp {
  return {
    id: `0oafakeoidc${n}`,
    name: `OIDC ${n}`,
    type: 'OIDC',
    status: 'ACTIVE',
    protocol: {
      type: 'OIDC',
      issuer: { url: `https://login-${n}.example` },
      credentials: { client: { client_id: `client-${n}`, client_secret: 'idpSecretDoNotShow0123' } },
    },
    ...more,
  }
}

export function samlApp(n: number, more: Partial<OktaApp> = {}): OktaApp {
  return {
    id: `0oafakeapp${n}`,
    name: `acme_app_${n}`,
    label: `App ${n}`,
    status: 'ACTIVE',
    signOnMode: 'SAML_2_0',
    settings: {
      app: { secretOfItsOwn: 'appSecretDoNotShow' },
      signOn: {
        ssoAcsUrl: `https://app-${n}.example/acs`,
        audience: `urn:app:${n}`,
        attributeStatements: [{ type: 'EXPRESSION', name: 'dept', values: ['user.department'] }],
      },
    },
    credentials: { signing: { kid: `app-key-${n}` } },
    ...more,
  }
}
