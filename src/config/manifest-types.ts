// Generated from schemas/migrate.config.schema.json: change that file, then run npm run docs.
import type { Json, JsonObject } from '../json.ts'

/** What to migrate, from where, how fields map, and how fast to run. */
export type CheckedManifest = {
  /** Version of the manifest format. */
  version: 1
  /** Name of the migration, shown in plans and reports. */
  name?: string
  source: Source
  vars: Vars
  secrets: Secrets
  map: Mapping
  dedupe: Dedupe
  roles: Roles
  permissions: Permissions
  metadata: Metadata
  externalId: ExternalId
  organizations: Organizations
  connections: Connections
  invitations: Invitations
  passwords: Passwords
  totp: Totp
  adopt: Adopt
  onDrift: OnDrift
  onDeleted: OnDeleted
  prune: Prune
  pilot?: Pilot
  target: Target & { type: 'workos' | 'sandbox' }
  run: Run
  safety: Safety
  state: State
  export?: Export
  notify?: Notify
  output?: Output
  warnings: Warnings
  tests: Tests
}

/** Your own values, of any shape. */
export type Vars = JsonObject

/**
 * Secret texts that expressions read as `$secrets`, such as the signer key of a Firebase
 * project.
 */
export type Secrets = Record<string, string>

/** How records become resources: one rule for each kind. */
export type Mapping = {
  /** How a record becomes a user. */
  user?: {
    from?: From
    each?: Each
    when?: When
    /** Identity of the user in the source. */
    key?: Expression
    /** Email address. */
    email?: Expression
    /** Whether the address is verified. */
    emailVerified?: Expression
    /** First name. */
    firstName?: Expression
    /** Last name. */
    lastName?: Expression
    /** Language tag, such as `en-US`; `en_US` works too. */
    locale?: Expression
    /** Full name. */
    name?: Expression
    /** External ID, which WorkOS stores with the user. */
    externalId?: Expression
    /** Metadata: an expression for each key, or one expression that returns an object. */
    metadata?: Record<string, Expression> | string
    /** Password in plain text. */
    password?: Expression
    /** Hash of the password. */
    passwordHash?: Expression
    /** Type of the hash. */
    passwordHashType?: Expression
    /**
     * Secret of an authenticator app: text, an otpauth URI, or `{ secret, encoding,
     * algorithm, digits, period, issuer, account }`.
     */
    totpSecret?: Expression
  }
  /** How a record becomes an organization. */
  organization?: {
    from?: From
    each?: Each
    when?: When
    /** Identity of the organization in the source. */
    key?: Expression
    /** WorkOS ID (`org_…`) of an existing organization. */
    id?: Expression
    /** External ID, which WorkOS stores with the organization. */
    externalId?: Expression
    /** Name. */
    name?: Expression
    /** Metadata: an expression for each key, or one expression that returns an object. */
    metadata?: Record<string, Expression> | string
    /**
     * Domains of the organization: a list or comma-separated text of names, or a list of `{
     * domain, state }`.
     */
    domains?: Expression
  }
  /** How a record becomes memberships of its user. */
  membership?: {
    from?: From
    each?: Each
    when?: When
    /** Key of the user. */
    user?: Expression
    /** Key of the organization. */
    organization?: Expression
    /** Role or list of roles, as named in the source. */
    roles?: Expression
  }
  /** How a record becomes a permission. */
  permission?: {
    from?: From
    each?: Each
    when?: When
    /** Slug of the permission. */
    key?: Expression
    /** Display name. */
    name?: Expression
    /** What it allows. */
    description?: Expression
  }
  /** How a record defines a role, of the environment or of organizations. */
  role?: {
    from?: From
    each?: Each
    when?: When
    /** Role, as named in the source. */
    key?: Expression
    /** Display name. */
    name?: Expression
    /** What it is for. */
    description?: Expression
    /** Slugs of its permissions: a list, or comma-separated text. */
    permissions?: Expression
    /** `environment` or `organization`. */
    type?: Expression
    /** Key of the organization that has the role. */
    organization?: Expression
  }
  /** How a record becomes groups of an organization. */
  group?: {
    from?: From
    each?: Each
    when?: When
    /** Identity of the group within its organization. */
    key?: Expression
    /** Key of the organization. */
    organization?: Expression
    /** Name, at most 256 characters. */
    name?: Expression
    /** Description, at most 150 characters. */
    description?: Expression
    /** Role or list of roles that members of the group get, as named in the source. */
    roles?: Expression
  }
  /** How a record adds users to groups of their organizations. */
  groupMember?: {
    from?: From
    each?: Each
    when?: When
    /**
     * Key that `map.group` assigns to the group, or the group's name if `map.group` maps no
     * key.
     */
    group?: Expression
    /** Key of the group's organization. */
    organization?: Expression
    /** Key of the user, who must be a member of the organization. */
    user?: Expression
  }
  /** How a record becomes a pending invitation. */
  invitation?: {
    from?: From
    each?: Each
    when?: When
    /** Invited email address. */
    email?: Expression
    /** Key of the organization. */
    organization?: Expression
    /** Role in the organization, translated by `roles.map`. */
    role?: Expression
    /** When the invitation expires in the source, for the file. */
    expiresAt?: Expression
    /** Days until the invitation expires in WorkOS, from 1 to 30. */
    expiresInDays?: Expression
  }
  /** How a record becomes a single sign-on connection of an organization. */
  connection?: {
    from?: From
    each?: Each
    when?: When
    /** Identity of the connection in the source, together with the organization's key. */
    key?: Expression
    /** Key of the organization, as `map.organization` returns it. */
    organization?: Expression
    /** `saml` or `oidc`. */
    type?: Expression
    /** Name. */
    name?: Expression
    /** External ID, which WorkOS stores with the connection. */
    externalId?: Expression
    /** Type in WorkOS, such as `OktaSAML`. */
    connectionType?: Expression
    /** Domains whose users sign in through the connection: a list or comma-separated text. */
    domains?: Expression
    /** SAML. */
    idpMetadataUrl?: Expression
    /** SAML: the metadata itself. */
    idpMetadataXml?: Expression
    /** SAML: entity ID of the identity provider. */
    idpEntityId?: Expression
    /** SAML: sign-in URL of the identity provider. */
    idpUrl?: Expression
    /** SAML: signing certificates of the identity provider, as PEM or Base64, or a list. */
    x509Cert?: Expression
    /** SAML: entity ID by which the identity provider already knows your application. */
    customEntityId?: Expression
    /** SAML. */
    customAcsUrl?: Expression
    /** SAML: attribute with the user's ID at the identity provider. */
    idpIdAttribute?: Expression
    /** SAML: attribute with the email address. */
    emailAttribute?: Expression
    /** SAML: attribute with the first name. */
    firstNameAttribute?: Expression
    /** SAML: attribute with the last name. */
    lastNameAttribute?: Expression
    /** SAML: attribute with the full name. */
    nameAttribute?: Expression
    /**
     * SAML: whether users can start to sign in at the identity provider: true/1/yes/y or
     * false/0/no/n.
     */
    idpInitiatedEnabled?: Expression
    /** SAML: secret. */
    requestSigningKey?: Expression
    /** SAML: certificate of `requestSigningKey`. */
    requestSigningCert?: Expression
    /** SAML: secret. */
    assertionEncryptionKey?: Expression
    /** SAML: certificate of `requestSigningKey`. */
    assertionEncryptionCert?: Expression
    /** SAML: secret. */
    nameIdEncryptionKey?: Expression
    /** OpenID Connect: client ID at the identity provider. */
    clientId?: Expression
    /** OpenID Connect: client secret. */
    clientSecret?: Expression
    /** OpenID Connect: issuer, or URL of its discovery document. */
    discoveryEndpoint?: Expression
    /** OpenID Connect. */
    customRedirectUri?: Expression
    /**
     * Text or list of texts for the notes on the connection: what the files of a hand-off
     * have no column for.
     */
    notes?: Expression
  }
  /** How a record assigns roles to a user whose memberships come from elsewhere. */
  roleAssignment?: {
    from?: From
    each?: Each
    when?: When
    /** Key of the user. */
    user?: Expression
    /** Email address of the same user, for files that identify users in both ways. */
    email?: Expression
    /** Key of the organization. */
    organization?: Expression
    /** Role, as named in the source. */
    role?: Expression
  }
}

/** Stream of the source that the rule reads, or a list of streams. */
export type From = string | string[]

/** Expression that returns the items to map, one resource each. */
export type Each = string | Record<string, Expression>

/** A JSONata expression over one record. */
export type Expression = string

/** Expression that must be true for an item to be mapped. */
export type When = Expression

/** How several records become one user. */
export type Dedupe = {
  /** Rule for users. */
  user: {
    /** Expressions over the mapped user (`$record` is the source record). */
    by: Expression[]
    /** Which email addresses count as equal in `by`. */
    email: {
      /**
       * Whether `ada+news@example.com` differs from `ada@example.com` (`keep`) or equals it
       * (`ignore`).
       */
      plusTags: 'keep' | 'ignore'
      /** Whether dots before the @ count in addresses of gmail.com and googlemail.com. */
      gmailDots: 'keep' | 'ignore'
    }
    /** How several records become one user. */
    strategy: 'merge' | 'first' | 'last' | 'newest' | 'error'
    /**
     * Expression, or a list by importance, that ranks the records of one user, over the
     * mapped user and `$record`.
     */
    prefer?: string | Expression[]
    /**
     * Expression that returns when a record last changed, over the mapped user and
     * `$record`.
     */
    updatedAt?: Expression
    /** With `strategy: merge`: which value a field gets if several records have one. */
    fields: {
      /** Rule for all other fields. */
      default?: 'first' | 'last' | 'newest'
      email?: MergeOne
      /** Rule for `emailVerified`, among the records with the address that is kept. */
      emailVerified?: 'any' | 'all' | 'first' | 'last' | 'newest'
      firstName?: MergeText
      lastName?: MergeText
      locale?: MergeOne
      name?: MergeText
      externalId?: MergeOne
      /** Rule for `metadata`. */
      metadata?: 'union' | 'first' | 'last' | 'newest'
      password?: MergeOne
      passwordHash?: MergeOne
      totpSecret?: MergeOne
      [name: `metadata.${string}`]: 'first' | 'last' | 'newest' | 'longest' | 'concat'
    }
    /** What to do with the other external IDs of a merged user. */
    externalIds: {
      /** Keep them in the user's metadata, sorted and separated by blanks. */
      keep: boolean
      /** Metadata key that contains them. */
      keepAs: string
    }
  }
}

/** Rule for this field. */
export type MergeOne = 'first' | 'last' | 'newest'

/** Rule for this text. */
export type MergeText = 'first' | 'last' | 'newest' | 'longest' | 'concat'

/** Which roles exist in WorkOS, and how the source's roles translate to them. */
export type Roles = {
  /** Roles by slug. */
  define: Record<
    string,
    {
      /** Display name. */
      name: string
      /** What it is for. */
      description?: string
      /** Slugs of its permissions. */
      permissions?: PermissionSlug[]
      /** Whether the role belongs to the environment or to single organizations. */
      type?: 'environment' | 'organization'
      /** Keys of the organizations that have the role. */
      organizations?: string[]
    }
  >
  /**
   * What to do if a role or permission in WorkOS differs from its definition and this
   * migration did not create it.
   */
  onConflict?: 'keep' | 'update' | 'fail'
  map?: RoleMap
  unmapped: Unmapped
  /** Role of memberships without a role, or whose roles were all removed. */
  default?: RoleSlug
  /** What to do with a role of a user without an organization, which WorkOS cannot store. */
  withoutOrganization?: 'reject' | 'drop'
  /** Rules for single organizations, by the key that `map.membership.organization` returns. */
  organizations?: Record<
    string,
    {
      /** Role names with another meaning in this organization. */
      map?: RoleMap
      /** What to do with a role that neither map lists. */
      unmapped?: Unmapped
      /** Role of memberships without a role. */
      default?: RoleSlug
    }
  >
  /**
   * What to do with several roles on one membership, which WorkOS accepts only if you
   * enable it for the environment.
   */
  multiple?: 'allow' | 'first' | 'fail'
  /**
   * With `multiple: allow`: what to do if WorkOS responds that the environment allows one
   * role per membership.
   */
  notEnabled?: 'fail' | 'first'
  /** Slugs, most important first. */
  priority?: RoleSlug[]
}

/** Slug of a role in WorkOS. */
export type RoleSlug = string

/** Slug of a permission in WorkOS. */
export type PermissionSlug = string

/** Maps roles of the source to slugs in WorkOS. */
export type RoleMap = Record<string, RoleSlug | RoleTarget>

/** Slug of a role in WorkOS. */
export type RoleTarget = string

/** What to do with a role that `map` does not list. */
export type Unmapped = 'error' | 'drop' | 'keep'

/** Permissions of roles. */
export type Permissions = {
  /** Permissions by slug. */
  define: Record<
    string,
    {
      /** Display name. */
      name: string
      /** What it allows. */
      description?: string
    }
  >
}

/** Rules for metadata of users and organizations. */
export type Metadata = {
  /** Prefix for reserved names, added with an underscore. */
  prefix?: string
  /**
   * Maximum number of keys in one object: 10 by WorkOS's guide, up to 50 by its API
   * description.
   */
  maxKeys: number
  /** Maximum length of a key, in characters. */
  maxKeyLength: number
  /** Maximum length of a value, in characters. */
  maxValueLength: number
  /** Accept only ASCII characters. */
  ascii: boolean
  /** With `ascii: true`: what to do if a key or value is not ASCII. */
  nonAscii: 'reject' | 'drop'
  /** What an object in metadata becomes. */
  nested: 'json' | 'flatten'
  /** Separator between the names in a flattened key. */
  separator: string
  /** What to do with a key of more than `maxKeyLength` characters. */
  keyTooLong: 'reject' | 'cut'
  /** What to do with a value of more than `maxValueLength` characters. */
  tooLong: 'reject' | 'cut' | 'drop'
  /** What to do with more than `maxKeys` keys. */
  tooManyKeys: 'reject' | 'drop'
  /** With `tooManyKeys: drop`: the keys to keep first, as named in WorkOS. */
  keep: string[]
}

/** Rules for external IDs. */
export type ExternalId = {
  /** Maximum length of an external ID, in characters. */
  maxLength: number
}

/** Rules for organizations and their domains. */
export type Organizations = {
  /** State in which domains are added. */
  domainState: 'pending' | 'mapped' | 'verified'
  /**
   * What to do with a domain of a public email provider, such as gmail.com, which WorkOS
   * does not accept: reject the organization, or drop and count the domain.
   */
  consumerDomains: 'reject' | 'drop'
  /**
   * What to do with a domain that several organizations of the source claim: reject all of
   * them, or drop and count the domain in all of them.
   */
  sharedDomains: 'reject' | 'drop'
  /**
   * Which name an organization gets if its records have different names: that of the first
   * or last record, or the most frequent.
   */
  onNameConflict: 'first' | 'last' | 'most' | 'error'
  /** Match an organization by its exact name if its ID and external ID find nothing. */
  matchByName: boolean
}

/** What to do with single sign-on connections. */
export type Connections = {
  /** `handoff`. */
  mode: 'handoff' | 'api'
}

/** What to do with pending invitations. */
export type Invitations = {
  /** With `true`, `apply` sends invitations through WorkOS, which emails their recipients. */
  send: boolean
}

/** Rules for passwords. */
export type Passwords = {
  /**
   * What to do with a hash that WorkOS does not accept: migrate the user without a
   * password, who must then reset it, or reject the user.
   */
  unsupported: 'reset' | 'reject'
  /**
   * What to do with a weak hash that WorkOS accepts: send it, migrate the user without a
   * password, who must then reset it, or reject the user.
   */
  weak: 'keep' | 'reset' | 'reject'
  /**
   * What to do with a hash that changed in the source after the migration: keep the
   * password in WorkOS, which the user might have set since, or send the hash.
   */
  onChange: 'keep' | 'send'
  /** Position of the salt in `{SSHA256}…` hashes. */
  ssha256: 'unsupported' | 'suffix' | 'prefix'
}

/** What to do with resources in WorkOS that no earlier run created. */
export type Adopt = {
  /**
   * `match` adopts resources that match by external ID, by email address (users), by user
   * and organization (memberships), or by name (if `organizations.matchByName` is set).
   */
  mode: 'match' | 'never' | 'only'
  /**
   * Fields to fill in on adopted resources if WorkOS has no value: any of `externalId`,
   * `firstName`, `lastName`, `locale`, `name` and `metadata`.
   */
  fill: ('externalId' | 'firstName' | 'lastName' | 'locale' | 'name' | 'metadata')[]
  /**
   * What to do if a WorkOS account has the user's address but never verified it, lacks the
   * user's external ID, and is not in the state.
   */
  unverified: 'block' | 'allow'
}

/** What to do with a field that someone changed in WorkOS since it was applied. */
export type OnDrift =
  | 'keep'
  | 'overwrite'
  | 'fail'
  | {
      /** Kinds not listed here. */
      default?: 'keep' | 'overwrite' | 'fail'
      /** For permissions: one policy, or one for each field. */
      permission?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Fields of permissions not listed here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
          }
      /** For roles: one policy, or one for each field. */
      role?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Fields of roles not listed here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
            /** The field `permissions`. */
            permissions?: 'keep' | 'overwrite' | 'fail'
          }
      /** For organizations: one policy, or one for each field. */
      organization?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Fields of organizations not listed here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `externalId`. */
            externalId?: 'keep' | 'overwrite' | 'fail'
            /** The field `metadata`. */
            metadata?: 'keep' | 'overwrite' | 'fail'
          }
      /** For organization roles: one policy, or one for each field. */
      'organization-role'?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Fields of organization roles not listed here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
            /** The field `permissions`. */
            permissions?: 'keep' | 'overwrite' | 'fail'
          }
      /** For users: one policy, or one for each field. */
      user?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Fields of users not listed here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `email`. */
            email?: 'keep' | 'overwrite' | 'fail'
            /** The field `emailVerified`. */
            emailVerified?: 'keep' | 'overwrite' | 'fail'
            /** The field `firstName`. */
            firstName?: 'keep' | 'overwrite' | 'fail'
            /** The field `lastName`. */
            lastName?: 'keep' | 'overwrite' | 'fail'
            /** The field `locale`. */
            locale?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `externalId`. */
            externalId?: 'keep' | 'overwrite' | 'fail'
            /** The field `metadata`. */
            metadata?: 'keep' | 'overwrite' | 'fail'
          }
      /** For groups: one policy, or one for each field. */
      group?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Fields of groups not listed here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
          }
      /** For memberships: one policy, or one for each field. */
      membership?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Fields of memberships not listed here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `roles`. */
            roles?: 'keep' | 'overwrite' | 'fail'
          }
    }

/**
 * What to do with a resource that was applied, is still in the source, and was deleted
 * in WorkOS since.
 */
export type OnDeleted =
  | 'keep'
  | 'recreate'
  | 'fail'
  | {
      /** Kinds not listed here. */
      default?: 'keep' | 'recreate' | 'fail'
      /** Permissions. */
      permission?: 'keep' | 'recreate' | 'fail'
      /** Roles. */
      role?: 'keep' | 'recreate' | 'fail'
      /** Organizations. */
      organization?: 'keep' | 'recreate' | 'fail'
      /** Organization roles. */
      'organization-role'?: 'keep' | 'recreate' | 'fail'
      /** Users. */
      user?: 'keep' | 'recreate' | 'fail'
      /** Groups. */
      group?: 'keep' | 'recreate' | 'fail'
      /** Roles of groups. */
      'group-role'?: 'keep' | 'recreate' | 'fail'
      /** Members of groups. */
      'group-membership'?: 'keep' | 'recreate' | 'fail'
      /** Memberships. */
      membership?: 'keep' | 'recreate' | 'fail'
    }

/**
 * Kinds that `apply` prunes: it deletes resources that it created and that have left the
 * source since.
 */
export type Prune = (
  | 'permission'
  | 'organization'
  | 'organization-role'
  | 'user'
  | 'totp-factor'
  | 'membership'
  | 'group'
  | 'group-role'
  | 'group-membership'
)[]

/** Limits `plan`, `apply` and `verify` to some users: see [a pilot](../how-to/pilot.md). */
export type Pilot = {
  /** Who is included. */
  only?: string[]
  /** Maximum number of users, the first by their keys. */
  limit?: number
}

/** Where users go. */
export type Target = {
  /** Type of target. */
  type?: 'workos' | 'sandbox'
  /** Secret. */
  apiKey?: string
  /** URL of the API. */
  baseUrl?: string
  /** `sandbox` only: path of its database, relative to the manifest's folder. */
  data?: File
  /** `sandbox` only: enforce WorkOS's documented rate limits. */
  limits?: boolean
  /** Timeout of a request, in seconds. */
  timeout: number
}

/** Path of a file, relative to the manifest's folder. */
export type File = string

/** How fast to run. */
export type Run = {
  /** Threads that evaluate the mapping. */
  workers?: number
  /** Records to map at a time. */
  chunkSize: number
  /** Maximum number of requests in flight. */
  concurrency: number
  /** Maximum number of requests in any window of the given length. */
  limits:
    | {
        /** Writes under `/user_management`. */
        writes: Share
        /** Reads under `/user_management`. */
        reads: Share
        /** All requests. */
        requests: Share
      }
    | string
  /**
   * When `apply` and `destroy` stop cleanly: the next time of day such as `05:30` (time
   * zone of the machine), a moment such as `2030-01-31T05:30:00Z`, or a duration such as
   * `1h30m` from the start.
   */
  deadline?: string
}

/**
 * Requests per period, such as `500/10s`, or a share of the documented limit, such as
 * `70%`.
 */
export type Share = string

/** Limits of a plan and of failures in a run. */
export type Safety = {
  /** Maximum number of creations in a plan. */
  maxCreates?: Threshold
  /** Maximum number of updates in a plan. */
  maxUpdates?: Threshold
  /** Maximum number of deletions in a plan. */
  maxDeletes: Threshold
  /** Maximum number of rejected records before the plan cannot be applied. */
  maxRejects: Threshold
  /** Number of failed writes that stops a run. */
  maxFailures: Threshold
  /** Kinds that neither `prune` nor `destroy` ever deletes. */
  protect: (
    | 'permission'
    | 'organization'
    | 'organization-role'
    | 'user'
    | 'totp-factor'
    | 'membership'
    | 'group'
    | 'group-role'
    | 'group-membership'
  )[]
  /** Word to pass with `--confirm` before anything is applied, including a saved plan. */
  confirm?: string
}

/** A count, or a percentage such as `30%`. */
export type Threshold = number | string

/**
 * Where to store what earlier runs did: in a file, or in a PostgreSQL database that
 * several machines share.
 */
export type State = {
  /** `sqlite` is a file on this machine. */
  type?: 'sqlite' | 'postgres'
  /** `sqlite`: path of the database, relative to the manifest's folder. */
  path: File
  /** `postgres`. */
  url?: string
  /** `postgres`: schema for the state. */
  schema?: string
  /**
   * `postgres`: file of CA certificates (PEM) to verify the server with, relative to the
   * manifest's folder.
   */
  ca?: File
}

/** How `state export` writes WorkOS's IDs back to your own database. */
export type Export = {
  /**
   * What `state export --format sql` writes for `psql`, `mysql` or `sqlite3`: one
   * statement for each resource.
   */
  sql?: {
    /** SQL dialect. */
    dialect: 'postgres' | 'mysql' | 'sqlite'
    /** Resources per transaction. */
    batch: number
    /** Statement for each kind. */
    statements: {
      /** Permissions. */
      permission?: ExportStatement
      /** Roles. */
      role?: ExportStatement
      /** Organizations. */
      organization?: ExportStatement
      /** Organization roles. */
      'organization-role'?: ExportStatement
      /** Users. */
      user?: ExportStatement
      /** TOTP factors. */
      'totp-factor'?: ExportStatement
      /** Memberships. */
      membership?: ExportStatement
      /** Groups. */
      group?: ExportStatement
      /** Roles of groups. */
      'group-role'?: ExportStatement
      /** Members of groups. */
      'group-membership'?: ExportStatement
      /** Connections. */
      connection?: ExportStatement
    }
  }
  /** Table that `state export --to postgres` keeps equal to the state, in one transaction. */
  postgres?: {
    /** Secret. */
    url: string
    /**
     * File of CA certificates (PEM) to verify the server with, relative to the manifest's
     * folder.
     */
    ca?: File
    /** Table, with or without its schema. */
    table: string
    /** Kinds to export. */
    kinds?: (
      | 'permission'
      | 'role'
      | 'organization'
      | 'organization-role'
      | 'user'
      | 'totp-factor'
      | 'membership'
      | 'group'
      | 'group-role'
      | 'group-membership'
      | 'connection'
    )[]
    /** What to do with rows that left the state. */
    removed: 'mark' | 'delete'
    /** Rows to send at a time. */
    batch: number
  }
}

/** Statement for one kind. */
export type ExportStatement = {
  /** Table, with or without its schema. */
  table?: string
  /** Columns to set, each with its value. */
  set?: ExportColumns
  /** Columns that find the row, each with the exact value. */
  where?: ExportColumns
  /** Your own statement. */
  template?: string
}

/** Columns, each with a value of the state. */
export type ExportColumns = Record<
  string,
  | 'key'
  | 'workos_id'
  | 'external_id'
  | 'email'
  | 'kind'
  | 'ownership'
  | 'run'
  | 'user_key'
  | 'organization_key'
  | 'group_key'
>

/**
 * Webhooks to notify when `apply` or `destroy` ends, whatever the outcome: one, or a
 * list.
 */
export type Notify =
  | {
      /** Secret. */
      webhook: string
      /** Secret. */
      secret?: string
      /** What to send. */
      format: 'json' | 'slack'
    }
  | Webhook[]

/** A webhook to notify at the end of a run. */
export type Webhook = {
  /** Secret. */
  webhook: string
  /** Secret. */
  secret?: string
  /** What to send. */
  format: 'json' | 'slack'
}

/** What commands show. */
export type Output = {
  /** What commands hide on standard output and standard error, in every format. */
  mask?: 'none' | 'emails' | 'all'
}

/** Which warnings of a plan you have reviewed. */
export type Warnings = {
  /** Codes of expected warnings. */
  accept: (
    | 'column_not_in_file'
    | 'everybody_left_out'
    | 'everybody_verified'
    | 'field_empty'
    | 'guessed_time'
    | 'live_key_in_staging'
    | 'lookalike_address'
    | 'many_left_out'
    | 'names_swapped'
    | 'not_a_hash'
    | 'nul_in_text'
    | 'one_role_for_all'
    | 'recipe_without_stream'
    | 'test_key_in_production'
    | 'unknown_organization_rules'
    | 'unreadable_json'
    | 'written_null'
  )[]
}

/** One CSV file with a row for each membership; plain, gzip or zstd. */
export type SourceCsv = {
  /** Selects this source. */
  type: 'csv'
  /** The CSV file, relative to the manifest's folder. */
  path: File
  delimiter?: Delimiter
  quote?: Quote
  escape?: Escape
  /** Lines to skip at the beginning of `path`. */
  skipLines?:
    | number
    | {
        path?: SkipLines
        roleDefinitions?: SkipLines
        userRoles?: SkipLines
      }
  ragged?: Ragged
  maxRecordBytes?: MaxRecordBytes
  nulls?: Nulls
  /** CSV of roles. */
  roleDefinitions?: File
  /** CSV of the roles of users. */
  userRoles?: File
}

/** Column separator: one character, or `tab`. */
export type Delimiter = string

/** CSV: the character around fields that contain delimiters or line ends. */
export type Quote = string

/** CSV: the character before a quote inside a quoted field. */
export type Escape = string

/** CSV: lines to skip at the beginning, before the header. */
export type SkipLines = number

/** CSV: what to do with rows that have too few or too many cells. */
export type Ragged = 'reject' | 'pad'

/** Maximum size of one record, in bytes. */
export type MaxRecordBytes = number

/**
 * CSV: values that mean "no value", as an empty cell does, such as `NULL`, `\N`, or
 * MySQL's zero date.
 */
export type Nulls = string[]

/** A Clerk instance: its Backend API (`secretKey`), a file of users (`users`), or both. */
export type SourceClerk = {
  /** Selects this source. */
  type: 'clerk'
  /** Secret key of the Backend API. */
  secretKey?: string
  /** URL of the Backend API, without a path. */
  baseUrl?: string
  /**
   * Users: the dashboard's CSV export, or JSON from Clerk's support, API or migration tool
   * (`.json`, `.ndjson`).
   */
  users?: File
  /** CSV of memberships. */
  memberships?: File
  /** CSV of roles. */
  roles?: File
  /** Read enterprise connections with their settings, for `map.connection`. */
  connections?: boolean
  /** Read pending invitations, for `map.invitation`. */
  invitations?: boolean
  delimiter?: Delimiter
  quote?: Quote
  escape?: Escape
  /** Lines to skip at the beginning of `users`. */
  skipLines?:
    | number
    | {
        users?: SkipLines
        memberships?: SkipLines
        roles?: SkipLines
        roleDefinitions?: SkipLines
      }
  ragged?: Ragged
  maxRecordBytes?: MaxRecordBytes
  nulls?: Nulls
  /** Read only users who changed, or whose memberships changed, since this time. */
  updatedSince?: string
  /** Objects per request. */
  pageSize?: number
  /** Maximum rate of requests to the Backend API, such as `100/10s`. */
  rate?: Limit
  /** Maximum number of requests to the Backend API in flight. */
  concurrency?: number
  /** Folder for the snapshot of the API. */
  snapshot?: File
  /** CSV of roles. */
  roleDefinitions?: File
}

/** Requests per period, such as `500/10s`. */
export type Limit = string

/** An Auth0 tenant, or a file of its users. */
export type SourceAuth0 = {
  /** Selects this source. */
  type: 'auth0'
  /** The tenant: its host, its custom domain, or a URL. */
  domain?: string
  /** Audience of the access tokens. */
  audience?: string
  /** Client ID of a machine-to-machine application with access to the Management API. */
  clientId?: string
  /** Secret. */
  clientSecret?: string
  /** A file of users instead of a tenant, as the bulk export or the dashboard writes it. */
  users?: File
  /** IDs of the organizations to read. */
  organizations?: string[]
  /** Where a user's organizations come from. */
  organizationFrom?: 'organizations' | 'metadata' | 'none'
  /** With `organizationFrom: metadata`: where a user has the organization. */
  metadata?: {
    /** ID of the organization, or a list of IDs. */
    organizationId?: Paths
    /** Name of the organization, or a list of names in the order of the IDs. */
    organizationName?: Paths
    /** Roles of the user in the organization: a list, or comma-separated text. */
    roles?: Paths
  }
  /** Read connections with their settings and organizations, for `map.connection`. */
  connections?: boolean
  /** Read pending invitations to organizations, for `map.invitation`. */
  invitations?: boolean
  /**
   * How to read users: by an export job, by pages (at most 1,000 users), or by whichever
   * suits the number of users.
   */
  engine?: 'auto' | 'export' | 'pages'
  /** With `engine: auto`: use an export job above this number of users. */
  exportAbove?: number
  /** Records per request. */
  pageSize?: number
  /** Maximum rate of requests, evenly spread. */
  rate?: Limit
  /** Maximum number of requests in flight. */
  concurrency?: number
  /** Name of a connection. */
  connection?: string
  /** Read only users who changed or signed in since this time. */
  updatedSince?: string
  /** Password hashes as Auth0's support delivers them. */
  passwords?: Files
  /** MFA secrets as Auth0's support delivers them. */
  mfa?: Files
  maxRecordBytes?: MaxRecordBytes
  nulls?: Nulls
  /** Folder for the snapshot of the tenant, relative to the manifest's folder. */
  snapshot?: string
  /** CSV of roles. */
  roleDefinitions?: File
}

/** A dotted path, or a list of them. */
export type Paths = string | string[]

/** A file, or a list of them, relative to the manifest's folder. */
export type Files = string | string[]

/**
 * Amazon Cognito user pools, read through their API into a snapshot: users, groups,
 * identity providers.
 */
export type SourceCognito = {
  /** Selects this source. */
  type: 'cognito'
  /** ID of the user pool, or a list of IDs. */
  userPools: string | string[]
  /** Region of the user pools. */
  region?: string
  /** URL of the API, without a path, if it is not AWS's own, such as a VPC endpoint. */
  endpoint?: string
  /** AWS profile whose credentials to use: keys, SSO, or a role. */
  profile?: string
  /** Access key ID, if the AWS SDK should not find credentials itself. */
  accessKeyId?: string
  /** Secret. */
  secretAccessKey?: string
  /** Secret. */
  sessionToken?: string
  /** Read groups and their members. */
  groups?: boolean
  /**
   * Read SAML and OpenID Connect identity providers with their settings and client
   * secrets, for `map.connection`.
   */
  connections?: boolean
  /** Read which second factors each user has set up, with one more request for each user. */
  mfa?: boolean
  /** Objects per request. */
  pageSize?: number
  /** Maximum rate of requests, evenly spread, in each of Cognito's quota categories. */
  rate?: Limit
  /** With `mfa`: maximum number of requests in flight. */
  concurrency?: number
  /** Keep only users who changed since this time. */
  updatedSince?: string
  /** Folder for the snapshot of the user pools, relative to the manifest's folder. */
  snapshot?: string
  /** CSV of roles. */
  roleDefinitions?: File
}

/**
 * A project of Firebase Authentication or Identity Platform, read through its API into a
 * snapshot: users with password hashes, tenants, SAML and OpenID Connect providers.
 */
export type SourceFirebase = {
  /** Selects this source. */
  type: 'firebase'
  /** ID of the project, as shown in the console. */
  project: string
  /**
   * Key file of a service account (JSON), or another credentials file that Google's
   * libraries accept.
   */
  credentials?: File
  /** Secret. */
  serviceAccount?: string
  /** IDs of the tenants to read; an empty list reads none. */
  tenants?: string[]
  /** Read password hashes with their parameters. */
  hashes?: boolean
  /**
   * Read SAML and OpenID Connect providers with their settings and client secrets, for
   * `map.connection`.
   */
  connections?: boolean
  /** URL of the API. */
  baseUrl?: string
  /** Users per request. */
  pageSize?: number
  /** Maximum rate of requests to the API, such as `10/1s`. */
  rate?: Limit
  /** Folder for the snapshot of the API. */
  snapshot?: File
}

/** An Okta org, read through its API into a snapshot: users with their groups. */
export type SourceOkta = {
  /** Selects this source. */
  type: 'okta'
  /** The org: its host, its custom domain, or a URL. */
  domain: string
  /** API token of a read-only administrator. */
  token?: string
  /** Client ID of a service app (API Services), which gets access tokens with `privateKey`. */
  clientId?: string
  /** Private key of the service app, RSA or EC, as PEM or as a JWK in JSON. */
  privateKey?: string
  /** `kid` of the app's public key that matches `privateKey`. */
  keyId?: string
  /**
   * Read only users that match this Okta search expression over `status`, `created`,
   * `lastUpdated` and `profile.…`.
   */
  search?: string
  /** IDs of groups. */
  memberOf?: string | string[]
  /** Also read deactivated users (`DEPROVISIONED`), which Okta omits from its list. */
  deprovisioned?: boolean
  /** Read the groups of the users, except the built-in group Everyone. */
  groups?: boolean
  /**
   * Read SAML apps, whose identity provider is Okta, with their metadata, for
   * `map.connection`.
   */
  apps?: boolean
  /**
   * Read the SAML and OpenID Connect identity providers through which users sign in to
   * Okta, for `map.connection`.
   */
  connections?: boolean
  /**
   * Read only users whose profile or status changed since this time, and members of groups
   * whose membership changed.
   */
  updatedSince?: string
  /** Users, groups and apps per request. */
  pageSize?: number
  /** Maximum rate of requests, evenly spread. */
  rate?: Limit
  /** Maximum number of requests in flight. */
  concurrency?: number
  /** Folder for the snapshot of the org, relative to the manifest's folder. */
  snapshot?: string
}

/** CSV, JSON or NDJSON files of any shape, joined by keys; plain, gzip or zstd. */
export type SourceFile = {
  /** Selects this source. */
  type: 'file'
  /** What to read, by name: letters, digits and `_`. */
  streams: Record<string, FileStream>
  maxRecordBytes?: MaxRecordBytes
  nulls?: Nulls
}

/** One stream of records. */
export type FileStream = {
  /**
   * A file relative to the manifest's folder, or a pattern with `*`, `**`, `?` or `{a,b}`,
   * or a list of both.
   */
  path: string | string[]
  /** Format of the records: rows of CSV, one JSON document, or one line of JSON each. */
  format?: 'csv' | 'json' | 'ndjson'
  /** Accept a missing or empty file. */
  optional?: boolean
  /** Text encoding. */
  encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1'
  /**
   * JSON: path of names to the records, such as `users` or `data.items`; `$` is the
   * document itself.
   */
  records?: string
  /** Column separator: one character, or `tab`. */
  delimiter?: Delimiter
  /** CSV: column names, for a file without a header. */
  columns?: string[]
  skipLines?: SkipLines
  /** CSV: skip lines that begin with this text. */
  comment?: string
  quote?: Quote
  escape?: Escape
  ragged?: Ragged
  /**
   * Maximum size of one record of this stream, in bytes, instead of
   * `source.maxRecordBytes`.
   */
  maxRecordBytes?: MaxRecordBytes
  /** CSV: values that mean "no value" in this stream, instead of `source.nulls`. */
  nulls?: Nulls
  /** CSV: remove blanks around values. */
  trim?: boolean
  join?: Join
}

/** Attaches these records to records of another stream. */
export type Join = {
  /** Stream to attach the records to. */
  into?: string
  /** JSONata over one of these records: the key of the record it belongs to. */
  key: Expression
  /** JSONata over a record of the other stream: the value that `key` must equal exactly. */
  to: Expression
  /** `many` attaches a list under the stream's name. */
  as?: 'many' | 'one'
  /** What to do with a record that matches nothing. */
  unmatched?: 'reject' | 'ignore'
}

/** Tables and queries of a PostgreSQL database, joined by keys. */
export type SourcePostgres = {
  /** Selects this source. */
  type: 'postgres'
  /** URL of the database, with a user that can read. */
  url: string
  ca?: DatabaseCa
  streams: DatabaseStreams
  updatedSince?: DatabaseUpdatedSince
  statementTimeout?: StatementTimeout
  snapshot?: DatabaseSnapshot
}

/**
 * File of CA certificates (PEM) to verify the server with, relative to the manifest's
 * folder.
 */
export type DatabaseCa = File

/** What to read, by name: letters, digits and `_`. */
export type DatabaseStreams = Record<string, DatabaseStream>

/** One stream of records: the rows of a table or of a query. */
export type DatabaseStream = {
  /** A table or view, spelled as in the database, with its schema if needed. */
  table?: string
  /** One SELECT without a semicolon, instead of `table`. */
  query?: string
  /** Column or columns with a unique value in each row: the primary key. */
  key: string | string[]
  /** Column with the time of a row's last change, for `source.updatedSince`. */
  updatedAt?: string
  join?: Join
}

/**
 * Read only records that changed since this time, by `updatedAt` of their stream or of a
 * stream joined to it.
 */
export type DatabaseUpdatedSince = string

/** Maximum duration of one statement, until the last row of its stream is read. */
export type StatementTimeout = string

/** Folder for the snapshot of the database. */
export type DatabaseSnapshot = File

/** Tables and queries of a MySQL or MariaDB database, joined by keys. */
export type SourceMysql = {
  /** Selects this source. */
  type: 'mysql'
  /** URL of the database, with a user that can read. */
  url: string
  ca?: DatabaseCa
  streams: DatabaseStreams
  updatedSince?: DatabaseUpdatedSince
  statementTimeout?: StatementTimeout
  snapshot?: DatabaseSnapshot
}

/** One record and its expected result. */
export type Test = {
  /** Stream of the record. */
  stream?: string
  /** Record as the source returns it, with its joined records. */
  input: JsonObject
  /** Vars that differ in this test, merged over the manifest's vars. */
  vars?: JsonObject
  /** Made-up secrets for this test, instead of the manifest's secrets. */
  secrets?: Record<string, string>
  /** Expected result. */
  expect: {
    user?: ExpectedUser
    organization?: ExpectedOrganization
    membership?: ExpectedMembership
    permission?: ExpectedPermission
    role?: ExpectedRole
    group?: ExpectedGroup
    groupMember?: ExpectedGroupMember
    connection?: ExpectedConnection
    invitation?: ExpectedInvitation
    roleAssignment?: ExpectedRoleAssignment
    /** All rejected items. */
    rejected?: {
      /** Kind of the rejected item. */
      kind:
        | 'user'
        | 'organization'
        | 'membership'
        | 'permission'
        | 'role-definition'
        | 'group'
        | 'group-role'
        | 'group-membership'
        | 'connection'
        | 'invitation'
        | 'roleAssignment'
      /** Code of the reason, as `workos-migrate errors` shows it. */
      code: string
      /** Field that caused it. */
      field?: string
    }[]
    /** All notes on the accepted resources, such as `password_reset_required`. */
    notes?: {
      /** Code of the note. */
      code: string
      /** Detail of the note, such as the hasher or the metadata key. */
      detail?: string
    }[]
  }
}

/** Expected users, with the fields to compare; null for a field that must be absent. */
export type ExpectedUser =
  | {
      /** Identity in the source. */
      key?: Json
      /** Email address. */
      email?: Json
      /** Whether the address is verified. */
      emailVerified?: Json
      /** First name. */
      firstName?: Json
      /** Last name. */
      lastName?: Json
      /** Language tag. */
      locale?: Json
      /** Name. */
      name?: Json
      /** External ID. */
      externalId?: Json
      /** All its metadata. */
      metadata?: Json
      /** Password in plain text. */
      password?: Json
      /** Hash and type, or null for none. */
      passwordHash?: {
        /** Hash in WorkOS's form. */
        hash?: string
        /** Type, as WorkOS names it. */
        type?: string
      } | null
      /**
       * Secret of the authenticator app as WorkOS receives it, with the issuer and account if
       * the source has them; or null for none.
       */
      totpSecret?: {
        /** Secret in Base32, uppercase and without `=`. */
        secret?: string
        /** Issuer. */
        issuer?: string
        /** Account. */
        account?: string
      } | null
    }
  | ExpectedUser[]
  | null

/**
 * Expected organizations, with the fields to compare; null for a field that must be
 * absent.
 */
export type ExpectedOrganization =
  | {
      /** Identity in the source. */
      key?: Json
      /** WorkOS ID of an existing organization. */
      id?: Json
      /** External ID. */
      externalId?: Json
      /** Name. */
      name?: Json
      /** All its metadata. */
      metadata?: Json
      /** Domains, in any order. */
      domains?: Json
      /** Domains added as verified, in any order. */
      verifiedDomains?: Json
    }
  | ExpectedOrganization[]
  | null

/**
 * Expected memberships, with the fields to compare; null for a field that must be
 * absent.
 */
export type ExpectedMembership =
  | {
      /** Key of the user. */
      user?: Json
      /** Key of the organization. */
      organization?: Json
      /** Slugs of its roles, in any order. */
      roles?: Json
    }
  | ExpectedMembership[]
  | null

/**
 * Expected permissions, with the fields to compare; null for a field that must be
 * absent.
 */
export type ExpectedPermission =
  | {
      /** Its slug. */
      key?: Json
      /** Display name. */
      name?: Json
      /** What it allows. */
      description?: Json
    }
  | ExpectedPermission[]
  | null

/**
 * Expected role definitions, with the fields to compare; null for a field that must be
 * absent.
 */
export type ExpectedRole =
  | {
      /** Slug. */
      key?: Json
      /** Slug in WorkOS. */
      slug?: Json
      /** Key of its organization. */
      organization?: Json
      /** Display name. */
      name?: Json
      /** What it is for. */
      description?: Json
      /** Slugs of its permissions, in any order. */
      permissions?: Json
    }
  | ExpectedRole[]
  | null

/** Expected groups, with the fields to compare; null for a field that must be absent. */
export type ExpectedGroup =
  | {
      /** Identity in the source, with the organization's key. */
      key?: Json
      /** Key of the organization. */
      organization?: Json
      /** Name. */
      name?: Json
      /** Description. */
      description?: Json
      /** Slugs of the roles that its members get, in any order. */
      roles?: Json
    }
  | ExpectedGroup[]
  | null

/** Expected group members, with the fields to compare. */
export type ExpectedGroupMember =
  | {
      /** Key of the group, with the organization's key. */
      group?: Json
      /** Key of the organization. */
      organization?: Json
      /** Key of the user. */
      user?: Json
    }
  | ExpectedGroupMember[]
  | null

/**
 * Expected connections, with the fields to compare; null for a field that must be
 * absent.
 */
export type ExpectedConnection =
  | {
      /** Identity in the source, with the organization's key. */
      key?: Json
      /** Key of the organization. */
      organization?: Json
      /** `saml` or `oidc`. */
      type?: Json
      /** Name. */
      name?: Json
      /** External ID. */
      externalId?: Json
      /** Type in WorkOS, such as `OktaSAML`. */
      connectionType?: Json
      /** Domains, in any order. */
      domains?: Json
      /** SAML. */
      idpMetadataUrl?: Json
      /** SAML: entity ID of the identity provider. */
      idpEntityId?: Json
      /** SAML: sign-in URL of the identity provider. */
      idpUrl?: Json
      /** Certificates in PEM, in any order. */
      x509Cert?: Json
      /** SAML: entity ID by which the identity provider already knows your application. */
      customEntityId?: Json
      /** SAML. */
      customAcsUrl?: Json
      /** SAML: attribute with the user's ID at the identity provider. */
      idpIdAttribute?: Json
      /** SAML: attribute with the email address. */
      emailAttribute?: Json
      /** SAML: attribute with the first name. */
      firstNameAttribute?: Json
      /** SAML: attribute with the last name. */
      lastNameAttribute?: Json
      /** SAML: attribute with the full name. */
      nameAttribute?: Json
      /**
       * SAML: whether users can start to sign in at the identity provider: true/1/yes/y or
       * false/0/no/n.
       */
      idpInitiatedEnabled?: Json
      /** Secret. */
      requestSigningKey?: Json
      /** SAML: certificate of `requestSigningKey`. */
      requestSigningCert?: Json
      /** Secret. */
      assertionEncryptionKey?: Json
      /** SAML: certificate of `requestSigningKey`. */
      assertionEncryptionCert?: Json
      /** Secret. */
      nameIdEncryptionKey?: Json
      /** OpenID Connect: client ID at the identity provider. */
      clientId?: Json
      /** Secret. */
      clientSecret?: Json
      /** URL of the discovery document. */
      discoveryEndpoint?: Json
      /** OpenID Connect. */
      customRedirectUri?: Json
      /** Texts for the notes on the hand-off, in any order. */
      notes?: Json
    }
  | ExpectedConnection[]
  | null

/**
 * Expected invitations, with the fields to compare; null for a field that must be
 * absent.
 */
export type ExpectedInvitation =
  | {
      /** Email address and the organization's key. */
      key?: Json
      /** Invited email address. */
      email?: Json
      /** Key of the organization. */
      organization?: Json
      /** Slug of the role. */
      role?: Json
      /** When the invitation expires in the source, ISO 8601. */
      expiresAt?: Json
      /** Days until the invitation expires in WorkOS. */
      expiresInDays?: Json
    }
  | ExpectedInvitation[]
  | null

/**
 * Expected roles for memberships of other records, with the fields to compare; null for
 * a field that must be absent.
 */
export type ExpectedRoleAssignment =
  | {
      /** Key of the user. */
      user?: Json
      /** Key of the organization, or null for all organizations of the user. */
      organization?: Json
      /** Slug of the role. */
      role?: Json
    }
  | ExpectedRoleAssignment[]
  | null

/** Where the users come from. */
export type Source =
  | SourceCsv
  | SourceClerk
  | SourceAuth0
  | SourceCognito
  | SourceFirebase
  | SourceOkta
  | SourceFile
  | SourcePostgres
  | SourceMysql

/** Rules for secrets of authenticator apps (`map.user.totpSecret`). */
export type Totp = {
  /** Encoding of secrets that do not have one. */
  encoding: 'auto' | 'base32' | 'hex' | 'base64' | 'base64url' | 'text'
  /** Issuer that WorkOS stores for a factor without one. */
  issuer?: string
  /**
   * What to do with a factor that WorkOS does not accept: it accepts only SHA-1, 6 digits
   * and 30 seconds.
   */
  unsupported: 'skip' | 'reject'
}

/** Tests of the mapping by name: a record and its expected result. */
export type Tests = Record<string, Test>

/**
 * The defaults of the options of a source. The check of a manifest does not fill them in: files
 * reject options that are set, and the digest of every manifest would change.
 */
export const SOURCE_DEFAULTS = {
  csv: { skipLines: 0 },
  clerk: { connections: false, invitations: false, skipLines: 0, pageSize: 500, concurrency: 4 },
  auth0: { connections: false, invitations: false, engine: 'auto', exportAbove: 1000, pageSize: 100, concurrency: 4 },
  cognito: { groups: true, connections: false, mfa: false, pageSize: 60, concurrency: 4 },
  firebase: { hashes: true, connections: false, pageSize: 1000 },
  okta: { deprovisioned: false, groups: true, apps: false, connections: false, pageSize: 200, concurrency: 4 },
  file: {},
  postgres: {},
  mysql: {},
} as const
