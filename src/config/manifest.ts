import type { MaskMode } from '../diagnostics/mask.ts'
import type { Json, JsonObject } from '../json.ts'

/** A JSONata expression, as written in the manifest. */
export type ExpressionText = string

/** How values of several records become one: see docs/how-to/duplicates.md. `most` is for the names of organizations alone. */
export type MergeRule = 'first' | 'last' | 'most' | 'newest' | 'longest' | 'concat' | 'any' | 'all' | 'union'

/** What becomes of several records of one user; all but `merge` and `error` take one record whole. */
export type MergeStrategy = 'merge' | 'first' | 'last' | 'newest' | 'error'

/** How duplicate users are found and become one: see docs/how-to/duplicates.md. */
export interface UserDedupe {
  /** Users that agree in all of them are one. */
  by: ExpressionText[]
  /** How the e-mail address is compared. */
  email: { plusTags: 'keep' | 'ignore'; gmailDots: 'keep' | 'ignore' }
  strategy: MergeStrategy
  /** Ranks the records of one user, the first expression counting most. Default: the order of the records. */
  prefer?: ExpressionText | ExpressionText[]
  /** Yields when a record was changed last. */
  updatedAt?: ExpressionText
  /** By field, or by member as `metadata.<key>`. */
  fields: Record<string, MergeRule>
  /** What becomes of external ids that are not taken: kept in the metadata under this key, or not. */
  externalIds: { keep: boolean; keepAs: string }
}

/**
 * The mapping of one kind. `each`, `when` and `from` steer it; every other key is a field of the kind, whose value is an
 * expression or, for `metadata`, an object of expressions.
 */
export interface MapRule {
  /** The stream or streams it applies to. Default: the source's main stream. */
  from?: string | string[]
  /**
   * Expression that yields the items to map, one resource each. Default: the record itself. Where the rule reads several
   * streams, an object may give each of them its own; those that it does not name map the record itself.
   */
  each?: ExpressionText | Record<string, ExpressionText>
  /** Expression that must be truthy for an item to be mapped. */
  when?: ExpressionText
  [field: string]: ExpressionText | Record<string, ExpressionText> | string[] | undefined
}

/** `count` requests per `seconds`, written `500/10s`. */
export type LimitText = string

/** What happens to a field that was changed in WorkOS since it was applied. */
export type DriftPolicy = 'keep' | 'overwrite' | 'fail'

/** What happens to something that was applied and deleted in WorkOS since. */
export type DeletedPolicy = 'keep' | 'recreate' | 'fail'

/** A threshold: a count, or a percentage written `30%`. */
export type Threshold = number | string

export interface SourceConfig {
  type: string
  [option: string]: unknown
}

export interface TargetConfig {
  type: 'workos' | 'sandbox'
  /** Secret. Required for `workos`. */
  apiKey?: string
  /** Default https://api.workos.com. */
  baseUrl?: string
  /** sandbox only: its database file. Default `.workos-migrate/sandbox.sqlite` beside the manifest. */
  data?: string
  /** sandbox only: enforce WorkOS's documented rate limits. Default false. */
  limits?: boolean
  /** Seconds until a request is given up. Default 60. */
  timeout?: number
}

/** What the source's roles mean. */
export interface RoleRules {
  /** From names, or patterns with one `*`, to slugs. Default: slugs pass as they are. */
  map?: Record<string, string>
  /** Slug of the role of memberships for which there is none. Default: left to WorkOS. */
  default?: string
  unmapped: 'error' | 'drop' | 'keep'
}

/** What happens to a role or a permission that is in WorkOS already and differs from its definition. */
export type ConflictPolicy = 'keep' | 'update' | 'fail'

/** A role under `roles.define`. */
export interface DefinedRole {
  name: string
  description?: string
  permissions?: string[]
  /** Default: of organizations where it names some or its slug begins with `org-`, else of the environment. */
  type?: 'environment' | 'organization'
  /** Keys of the organizations that have it; default: each in which a membership has it. */
  organizations?: string[]
}

export interface RoleConfig extends RoleRules {
  define: Record<string, DefinedRole>
  /** Default: `keep`. */
  onConflict?: ConflictPolicy
  /** By the key of an organization: what holds there before anything else. */
  organizations?: Record<string, Partial<RoleRules>>
  /** What becomes of a membership with several roles; `first`: it keeps that which comes first in `priority`. Default: `allow`. */
  multiple?: 'allow' | 'first' | 'fail'
  /** With `allow`: what happens where the environment has one role a membership; `first`: as above, decided when applying. Default: `fail`. */
  notEnabled?: 'fail' | 'first'
  /** Slugs, the most important one first. */
  priority?: string[]
}

export interface OrganizationConfig {
  /** In which state domains are entered; `mapped`: in that which the mapping yields. */
  domainState: 'pending' | 'mapped' | 'verified'
  /** What happens to a domain of a public mail provider. */
  consumerDomains: 'reject' | 'drop'
  /** What happens to a domain that several organizations claim. */
  sharedDomains: 'reject' | 'drop'
  /** Which name an organization gets whose records name it differently; `error`: none, it is refused. */
  onNameConflict: 'first' | 'last' | 'most' | 'error'
  /** Whether an organization that nothing else finds in WorkOS is looked for by its name. */
  matchByName: boolean
}

export interface ConnectionConfig {
  /** Whether single sign-on connections go into files that somebody imports, or are created by the API. */
  mode: 'handoff' | 'api'
}

/** What must come of the record of a test; `null` under a kind: nothing of it. */
export interface MappingExpectation {
  user?: Json
  organization?: Json
  membership?: Json
  permission?: Json
  role?: Json
  group?: Json
  groupMember?: Json
  connection?: Json
  roleAssignment?: Json
  rejected?: { kind: string; code: string; field?: string }[]
  notes?: { code: string; detail?: string }[]
}

/** One test of the mapping. */
export interface MappingTest {
  /** Default: the main stream. */
  stream?: string
  input: JsonObject
  /** Merged over the manifest's. */
  vars?: JsonObject
  secrets?: Record<string, string>
  expect: MappingExpectation
}

/** The manifest in force: recipe, file and environment merged, references resolved, defaults filled in. */
export interface Manifest {
  version: 1
  name: string
  source: SourceConfig
  /** Values that expressions read as `$vars`. */
  vars: JsonObject
  /** Secret. Texts that the expressions of secret fields read as `$secrets`. */
  secrets: Record<string, string>
  map: {
    user?: MapRule
    organization?: MapRule
    membership?: MapRule
    permission?: MapRule
    role?: MapRule
    group?: MapRule
    groupMember?: MapRule
    connection?: MapRule
    roleAssignment?: MapRule
  }
  dedupe: { user: UserDedupe }
  roles: RoleConfig
  permissions: { define: Record<string, { name: string; description?: string }> }
  metadata: {
    /** Put before reserved names: `org_id` → `<prefix>_org_id`. Default: the source's type. */
    prefix: string
    maxKeys: number
    maxKeyLength: number
    maxValueLength: number
    /** Whether only ASCII is taken. */
    ascii: boolean
    /** Where `ascii`: what happens to a key or value that is not. */
    nonAscii: 'reject' | 'drop'
    /** What nested objects become: JSON text, or keys of their own. */
    nested: 'json' | 'flatten'
    /** Between the names of a flattened key. */
    separator: string
    keyTooLong: 'reject' | 'cut'
    /** For values. */
    tooLong: 'reject' | 'cut' | 'drop'
    tooManyKeys: 'reject' | 'drop'
    /** Keys that stay first where `tooManyKeys` drops some. */
    keep: string[]
  }
  externalId: { maxLength: number }
  organizations: OrganizationConfig
  connections: ConnectionConfig
  passwords: { unsupported: 'reset' | 'reject'; weak: 'keep' | 'reset' | 'reject'; onChange: 'keep' | 'send' }
  totp: {
    /** How secrets are written; `auto`: an otpauth URI, else Base32, hex or Base64, whichever it can be first. */
    encoding: 'auto' | 'base32' | 'hex' | 'base64' | 'base64url' | 'text'
    /** Told to WorkOS for factors for which the source tells none. */
    issuer?: string
    /** What becomes of the user of a factor that WorkOS cannot take. */
    unsupported: 'skip' | 'reject'
  }
  adopt: {
    mode: 'match' | 'never'
    fill: string[]
    /** What becomes of an account with the address of a user that nobody has verified. */
    unverified: 'block' | 'allow'
  }
  onDrift: DriftPolicy | Record<string, DriftPolicy | Record<string, DriftPolicy>>
  onDeleted: DeletedPolicy | Record<string, DeletedPolicy>
  /** Kinds of which apply deletes what it created and what has left the source. */
  prune: string[]
  /** Of whom the commands speak. Default: of everybody. */
  pilot?: { only?: string[]; limit?: number }
  target: TargetConfig
  run: {
    workers: number
    chunkSize: number
    /** Requests in flight at once. */
    concurrency: number
    limits: { writes: LimitText; reads: LimitText; requests: LimitText }
  }
  safety: {
    maxCreates?: Threshold
    maxUpdates?: Threshold
    maxDeletes: Threshold
    maxRejects: Threshold
    maxFailures: Threshold
    /** Kinds that are never deleted. */
    protect: string[]
    /** The word that must be given with --confirm before anything is applied, a saved plan too. */
    confirm?: string
  }
  state: { path: string }
  output?: { mask?: MaskMode } // Default: what defaultMode says.
  /** Codes of a plan's warnings that somebody has looked at. */
  warnings: { accept: string[] }
  /** Those of shipped recipes are not among them. */
  tests: Record<string, MappingTest>
}
