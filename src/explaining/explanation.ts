import type { LoadedManifest } from '../config/load.ts'
import type { Json, JsonObject } from '../json.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import type { Plan } from '../planning/plan.ts'
import { shownFile } from '../planning/warnings.ts'
import type { Origin } from '../sources/source.ts'
import type { StateStore } from '../state/store.ts'
import type { Api, WriteRequest } from '../workos/api.ts'
import type { TracedRecord } from './trace-record.ts'

/** What `explain` answers, as plain data. No secret is in it: see masking.ts. */
export interface ExplanationDocument {
  format: 'workos-migrate-explanation'
  version: 1
  /** Name of the migration. */
  name: string
  environment: string | null
  /** What was asked for. */
  asked: string
  /** Users first. */
  explanations: Explanation[]
  /** More resources that were meant and are not explained. */
  more: number
}

/** One resource; or one record, where nothing comes of it. */
export interface Explanation {
  kind: string
  /** Null: the record yields no resource, or its key could not be computed. */
  key: string | null
  /** `user:u1`; of a record, its place. */
  address: string
  label: string | null
  /** Keys of records that merged into it. */
  mergedKeys: string[]
  /** Where the manifest itself declares it. */
  declared: string | null
  /** Records that contributed, in the order in which they are read. */
  records: ExplainedRecord[]
  /** Contributing records that are not shown. */
  moreRecords: number
  rejects: ExplainedReject[]
  /** Null: it has one record. */
  merging: ExplainedMerging | null
  notes: { code: string; detail: string }[]
  /** Of users. */
  password: ExplainedPassword | null
  /** Of a membership: where each of its roles is from. */
  roles: ExplainedRole[]
  references: ExplainedReference[]
  dependents: ExplainedDependents[]
  state: ExplainedState | null
  /** Null: WorkOS was not asked. */
  live: ExplainedLive | null
  action: ExplainedAction
  requests: WriteRequest[]
}

/** An expression of the manifest with what it yields. */
export interface ExplainedValue {
  /** `email`, `metadata.plan`, `when`. */
  name: string
  expression: string
  /** Where it is written: `migrate.config.yaml:12`, `recipes/csv.yaml:9`; null: it is a default. */
  at: string | null
  /** Absent: it yields nothing. */
  value?: Json
  /** The expression fails on the record. */
  fails?: string
  /** What the rules of the kind made of it, where that is something else; null: nothing. */
  became?: Json
}

export interface ExplainedItem {
  /** Where it stands: a joined row has a line of its own. */
  origin: string
  when?: ExplainedValue
  /** False: `when` leaves it out. */
  chosen: boolean
  fields: ExplainedValue[]
  /** What it yields. */
  yields: string | null
  rejected: string | null
}

export interface ExplainedRule {
  /** `map.user`. */
  rule: string
  each?: ExplainedValue
  items: ExplainedItem[]
  /** Items of other resources. */
  others: number
}

export interface ExplainedRecord {
  origin: string
  stream: string
  /** As they are read, joined rows beneath their stream. */
  columns: JsonObject
  rules: ExplainedRule[]
  /** The condition by which nothing comes of the record: `map.user.when`. */
  leftOutBy: string | null
  leftOutAt: string | null
}

export interface ExplainedReject {
  kind: string
  code: string
  field: string | null
  message: string
  hint: string | null
  origin: string
}

export interface ExplainedMerging {
  /** What makes records one user. */
  by: { expression: string; at: string | null }[]
  /** What they have in common. */
  same: Json | null
  strategy: string
  records: { key: string; origin: string; stands: boolean }[]
  /** Values that were not taken. */
  conflicts: {
    origin: string
    field: string
    rule: string
    ruleAt: string | null
    secret: boolean
    kept?: Json
    dropped?: Json
  }[]
  cases: string[]
}

export interface ExplainedPassword {
  fate: 'sent' | 'kept' | 'reset' | 'there' | 'not taken' | 'none'
  /** `bcrypt`, `md5`. */
  type: string | null
  why: string
}

export interface ExplainedRole {
  role: string
  /** What the source calls it; null: it does not. */
  name: string | null
  origin: string
  /** `map.membership.roles`, `map.roleAssignment.role`, `roles.default`. */
  from: string
  /**
   * The line that turned the name into the slug: `roles.map.Org Admin`; null: the name is the slug.
   */
  by: string | null
  at: string | null
  /** Whether the membership has it in the end. */
  given: boolean
  why?: string
}

/** What it needs. */
export interface ExplainedReference {
  role: string
  address: string
  action: string
  id: string | null
  why: string | null
}

/** What needs it, of one kind. */
export interface ExplainedDependents {
  kind: string
  plural: string
  count: number
  shown: { address: string; action: string; why: string | null; roles?: ExplainedRole[] }[]
}

export interface ExplainedState {
  id: string
  ownership: string
  run: number
  attributes: JsonObject
  refs: Record<string, string>
  /** Names of secrets that were applied. */
  secrets: string[]
  reduced: string | null
  answered: JsonObject | null
  gone: number | null
  /** A write of an earlier run that has no answer yet. */
  openWrite: string | null
}

export interface ExplainedLive {
  found: boolean
  id: string | null
  attributes: JsonObject
  /** Why WorkOS could not be asked for it. */
  why: string | null
}

export type ActionType =
  | 'create'
  | 'update'
  | 'adopt'
  | 'delete'
  | 'blocked'
  | 'unchanged'
  | 'rejected'
  | 'left out'
  | 'orphaned'
  | 'handed over'
  | 'not planned'

export interface ExplainedAction {
  type: ActionType
  code: string | null
  why: string
  hint: string | null
  changes: ({ field: string; secret: true } | { field: string; before?: Json; after?: Json })[]
  /** Differences in WorkOS that stay. */
  kept: { field: string; live?: Json; desired?: Json; reason: string }[]
}

/** What explaining one resource works with. */
export interface Explaining {
  plan: Plan
  loaded: LoadedManifest
  state: StateStore
  /** Undefined: WorkOS is not asked. */
  api: Api | undefined
  mapping: CompiledMapping
  /** Kinds that are planned. */
  planned: ReadonlySet<string>
  /** The records that concern what is explained, by their positions. */
  records: ReadonlyMap<number, TracedRecord>
}

/** Where a path of the manifest is written: `migrate.config.yaml:12`; null for a default. */
export function writtenAt(loaded: LoadedManifest, path: readonly (string | number)[]): string | null {
  const at = loaded.originOf(path)
  if (at === undefined) return null
  const file = shownFile(at.file, loaded.directory)
  return at.line === undefined ? file : `${file}:${at.line}`
}

/** `users.csv:12`. */
export function placeOf({ file, line }: Origin): string {
  return line === undefined ? file : `${file}:${line}`
}
