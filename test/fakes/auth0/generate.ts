import type {
  Auth0Connection,
  Auth0Invitation,
  Auth0Member,
  Auth0Organization,
  Auth0Role,
  Auth0User,
  Identity,
  TenantData,
} from './objects.ts'

export interface TenantSize {
  users: number
  organizations: number
  /** Users without an organization. */
  withoutOrganization?: number
  /** Members of the first organization. */
  largest?: number
  /**
   * Number of users with a phone number and no email address. They have no organization. Default 0.
   */
  withoutEmail?: number
  /**
   * Number of users that are second accounts, with Google and the same email address. Default 0.
   */
  secondAccounts?: number
}

export const DATABASE = 'Username-Password-Authentication'
const CREATED = Date.parse('2024-03-01T08:00:00.000Z')
const FIRST_NAMES = [
  'Zoë',
  'Jürgen',
  'Łukasz',
  'Nguyễn',
  'Åse',
  '美咲',
  'Олена',
  'Seán',
  'Amal',
  'İpek',
  '👩‍🚀Ada',
  "D'Arcy",
]
const LAST_NAMES = ['Example', 'Größmann', 'Żółć', 'Ångström', '山田', 'O’Sample', 'Пример', 'de la Peña']

export const ROLES: Auth0Role[] = ['admin', 'member', 'billing', 'auditor'].map((name, at) => ({
  id: `rol_${String(at + 1).padStart(16, '0')}`,
  name,
  description: `May do what is ${name}'s`,
  permissions: ['read', 'write'].slice(0, name === 'admin' ? 2 : 1).map((verb) => ({
    permission_name: `${verb}:${name === 'admin' ? 'settings' : name}`,
    description: `${verb} ${name}`,
    resource_server_name: 'Example API',
    resource_server_identifier: 'https://api.example.com',
  })),
}))

const CONNECTIONS: Auth0Connection[] = [
  { id: 'con_0000000000000001', name: DATABASE, strategy: 'auth0', options: { brute_force_protection: true } },
  { id: 'con_0000000000000002', name: 'google-oauth2', strategy: 'google-oauth2', options: {} },
  { id: 'con_0000000000000003', name: 'sms', strategy: 'sms', options: {} },
  { id: 'con_0000000000000004', name: 'acme-saml', strategy: 'samlp', options: {} },
]

/** A tenant of any size, always the same for the same numbers. */
export function generateTenant(size: TenantSize): TenantData {
  const { withoutOrganization = 0, withoutEmail = 0, secondAccounts = 0 } = size
  const people = size.users - withoutEmail - secondAccounts
  const users = [
    ...Array.from({ length: people }, (_, n) => person(n)),
    ...Array.from({ length: secondAccounts }, (_, n) => secondAccount(n)),
    ...Array.from({ length: withoutEmail }, (_, n) => byTelephone(n)),
  ]
  const organizations = Array.from({ length: size.organizations }, (_, n) => organization(n))
  const members = organizations.length === 0 ? [] : membersOf(users.slice(0, size.users - withoutOrganization), size)
  return { users, organizations, members, roles: ROLES, connections: CONNECTIONS }
}

export function person(n: number): Auth0User {
  const hex = `60425d${(n + 1).toString(16).padStart(18, '0')}`
  // Every fifth with SAML, the others with a password. Every seventh has linked a social account
  // with a numeric ID.
  const bySaml = n % 5 === 4
  const identity: Identity = bySaml
    ? { connection: 'acme-saml', provider: 'samlp', user_id: `acme-saml|user-${n}`, isSocial: false }
    : { connection: DATABASE, provider: 'auth0', user_id: hex, isSocial: false }
  const linked: Identity = { connection: 'line', provider: 'line', user_id: 7_000_000_000 + n, isSocial: true }
  const [given_name, family_name] = [FIRST_NAMES[n % FIRST_NAMES.length], LAST_NAMES[n % LAST_NAMES.length]]
  return {
    user_id: `${bySaml ? 'samlp' : 'auth0'}|${identity.user_id}`,
    email: `person-${n}@example.com`,
    email_verified: n % 3 !== 0,
    given_name,
    family_name,
    name: `${given_name} ${family_name}`,
    nickname: `person-${n}`,
    picture: `https://img.example.com/${n}.png`,
    identities: n % 7 === 0 ? [identity, linked] : [identity],
    app_metadata: { plan: n % 2 === 0 ? 'pro' : 'free', seat: n },
    user_metadata: { locale: 'de' },
    ...(n % 11 === 0 && { blocked: true }),
    ...(n % 13 === 0 && { multifactor: ['google-authenticator'] }),
    ...times(n),
  }
}

function secondAccount(n: number): Auth0User {
  const id = `10${String(n).padStart(19, '0')}`
  return {
    user_id: `google-oauth2|${id}`,
    email: `Person-${n}@example.com`,
    email_verified: true,
    name: `Person ${n}`,
    identities: [{ connection: 'google-oauth2', provider: 'google-oauth2', user_id: id, isSocial: true }],
    ...times(n),
  }
}

function byTelephone(n: number): Auth0User {
  const id = `sms-${n}`
  return {
    user_id: `sms|${id}`,
    phone_number: `+1555${String(n).padStart(7, '0')}`,
    phone_verified: true,
    name: `+1555${String(n).padStart(7, '0')}`,
    identities: [{ connection: 'sms', provider: 'sms', user_id: id, isSocial: false }],
    ...times(n),
  }
}

function times(n: number): { created_at: string; updated_at: string; last_login: string; logins_count: number } {
  const created_at = new Date(CREATED + n * 60_000).toISOString()
  const last_login = new Date(CREATED + n * 60_000 + 86_400_000).toISOString()
  return { created_at, updated_at: last_login, last_login, logins_count: 1 + (n % 40) }
}

function organization(n: number): Auth0Organization {
  return {
    id: `org_${String(n + 1).padStart(16, '0')}`,
    name: `customer-${n}`,
    display_name: `Customer ${n} Größe`,
    ...(n % 2 === 0 && { metadata: { tier: 'gold' } }),
  }
}

/**
 * The first `largest` users are in the first organization, the others spread over the rest. Every
 * fourth is also in a second one.
 */
function membersOf(users: readonly Auth0User[], { organizations, largest = 0 }: TenantSize): Auth0Member[] {
  const others = Math.max(1, organizations - 1)
  const other = (n: number) => organization(organizations === 1 ? 0 : 1 + (n % others)).id
  return users.flatMap(({ user_id: user }, n) => {
    const first = { organization: n < largest ? organization(0).id : other(n), user, roles: rolesOf(n) }
    const second = { organization: other(n + 1), user, roles: rolesOf(n + 1) }
    return n % 4 === 0 && second.organization !== first.organization ? [first, second] : [first]
  })
}

function rolesOf(n: number): string[] {
  const [admin = '', member = '', billing = ''] = ROLES.map(({ id }) => id)
  return [[member], [admin], [], [admin, billing], [member]][n % 5] ?? []
}

/** An invitation to the n-th organization, valid for years, with the given values. */
export function invitation(n: number, more: Partial<Auth0Invitation> = {}): Auth0Invitation {
  const ticket = `ticketDoNotShow${n}`
  return {
    id: `uinv_${String(n).padStart(16, '0')}`,
    organization_id: organization(n).id,
    inviter: { name: 'Ada Example' },
    invitee: { email: `invited-${n}@example.com` },
    invitation_url: `https://app.example.com/login?invitation=${ticket}&organization=${organization(n).id}`,
    ticket_id: ticket,
    created_at: new Date(CREATED + n * 60_000).toISOString(),
    expires_at: '2099-03-31T08:00:00.000Z',
    client_id: 'fake-application',
    roles: [ROLES[1]?.id ?? ''],
    ...more,
  }
}
