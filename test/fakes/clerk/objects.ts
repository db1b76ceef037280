import type { JsonObject } from '../../../src/json.ts'

export interface ClerkVerification {
  status: 'verified' | 'unverified' | 'expired' | 'transferable'
  strategy: string
  attempts?: number | null
  expire_at?: number | null
}

export interface ClerkEmail {
  id: string
  object: 'email_address'
  email_address: string
  reserved: boolean
  verification: ClerkVerification | null
  linked_to: { id: string; type: string }[]
}

export interface ClerkPhone {
  id: string
  object: 'phone_number'
  phone_number: string
  reserved_for_second_factor: boolean
  verification: ClerkVerification | null
}

export interface ClerkExternalAccount {
  id: string
  object: string
  provider: string
  provider_user_id: string
  email_address: string
  verification: ClerkVerification | null
}

/**
 * https://clerk.com/docs/reference/backend-api/tag/Users. Times are milliseconds since the epoch.
 */
export interface ClerkUser {
  id: string
  object: 'user'
  external_id: string | null
  username: string | null
  first_name: string | null
  last_name: string | null
  image_url: string
  primary_email_address_id: string | null
  primary_phone_number_id: string | null
  email_addresses: ClerkEmail[]
  phone_numbers: ClerkPhone[]
  external_accounts: ClerkExternalAccount[]
  password_enabled: boolean
  two_factor_enabled: boolean
  totp_enabled: boolean
  backup_code_enabled: boolean
  public_metadata: JsonObject
  private_metadata: JsonObject
  unsafe_metadata: JsonObject
  banned: boolean
  locked: boolean
  last_sign_in_at: number | null
  last_active_at: number | null
  created_at: number
  updated_at: number
}

export interface ClerkOrganization {
  id: string
  object: 'organization'
  name: string
  slug: string | null
  image_url: string
  public_metadata: JsonObject
  private_metadata: JsonObject
  max_allowed_memberships: number
  created_by?: string
  created_at: number
  updated_at: number
}

/** A membership. The API's object also contains the user and the organization. */
export interface ClerkMembership {
  id: string
  organization: string
  user: string
  /** For example `org:admin`. */
  role: string
  created_at: number
  updated_at: number
}

export interface ClerkPermission {
  id: string
  object: 'permission'
  /** For example `org:invoices:read`. Clerk's own begin with `org:sys_`. */
  key: string
  name: string
  description: string
  created_at: number
  updated_at: number
}

/** https://clerk.com/docs/reference/backend-api/tag/organization-roles */
export interface ClerkRole {
  id: string
  object: 'role'
  key: string
  name: string
  description: string | null
  permissions: ClerkPermission[]
  is_creator_eligible: boolean
  created_at: number
  updated_at: number
}

export interface ClerkSamlConnection {
  id: string
  name: string
  active: boolean
  idp_entity_id?: string
  idp_sso_url?: string
  /** Base64 of DER. */
  idp_certificate?: string
  idp_certificates?: { certificate: string; issued_at: number | null; expires_at: number | null }[]
  idp_metadata_url?: string
  acs_url?: string
  sp_entity_id?: string
  allow_idp_initiated: boolean
  allow_subdomains: boolean
  force_authn: boolean
}

export interface ClerkOauthConfig {
  id: string
  provider_key: string
  name: string
  client_id?: string
  discovery_url?: string
  auth_url?: string
  token_url?: string
  user_info_url?: string
  requires_pkce: boolean
  created_at: number
  updated_at: number
}

/** An invitation to the instance, or to one of its organizations. */
export interface ClerkInvitation {
  id: string
  object: 'invitation' | 'organization_invitation'
  email_address: string
  /** Only for an organization. */
  organization_id?: string
  role?: string
  status: 'pending' | 'accepted' | 'revoked' | 'expired'
  public_metadata: Record<string, unknown>
  /** Secret: anyone who has it can accept the invitation. */
  url: string
  expires_at: number | null
  created_at: number
  updated_at: number
}

/** https://clerk.com/changelog/2026-03-09-bapi-enterprise-connections */
export interface ClerkConnection {
  id: string
  object: 'enterprise_connection'
  name: string
  provider: string
  domains: string[]
  organization_id: string | null
  active: boolean
  sync_user_attributes: boolean
  disable_additional_identifications: boolean
  saml_connection: ClerkSamlConnection | null
  oauth_config: ClerkOauthConfig | null
  created_at: number
  updated_at: number
}

/** The values of a user that only the dashboard's export contains. */
export interface ClerkCredentials {
  password_digest?: string
  password_hasher?: string
  totp_secret?: string
}

export interface InstanceData {
  users: ClerkUser[]
  organizations: ClerkOrganization[]
  memberships: ClerkMembership[]
  roles: ClerkRole[]
  connections: ClerkConnection[]
  invitations: ClerkInvitation[]
  /** By user ID. */
  credentials: Record<string, ClerkCredentials>
}
