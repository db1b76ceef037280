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

/** A resource, or the changes of an update, without what WorkOS refused. */
export interface Fallback {
  attributes: Attributes
  /** Stable name of what it goes without. */
  code: string
  /** What it keeps and loses. */
  message: string
}

/** Something that another resource needs without referring to it: the role of a membership. */
export interface Mention {
  /**
   * What may be meant, in the order in which it is looked for: a role of the environment, then one
   * of the organization.
   */
  candidates: readonly [MentionedAs, ...MentionedAs[]]
  /** The kind that it is called by where it is none of them. */
  kind: string
  /**
   * What records it could have been made from, where these were not refused: the kind of them, and
   * the keys they may have.
   */
  madeFrom: { kind: string; keys: readonly string[] }
  /** Its name for people. */
  label: string
}

export interface MentionedAs {
  kind: string
  /** Its key among the desired resources. */
  key: string
  /** See `naturalKey` of LiveResource; null where what it is in has no id yet. */
  naturalKey(refIds: RefIds): string | null
}

/** One after another of a lane, the lowest rank first. */
export interface Turn {
  lane: string
  rank: number
}

/** What the steps of a kind's own compare with: all in the run's database. */
export interface CompareContext {
  rundb: RunDatabase
  manifest: Manifest
  /** Whether resources of the source are out of scope. */
  scoped: boolean
}

/**
 * The same once WorkOS has been read as far as it seemed necessary; what is missing is asked for.
 */
export interface ReadContext extends CompareContext {
  api: Api
  /** Whether all of the kind in WorkOS has been read. */
  listed: boolean
  /** What is in WorkOS in the place of desired resources that the state does not know. */
  unknown(): Iterable<UnknownLive>
  /**
   * WorkOS ids of what a resource refers to, as far as that exists; undefined where one of these
   * will not.
   */
  refIds(desired: DesiredResource): RefIds | undefined
}

/** A live resource that the state does not know, and what the source gives it. */
export interface UnknownLive {
  live: LiveResource
  desired: Attributes
}

/**
 * What a live resource has by itself, and what of it comes from elsewhere, that nobody manages
 * here.
 */
export interface OwnPart {
  attributes: Attributes
  from: GivenRole[]
  /** What a plan tells of that. */
  notes: { code: string; detail: string }[]
}

/** A role that a membership has from a group. */
export interface GivenRole {
  role: string
  /** The group's name, and its id in the state. */
  group: string
  groupId: string
  /** Where a membership has one role: those in whose place it stands, since it ranks above them. */
  hides: readonly string[]
}

/** What a name alone finds: nothing, one resource, or several that it cannot tell apart. */
export type NameMatch = { type: 'none' } | { type: 'found'; live: LiveResource } | ({ type: 'ambiguous' } & Reason)

/** What is special about what WorkOS holds of a kind. Planning and verifying call it alike. */
export interface LiveHooks {
  /**
   * Once the kind has been read from WorkOS: reads and indexes what its comparison needs besides.
   */
  prepare?(context: ReadContext): void | Promise<void>

  /**
   * A live resource without what it has from elsewhere.
   * @param before what it was given: by the state, or by the source where the state does not know
   *   it
   * @param applied whether the state knows it
   */
  own?(rundb: RunDatabase, live: Pick<LiveResource, 'id' | 'attributes'>, before: Attributes, applied: boolean): OwnPart

  /**
   * That `own` leaves all of a live resource `l`, whatever `prepare` reads, as SQL: by what the row
   * `k` of the state says that it was given. Needed where there are many. Undefined: where there is
   * an `own`, it never surely does.
   */
  wholly?: string

  /** The one of its name, for one that nothing else finds: where the manifest lets names count. */
  byName?(context: CompareContext, desired: DesiredResource): NameMatch
}

/**
 * What SQL has to know of a kind to create what surely is to be created without code having a look
 * at it. All of it speaks of a row `d` of `desired`, which the state does not know. References and
 * what WorkOS has with the same identity, by `natural`, are looked at by themselves.
 */
export interface PlainCreates {
  /** `label`, as SQL. Null where it cannot be told: then code decides. */
  label: string
  /**
   * That nothing speaks against creating it, as SQL: `whyNotCreatable`, `mentions`, `live.byName`,
   * and `refuse` of what is not known or is to be created. Where this is false or null code
   * decides. Undefined: nothing ever does.
   */
  where?(context: CompareContext): string
}

/** What is special about deciding what becomes of a desired resource. */
export interface PlanningHooks {
  /**
   * Which creates SQL decides about, where there are many. Undefined, and for what has a `turn`:
   * none.
   */
  plain?: PlainCreates

  /** Whether all of the kind has to be listed, however little there is to look at. */
  needsList?(context: CompareContext): boolean

  /** Once the kind is planned: what speaks against its actions, and what they bring along. */
  decided?(context: ReadContext): Promise<void>

  /**
   * What another resource of the source, or one out of scope, has against it. Undefined: nothing.
   */
  refuse?: {
    /** Planning one that the state does not know. */
    unknown?(context: CompareContext, desired: DesiredResource): Reason | undefined
    /** Adopting this one. */
    adopt?(context: CompareContext, desired: DesiredResource, live: LiveResource): Reason | undefined
    /** Creating it. Called at most once for each resource. */
    create?(context: CompareContext, desired: DesiredResource): Reason | undefined
    /** Sending these fields. */
    update?(context: CompareContext, desired: DesiredResource, send: Changes): Reason | undefined
  }

  /** The remark on one that is in WorkOS already and adopted. */
  adoptedNote?: { code: string; detail: string }

  /**
   * Codes of the remarks on secrets that changed in the source and are not sent: by a rule, and to
   * an account that proves nothing (see `provenBy`). Undefined: `secret_changed_in_source`.
   */
  secretNotes?: { changed: string; keptBack?: string }
}

/** What is special about deleting a kind. What is true of every kind: see planning/deletions.ts. */
export interface DeletionRules {
  /**
   * When planning decides about it: with people and what ties them to places, or with places, once
   * it is known who leaves. Undefined: after these, in the order of the kinds.
   */
  round?: 'people' | 'places'

  /** It is left as a whole or not at all: what refers to it stays where it stays. */
  whole?: true

  /**
   * It is deleted although what it refers to stays as a whole, where that was in WorkOS before: an
   * authenticator app.
   */
  undoneAlone?: true

  /** The kind of its members: one that the state does not remove keeps it. */
  keptBy?: string

  /** What uses it: WorkOS deletes it only when nothing does. */
  usedBy?: UsedBy

  /** What it is made from. If one of these was rejected, what would have come of it is unknown. */
  madeFrom?: string

  /** Where WorkOS offers no deletion: of what, for people. Undefined: `plural`. */
  called?: string

  /**
   * That somebody has used it since it was created, for people. Undefined: nobody has, or it does
   * not tell.
   */
  usedSince?(live: LiveResource): string | undefined
}

/** What kinds add to the summary of a plan. */
export interface SummaryParts {
  passwords: PasswordCounts
  /** Single sign-on connections that go into files and are not sent. */
  handoff: ConnectionCounts
  /** Invitations that go into a file and are not sent. */
  invitations: number
}

/** What a warning looks at. */
export interface WarningContext {
  rundb: RunDatabase
  loaded: LoadedManifest
  /** Only a part of the source was read: what that has in common says nothing of everybody. */
  partial: boolean
}

/** What is known of the values of a kind. */
export interface ValueContext extends WarningContext {
  filling: FieldFilling | undefined
  /** The columns that the value of the expression at a path of the manifest may come from. */
  columnsOf(path: readonly string[]): readonly string[]
}

/** How full the fields of a kind are. */
export interface FieldFilling {
  resources: number
  fields: readonly { field: string; filled: number; distinct: number; example?: Json }[]
}

/**
 * What kinds gather: plain data, since it may come from another thread. Users alone gather
 * anything.
 */
export type Gathered = GatheredUsers

/**
 * Gathers from the values of all desired resources of a kind, which planning goes through once, in
 * any order.
 */
export interface Gatherer {
  /** @param place of its first record: see DesiredRow.seq */
  add(attributes: Attributes, secrets: JsonObject | null, place: number): void
  /** What was gathered, once all have been added. */
  gathered(): Gathered
}

/** What gathering begins with. */
export interface GatherContext {
  rundb: RunDatabase
  manifest: Pick<Manifest, 'map'>
  /** Any of the kind may change: else nobody asks for warnings. */
  changing: boolean
}

/** What a kind gathers, and what comes of it. */
export interface Gathering {
  begin(context: GatherContext): Gatherer
  /** What it adds to the summary. */
  summary(rundb: RunDatabase, gathered: Gathered): Partial<SummaryParts>
  /**
   * What is odd about the values; asked where any of the kind changes, behind the warnings of its
   * review.
   */
  warnings(context: WarningContext, gathered: Gathered): Problem[]
}

/** What a plan says of a kind besides its actions. */
export interface PlanReview {
  /**
   * A migration is about it before all else: where conditions leave out all of it or much of it,
   * that is a warning, and its fields are named without the kind.
   */
  main?: true

  /**
   * Its rule maps its own fields: one that is mapped and that nobody has is a warning. `except`:
   * those that cannot be empty, or are made into something else.
   */
  mapsFields?: { except: readonly string[] }

  /** Codes under which one is blocked that count as cases of duplicates. */
  duplicateCodes?: readonly string[]

  /**
   * What it adds to the summary. @param planned false: it is no part of the plan, and goes into
   * files
   */
  summary?(rundb: RunDatabase, planned: boolean): Partial<SummaryParts>

  /** Looks at all values. Undefined: their field table is enough. */
  gathering?: Gathering

  /** What is odd about the manifest in view of everything in the source. */
  sourceWarnings?(context: WarningContext): Problem[]

  /** What is odd about its values, where any of it changes. */
  valueWarnings?(context: ValueContext): Problem[]
}

/**
 * All that is special about one kind of resource. A new kind is a folder whose main file exports
 * one of these, and a line in `registry.ts`, whose order is the order of dependencies: see
 * docs/how-to/adding-a-kind.md.
 */
export interface KindDefinition extends DraftDefinition {
  /**
   * WorkOS answers a create with one that has the external id already, if there is one: applying
   * looks before it creates.
   */
  answersExisting?: true

  /**
   * The windows that its creates and updates count in:
   * https://workos.com/docs/reference/rate-limits
   */
  rateClass: 'write' | 'other'

  /** The reference inside of which WorkOS lists the kind, where there is no list of all of it. */
  within?: string

  /**
   * What happens to one that is in WorkOS, was not made by this state and differs. Undefined:
   * `adopt.fill` says it.
   */
  onConflict?(manifest: Pick<Manifest, 'roles'>): ConflictPolicy

  /**
   * WorkOS ranks them by the order in which they are made: when the turn of one to be created is.
   * Undefined: in any order, many at a time.
   */
  turn?(resource: Pick<DesiredResource, 'key' | 'refs'>, manifest: Pick<Manifest, 'roles'>): Turn

  /**
   * Of what it is `within`, whose key it shares, there are too many to list it in each, and few may
   * have one: planning looks it up one by one, and does without where that is too much, for then
   * applying looks before it creates.
   */
  sparse?: true

  /**
   * What a live one looks like while it is in force, besides its managed fields: the status of a
   * membership.
   */
  inForce?: Attributes

  /**
   * Why it cannot be created, when nothing like it exists in WorkOS: an organization without a
   * name. Undefined: it can.
   */
  whyNotCreatable(desired: DesiredResource): ValueProblem | undefined

  /**
   * `naturalKey` of LiveResource as the desired resource would have it; null where a reference has
   * no id yet.
   */
  naturalKey(desired: DesiredResource, refIds: RefIds): string | null

  /**
   * `naturalKey` as SQL, of a row `d` of `desired`; null where it is. With it what WorkOS holds as
   * it is desired is verified by one statement, and what it does not hold is created by one.
   * Undefined: of the kind there are few, and code looks at each.
   * @param ref the WorkOS id of what it refers to in a role, as SQL; null where there is none
   */
  natural?(ref: (role: string) => string): string

  /**
   * Everything of this kind in WorkOS, page by page (100 a page, oldest first). `parentIds` are the
   * WorkOS ids of what it is listed within, for kinds that have `within`.
   */
  list(api: Api, parentIds: AsyncIterable<string> | Iterable<string>): AsyncIterable<LiveResource[]>

  /**
   * Looks one up: by WorkOS id if `desired` carries one, by external id, then by its natural
   * identity. Undefined: there is none.
   */
  find(api: Api, desired: DesiredResource, refIds: RefIds): Promise<LiveResource | undefined>

  /** Reads one by WorkOS id. Undefined: it is gone. */
  get(api: Api, id: string): Promise<LiveResource | undefined>

  /** Creates it, without its separate fields. */
  create(desired: DesiredResource, refIds: RefIds): WriteRequest
  /** One request, or one for each separate field more. */
  update(id: string, changes: Changes, desired: DesiredResource): WriteRequest[]
  /** Undefined: WorkOS offers no deletion. */
  remove(id: string): WriteRequest | undefined

  /** The answer to a create or to an update. */
  parse(body: JsonObject, refIds: RefIds): LiveResource

  /** Of the attributes those that creating sends. Undefined: all of them. */
  sent?(attributes: Attributes): Attributes

  /**
   * What the answer to a create says of a secret, where that is another one than was sent. It never
   * holds a secret itself. Undefined: it is the same one, or the answer does not tell.
   */
  refuted?(body: JsonObject, desired: DesiredResource): { code: string; message: string } | undefined

  /**
   * What the answer to an update tells of what was sent, without what others give it: the roles
   * that a membership has from groups. Undefined: all of it counts.
   */
  answered?(api: Api, id: string, sent: Attributes, answered: Attributes): Promise<Attributes>

  /**
   * What refers to it is ours where the state created it: before that, nothing could hang on it.
   */
  holder?: true

  /**
   * Fields of a body that name other objects by their slugs: a 404 with a code of its own may be
   * about one of these.
   */
  slugsInBody?: readonly string[]

  /**
   * After a create with an open outcome, one that holds to the letter what was sent, and nothing of
   * its separate fields, is ours: it bears nothing else to be known by, and if it were adopted it
   * would stay without those fields.
   */
  provenByContent?: true

  /**
   * WorkOS cannot be asked for one, but only for all within what `within` names. For planning it is
   * listed there, whatever the number.
   */
  listedOnly?: true

  /**
   * Whether a refused create means that the thing exists already, so that it is to be found and
   * adopted.
   */
  exists(codes: readonly string[], status: number): boolean

  /**
   * The same in a form that WorkOS takes where it refused this one with these codes and the
   * manifest would rather have less than nothing: a membership with one of its roles. Undefined:
   * there is none.
   * @param codes undefined: it was refused so once
   */
  fallback?(
    attributes: Attributes,
    codes: ReadonlySet<string> | undefined,
    manifest: Pick<Manifest, 'roles'>,
  ): Fallback | undefined

  /** What a refused create means, where the answer itself does not say it. */
  refused?(refusal: Pick<ApiRefusal, 'status' | 'codes'>): { code: string; message: string } | undefined

  /**
   * Things that must exist in WorkOS or be among the desired resources: the roles of a membership.
   */
  mentions?(desired: DesiredResource): Mention[]

  /** A short name for people, shown beside the address: e-mail, organization name. */
  label(desired: DesiredResource): string

  /** What is special about what WorkOS holds of it. */
  live?: LiveHooks

  /** What is special about planning it. */
  planned?: PlanningHooks

  /**
   * Verifying tells how many of them have secrets in the source, and how many of these were sent:
   * passwords.
   */
  countsSecrets?: true

  /**
   * Its ids are in one environment of WorkOS alone: they tell whether a key is that of the
   * environment which the state describes.
   */
  provesEnvironment?: true

  /**
   * How what is in the state belongs to those whom a scope chooses. Undefined: to nobody, as the
   * roles of the environment.
   */
  stateScope?: StateScope

  /** What is special about deleting it. */
  deletion?: DeletionRules

  /** What a plan says of it besides its actions. */
  review?: PlanReview
}
