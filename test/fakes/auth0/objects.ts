import type { Json, JsonObject } from '../../../src/json.ts'

/** An account at an identity provider, in Auth0's form. */
export interface Identity {
  connection: string
  provider: string
  /** Some providers have numbers. */
  user_id: string | number
  isSocial: boolean
  profileData?: JsonObject
}

/** https://auth0.com/docs/manage-users/user-accounts/user-profiles/user-profile-structure */
export interface Auth0User {
  user_id: string
  email?: string
  email_verified?: boolean
  username?: string
  phone_number?: string
  phone_verified?: boolean
  given_name?: string
  family_name?: string
  name?: string
  nickname?: string
  picture?: string
  identities: Identity[]
  app_metadata?: JsonObject
  user_metadata?: JsonObject
  blocked?: boolean
  multifactor?: string[]
  last_login?: string
  logins_count?: number
  created_at: string
  updated_at: string
  [field: string]: Json | Identity[] | undefined
}

export interface Auth0Organization {
  id: string
  /** A slug. */
  name: string
  display_name?: string
  branding?: JsonObject
  metadata?: Record<string, string>
}

export interface Auth0Role {
  id: string
  name: string
  description?: string
  permissions: Auth0Permission[]
}

export interface Auth0Permission {
  permission_name: string
  description?: string
  resource_server_name: string
  resource_server_identifier: string
}

export interface Auth0Connection {
  id: string
  name: string
  strategy: string
  display_name?: string
  options?: JsonObject
  enabled_clients?: string[]
}

export interface Auth0Member {
  organization: string
  user: string
  /** IDs of roles. */
  roles: string[]
}

/** A connection that members of an organization can sign in with. */
export interface Auth0EnabledConnection {
  organization: string
  connection: string
}

/** https://auth0.com/docs/api/management/v2/organizations/get-invitations */
export interface Auth0Invitation {
  id: string
  organization_id: string
  inviter: { name: string }
  invitee: { email: string }
  invitation_url: string
  ticket_id: string
  created_at: string
  expires_at: string
  client_id: string
  connection_id?: string
  app_metadata?: JsonObject
  user_metadata?: JsonObject
  /** IDs of roles. */
  roles?: string[]
}

/** The content of a tenant. */
export interface TenantData {
  users: Auth0User[]
  organizations: Auth0Organization[]
  members: Auth0Member[]
  roles: Auth0Role[]
  connections: Auth0Connection[]
  enabledConnections?: Auth0EnabledConnection[]
  invitations?: Auth0Invitation[]
}
