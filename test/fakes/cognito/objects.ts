/** The content of a user pool. Times are epoch seconds, as in the API. */

export interface CognitoUser {
  Username: string
  Attributes: { Name: string; Value: string }[]
  UserCreateDate: number
  UserLastModifiedDate: number
  Enabled: boolean
  UserStatus: string
  /** Only AdminGetUser returns these. */
  UserMFASettingList?: string[]
  PreferredMfaSetting?: string
}

export interface CognitoGroup {
  GroupName: string
  Description?: string
  Precedence?: number
  RoleArn?: string
  CreationDate: number
  LastModifiedDate: number
}

export interface CognitoProvider {
  ProviderName: string
  ProviderType: string
  ProviderDetails: Record<string, string>
  AttributeMapping: Record<string, string>
  IdpIdentifiers: string[]
  CreationDate: number
  LastModifiedDate: number
}

/** A user pool. `members`: names of users by name of a group. */
export interface PoolData {
  id: string
  users: CognitoUser[]
  groups?: CognitoGroup[]
  members?: Record<string, string[]>
  providers?: CognitoProvider[]
  /** The estimate in DescribeUserPool. Default: the real number. */
  estimated?: number
}

const CREATED = Date.parse('2024-03-01T08:00:00Z') / 1000

/** The `sub` in a user pool is a UUID. */
export function subOf(n: number, pool = 1): string {
  return `${String(pool).padStart(8, '0')}-0000-4000-8000-${String(n).padStart(12, '0')}`
}

/** The n-th user of a pool, always the same for a number. */
export function cognitoUser(
  n: number,
  more: Partial<CognitoUser> & { pool?: number; email?: string } = {},
): CognitoUser {
  const { pool = 1, email = `cognito-${pool}-${n}@example.com`, ...own } = more
  const created = CREATED + n + 0.25
  return {
    Username: `user-${n}`,
    Attributes: [
      { Name: 'email', Value: email },
      { Name: 'email_verified', Value: n % 5 === 0 ? 'false' : 'true' },
      { Name: 'given_name', Value: `Ada ${n}` },
      { Name: 'family_name', Value: 'Größe' },
      { Name: 'sub', Value: subOf(n, pool) },
    ],
    UserCreateDate: created,
    UserLastModifiedDate: created,
    Enabled: true,
    UserStatus: 'CONFIRMED',
    ...own,
  }
}

export function cognitoGroup(name: string, more: Partial<CognitoGroup> = {}): CognitoGroup {
  return {
    GroupName: name,
    Description: `Those of ${name}`,
    Precedence: 1,
    CreationDate: CREATED,
    LastModifiedDate: CREATED,
    ...more,
  }
}

export function samlProvider(name: string, details: Record<string, string> = {}): CognitoProvider {
  return {
    ProviderName: name,
    ProviderType: 'SAML',
    ProviderDetails: {
      MetadataURL: `https://idp.${name.toLowerCase()}.example/metadata`,
      SSORedirectBindingURI: `https://idp.${name.toLowerCase()}.example/sso`,
      IDPSignout: 'false',
      EncryptedResponses: 'false',
      ...details,
    },
    AttributeMapping: {
      email: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
      given_name: 'first',
      family_name: 'last',
      'custom:department': 'dept',
    },
    IdpIdentifiers: [`${name.toLowerCase()}.example`, name],
    CreationDate: CREATED,
    LastModifiedDate: CREATED,
  }
}

export function oidcProvider(name: string): CognitoProvider {
  return {
    ...samlProvider(name),
    ProviderType: 'OIDC',
    ProviderDetails: {
      client_id: `client-of-${name}`,
      client_secret: `made-up-secret-of-${name}`,
      oidc_issuer: `https://login.${name.toLowerCase()}.example`,
      authorize_scopes: 'openid email',
      attributes_request_method: 'GET',
      attributes_url_add_attributes: 'false',
    },
    AttributeMapping: { email: 'email', username: 'sub' },
    IdpIdentifiers: [],
  }
}

export function googleProvider(): CognitoProvider {
  return {
    ...oidcProvider('Google'),
    ProviderType: 'Google',
    ProviderDetails: { client_id: 'g', client_secret: 'made-up-secret-of-google-sign-in', authorize_scopes: 'email' },
  }
}
