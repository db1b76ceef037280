import type { ConflictPolicy, Manifest, MergeRule } from '../config/manifest.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Api, ApiRefusal, WriteRequest } from '../workos/api.ts'

/** Non-secret attributes by field name, in our camelCase spelling. A field that is absent is not managed. */
export type Attributes = JsonObject

/** One field of a kind. */
export interface FieldDefinition {
  /** Secret fields are kept apart from the others from the mapping on: never shown, stored only as keyed digests. */
  secret?: true
  /**
   * How two values are compared and what an update sends: `value` the whole value; `map` only the changed members of an
   * object (null removes one); `set` the whole list, order ignored.
   */
  compare: 'value' | 'map' | 'set'
  /**
   * WorkOS gives it a value where none is sent: a membership its default role. What it gave counts as applied, so that a value
   * that the source gets later is a change of the source's.
   */
  assigned?: true
  /** The rule for duplicates, unless the manifest says otherwise. */
  merge: MergeRule
  /** The field of which it says something: when records merge, those count that agree in that one with what is kept. It stands before. */
  about?: string
  /** False where WorkOS offers no update of the field: a difference is only reported. Default true. */
  updatable?: boolean
  /**
   * WorkOS takes it in a request of its own alone, which follows the create: the permissions of a role. Until that has been answered
   * the state does not hold it, so that an interrupted run is made up for by an update.
   */
  separate?: true
  /**
   * False for fields that only help to find or create the thing and are not compared. Default true.
   */
  compared?: boolean
}

/** The parts of the manifest that value rules depend on. */
export type ValueRules = Pick<Manifest, 'metadata' | 'externalId' | 'organizations' | 'passwords' | 'totp' | 'roles'>

/** Why a value is refused. */
export interface ValueProblem {
  code: string
  field: string
  message: string
  hint?: string
  /** Of a role that no map knows: its name. */
  role?: string
}

export interface Normalised {
  key: string
  attributes: Attributes
  secrets: JsonObject | null
  /** Keys of the resources it refers to, by role. */
  refs: Record<string, string>
  notes: { code: string; detail: string }[]
}

export type NormaliseResult =
  | { ok: true; value: Normalised }
  | { ok: false; key: string | null; problems: ValueProblem[] }

/** A resource as it should be, with duplicates merged. */
export interface DesiredResource {
  kind: string
  key: string
  attributes: Attributes
  secrets: JsonObject | null
  refs: Record<string, string>
}

/** A resource as WorkOS holds it, in our spelling. */
export interface LiveResource {
  /** WorkOS's id; for roles the slug. */
  id: string
  externalId: string | null
  /**
   * What makes it unique in WorkOS besides its ids: the lowercased e-mail of a user, the slug of a role,
   * `userId@organizationId` of a membership; null for organizations, whose names need not be unique.
   */
  natural: string | null
  /** ISO 8601; null where WorkOS does not tell. */
  createdAt: string | null
  /** A field that is empty in WorkOS is null; a field that the answer does not tell about is absent. */
  attributes: Attributes
}

/**
 * The changed fields of an update: for `map` fields only the changed members, null meaning removal. For a secret field the
 * name alone counts: what is sent comes from the secrets of the desired resource.
 */
export type Changes = Record<string, Json>

/** A resource, or the changes of an update, without what WorkOS refused. */
export interface Reduction {
  attributes: Attributes
  /** Stable name of what it goes without. */
  code: string
  /** What it keeps and loses. */
  message: string
}

/** WorkOS ids of the resources that `refs` names, by role. */
export type RefIds = Record<string, string>

/** What identifies something that another resource needs without referring to it: the role of a membership. */
export interface Mention {
  kind: string
  /** Its key among the desired resources. */
  key: string
  /** See `natural` of LiveResource; null where what it is in has no id yet. */
  natural(refIds: RefIds): string | null
  /** Its name for people. */
  label: string
}

/**
 * What records of the source describe: the fields of one rule under `map`, how they are checked and how several records of one thing
 * become one. Most are kinds of resources as well; others are made into resources once all records are merged.
 */
export interface DraftDefinition {
  name: string
  plural: string
  /** The rule under `map` in the manifest that yields it; undefined: none does. */
  rule?: keyof Manifest['map']
  /** Roles of references and the kinds they point to. */
  refs: Record<string, string>
  fields: Record<string, FieldDefinition>
  /** Field names that the rule accepts (besides each, when, from). */
  mapped: readonly string[]

  /** Mapped fields whose values never appear in a message. */
  secretInputs?: readonly string[]

  /** Groups of fields of which WorkOS takes at most one: a password in clear or a hash. */
  exclusive?: readonly (readonly string[])[]

  /**
   * The field in which a record proves whose account it is. Where one record of several does, secrets of those of other accounts
   * that do not are left out of the merge.
   */
  provenBy?: string

  /**
   * Checks and normalises what the mapping yielded. Pure: runs in the workers.
   * @param own the fields that the rule does not map, and that name resources of the record itself: their keys are whole
   */
  normalise(fields: Record<string, unknown>, rules: ValueRules, own?: ReadonlySet<string>): NormaliseResult

  /** Merged attributes within the limits that the manifest's rules let be kept by changing them, and what was changed. */
  fitMerged?(attributes: Attributes, rules: ValueRules): { attributes: Attributes; notes: Normalised['notes'] }

  /** Limits that merged attributes can break although each of the merged records kept them. */
  checkMerged?(attributes: Attributes, rules: ValueRules): ValueProblem[]

  /**
   * The key that follows from its references, for kinds that have one: when a user merges into another, its memberships
   * take the other's key. Undefined: the key stands on its own.
   */
  keyFromRefs?(refs: Record<string, string>): string

  /**
   * The references of which the key consists, an `@` between them; null for what the mapping yields. With them a key can be taken
   * apart where the source is not at hand. Undefined: the key stands on its own.
   */
  keyRefs?: readonly [string | null, string]

  /** The references with those anew that follow from others: which membership is meant follows from the user and the organization. */
  derivedRefs?(refs: Record<string, string>): Record<string, string>
}

/**
 * All that is special about one kind of resource. A new kind is a new file that exports one of these, and a line in
 * `registry.ts`, whose order is the order of dependencies.
 */
export interface KindDefinition extends DraftDefinition {
  /** WorkOS answers a create with one that has the external id already, if there is one: when it was made tells whose it is. */
  answersExisting?: true

  /** The windows that its creates and updates count in: https://workos.com/docs/reference/rate-limits */
  writes: 'write' | 'other'

  /** The reference inside of which WorkOS lists the kind, where there is no list of all of it. */
  within?: string

  /** What happens to one that is in WorkOS, was not made by this state and differs. Undefined: `adopt.fill` says it. */
  onConflict?(manifest: Pick<Manifest, 'roles'>): ConflictPolicy

  /**
   * Of what it is `within`, whose key it shares, there are too many to list it in each, and few may have one: planning looks it up one by
   * one, and does without where that is too much, for then applying looks before it creates.
   */
  sparse?: true

  /**
   * Undoing deletes it although its user stays, where the user was in WorkOS before: an authenticator app. Otherwise a user stays as a
   * whole or not at all.
   */
  undoneAlone?: true

  /** What a live one looks like while it is in force, besides its managed fields: the status of a membership. */
  inForce?: Attributes

  /** Why it cannot be created, when nothing like it exists in WorkOS: an organization without a name. Undefined: it can. */
  missing(desired: DesiredResource): ValueProblem | undefined

  /** `natural` of LiveResource as the desired resource would have it; null where a reference has no id yet. */
  natural(desired: DesiredResource, refIds: RefIds): string | null

  /**
   * Everything of this kind in WorkOS, page by page (100 a page, oldest first). `parentIds` are the WorkOS ids of what it is
   * listed within, for kinds that have `within`.
   */
  list(api: Api, parentIds: AsyncIterable<string> | Iterable<string>): AsyncIterable<LiveResource[]>

  /**
   * Looks one up: by WorkOS id if `desired` carries one, by external id, then by its natural identity.
   * Undefined: there is none.
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

  /** The answer to a create. */
  parse(body: JsonObject, refIds: RefIds): LiveResource

  /**
   * WorkOS does not tell when it was made. What is found after a write of ours is then taken for ours: before the write there was
   * none, or it would not have been planned.
   */
  undated?: true

  /**
   * WorkOS cannot be asked for one, but only for all within what `within` names. For planning it is listed there, whatever the number.
   */
  listedOnly?: true

  /** Whether a refused create means that the thing exists already, so that it is to be found and adopted. */
  exists(codes: readonly string[], status: number): boolean

  /**
   * The same in a form that WorkOS takes where it refused this one with these codes and the manifest would rather have less than nothing:
   * a membership with one of its roles. Undefined: there is none.
   */
  reduce?(attributes: Attributes, codes: ReadonlySet<string>, manifest: Pick<Manifest, 'roles'>): Reduction | undefined

  /** What a refused create means, where the answer itself does not say it. */
  refused?(refusal: Pick<ApiRefusal, 'status' | 'codes'>): { code: string; message: string } | undefined

  /** Things that must exist in WorkOS or be among the desired resources: the roles of a membership. */
  mentions?(desired: DesiredResource): Mention[]

  /** A short name for people, shown beside the address: e-mail, organization name. */
  label(desired: DesiredResource): string
}
