export interface OktaUser {
  id: string
  status: string
  created: string
  lastUpdated: string
  lastLogin: string | null
  profile: Record<string, unknown> & { login: string; email: string }
  credentials: Record<string, unknown>
}

export interface OktaGroup {
  id: string
  type: 'OKTA_GROUP' | 'APP_GROUP' | 'BUILT_IN'
  created: string
  lastMembershipUpdated: string
  profile: { name: string; description: string | null }
}

export interface OktaIdp {
  id: string
  name: string
  type: string
  status: string
  protocol: Record<string, unknown>
}

export interface OktaApp {
  id: string
  name: string
  label: string
  status: string
  signOnMode: string
  settings: Record<string, unknown>
  credentials: { signing: { kid: string } }
}

export interface OrgData {
  users: OktaUser[]
  groups: OktaGroup[]
  /** Memberships: IDs of a group and a user. */
  members: { group: string; user: string }[]
  idps: OktaIdp[]
  /** Certificates of identity providers, Base64, by key ID. */
  keys: Record<string, string>
  apps: OktaApp[]
  /** Metadata of apps, by ID. */
  metadata: Record<string, string>
}
