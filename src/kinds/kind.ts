import type { LoadedManifest } from '../config/load.ts'
import type { ConflictPolicy, Manifest } from '../config/manifest.ts'
import type { Problem, Reason } from '../diagnostics/problem.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Attributes, Changes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { UsedBy } from '../rundb/deletions.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateScope } from '../rundb/scope.ts'
import type { Api, ApiRefusal, WriteRequest } from '../workos/api.ts'
import type { ConnectionCounts } from './connection/statements.ts'
import type { DraftDefinition, ValueProblem } from './draft.ts'
import type { GatheredUsers } from './user/gathered.ts'
import type { PasswordCounts } from './user/passwords/counts.ts'

/** A resource, or the changes of an update, without the part that WorkOS rejected. */
export interface Fallback {
  attributes: Attributes
  /** Stable name of what is omitted. */
  code: string
  /** What the resource keeps and loses. */
  message: string
}

/** A resource that another one needs without a reference, such as the role of a membership. */
export interface Mention {
  /**
   * Candidates in the order of the lookup: a role of the environment, then one of the organization.
   */
  candidates: readonly [MentionedAs, ...MentionedAs[]]
  /** The kind that messages use if no candidate exists. */
  kind: string
  /** The kind and keys of the records from which it could have been made. */
  madeFrom: { kind: string; keys: readonly string[] }
  label: string
}

export interface MentionedAs {
  kind: string
  /** Its key among the desired resources. */
  key: string
  /** See `naturalKey` of `LiveResource`. Null: its parent has no ID yet. */
  naturalKey(refIds: RefIds): string | null
}

/** Resources of a lane follow one after another, the lowest rank first. */
export interface Turn {
  lane: string
  rank: number
}

/** What a kind's own steps compare with, all of it in the run's database. */
export interface CompareContext {
  rundb: RunDatabase
  manifest: Manifest
  /** Whether some resources of the source are out of scope. */
  scoped: boolean
}

/** The same once WorkOS has been read; missing resources are requested. */
export interface ReadContext extends CompareContext {
  api: Api
  /** Whether all resources of the kind in WorkOS have been read. */
  listed: boolean
  /** Live resources at the identity of desired ones that the state does not know. */
  unknown(): Iterable<UnknownLive>
  /**
   * WorkOS IDs of what a resource refers to, as far as it exists. Undefined: one of these will not
   * exist.
   */
  refIds(desired: DesiredResource): RefIds | undefined
}

/** A live resource that the state does not know, with the desired resource of its identity. */
export interface UnknownLive {
  live: LiveResource
  desired: Attributes
}

/** The part of a live resource that is its own, without what others assign to it. */
export interface OwnPart {
  attributes: Attributes
  from: GivenRole[]
  /** Notes for the plan on the other part. */
  notes: { code: string; detail: string }[]
}

/** A role that a membership has from a group. */
export interface GivenRole {
  role: string
  /** The group's name, and its ID in the state. */
  group: string
  groupId: string
  /** Where a membership has one role: the roles that this one hides, since it ranks higher. */
  hides: readonly string[]
}

/**
 * The result of a lookup by name: none, one resource, or several that the name does not
 * distinguish.
 */
export type NameMatch = { type: 'none' } | { type: 'found'; live: LiveResource } | ({ type: 'ambiguous' } & Reason)

/** Hooks on the live resources of a kind. Planning and verifying call the same ones. */
export interface LiveHooks {
  /**
   * Runs after the kind has been read from WorkOS: reads and indexes whatever else its comparison
   * needs.
   */
  prepare?(context: ReadContext): void | Promise<void>

  /**
   * A live resource without what others assign to it.
   * @param before what it was given: from the state, or from the source if the state does not know
   * it
   * @param applied whether the state knows it
   */
  own?(rundb: RunDatabase, live: Pick<LiveResource, 'id' | 'attributes'>, before: Attributes, applied: boolean): OwnPart

  /**
   * SQL condition for a live resource `l`: `own` would remove nothing, whatever `prepare` reads.
   * Needed where there are many. Undefined: with an `own`, the condition is false.
   * @param known its row of the state
   */
  wholly?(known: string): string

  /** Looks a resource up by its name, if nothing else finds it and the manifest allows names. */
  byName?(context: CompareContext, desired: DesiredResource): NameMatch
}

/**
 * What SQL needs to create resources that are certain to be creates, without code. Each part refers
 * to a row `d` of `desired` that the state does not know. References and `natural` are checked
 * separately.
 */
export interface PlainCreates {
  /** `label` as SQL. Not null where `where` is true. */
  label: string
  /**
   * SQL condition that nothing prevents the create: `whyNotCreatable`, `mentions`, `live.byName`,
   * and `refuse` for unknown resources and creates. If false or null, code decides. Undefined:
   * nothing ever prevents it.
   */
  where?(context: CompareContext): string
}

/** Hooks that decide the action for a desired resource. */
export interface PlanningHooks {
  /**
   * Which creates SQL decides, where there are many. Undefined, and for kinds with `turn`: none.
   */
  plain?: PlainCreates

  /** Whether the kind must be listed completely, however few resources there are. */
  needsList?(context: CompareContext): boolean

  /** Runs once the kind is planned: what prevents its actions, and what they cause. */
  decided?(context: ReadContext): Promise<void>

  /**
   * Reasons in other resources of the source, in scope or not, to block an action. Undefined: none.
   */
  refuse?: {
    /** Planning a resource that the state does not know. */
    unknown?(context: CompareContext, desired: DesiredResource): Reason | undefined
    adopt?(context: CompareContext, desired: DesiredResource, live: LiveResource): Reason | undefined
    /** Called at most once for each resource. */
    create?(context: CompareContext, desired: DesiredResource): Reason | undefined
    update?(context: CompareContext, desired: DesiredResource, send: Changes): Reason | undefined
  }

  /** The note on a resource that exists in WorkOS and is adopted. */
  adoptedNote?: { code: string; detail: string }

  /**
   * Codes of the notes on changed secrets that are not sent: `changed` by a rule, `keptBack` for an
   * account without proof (see `provenBy`). Undefined: `secret_changed_in_source`.
   */
  secretNotes?: { changed: string; keptBack?: string }
}

/**
 * What is particular to deleting this kind. For the rules of every kind see planning/deletions.ts.
 */
export interface DeletionRules {
  /**
   * When planning decides on it: with users and their ties, or with places, once it is known who
   * leaves. Undefined: after these, in the order of the kinds.
   */
  round?: 'people' | 'places'

  /** It is deleted completely or not at all: what refers to it stays if it stays. */
  whole?: true

  /**
   * It can be deleted although the user it belongs to stays and was in WorkOS before: a TOTP
   * factor.
   */
  undoneAlone?: true

  /** The kind of its members: a member that the state does not delete keeps it. */
  keptBy?: string

  /** What uses it: WorkOS deletes it only once nothing uses it. */
  usedBy?: UsedBy

  /** The kind that it is made from. If one of these was rejected, its results are unknown. */
  madeFrom?: string

  /** If WorkOS offers no deletion: the name of the kind in messages. Undefined: `plural`. */
  called?: string

  /**
   * A sign that the resource was used since it was created, as text. Undefined: none, or unknown.
   */
  usedSince?(live: LiveResource): string | undefined
}

/** What kinds add to the summary of a plan. */
export interface SummaryParts {
  passwords: PasswordCounts
  /** Single sign-on connections that go into files. */
  handoff: ConnectionCounts
  /** Invitations that go into a file. */
  invitations: number
}

/** The input of a warning. */
export interface WarningContext {
  rundb: RunDatabase
  loaded: LoadedManifest
  /** Only a part of the source was read, so that its common values prove nothing about the rest. */
  partial: boolean
}

/** The input of a warning on the values of a kind. */
export interface ValueContext extends WarningContext {
  filling: FieldFilling | undefined
  /** The columns that the expression at a path of the manifest reads. */
  columnsOf(path: readonly string[]): readonly string[]
}

/** How many resources have each field of a kind. */
export interface FieldFilling {
  resources: number
  fields: readonly { field: string; filled: number; distinct: number; example?: Json }[]
}

/**
 * What kinds gather: plain data, since it can come from another thread. Only users gather anything.
 */
export type Gathered = GatheredUsers

/** Gathers from all desired resources of a kind in the one pass of planning, in any order. */
export interface Gatherer {
  /** @param place of its first record: see `DesiredRow.seq` */
  add(attributes: Attributes, secrets: JsonObject | null, place: number): void
  /** The result, once all have been added. */
  gathered(): Gathered
}

export interface GatherContext {
  /** The number of resources. */
  count: number
  manifest: Pick<Manifest, 'map'>
  /** Whether any of the kind can change: otherwise no warnings are needed. */
  changing: boolean
}

/** What a kind gathers, and its results. */
export interface Gathering {
  begin(context: GatherContext): Gatherer
  summary(rundb: RunDatabase, gathered: Gathered): Partial<SummaryParts>
  /**
   * Warnings about the values, where any of the kind changes; shown after the warnings of its
   * review.
   */
  warnings(context: WarningContext, gathered: Gathered): Problem[]
}

/** What a plan reports on a kind in addition to its actions. */
export interface PlanReview {
  /**
   * The main kind of a migration: warn if conditions leave out all or much of it, and name its
   * fields without the kind.
   */
  main?: true

  /**
   * Its rule maps its own fields: warn if a mapped field is always empty. `except`: fields that
   * cannot be empty, or that become something else.
   */
  mapsFields?: { except: readonly string[] }

  /** Codes of blocked resources that count as cases of duplicates. */
  duplicateCodes?: readonly string[]

  /** @param planned false: the kind is not in the plan, and goes into files */
  summary?(rundb: RunDatabase, planned: boolean): Partial<SummaryParts>

  /** Reads all values. Undefined: the field table is enough. */
  gathering?: Gathering

  /** Warnings about the manifest, given everything in the source. */
  sourceWarnings?(context: WarningContext): Problem[]

  /** Warnings about its values, where any of the kind changes. */
  valueWarnings?(context: ValueContext): Problem[]
}

/**
 * The definition of one kind of resource. A new kind is a folder whose main file exports one of
 * these, and a line in `registry.ts`, whose order is the order of dependencies: see
 * docs/how-to/adding-a-kind.md.
 */
export interface KindDefinition extends DraftDefinition {
  /**
   * WorkOS answers a create with an existing resource of the same external ID: applying looks
   * before it creates.
   */
  answersExisting?: true

  /** The rate limit of its creates and updates: https://workos.com/docs/reference/rate-limits */
  rateClass: 'write' | 'other'

  /** The role of the reference within which WorkOS lists the kind, if there is no complete list. */
  within?: string

  /**
   * What to do with a resource in WorkOS that differs and that this state did not create.
   * Undefined: `adopt.fill` decides.
   */
  onConflict?(manifest: Pick<Manifest, 'roles'>): ConflictPolicy

  /**
   * WorkOS ranks such resources by the order of their creation: the turn of each create. Undefined:
   * any order, many at a time.
   */
  turn?(resource: Pick<DesiredResource, 'key' | 'refs'>, manifest: Pick<Manifest, 'roles'>): Turn

  /**
   * Its parents, whose key it shares, are too many to list it in each, and few have one. Planning
   * looks each up, unless there are too many: applying then looks before it creates.
   */
  sparse?: true

  /**
   * Fields of an active live resource in addition to its managed ones: the status of a membership.
   */
  inForce?: Attributes

  /**
   * Why it cannot be created if nothing like it is in WorkOS: an organization without a name.
   * Undefined: it can.
   */
  whyNotCreatable(desired: DesiredResource): ValueProblem | undefined

  /** `naturalKey` of `LiveResource` for a desired resource. Null: a reference has no ID yet. */
  naturalKey(desired: DesiredResource, refIds: RefIds): string | null

  /**
   * `naturalKey` as SQL, for a row `d` of `desired`. One statement then verifies all unchanged
   * resources, and one creates all missing ones. Undefined: there are few of the kind, and code
   * looks at each.
   * @param ref SQL for the WorkOS ID of the reference in a role; null if there is none
   */
  natural?(ref: (role: string) => string): string

  /**
   * All resources of this kind in WorkOS, page by page (100 a page, oldest first). `parentIds` are
   * the WorkOS IDs of the parents, for kinds that have `within`.
   */
  list(api: Api, parentIds: AsyncIterable<string> | Iterable<string>): AsyncIterable<LiveResource[]>

  /**
   * Looks a resource up: by WorkOS ID if `desired` has one, by external ID, then by natural key.
   * Undefined: there is none.
   */
  find(api: Api, desired: DesiredResource, refIds: RefIds): Promise<LiveResource | undefined>

  /** Undefined: it is gone. */
  get(api: Api, id: string): Promise<LiveResource | undefined>

  /** Creates it without its separate fields. */
  create(desired: DesiredResource, refIds: RefIds): WriteRequest
  /** One request, and one more for each separate field. */
  update(id: string, changes: Changes, desired: DesiredResource): WriteRequest[]
  /** Undefined: WorkOS offers no deletion. */
  remove(id: string): WriteRequest | undefined

  /** Reads the response to a create or an update. */
  parse(body: JsonObject, refIds: RefIds): LiveResource

  /** The attributes that a create sends. Undefined: all of them. */
  sent?(attributes: Attributes): Attributes

  /**
   * Whether the response to a create shows a different secret than was sent. The result contains no
   * secret. Undefined: it is the same, or the response does not show it.
   */
  refuted?(body: JsonObject, desired: DesiredResource): { code: string; message: string } | undefined

  /**
   * The attributes in the response to an update without what others assign, such as roles from
   * groups. Undefined: all of them.
   */
  answered?(api: Api, id: string, sent: Attributes, answered: Attributes): Promise<Attributes>

  /** What refers to a resource that the state created is ours: nothing could refer to it before. */
  holder?: true

  /**
   * Fields of a body that name other objects by slug: a 404 with its own code can refer to one of
   * these.
   */
  slugsInBody?: readonly string[]

  /**
   * After a create with an unknown outcome, a resource with exactly the content that was sent, and
   * without its separate fields, is ours: nothing else identifies it, and an adopted one would stay
   * without those fields.
   */
  provenByContent?: true

  /**
   * WorkOS cannot return one, only all within the parent in `within`. Planning lists it there,
   * however many there are.
   */
  listedOnly?: true

  /**
   * Whether a rejected create means that the resource exists, so that it can be found and adopted.
   */
  exists(codes: readonly string[], status: number): boolean

  /**
   * The same resource in a form that WorkOS accepts after it rejected this one with these codes, if
   * the manifest prefers a part to nothing: a membership with one of its roles. Undefined: there is
   * none.
   * @param codes undefined: it was rejected in this way before
   */
  fallback?(
    attributes: Attributes,
    codes: ReadonlySet<string> | undefined,
    manifest: Pick<Manifest, 'roles'>,
  ): Fallback | undefined

  /** What a rejected create means, if the response does not say it. */
  refused?(refusal: Pick<ApiRefusal, 'status' | 'codes'>): { code: string; message: string } | undefined

  /** Resources that must exist in WorkOS or be desired: the roles of a membership. */
  mentions?(desired: DesiredResource): Mention[]

  /**
   * A short name for messages, shown next to the address: the email address, the organization's
   * name.
   */
  label(desired: DesiredResource): string

  live?: LiveHooks

  planned?: PlanningHooks

  /**
   * Verifying counts how many have secrets in the source, and how many of these were sent:
   * passwords.
   */
  countsSecrets?: true

  /**
   * Its IDs exist in one WorkOS environment only: they show whether an API key belongs to the
   * environment of the state.
   */
  provesEnvironment?: true

  /**
   * How resources in the state belong to a chosen scope. Undefined: to none, as roles of the
   * environment.
   */
  stateScope?: StateScope

  deletion?: DeletionRules

  review?: PlanReview
}
