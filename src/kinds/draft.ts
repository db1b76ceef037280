import type { Manifest, MergeRule } from '../config/manifest.ts'
import type { Reason } from '../diagnostics/problem.ts'
import type { JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { CollisionRule, NameRules } from './collisions.ts'
import type { Fitted, Lifecycle, MergePolicy } from './lifecycle.ts'
import type { ScopeRules } from './scope.ts'
import type { Remarks, Remedies } from './wording.ts'

export interface FieldDefinition {
  /**
   * Secret fields are kept apart from the mapping on. They are never shown, and stored only as
   * keyed digests.
   */
  secret?: true
  /**
   * How values are compared and what an update sends. `value`: the whole value. `map`: the changed
   * members of an object (null removes one). `set`: the whole list, in any order.
   */
  compare: 'value' | 'map' | 'set'
  /** The case of A to Z has no meaning, as in an address or a domain. */
  caseless?: true
  /**
   * WorkOS sets a value if none is sent, such as the default role of a membership. That value
   * counts as applied, so that a later value of the source counts as a change.
   */
  assigned?: true
  /** The rule for duplicates, unless the manifest sets another one. */
  merge: MergeRule
  /**
   * The field that this one describes. When records merge, only those that agree with the kept
   * value of that field count. It comes before this field.
   */
  about?: string
  /** False: WorkOS cannot update the field, so a difference is only reported. Default true. */
  updatable?: boolean
  /**
   * WorkOS does not accept the field in a create; a further request sends it. `alone`: in a request
   * without other fields, as the permissions of a role. `updates`: in one request with all such
   * fields, as the locale of a user. The state records the field only after that response, so that
   * an update completes an interrupted run.
   */
  separate?: 'alone' | 'updates'
  /** False: the field only helps to find or create the resource. Default true. */
  compared?: boolean
}

/** The parts of the manifest that rules for values depend on. */
export type ValueRules = Pick<Manifest, 'metadata' | 'externalId' | 'organizations' | 'passwords' | 'totp' | 'roles'>

/** Why a value is rejected. */
export interface ValueProblem extends Reason {
  field: string
  /** The name of a role that no role map translates. */
  role?: string
}

export interface Normalised {
  key: string
  attributes: Attributes
  secrets: JsonObject | null
  /** Keys of the resources that it refers to, by role. */
  refs: Record<string, string>
  notes: { code: string; detail: string }[]
}

export type NormaliseResult =
  | { ok: true; value: Normalised }
  | { ok: false; key: string | null; problems: ValueProblem[] }

/**
 * What records describe: the fields of one rule under `map`, their checks and their merge rules.
 * Most drafts are kinds of resources. Others become resources after all records have merged.
 */
export interface DraftDefinition {
  name: string
  plural: string
  /** Texts for the codes of remarks on accepted resources. */
  remarks?: Remarks
  /** Remedies for the codes of this kind. */
  remedies?: Remedies
  /** Its rule under `map` in the manifest. Undefined: there is no rule. */
  rule?: keyof Manifest['map']
  /** Roles of references, and the kinds that they refer to. */
  refs: Record<string, string>
  fields: Record<string, FieldDefinition>
  /** Names of the fields that the rule accepts, in addition to each, when and from. */
  mapped: readonly string[]

  /** Mapped fields with values that no message contains. */
  secretInputs?: readonly string[]
  /** Rare secrets: a step looks for them only if staging has seen one. See traits.ts. */
  rareSecrets?: readonly string[]

  /** Groups of fields that exclude each other in WorkOS: a plain-text password or a hash. */
  exclusive?: readonly (readonly string[])[]

  /**
   * The field in which a record proves whose account it is. If one record proves it, merging
   * ignores the secrets of records of other accounts that do not.
   */
  provenBy?: string

  /**
   * Checks and normalizes the mapped values. Pure: it runs in workers, and its result is reused for
   * all items with the same fields.
   * @param own fields that the rule does not map and that refer to resources of the same record:
   * their keys are complete
   */
  normalise(fields: Record<string, unknown>, rules: ValueRules, own?: ReadonlySet<string>): NormaliseResult

  /**
   * Changes merged attributes to keep them within limits, where the manifest allows it, and notes
   * the changes.
   */
  fitMerged?(attributes: Attributes, rules: ValueRules): Fitted

  /** Limits that merged attributes can exceed although each record kept them. */
  checkMerged?(attributes: Attributes, rules: ValueRules): ValueProblem[]

  /**
   * The key, for kinds whose references determine it: when a user merges into another, the keys of
   * its memberships change. Undefined: the key does not depend on references.
   */
  keyFromRefs?(refs: Record<string, string>): string

  /**
   * The references that form the key, joined by `@`; null is the part that the mapping returns.
   * This splits a key where the source is not available. Undefined: the key does not depend on
   * references.
   */
  keyRefs?: readonly [string | null, string]

  /**
   * Recomputes references that follow from others: the user and the organization determine the
   * membership.
   */
  derivedRefs?(refs: Record<string, string>): Record<string, string>

  /** Totals show the kind even if it has no resources. */
  alwaysCounted?: true

  /**
   * SQL conditions for notes `n` on a draft `d` that do not count: a merge restored the value, or
   * another report has it.
   */
  mootNotes?: readonly string[]

  /** Steps on its drafts between staging and the desired set. */
  lifecycle?: Lifecycle

  /**
   * How records of one resource merge. Undefined: by the rules of its fields, in any order of
   * records.
   */
  mergePolicy?(manifest: Manifest): MergePolicy

  /** When names of the source collide as keys of this kind. */
  names?: NameRules
  /** What to reject when names collide. */
  collisions?: readonly CollisionRule[]

  /** How to select its resources when a run has a scope. */
  scope?: ScopeRules
}
