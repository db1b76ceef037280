/** A user in the form of `accounts:batchGet`. */
export interface Account {
  localId: string
  email?: string
  emailVerified?: boolean
  displayName?: string
  passwordHash?: string
  salt?: string
  version?: number
  phoneNumber?: string
  disabled?: boolean
  /** JSON text. */
  customAttributes?: string
  providerUserInfo?: Record<string, unknown>[]
  mfaInfo?: Record<string, unknown>[]
  createdAt?: string
}

export interface HashConfig {
  algorithm: string
  signerKey: string
  saltSeparator: string
  rounds: number
  memoryCost: number
}

/** A provider, without the project in its name. */
export interface Provider {
  id: string
  displayName?: string
  enabled?: boolean
  [member: string]: unknown
}

/** The content of the project itself or of a tenant. */
export interface Directory {
  users: Account[]
  hashConfig?: HashConfig
  saml: Provider[]
  oidc: Provider[]
}

export interface TenantData extends Directory {
  id: string
  displayName: string
  disableAuth?: boolean
}

export interface ProjectData extends Directory {
  /** Undefined: multi-tenancy is off. */
  tenants?: TenantData[]
}
