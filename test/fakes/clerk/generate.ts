import type {
  ClerkConnection,
  ClerkCredentials,
  ClerkInvitation,
  ClerkMembership,
  ClerkOrganization,
  ClerkRole,
  ClerkUser,
  InstanceData,
} from './objects.ts'

const CREATED = Date.parse('2024-03-01T08:00:00.000Z')
const NAMES = ['Zoë', 'Jürgen', 'Łukasz', '美咲', 'Олена', "D'Arcy"]
const BCRYPT = `$2b$10$${'k'.repeat(53)}`

export interface InstanceSize {
  users: number
  organizations: number
  /** Default 1. Number of organizations per user, except users without any. */
  membershipsEach?: number
  withoutOrganization?: number
}

/** An instance of any size, always the same for the same numbers. */
export function generateInstance(size: InstanceSize): Omit<InstanceData, 'roles' | 'connections' | 'invitations'> {
  const { users: count, organizations: groups, membershipsEach = 1, withoutOrganization = 0 } = size
  const users = Array.from({ length: count }, (_, n) => clerkUser(n))
  const organizations = Array.from({ length: groups }, (_, n) => clerkOrganization(n))
  const memberships = users.slice(0, count - withoutOrganization).flatMap(({ id: user }, n) =>
    Array.from({ length: Math.min(membershipsEach, groups) }, (_, more): ClerkMembership => {
      const organization = clerkOrganization((n + more) % groups).id
      const at = CREATED + n * 1000 + more
      const role = (n + more) % 4 === 0 ? 'org:admin' : 'org:member'
      return { id: `orgmem_${n}x${more}`, organization, user, role, created_at: at, updated_at: at }
    }),
  )
  const credentials: Record<string, ClerkCredentials> = {}
  for (const [n, { id, password_enabled }] of users.entries()) {
    if (password_enabled) credentials[id] = { password_digest: BCRYPT, password_hasher: 'bcrypt' }
    if (n % 10 === 0) credentials[id] = { ...credentials[id], totp_secret: 'JBSWY3DPEHPK3PXP' }
  }
  return { users, organizations, memberships, credentials }
}

export function clerkUser(n: number): ClerkUser {
  const id = `user_2fake${String(n).padStart(20, '0')}`
  const verification = { status: n % 3 === 0 ? 'unverified' : 'verified', strategy: 'email_code' } as const
  const email = {
    id: `idn_${n}`,
    object: 'email_address',
    email_address: `clerk-${n}@example.com`,
    reserved: false,
    verification,
    linked_to: [],
  } as const
  const second = { ...email, id: `idn_${n}b`, email_address: `other-${n}@example.com` }
  const at = CREATED + n * 1000
  return {
    id,
    object: 'user',
    external_id: n % 2 === 0 ? `legacy-${n}` : null,
    username: n % 2 === 0 ? `name${n}` : null,
    first_name: NAMES[n % NAMES.length] ?? null,
    last_name: n % 4 === 0 ? null : 'Example',
    image_url: `https://img.example.com/${n}.png`,
    primary_email_address_id: email.id,
    primary_phone_number_id: null,
    email_addresses:
      n % 4 === 0
        ? [
            { ...second, linked_to: [] },
            { ...email, linked_to: [] },
          ]
        : [{ ...email, linked_to: [] }],
    phone_numbers: [],
    external_accounts:
      n % 6 === 5
        ? [
            {
              id: `eac_${n}`,
              object: 'external_account',
              provider: 'oauth_google',
              provider_user_id: `1${String(n).padStart(20, '0')}`,
              email_address: email.email_address,
              verification: { status: 'verified', strategy: 'oauth_google' },
            },
          ]
        : [],
    password_enabled: n % 6 !== 5,
    two_factor_enabled: n % 10 === 0,
    totp_enabled: n % 10 === 0,
    backup_code_enabled: false,
    public_metadata: { plan: n % 2 === 0 ? 'pro' : 'free' },
    private_metadata: n % 5 === 0 ? { crm: n } : {},
    unsafe_metadata: n % 5 === 0 ? { role: 'org:admin' } : {},
    banned: n % 17 === 16,
    locked: n % 19 === 18,
    last_sign_in_at: n % 2 === 0 ? at + 60_000 : null,
    last_active_at: n % 2 === 0 ? at + 60_000 : null,
    created_at: at,
    updated_at: at + 60_000,
  }
}

export function clerkOrganization(n: number): ClerkOrganization {
  return {
    id: `org_2fake${String(n).padStart(20, '0')}`,
    object: 'organization',
    name: `Customer ${n} Größe`,
    slug: `customer-${n}`,
    image_url: '',
    public_metadata: n % 2 === 0 ? { tier: 'gold' } : {},
    private_metadata: {},
    max_allowed_memberships: 500,
    created_at: CREATED + n,
    updated_at: CREATED + n,
  }
}

/** A role with permissions with these keys, named after their last part. */
export function clerkRole(
  key: string,
  more: Partial<Omit<ClerkRole, 'permissions'>> & { permissions?: readonly string[] } = {},
): ClerkRole {
  const { permissions = [], ...own } = more
  return {
    id: `role_${key.replace(/\W/g, '')}`,
    object: 'role',
    key,
    name: key.slice(key.indexOf(':') + 1),
    description: null,
    is_creator_eligible: key === 'org:admin',
    created_at: CREATED,
    updated_at: CREATED,
    ...own,
    permissions: permissions.map((permission) => ({
      id: `perm_${permission.replace(/\W/g, '')}`,
      object: 'permission',
      key: permission,
      name: permission.slice(permission.lastIndexOf(':') + 1),
      description: `May ${permission}`,
      created_at: CREATED,
      updated_at: CREATED,
    })),
  }
}

/** An invitation to an organization, or to the instance without one. */
export function clerkInvitation(n: number, more: Partial<ClerkInvitation> = {}): ClerkInvitation {
  const isOfInstance = 'organization_id' in more && more.organization_id === undefined
  return {
    id: `${isOfInstance ? 'inv' : 'orginv'}_2fake${n}`,
    object: isOfInstance ? 'invitation' : 'organization_invitation',
    email_address: `invited-${n}@example.com`,
    ...(!isOfInstance && { organization_id: clerkOrganization(n).id, role: 'org:member' }),
    status: 'pending',
    public_metadata: {},
    url: `https://clerk.example.com/v1/tickets/accept?ticket=ticketDoNotShow${n}`,
    expires_at: CREATED + 30 * 86_400_000,
    created_at: CREATED + n,
    updated_at: CREATED + n,
    ...more,
  }
}

/** A SAML connection of an organization with metadata, with the given values. */
export function clerkConnection(n: number, more: Partial<ClerkConnection> = {}): ClerkConnection {
  return {
    id: `entconn_2fake${n}`,
    object: 'enterprise_connection',
    name: `Connection ${n}`,
    provider: 'saml_okta',
    domains: [`sso-${n}.example`],
    organization_id: clerkOrganization(n).id,
    active: true,
    sync_user_attributes: true,
    disable_additional_identifications: false,
    saml_connection: {
      id: `samlc_2fake${n}`,
      name: `Connection ${n}`,
      active: true,
      idp_metadata_url: `https://idp-${n}.example/metadata`,
      acs_url: `https://clerk.example.com/v1/saml/acs/samlc_2fake${n}`,
      sp_entity_id: `https://clerk.example.com/saml/samlc_2fake${n}`,
      allow_idp_initiated: false,
      allow_subdomains: false,
      force_authn: false,
    },
    oauth_config: null,
    created_at: CREATED + n,
    updated_at: CREATED + n,
    ...more,
  }
}

/** An OpenID Connect connection, likewise. */
export function clerkOidcConnection(n: number, more: Partial<ClerkConnection> = {}): ClerkConnection {
  return clerkConnection(n, {
    provider: 'oidc_custom',
    saml_connection: null,
    oauth_config: {
      id: `eaoc_2fake${n}`,
      provider_key: 'custom',
      name: `Connection ${n}`,
      client_id: `client-${n}`,
      discovery_url: `https://login-${n}.example/.well-known/openid-configuration`,
      auth_url: `https://login-${n}.example/authorize`,
      token_url: `https://login-${n}.example/token`,
      user_info_url: `https://login-${n}.example/userinfo`,
      requires_pkce: false,
      created_at: CREATED + n,
      updated_at: CREATED + n,
    },
    ...more,
  })
}
