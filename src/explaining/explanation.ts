import type { LoadedManifest } from '../config/load.ts'
import type { Json, JsonObject } from '../json.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import type { Plan } from '../planning/plan.ts'
import { shownFile } from '../planning/warnings.ts'
import type { Origin } from '../sources/source.ts'
import type { StateStore } from '../state/store.ts'
import type { Api, WriteRequest } from '../workos/api.ts'
import type { TracedRecord } from './trace-record.ts'

/** The result of `explain`, as plain data. Contains no secrets: see masking.ts. */
export interface ExplanationDocument {
  format: 'workos-migrate-explanation'
  version: 1
  /** Name of the migration. */
  name: string
  environment: string | null
  /** The user's input. */
  asked: string
  /** Users first. */
  explanations: Explanation[]
  /** Number of matching resources that are not explained. */
  more: number
}

/** One resource, or a record that has no resource. */
export interface Explanation {
  kind: string
  /** Null: the record has no resource, or its key could not be computed. */
  key: string | null
  /** `user:u1`, or the place of a record. */
  address: string
  label: string | null
  /** Keys of records that merged into it. */
  mergedKeys: string[]
  /** Where the manifest itself declares it. */
  declared: string | null
  /** Its records, in the order in which they are read. */
  records: ExplainedRecord[]
  /** Number of its records that are not shown. */
  moreRecords: number
  rejects: ExplainedReject[]
  /** Null: it has one record. */
  merging: ExplainedMerging | null
  notes: { code: string; detail: string }[]
  /** For a user. */
  password: ExplainedPassword | null
  /** For a membership: where each of its roles comes from. */
  roles: ExplainedRole[]
  references: ExplainedReference[]
  dependents: ExplainedDependents[]
  state: ExplainedState | null
  /** Null: WorkOS was not queried. */
  live: ExplainedLive | null
  action: ExplainedAction
  requests: WriteRequest[]
}

/** An expression of the manifest and its value. */
export interface ExplainedValue {
  /** `email`, `metadata.plan`, `when`. */
  name: string
  expression: string
  /** Its place: `migrate.config.yaml:12`, `recipes/csv.yaml:9`. Null: it is a default. */
  at: string | null
  /** Absent: it has no value. */
  value?: Json
  /** The error of the expression on this record. */
  fails?: string
  /** The value after the rules of the kind, if it differs. Null: no value. */
  became?: Json
}

export interface ExplainedItem {
  /** Its place. A joined row has its own line. */
  origin: string
  when?: ExplainedValue
  /** False: `when` leaves it out. */
  chosen: boolean
  fields: ExplainedValue[]
  /** The resource that it returns. */
  yields: string | null
  rejected: string | null
}

export interface ExplainedRule {
  /** `map.user`. */
  rule: string
  each?: ExplainedValue
  items: ExplainedItem[]
  /** Number of items of other resources. */
  others: number
}

export interface ExplainedRecord {
  origin: string
  stream: string
  /** As read, with joined rows below their stream. */
  columns: JsonObject
  rules: ExplainedRule[]
  /** The condition that leaves the record out: `map.user.when`. */
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
  /** The value that they share. */
  same: Json | null
  strategy: string
  records: { key: string; origin: string; stands: boolean }[]
  /** Values that were lost. */
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
  /** Its name in the source. Null: none. */
  name: string | null
  origin: string
  /** `map.membership.roles`, `map.roleAssignment.role`, `roles.default`. */
  from: string
  /** The line that turned the name into the slug: `roles.map.Org Admin`. Null: they are equal. */
  by: string | null
  at: string | null
  /** Whether the membership finally has it. */
  given: boolean
  why?: string
}

/** A resource that it needs. */
export interface ExplainedReference {
  role: string
  address: string
  action: string
  id: string | null
  why: string | null
}

/** The resources of one kind that need it. */
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
  /** A write of an earlier run without a response. */
  openWrite: string | null
}

export interface ExplainedLive {
  found: boolean
  id: string | null
  attributes: JsonObject
  /** Why it could not be looked up in WorkOS. */
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

/** The inputs for explaining one resource. */
export interface Explaining {
  plan: Plan
  loaded: LoadedManifest
  state: StateStore
  /** Undefined: WorkOS is not queried. */
  api: Api | undefined
  mapping: CompiledMapping
  /** Kinds that are planned. */
  planned: ReadonlySet<string>
  /** The records concerned, by position. */
  records: ReadonlyMap<number, TracedRecord>
}

/** The place of a path of the manifest: `migrate.config.yaml:12`. Null for a default. */
export function writtenAt(loaded: LoadedManifest, path: readonly (string | number)[]): string | null {
  const at = loaded.originOf(path)
  if (at === undefined) return null
  const file = shownFile(at.file, loaded.directory)
  return at.line === undefined ? file : `${file}:${at.line}`
}

export function placeOf({ file, line }: Origin): string {
  return line === undefined ? file : `${file}:${line}`
}
