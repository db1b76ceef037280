import type { Manifest, MergeRule } from '../config/manifest.ts'
import type { Reason } from '../diagnostics/problem.ts'
import type { JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { CollisionRule, NameRules } from './collisions.ts'
import type { Fitted, Lifecycle, MergePolicy } from './lifecycle.ts'
import type { ScopeRules } from './scope.ts'
import type { Remarks, Remedies } from './wording.ts'

/** One field of a kind. */
export interface FieldDefinition {
  /**
   * Secret fields are kept apart from the others from the mapping on: never shown, stored only as
   * keyed digests.
   */
  secret?: true
  /**
   * How two values are compared and what an update sends: `value` the whole value; `map` only the
   * changed members of an object (null removes one); `set` the whole list, order ignored.
   */
  compare: 'value' | 'map' | 'set'
  /** The case of A to Z carries no meaning: an address, a domain. */
  caseless?: true
  /**
   * WorkOS gives it a value where none is sent: a membership its default role. What it gave counts
   * as applied, so that a value that the source gets later is a change of the source's.
   */
  assigned?: true
  /** The rule for duplicates, unless the manifest says otherwise. */
  merge: MergeRule
  /**
   * The field of which it says something: when records merge, those count that agree in that one
   * with what is kept. It stands before.
   */
  about?: string
  /**
   * False where WorkOS offers no update of the field: a difference is only reported. Default true.
   */
  updatable?: boolean
  /**
   * WorkOS does not take it in a create, which a request with it follows: an update has it in a
   * request of its own `alone`, as the permissions of a role, or in the one of all `updates`, as
   * the locale of a user. Until that has been answered the state does not hold it, so that an
   * interrupted run is made up for by an update.
   */
  separate?: 'alone' | 'updates'
  /**
   * False for fields that only help to find or create the thing and are not compared. Default true.
   */
  compared?: boolean
}

/** The parts of the manifest that value rules depend on. */
export type ValueRules = Pick<Manifest, 'metadata' | 'externalId' | 'organizations' | 'passwords' | 'totp' | 'roles'>

/** Why a value is refused. */
export interface ValueProblem extends Reason {
  field: string
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

/**
 * What records of the source describe: the fields of one rule under `map`, how they are checked and
 * how several records of one thing become one. Most are kinds of resources as well; others are made
 * into resources once all records are merged.
 */
export interface DraftDefinition {
  name: string
  plural: string
  /** What its remarks on accepted resources mean, by their codes. */
  remarks?: Remarks
  /** What helps against the codes that are its own. */
  remedies?: Remedies
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
   * The field in which a record proves whose account it is. Where one record of several does,
   * secrets of those of other accounts that do not are left out of the merge.
   */
  provenBy?: string

  /**
   * Checks and normalises what the mapping yielded. Pure: runs in the workers, and what it yields
   * may stand for all items with the same fields.
   * @param own the fields that the rule does not map, and that name resources of the record itself:
   *   their keys are whole
   */
  normalise(fields: Record<string, unknown>, rules: ValueRules, own?: ReadonlySet<string>): NormaliseResult

  /**
   * Merged attributes within the limits that the manifest's rules let be kept by changing them, and
   * what was changed.
   */
  fitMerged?(attributes: Attributes, rules: ValueRules): Fitted

  /** Limits that merged attributes can break although each of the merged records kept them. */
  checkMerged?(attributes: Attributes, rules: ValueRules): ValueProblem[]

  /**
   * The key that follows from its references, for kinds that have one: when a user merges into
   * another, its memberships take the other's key. Undefined: the key stands on its own.
   */
  keyFromRefs?(refs: Record<string, string>): string

  /**
   * The references of which the key consists, an `@` between them; null for what the mapping
   * yields. With them a key can be taken apart where the source is not at hand. Undefined: the key
   * stands on its own.
   */
  keyRefs?: readonly [string | null, string]

  /**
   * The references with those anew that follow from others: which membership is meant follows from
   * the user and the organization.
   */
  derivedRefs?(refs: Record<string, string>): Record<string, string>

  /** The sums show the kind even when it has no resources. */
  alwaysCounted?: true

  /**
   * Which notes `n` on one of it, `d`, do not count, as SQL: what a merge gave back is not missed,
   * and what is told elsewhere is not told twice.
   */
  mootNotes?: readonly string[]

  /** What is done with its drafts between staging and the desired set. */
  lifecycle?: Lifecycle

  /**
   * How several records of one become one. Undefined: by the rules of its fields, whatever their
   * order in the source.
   */
  mergePolicy?(manifest: Manifest): MergePolicy

  /** Where the source's names are made into its keys, when they collide. */
  names?: NameRules
  /** What of it is rejected where names have collided. */
  collisions?: readonly CollisionRule[]

  /** Which of it belongs to those of whom a run speaks. */
  scope?: ScopeRules
}
