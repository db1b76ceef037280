// Generated from schemas/migrate.config.schema.json: change that file, then run npm run docs.
import type { Json, JsonObject } from '../json.ts'

/** What is migrated, from where, how its fields map, and how hard to push. */
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

/** Values of your own, of any shape, that expressions read as `$vars`. */
export type Vars = JsonObject

/**
 * Secret texts that expressions read as `$secrets`: the signer key of a Firebase
 * project.
 */
export type Secrets = Record<string, string>

/**
 * How records become resources: one rule per kind, whose fields are JSONata expressions
 * over one record with its joined records.
 */
export type Mapping = {
  /** How a record becomes a user. */
  user?: {
    from?: From
    each?: Each
    when?: When
    /** Identity of the user in the source; it must never change. */
    key?: Expression
    /** E-mail address. */
    email?: Expression
    /** Whether the address has been verified. */
    emailVerified?: Expression
    /** First name. */
    firstName?: Expression
    /** Last name. */
    lastName?: Expression
    /** Language tag, such as `en-US`; `en_US` is read as well. */
    locale?: Expression
    /** Full name. */
    name?: Expression
    /** External id that WorkOS keeps with the user; unique among all users. */
    externalId?: Expression
    /** Metadata: an expression for each key, or one expression that yields an object. */
    metadata?: Record<string, Expression> | string
    /** Password in the clear. */
    password?: Expression
    /** Hash of the password. */
    passwordHash?: Expression
    /** Type of the hash. */
    passwordHashType?: Expression
    /**
     * Secret of an authenticator app: text, an otpauth URI, or `{ secret, encoding,
     * algorithm, digits, period, issuer, account }`; see docs/how-to/totp.md.
     */
    totpSecret?: Expression
  }
  /** How a record becomes an organization. */
  organization?: {
    from?: From
    each?: Each
    when?: When
    /** Identity of the organization in the source; it must never change. */
    key?: Expression
    /** WorkOS id (`org_…`) of an organization that exists already. */
    id?: Expression
    /** External id that WorkOS keeps with the organization; unique among all organizations. */
    externalId?: Expression
    /** Name. */
    name?: Expression
    /** Metadata: an expression for each key, or one expression that yields an object. */
    metadata?: Record<string, Expression> | string
    /**
     * The organization's domains: a list or a comma text of names, or a list of `{ domain,
     * state }` with the state `pending` or `verified`; see `organizations.domainState`.
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
    /** Role or list of roles, as the source names them. */
    roles?: Expression
  }
  /** How a record becomes a permission. */
  permission?: {
    from?: From
    each?: Each
    when?: When
    /** Slug of the permission. */
    key?: Expression
    /** Its name. */
    name?: Expression
    /** What it allows. */
    description?: Expression
  }
  /**
   * How a record becomes the definition of a role: of the environment, or of
   * organizations.
   */
  role?: {
    from?: From
    each?: Each
    when?: When
    /** The role as the source names it; `roles.map` makes its slug of it. */
    key?: Expression
    /** Its name. */
    name?: Expression
    /** What it is for. */
    description?: Expression
    /** Slugs of its permissions: a list, or text with commas. */
    permissions?: Expression
    /** `environment` or `organization`. */
    type?: Expression
    /** Key of the organization that has the role. */
    organization?: Expression
  }
  /** How a record becomes groups of an organization; see docs/how-to/groups.md. */
  group?: {
    from?: From
    each?: Each
    when?: When
    /** Identity of the group within its organization; it must never change. */
    key?: Expression
    /** Key of the organization. */
    organization?: Expression
    /** Name, of at most 256 characters. */
    name?: Expression
    /** Description, of at most 150 characters. */
    description?: Expression
    /** Role or list of roles that the group gives to its members, as the source names them. */
    roles?: Expression
  }
  /**
   * How a record puts users into groups of organizations whose members they are; see
   * docs/how-to/groups.md.
   */
  groupMember?: {
    from?: From
    each?: Each
    when?: When
    /** The group: the key that `map.group` gives it, or its name where that maps no key. */
    group?: Expression
    /** Key of the group's organization. */
    organization?: Expression
    /** Key of the user, who must be a member of the organization. */
    user?: Expression
  }
  /**
   * How a record becomes an invitation that nobody has taken up yet; see
   * docs/how-to/invitations.md.
   */
  invitation?: {
    from?: From
    each?: Each
    when?: When
    /** The address that is invited. */
    email?: Expression
    /** Key of the organization to which it invites. */
    organization?: Expression
    /** Role that it gives in the organization, translated by `roles.map`. */
    role?: Expression
    /** Until when it holds in the source, for the file. */
    expiresAt?: Expression
    /** Days for which WorkOS lets it hold, from 1 to 30. */
    expiresInDays?: Expression
  }
  /**
   * How a record becomes a single sign-on connection of an organization; see
   * docs/how-to/connections.md.
   */
  connection?: {
    from?: From
    each?: Each
    when?: When
    /**
     * Identity of the connection in the source; with that of the organization it must never
     * change.
     */
    key?: Expression
    /** Key of the organization, as `map.organization` yields it. */
    organization?: Expression
    /** `saml` or `oidc`. */
    type?: Expression
    /** Name. */
    name?: Expression
    /** External id that WorkOS keeps with the connection, unique in its organization. */
    externalId?: Expression
    /** Type in WorkOS, such as `OktaSAML`. */
    connectionType?: Expression
    /** Domains whose people sign in by it: a list or a comma text of names. */
    domains?: Expression
    /** SAML: address of the identity provider's metadata. */
    idpMetadataUrl?: Expression
    /** SAML: the metadata itself, from which what is missing of the three below is read. */
    idpMetadataXml?: Expression
    /** SAML: entity id of the identity provider. */
    idpEntityId?: Expression
    /** SAML: where the identity provider takes sign-ins. */
    idpUrl?: Expression
    /** SAML: certificates with which the identity provider signs. */
    x509Cert?: Expression
    /** SAML: entity id by which the identity provider knows your application already. */
    customEntityId?: Expression
    /** SAML: address to which the identity provider answers already. */
    customAcsUrl?: Expression
    /** SAML: attribute with a person's id at the identity provider. */
    idpIdAttribute?: Expression
    /** SAML: attribute with the e-mail address. */
    emailAttribute?: Expression
    /** SAML: attribute with the first name. */
    firstNameAttribute?: Expression
    /** SAML: attribute with the last name. */
    lastNameAttribute?: Expression
    /** SAML: attribute with the whole name. */
    nameAttribute?: Expression
    /**
     * SAML: whether sign-ins may begin at the identity provider: true/1/yes/y or
     * false/0/no/n.
     */
    idpInitiatedEnabled?: Expression
    /** SAML: secret. */
    requestSigningKey?: Expression
    /** SAML: the certificate of that key. */
    requestSigningCert?: Expression
    /** SAML: secret. */
    assertionEncryptionKey?: Expression
    /** SAML: the certificate of that key. */
    assertionEncryptionCert?: Expression
    /** SAML: secret. */
    nameIdEncryptionKey?: Expression
    /** OpenID Connect: id of the client at the identity provider. */
    clientId?: Expression
    /** OpenID Connect: secret of the client. */
    clientSecret?: Expression
    /** OpenID Connect: the issuer, or the address of its discovery document. */
    discoveryEndpoint?: Expression
    /** OpenID Connect: address to which the identity provider answers already. */
    customRedirectUri?: Expression
    /**
     * What the files of a hand-off have no room for: a text or a list of texts, for the
     * notes on the connection.
     */
    notes?: Expression
  }
  /** How a record gives roles to a user whose memberships come from elsewhere. */
  roleAssignment?: {
    from?: From
    each?: Each
    when?: When
    /** Key of the user. */
    user?: Expression
    /**
     * E-mail address of the same user, for files that name users in both ways: a role whose
     * address another user of the source has, and this one has not, is rejected.
     */
    email?: Expression
    /** Key of the organization. */
    organization?: Expression
    /** Role, as the source names it. */
    role?: Expression
  }
}

/** Stream of the source that the rule reads, or a list of streams. */
export type From = string | string[]

/** Expression that yields the items to map, one resource each. */
export type Each = string | Record<string, Expression>

/** A JSONata expression over one record. */
export type Expression = string

/** Expression that must be true for an item to be mapped. */
export type When = Expression

/** How several records of one person become one user. */
export type Dedupe = {
  /** The rule for users. */
  user: {
    /**
     * Expressions over the mapped user (`$record` is the record of the source); users that
     * agree in all of them are one.
     */
    by: Expression[]
    /** What makes two e-mail addresses one for `by`. */
    email: {
      /**
       * Whether `ada+news@example.com` is another address than `ada@example.com` (`keep`) or
       * the same one (`ignore`).
       */
      plusTags: 'keep' | 'ignore'
      /**
       * Whether dots before the @ count in addresses of gmail.com and googlemail.com, which
       * are one domain with `ignore`.
       */
      gmailDots: 'keep' | 'ignore'
    }
    /** What becomes of several records of one user. */
    strategy: 'merge' | 'first' | 'last' | 'newest' | 'error'
    /**
     * Expression, or several with the one that counts most in front, that ranks the records
     * of one user: over the mapped user, with `$record` for the record of the source.
     */
    prefer?: string | Expression[]
    /** Expression that yields when a record was changed last, over the same as `prefer`. */
    updatedAt?: Expression
    /**
     * With `strategy: merge`, which value a field takes when several records give one; see
     * docs/how-to/duplicates.md.
     */
    fields: {
      /** The rule for fields that are not named. */
      default?: 'first' | 'last' | 'newest'
      email?: MergeOne
      /** Rule for `emailVerified`, among the records that have the address which is kept. */
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
    /**
     * What becomes of the external ids of the records that a user was merged from, other
     * than the one it keeps.
     */
    externalIds: {
      /** Whether they are kept in the metadata of the user, sorted, with blanks between them. */
      keep: boolean
      /** The metadata key that holds them. */
      keepAs: string
    }
  }
}

/** Rule for this field. */
export type MergeOne = 'first' | 'last' | 'newest'

/** Rule for this text. */
export type MergeText = 'first' | 'last' | 'newest' | 'longest' | 'concat'

/** Which roles there are in WorkOS, and what the source's roles mean there. */
export type Roles = {
  /** Roles by slug. */
  define: Record<
    string,
    {
      /** Its name. */
      name: string
      /** What it is for. */
      description?: string
      /** Slugs of its permissions. */
      permissions?: PermissionSlug[]
      /** Whether it is a role of the environment, or one that single organizations have. */
      type?: 'environment' | 'organization'
      /** Keys of the organizations that have the role. */
      organizations?: string[]
    }
  >
  /**
   * What happens to a role or a permission that is in WorkOS already, was not made by this
   * migration and differs from its definition.
   */
  onConflict?: 'keep' | 'update' | 'fail'
  map?: RoleMap
  unmapped: Unmapped
  /** Role of the memberships for which the source names none, or none that is kept. */
  default?: RoleSlug
  /**
   * What happens to a role that the source gives to somebody in no organization, where
   * WorkOS has no place for it.
   */
  withoutOrganization?: 'reject' | 'drop'
  /**
   * By the organization's key, as `map.membership.organization` yields it: what holds in
   * this organization before the rules above.
   */
  organizations?: Record<
    string,
    {
      /** Names that mean something else here. */
      map?: RoleMap
      /** What happens to a role that neither map knows. */
      unmapped?: Unmapped
      /** Role of memberships that have no other. */
      default?: RoleSlug
    }
  >
  /**
   * Several roles on one membership, which WorkOS takes only where the environment has
   * that enabled: send them all (`allow`; where it is not enabled, `notEnabled` decides),
   * keep the `first` by `priority` and list what is lost, or `fail`: reject the
   * membership.
   */
  multiple?: 'allow' | 'first' | 'fail'
  /**
   * With `multiple: allow`, what happens where WorkOS answers that the environment has one
   * role a membership.
   */
  notEnabled?: 'fail' | 'first'
  /** Slugs, the most important role in front. */
  priority?: RoleSlug[]
}

/** Slug of a role in WorkOS. */
export type RoleSlug = string

/** Slug of a permission in WorkOS. */
export type PermissionSlug = string

/** From the source's roles to slugs in WorkOS. */
export type RoleMap = Record<string, RoleSlug | RoleTarget>

/** Slug of a role in WorkOS, in which `*` is what the name's `*` stands for. */
export type RoleTarget = string

/**
 * What happens to a role that `map` does not know: refuse the membership, leave the role
 * out, or keep it as it is.
 */
export type Unmapped = 'error' | 'drop' | 'keep'

/** The permissions that roles have. */
export type Permissions = {
  /** Permissions by slug. */
  define: Record<
    string,
    {
      /** Its name. */
      name: string
      /** What it allows. */
      description?: string
    }
  >
}

/** Rules for metadata of users and organizations. */
export type Metadata = {
  /** Put before reserved names with an underscore. */
  prefix?: string
  /** Keys that one object may have: 10 by WorkOS's guide, up to 50 by its API description. */
  maxKeys: number
  /** Characters of a key; WorkOS takes 40. */
  maxKeyLength: number
  /** Characters of a value; WorkOS takes 600. */
  maxValueLength: number
  /** Whether only ASCII characters are taken. */
  ascii: boolean
  /** Where `ascii` is true, what happens to a value that is not ASCII or whose key is not. */
  nonAscii: 'reject' | 'drop'
  /** What an object within metadata becomes. */
  nested: 'json' | 'flatten'
  /** What stands between the names of a flattened key. */
  separator: string
  /** What happens to a key of more than `maxKeyLength` characters. */
  keyTooLong: 'reject' | 'cut'
  /** What happens to a value of more than `maxValueLength` characters. */
  tooLong: 'reject' | 'cut' | 'drop'
  /** What happens to more than `maxKeys` keys. */
  tooManyKeys: 'reject' | 'drop'
  /** With `tooManyKeys: drop`, the keys that stay first, as they are named in WorkOS. */
  keep: string[]
}

/** Rules for external ids. */
export type ExternalId = {
  /** Characters of an external id. */
  maxLength: number
}

/** Rules for organizations and their domains; see docs/how-to/organizations.md. */
export type Organizations = {
  /** The state in which domains are entered. */
  domainState: 'pending' | 'mapped' | 'verified'
  /**
   * A domain of a public mail provider, such as gmail.com, which WorkOS does not take:
   * reject the organization, or drop the domain and count it.
   */
  consumerDomains: 'reject' | 'drop'
  /**
   * A domain that several organizations of the source claim: reject all of them, or drop
   * the domain from all of them and count it.
   */
  sharedDomains: 'reject' | 'drop'
  /**
   * Records of one organization that give it different names: take the name of the first
   * or the last record that has one, or that which most records have, and report all of
   * them; or refuse the organization.
   */
  onNameConflict: 'first' | 'last' | 'most' | 'error'
  /**
   * Whether an organization that is found in WorkOS neither by its id nor by its external
   * id is matched with one there that has exactly its name, no external id, and is not in
   * the state.
   */
  matchByName: boolean
}

/** What becomes of single sign-on connections; see docs/how-to/connections.md. */
export type Connections = {
  /** `handoff`. */
  mode: 'handoff' | 'api'
}

/**
 * What becomes of invitations that nobody has taken up yet; see
 * docs/how-to/invitations.md.
 */
export type Invitations = {
  /** Whether `apply` sends them through WorkOS, which writes to their recipients. */
  send: boolean
}

/** Rules for passwords. */
export type Passwords = {
  /**
   * A hash that WorkOS does not take: migrate the user without a password, who must then
   * reset it, or reject the user.
   */
  unsupported: 'reset' | 'reject'
  /**
   * A hash that WorkOS takes although it is weak by today's measure (`ssha`, bcrypt below
   * cost 10, scrypt below 16 MiB, Argon2 below what OWASP asks for): keep it and send it,
   * migrate the user without a password, who must then reset it, or reject the user.
   */
  weak: 'keep' | 'reset' | 'reject'
  /**
   * A hash that changed in the source after the user was migrated: keep what is in WorkOS,
   * which the user may have set since, or send it.
   */
  onChange: 'keep' | 'send'
  /**
   * Hashes like `{SSHA256}…`, which WorkOS names and publishes no form of: they count as
   * ones that it does not take, or are sent with the salt's position, `suffix` where the
   * digest is of the password and the salt, `prefix` where it is of the salt and the
   * password.
   */
  ssha256: 'unsupported' | 'suffix' | 'prefix'
}

/** What happens to things that exist in WorkOS and that no earlier run created. */
export type Adopt = {
  /**
   * Take over what matches by external id, by e-mail address (users), by user and
   * organization (memberships) or, where `organizations.matchByName` says so, by name;
   * never do so; or `only` do so: users and organizations that WorkOS lacks are blocked,
   * none is created.
   */
  mode: 'match' | 'never' | 'only'
  /**
   * Fields that are filled in on what is adopted, where WorkOS has no value: any of
   * `externalId`, `firstName`, `lastName`, `locale`, `name` and `metadata`.
   */
  fill: ('externalId' | 'firstName' | 'lastName' | 'locale' | 'name' | 'metadata')[]
  /**
   * What happens to a user where an account in WorkOS has the address, never verified it,
   * lacks the user's external id and is not in the state: anybody may have opened it.
   */
  unverified: 'block' | 'allow'
}

/** What happens to a field that somebody changed in WorkOS since it was applied. */
export type OnDrift =
  | 'keep'
  | 'overwrite'
  | 'fail'
  | {
      /** Every kind that is not named here. */
      default?: 'keep' | 'overwrite' | 'fail'
      /** For permissions: one policy, or one per field. */
      permission?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Every field of permissions that is not named here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
          }
      /** For roles: one policy, or one per field. */
      role?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Every field of roles that is not named here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
            /** The field `permissions`. */
            permissions?: 'keep' | 'overwrite' | 'fail'
          }
      /** For organizations: one policy, or one per field. */
      organization?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Every field of organizations that is not named here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `externalId`. */
            externalId?: 'keep' | 'overwrite' | 'fail'
            /** The field `metadata`. */
            metadata?: 'keep' | 'overwrite' | 'fail'
          }
      /** For organization roles: one policy, or one per field. */
      'organization-role'?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Every field of organization roles that is not named here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
            /** The field `permissions`. */
            permissions?: 'keep' | 'overwrite' | 'fail'
          }
      /** For users: one policy, or one per field. */
      user?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Every field of users that is not named here. */
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
      /** For groups: one policy, or one per field. */
      group?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Every field of groups that is not named here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `name`. */
            name?: 'keep' | 'overwrite' | 'fail'
            /** The field `description`. */
            description?: 'keep' | 'overwrite' | 'fail'
          }
      /** For memberships: one policy, or one per field. */
      membership?:
        | 'keep'
        | 'overwrite'
        | 'fail'
        | {
            /** Every field of memberships that is not named here. */
            default?: 'keep' | 'overwrite' | 'fail'
            /** The field `roles`. */
            roles?: 'keep' | 'overwrite' | 'fail'
          }
    }

/**
 * What happens to something that was applied, is still in the source, and was deleted in
 * WorkOS since.
 */
export type OnDeleted =
  | 'keep'
  | 'recreate'
  | 'fail'
  | {
      /** Every kind that is not named here. */
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
 * Kinds that `apply` prunes: it deletes what it created and what has left the source
 * since.
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

/**
 * Of whom `plan`, `apply` and `verify` speak, until everybody's turn comes: see [a
 * pilot](../how-to/pilot.md).
 */
export type Pilot = {
  /** Who is chosen. */
  only?: string[]
  /**
   * How many users at most, the first by their keys: the same limit gives the same users
   * again, a greater one more of them.
   */
  limit?: number
}

/** Where the users go. */
export type Target = {
  /** Kind of target. */
  type?: 'workos' | 'sandbox'
  /** Secret. */
  apiKey?: string
  /** Address of the API. */
  baseUrl?: string
  /** `sandbox` only: its database, relative to the manifest's folder. */
  data?: File
  /** `sandbox` only: whether it enforces WorkOS's documented rate limits. */
  limits?: boolean
  /** Seconds until a request is given up. */
  timeout: number
}

/** Path of a file, relative to the manifest's folder. */
export type File = string

/** How hard a run pushes. */
export type Run = {
  /** Threads that evaluate the mapping. */
  workers?: number
  /** Records that are mapped in one go. */
  chunkSize: number
  /** Requests in flight at once. */
  concurrency: number
  /** How many requests may leave in any window of the given length. */
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
   * When `apply` and `destroy` stop in order: a time of day such as `05:30` (the next one,
   * by the machine's time zone), a moment such as `2030-01-31T05:30:00Z`, or a duration
   * such as `4h` or `1h30m` from the start of the command.
   */
  deadline?: string
}

/**
 * Requests per period, such as `500/10s`; or a share of the documented limit, such as
 * `70%`.
 */
export type Share = string

/** What a plan must not exceed, and when a run stops. */
export type Safety = {
  /** Creations that a plan may hold. */
  maxCreates?: Threshold
  /** Updates that a plan may hold. */
  maxUpdates?: Threshold
  /** Deletions that a plan may hold. */
  maxDeletes: Threshold
  /** Records that may be rejected before the plan is refused. */
  maxRejects: Threshold
  /** Failed writes after which a run stops. */
  maxFailures: Threshold
  /** Kinds that are never deleted, neither by `prune` nor by `destroy`. */
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
  /**
   * A word that must be given with `--confirm` before anything is applied, a saved plan
   * too.
   */
  confirm?: string
}

/** A count, or a percentage such as `30%`. */
export type Threshold = number | string

/**
 * Where a run remembers what earlier runs did: in a file, or in a PostgreSQL database
 * that several machines share.
 */
export type State = {
  /** What keeps it. */
  type?: 'sqlite' | 'postgres'
  /** Of a `sqlite` state: its database, relative to the manifest's folder. */
  path: File
  /**
   * Of a `postgres` state: the database, with a direct port, not that of a transaction
   * pooler.
   */
  url?: string
  /** Of a `postgres` state: the schema of the database that holds it. */
  schema?: string
  /**
   * Of a `postgres` state: a file with the certificates (PEM) that the server's
   * certificate is checked against, relative to the manifest's folder.
   */
  ca?: File
}

/** How `state export` brings WorkOS's ids back into your own database. */
export type Export = {
  /**
   * What `state export --format sql` writes: a statement for each resource, for `psql`,
   * `mysql` or `sqlite3`.
   */
  sql?: {
    /** How values and names are written: for `postgres`, `mysql` (MariaDB too) or `sqlite`. */
    dialect: 'postgres' | 'mysql' | 'sqlite'
    /** Resources in one transaction. */
    batch: number
    /** The statement of each kind. */
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
  /** The table that `state export --to postgres` keeps as the state is, in one transaction. */
  postgres?: {
    /** Secret. */
    url: string
    /**
     * A file with the certificates (PEM) that the server's certificate is checked against,
     * relative to the manifest's folder.
     */
    ca?: File
    /** The table, with or without its schema. */
    table: string
    /** The kinds that it has. */
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
    /** What becomes of rows that left the state. */
    removed: 'mark' | 'delete'
    /** Rows that are sent at once. */
    batch: number
  }
}

/** The statement of one kind. */
export type ExportStatement = {
  /** The table, with or without its schema. */
  table?: string
  /** Columns, each with the value that it gets. */
  set?: ExportColumns
  /** Columns that find the row, each with the value that it has, to the letter. */
  where?: ExportColumns
  /** The statement as you write it. */
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
 * Webhooks that are notified when an `apply` or a `destroy` ends, however it ends: one,
 * or a list.
 */
export type Notify =
  | {
      /** Secret. */
      webhook: string
      /** Secret. */
      secret?: string
      /** What is sent. */
      format: 'json' | 'slack'
    }
  | Webhook[]

/** A webhook that is notified of the end of a run. */
export type Webhook = {
  /** Secret. */
  webhook: string
  /** Secret. */
  secret?: string
  /** What is sent. */
  format: 'json' | 'slack'
}

/** What the commands show. */
export type Output = {
  /**
   * What is hidden of people on standard output and standard error, whatever the command
   * and the format.
   */
  mask?: 'none' | 'emails' | 'all'
}

/** Which warnings of a plan somebody has looked at. */
export type Warnings = {
  /** Codes of warnings that are expected. */
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

/** One CSV file with a row per membership, plain, gzip or zstd. */
export type SourceCsv = {
  /** This source. */
  type: 'csv'
  /** The CSV file, relative to the manifest's folder. */
  path: File
  delimiter?: Delimiter
  quote?: Quote
  escape?: Escape
  /**
   * Lines at the beginning of `path` that are neither header nor rows; or those of each
   * file, under the option that names it.
   */
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
  /** CSV of who has which role. */
  userRoles?: File
}

/** What separates the columns: one character, or `tab`. */
export type Delimiter = string

/**
 * CSV: what a field with delimiters or line ends in it stands between; `none` if quotes
 * are ordinary characters, as in COPY text and in what `mysql --batch` writes.
 */
export type Quote = string

/**
 * CSV: what stands before a quote inside a quoted field; or `backslash`, where
 * backslashes escape anywhere.
 */
export type Escape = string

/** CSV: lines at the beginning that are neither header nor rows. */
export type SkipLines = number

/** CSV: what becomes of rows with too few or too many cells. */
export type Ragged = 'reject' | 'pad'

/** Bytes that one record may take. */
export type MaxRecordBytes = number

/** CSV: values that stand for nothing, as empty ones do. */
export type Nulls = string[]

/** A Clerk instance: its Backend API (`secretKey`), a file of users (`users`), or both. */
export type SourceClerk = {
  /** This source. */
  type: 'clerk'
  /** Secret key of the Backend API. */
  secretKey?: string
  /** Address of the Backend API, without a path. */
  baseUrl?: string
  /**
   * The users: the dashboard's CSV export, or JSON from Clerk's support, its API or its
   * migration tool (`.json`, `.ndjson`).
   */
  users?: File
  /** CSV of memberships. */
  memberships?: File
  /** CSV of roles. */
  roles?: File
  /** Whether enterprise connections are read with their settings, for `map.connection`. */
  connections?: boolean
  /** Whether invitations are read that nobody has taken up yet, for `map.invitation`. */
  invitations?: boolean
  delimiter?: Delimiter
  quote?: Quote
  escape?: Escape
  /**
   * Lines at the beginning of `users` that are neither header nor rows; or those of each
   * file, under the option that names it.
   */
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
  /** Reads only users who changed since this time, or whose memberships did. */
  updatedSince?: string
  /** Objects that are asked for at once. */
  pageSize?: number
  /** Requests to the Backend API at most, such as `100/10s`. */
  rate?: Limit
  /** Requests to the Backend API in flight at once. */
  concurrency?: number
  /** Folder of the snapshot that the API is read into. */
  snapshot?: File
  /** CSV of roles. */
  roleDefinitions?: File
}

/** Requests per period, such as `500/10s`. */
export type Limit = string

/**
 * An Auth0 tenant, read over its Management API into a snapshot (`domain`, `clientId`,
 * `clientSecret`), or a file of its users: the bulk export or the dashboard's (`users`).
 */
export type SourceAuth0 = {
  /** This source. */
  type: 'auth0'
  /** The tenant: its host, its custom domain, or a URL. http is taken on loopback alone. */
  domain?: string
  /** What access tokens are asked for. */
  audience?: string
  /** Client id of a machine-to-machine application with access to the Management API. */
  clientId?: string
  /** Secret. */
  clientSecret?: string
  /** A file of users in place of a tenant. */
  users?: File
  /** Ids of the organizations to read. */
  organizations?: string[]
  /** Where a user's organizations come from. */
  organizationFrom?: 'organizations' | 'metadata' | 'none'
  /** With `organizationFrom: metadata`: where in a user the organization stands. */
  metadata?: {
    /** Id of the organization, or a list of ids. */
    organizationId?: Paths
    /** Its name, or a list of names in the order of the ids. */
    organizationName?: Paths
    /** The user's roles there: a list, or text with commas. */
    roles?: Paths
  }
  /**
   * Whether connections are read with their settings, client secrets and private keys of
   * enterprise connections among them, and with the organizations they are enabled for:
   * for `map.connection`.
   */
  connections?: boolean
  /**
   * Whether invitations to organizations are read that nobody has taken up yet, for
   * `map.invitation`.
   */
  invitations?: boolean
  /**
   * How users are read: by an export job, by pages (1,000 users at most), or by whichever
   * the number of users asks for.
   */
  engine?: 'auto' | 'export' | 'pages'
  /** With `engine: auto`: the number of users above which an export job reads them. */
  exportAbove?: number
  /** Records that are asked for at once. */
  pageSize?: number
  /** How many requests may leave, evenly spread. */
  rate?: Limit
  /** Requests in flight at once. */
  concurrency?: number
  /**
   * Name of a connection: only users with an account of it are read, such as those of one
   * database.
   */
  connection?: string
  /** Reads only users who changed since, sign-ins included. */
  updatedSince?: string
  /** Password hashes as Auth0's support delivers them. */
  passwords?: Files
  /** MFA secrets as Auth0's support delivers them, in the same formats. */
  mfa?: Files
  maxRecordBytes?: MaxRecordBytes
  nulls?: Nulls
  /**
   * Folder of the snapshot that the tenant is read into, relative to the manifest's
   * folder.
   */
  snapshot?: string
  /** CSV of roles. */
  roleDefinitions?: File
}

/** A dotted path, or a list of them. */
export type Paths = string | string[]

/** A file, or a list of them, relative to the manifest's folder. */
export type Files = string | string[]

/**
 * User pools of Amazon Cognito, read over their API into a snapshot: users, groups,
 * identity providers.
 */
export type SourceCognito = {
  /** This source. */
  type: 'cognito'
  /** Id of the user pool, or a list of ids. */
  userPools: string | string[]
  /** Region of the user pools. */
  region?: string
  /**
   * Address of the API, without a path, where it is not AWS's own: a VPC endpoint. http is
   * taken on loopback alone.
   */
  endpoint?: string
  /** Profile of the AWS configuration whose credentials are used: keys, SSO, or a role. */
  profile?: string
  /** Access key id, where the AWS SDK shall not look for credentials itself. */
  accessKeyId?: string
  /** Secret. */
  secretAccessKey?: string
  /** Secret. */
  sessionToken?: string
  /** Whether groups are read, and who is in which. */
  groups?: boolean
  /**
   * Whether SAML and OpenID Connect identity providers are read with their settings,
   * client secrets among them: for `map.connection`.
   */
  connections?: boolean
  /**
   * Whether it is asked which second factors each user has set up: one more request for
   * each user.
   */
  mfa?: boolean
  /** Objects that are asked for at once. */
  pageSize?: number
  /** How many requests may leave, evenly spread, in each of Cognito's quota categories. */
  rate?: Limit
  /** Requests in flight at once, with `mfa`. */
  concurrency?: number
  /** Keeps only users who changed since. */
  updatedSince?: string
  /**
   * Folder of the snapshot that the user pools are read into, relative to the manifest's
   * folder.
   */
  snapshot?: string
  /** CSV of roles. */
  roleDefinitions?: File
}

/**
 * A project of Firebase Authentication or Identity Platform, read over its API into a
 * snapshot: users with their password hashes, tenants, SAML and OpenID Connect
 * providers.
 */
export type SourceFirebase = {
  /** This source. */
  type: 'firebase'
  /** Id of the project, as the console shows it. */
  project: string
  /**
   * Key file of a service account (JSON), or another credentials file of Google's
   * libraries.
   */
  credentials?: File
  /** Secret. */
  serviceAccount?: string
  /** Ids of the tenants to read; an empty list for none. */
  tenants?: string[]
  /** Whether password hashes are read, with the parameters they were made with. */
  hashes?: boolean
  /**
   * Whether SAML and OpenID Connect providers are read with their settings, client secrets
   * among them, for `map.connection`.
   */
  connections?: boolean
  /** Address of the API. */
  baseUrl?: string
  /** Users that are asked for at once. */
  pageSize?: number
  /** Requests to the API at most, such as `10/1s`. */
  rate?: Limit
  /** Folder of the snapshot that the API is read into. */
  snapshot?: File
}

/** An Okta org, read over its API into a snapshot: users with their groups. */
export type SourceOkta = {
  /** This source. */
  type: 'okta'
  /** The org: its host, its custom domain, or a URL. http is taken on loopback alone. */
  domain: string
  /** API token of a read-only administrator. */
  token?: string
  /**
   * Client id of a service app (API Services), which asks for access tokens with
   * `privateKey`.
   */
  clientId?: string
  /** Private key of the service app, RSA or EC. */
  privateKey?: string
  /** Which of the app's public keys belongs to `privateKey`: its `kid`. */
  keyId?: string
  /** Reads only users that this search of Okta's finds. */
  search?: string
  /** Ids of groups: only their members are read. */
  memberOf?: string | string[]
  /**
   * Whether deactivated users (`DEPROVISIONED`) are read too, which Okta leaves out of its
   * list.
   */
  deprovisioned?: boolean
  /** Whether the groups of the users are read. */
  groups?: boolean
  /**
   * Whether SAML apps, for which Okta is the identity provider, are read with their
   * metadata, for `map.connection`.
   */
  apps?: boolean
  /**
   * Whether identity providers by SAML and OpenID Connect, by which people sign in to
   * Okta, are read with their settings and client secrets, for `map.connection`.
   */
  connections?: boolean
  /**
   * Reads only users whose profile or status changed since, and members of groups that got
   * or lost members since.
   */
  updatedSince?: string
  /** Users, groups and apps that are asked for at once. */
  pageSize?: number
  /** How many requests may leave, evenly spread. */
  rate?: Limit
  /** Requests in flight at once. */
  concurrency?: number
  /** Folder of the snapshot that the org is read into, relative to the manifest's folder. */
  snapshot?: string
}

/** CSV, JSON or NDJSON files of any shape, plain, gzip or zstd, joined by keys. */
export type SourceFile = {
  /** This source. */
  type: 'file'
  /** What is read, by name: letters, digits and `_`. */
  streams: Record<string, FileStream>
  maxRecordBytes?: MaxRecordBytes
  nulls?: Nulls
}

/** One stream of records. */
export type FileStream = {
  /**
   * A file, relative to the manifest's folder; a pattern with `*`, `**`, `?` or `{a,b}`,
   * whose files are read in the order of their names; or a list of both.
   */
  path: string | string[]
  /**
   * How records are written: as rows of CSV, inside of one JSON document, or as a line of
   * JSON each.
   */
  format?: 'csv' | 'json' | 'ndjson'
  /** The file need not be there, nor hold a record: an export may lack it. */
  optional?: boolean
  /** How the text is encoded. */
  encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1'
  /** JSON: where the records are, as a path of names. */
  records?: string
  /** CSV: what separates the columns: one character, or `tab`. */
  delimiter?: Delimiter
  /** CSV: names of the columns, for a file without a header. */
  columns?: string[]
  skipLines?: SkipLines
  /** CSV: lines that begin with this are passed over. */
  comment?: string
  quote?: Quote
  escape?: Escape
  ragged?: Ragged
  /** Bytes that one record of this stream may take, in place of `source.maxRecordBytes`. */
  maxRecordBytes?: MaxRecordBytes
  /**
   * CSV: values that stand for nothing in this stream, in place of those of
   * `source.nulls`.
   */
  nulls?: Nulls
  /** CSV: take blanks off around values. */
  trim?: boolean
  join?: Join
}

/** The records of another stream that these belong to. */
export type Join = {
  /** The stream whose records these belong to, which may be a joined one itself. */
  into?: string
  /** JSONata over one of these records: the key of what it belongs to. */
  key: Expression
  /**
   * JSONata over a record of the other stream: the key that `key` must equal to the
   * letter.
   */
  to: Expression
  /** `many`: a list under the stream's name. */
  as?: 'many' | 'one'
  /** What becomes of a record that belongs to none. */
  unmatched?: 'reject' | 'ignore'
}

/**
 * Tables and queries of a PostgreSQL database, read in one read-only transaction into a
 * snapshot and joined by keys.
 */
export type SourcePostgres = {
  /** This source. */
  type: 'postgres'
  /** The database, with a user that may read. */
  url: string
  ca?: DatabaseCa
  streams: DatabaseStreams
  updatedSince?: DatabaseUpdatedSince
  statementTimeout?: StatementTimeout
  snapshot?: DatabaseSnapshot
}

/**
 * A file with the certificates (PEM) that the server's certificate is checked against,
 * relative to the manifest's folder.
 */
export type DatabaseCa = File

/** What is read, by name: letters, digits and `_`. */
export type DatabaseStreams = Record<string, DatabaseStream>

/** One stream of records: the rows of a table, or those of a query. */
export type DatabaseStream = {
  /** A table or a view, with its schema if need be, as the database spells it. */
  table?: string
  /** In place of `table`: one SELECT, without a semicolon. */
  query?: string
  /** The column, or the columns, that no two rows have the same of: the primary key. */
  key: string | string[]
  /**
   * The column that says when a row was changed last, which `source.updatedSince` is
   * compared with.
   */
  updatedAt?: string
  join?: Join
}

/**
 * Reads only records that changed since, by `updatedAt` of their stream or of a stream
 * that is joined to it.
 */
export type DatabaseUpdatedSince = string

/**
 * How long one statement may take, until the last row of its stream has been read: a
 * duration such as `90s`, `10m` or `1h30m`.
 */
export type StatementTimeout = string

/** Folder of the snapshot that the database is read into. */
export type DatabaseSnapshot = File

/**
 * Tables and queries of a MySQL or MariaDB database, read in one read-only transaction
 * into a snapshot and joined by keys.
 */
export type SourceMysql = {
  /** This source. */
  type: 'mysql'
  /** The database, with a user that may read. */
  url: string
  ca?: DatabaseCa
  streams: DatabaseStreams
  updatedSince?: DatabaseUpdatedSince
  statementTimeout?: StatementTimeout
  snapshot?: DatabaseSnapshot
}

/** One record, and what must come of it. */
export type Test = {
  /** The stream that the record belongs to. */
  stream?: string
  /** The record as the source yields it, with its joined records. */
  input: JsonObject
  /** Vars that differ in this test; merged over the manifest's. */
  vars?: JsonObject
  /** Secrets that this test uses in place of the manifest's: made up ones. */
  secrets?: Record<string, string>
  /** What must come of it. */
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
    /** What is rejected, all of it. */
    rejected?: {
      /** What is rejected. */
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
      /** Why, as `workos-migrate errors` names it. */
      code: string
      /** The field that is to blame. */
      field?: string
    }[]
    /** The notes on the accepted resources, all of them. */
    notes?: {
      /** The name of the note. */
      code: string
      /** What it is about: the hasher, the metadata key. */
      detail?: string
    }[]
  }
}

/**
 * The users that come of the record: the fields to compare, null for one that must be
 * absent; a list where there are several; null for none.
 */
export type ExpectedUser =
  | {
      /** Identity in the source. */
      key?: Json
      /** E-mail address. */
      email?: Json
      /** Whether the address has been verified. */
      emailVerified?: Json
      /** First name. */
      firstName?: Json
      /** Last name. */
      lastName?: Json
      /** Language tag. */
      locale?: Json
      /** Name. */
      name?: Json
      /** External id. */
      externalId?: Json
      /** The whole of its metadata. */
      metadata?: Json
      /** Password in the clear. */
      password?: Json
      /** Hash and type, or null for none. */
      passwordHash?: {
        /** The hash in WorkOS's form. */
        hash?: string
        /** Its type in WorkOS's terms. */
        type?: string
      } | null
      /**
       * Secret of the authenticator app as WorkOS gets it, with issuer and account where the
       * source tells them; or null for none.
       */
      totpSecret?: {
        /** The secret in Base32, in upper case and without `=`. */
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
 * The organizations that come of the record: the fields to compare, null for one that
 * must be absent; a list where there are several; null for none.
 */
export type ExpectedOrganization =
  | {
      /** Identity in the source. */
      key?: Json
      /** WorkOS id of one that exists already. */
      id?: Json
      /** External id. */
      externalId?: Json
      /** Name. */
      name?: Json
      /** The whole of its metadata. */
      metadata?: Json
      /** Domains, in any order. */
      domains?: Json
      /** Those of the domains that are entered as verified, in any order. */
      verifiedDomains?: Json
    }
  | ExpectedOrganization[]
  | null

/**
 * The memberships that come of the record: the fields to compare, null for one that must
 * be absent; a list where there are several; null for none.
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
 * The permissions that must come of the record: the fields to compare, null for one that
 * must be absent; a list where there are several; null for none.
 */
export type ExpectedPermission =
  | {
      /** Its slug. */
      key?: Json
      /** Its name. */
      name?: Json
      /** What it allows. */
      description?: Json
    }
  | ExpectedPermission[]
  | null

/**
 * The definitions of roles that must come of the record: the fields to compare, null for
 * one that must be absent; a list where there are several; null for none.
 */
export type ExpectedRole =
  | {
      /**
       * Its slug; with `@` and the key of its organization for a role of one, with `@` alone
       * for one of whichever organizations use it.
       */
      key?: Json
      /** Its slug in WorkOS. */
      slug?: Json
      /** Key of its organization. */
      organization?: Json
      /** Its name. */
      name?: Json
      /** What it is for. */
      description?: Json
      /** Slugs of its permissions, in any order. */
      permissions?: Json
    }
  | ExpectedRole[]
  | null

/**
 * The groups that come of the record: the fields to compare, null for one that must be
 * absent; a list where there are several; null for none.
 */
export type ExpectedGroup =
  | {
      /** Identity in the source, with the organization's. */
      key?: Json
      /** Key of the organization. */
      organization?: Json
      /** Name. */
      name?: Json
      /** Description. */
      description?: Json
      /** Slugs of the roles that it gives, in any order. */
      roles?: Json
    }
  | ExpectedGroup[]
  | null

/**
 * The members of groups that come of the record: the fields to compare; a list where
 * there are several; null for none.
 */
export type ExpectedGroupMember =
  | {
      /** Key of the group, with the organization's. */
      group?: Json
      /** Key of the organization. */
      organization?: Json
      /** Key of the user. */
      user?: Json
    }
  | ExpectedGroupMember[]
  | null

/**
 * The connections that come of the record: the fields to compare, null for one that must
 * be absent; a list where there are several; null for none.
 */
export type ExpectedConnection =
  | {
      /** Identity in the source, with that of its organization. */
      key?: Json
      /** Key of the organization. */
      organization?: Json
      /** `saml` or `oidc`. */
      type?: Json
      /** Name. */
      name?: Json
      /** External id. */
      externalId?: Json
      /** Type in WorkOS, such as `OktaSAML`. */
      connectionType?: Json
      /** Domains, in any order. */
      domains?: Json
      /** SAML: address of the identity provider's metadata. */
      idpMetadataUrl?: Json
      /** SAML: entity id of the identity provider. */
      idpEntityId?: Json
      /** SAML: where the identity provider takes sign-ins. */
      idpUrl?: Json
      /** Certificates in PEM, in any order. */
      x509Cert?: Json
      /** SAML: entity id by which the identity provider knows your application already. */
      customEntityId?: Json
      /** SAML: address to which the identity provider answers already. */
      customAcsUrl?: Json
      /** SAML: attribute with a person's id at the identity provider. */
      idpIdAttribute?: Json
      /** SAML: attribute with the e-mail address. */
      emailAttribute?: Json
      /** SAML: attribute with the first name. */
      firstNameAttribute?: Json
      /** SAML: attribute with the last name. */
      lastNameAttribute?: Json
      /** SAML: attribute with the whole name. */
      nameAttribute?: Json
      /**
       * SAML: whether sign-ins may begin at the identity provider: true/1/yes/y or
       * false/0/no/n.
       */
      idpInitiatedEnabled?: Json
      /** Secret. */
      requestSigningKey?: Json
      /** SAML: the certificate of that key. */
      requestSigningCert?: Json
      /** Secret. */
      assertionEncryptionKey?: Json
      /** SAML: the certificate of that key. */
      assertionEncryptionCert?: Json
      /** Secret. */
      nameIdEncryptionKey?: Json
      /** OpenID Connect: id of the client at the identity provider. */
      clientId?: Json
      /** Secret. */
      clientSecret?: Json
      /** Address of the discovery document. */
      discoveryEndpoint?: Json
      /** OpenID Connect: address to which the identity provider answers already. */
      customRedirectUri?: Json
      /** Texts for the notes of the hand-off, in any order. */
      notes?: Json
    }
  | ExpectedConnection[]
  | null

/**
 * The invitations that come of the record: the fields to compare, null for one that must
 * be absent; a list where there are several; null for none.
 */
export type ExpectedInvitation =
  | {
      /** Its address, and the key of the organization. */
      key?: Json
      /** The address. */
      email?: Json
      /** Key of the organization. */
      organization?: Json
      /** Slug of the role. */
      role?: Json
      /** Until when it holds in the source, ISO 8601. */
      expiresAt?: Json
      /** Days for which WorkOS lets it hold. */
      expiresInDays?: Json
    }
  | ExpectedInvitation[]
  | null

/**
 * The roles that the record gives to memberships of other records (those of its own are
 * among their `roles`): the fields to compare, null for one that must be absent; a list
 * where there are several; null for none.
 */
export type ExpectedRoleAssignment =
  | {
      /** Key of the user. */
      user?: Json
      /** Key of the organization; null: all of the user's. */
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

/**
 * Rules for the secrets of authenticator apps (`map.user.totpSecret`); see
 * docs/how-to/totp.md.
 */
export type Totp = {
  /** How secrets are written that do not say so themselves. */
  encoding: 'auto' | 'base32' | 'hex' | 'base64' | 'base64url' | 'text'
  /** Issuer that WorkOS notes with a factor for which the source tells none. */
  issuer?: string
  /**
   * A factor that WorkOS cannot take, which has SHA-1, 6 digits and 30 seconds alone:
   * migrate the user without it, who must then enrol again and is listed in the plan, or
   * reject the user.
   */
  unsupported: 'skip' | 'reject'
}

/** Tests of the mapping by name: a record, and what must come of it. */
export type Tests = Record<string, Test>

/**
 * The defaults of the options of a source. The check of a manifest does not fill them in: files
 * reject options that somebody set, and the digest of every manifest would change.
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
