import type { Location, Reason } from '../diagnostics/problem.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import type { Origin, SourceRecord } from '../sources/source.ts'
import type { Heartbeat } from './heartbeat.ts'

/** One resource as a record describes it, checked and normalised, ready to be staged. */
export interface Draft {
  /** The record's position: see SourceRecord.seq. */
  seq: number
  kind: string
  /** Identity in the source, unique per kind once duplicates are merged. */
  key: string
  /** Resources with the same group are the same thing (users: the dedupe key). Null: only equal keys are. */
  group: string | null
  /** Of several with the same group, the greater by its bytes is preferred; undefined: their order counts. */
  rank?: string
  /** When the record was changed last, in milliseconds since 1970, where a rule asks for it. */
  updatedAt?: number
  /** The external id of a user, where it is not the key. */
  externalId?: string
  /** What the address of a user has in common with those that differ from it in non-ASCII case or form alone; see lookalikeForm. */
  lookalike?: string
  /** Keys of the resources it refers to, by role: `{ user: 'u1', organization: 'acme' }`. Empty object: none. */
  refs: Record<string, string>
  /** Canonical JSON of the non-secret attributes. */
  attributes: string
  /** Canonical JSON of the secret attributes (password, passwordHash …); null: none. */
  secrets: string | null
  origin: Origin
}

/**
 * A role that a record gives to a user: in one organization; or, without one, on the memberships of the record itself (`record`), or on all
 * that the user has in its own name (`user`), where the record is of a stream that knows no memberships.
 */
export interface RoleGrant {
  seq: number
  user: string
  /** The address of the user, where the record names that as well: compared with those of all users once these are known. */
  email?: string
  organization: string | null
  scope: 'organization' | 'record' | 'user'
  /** Its slug; with the scope `user` its name in the source, whose meaning may depend on the organization. */
  role: string
  origin: Origin
}

/** A resource that was refused: by an expression that threw, or by a rule of its kind. */
export interface Reject extends Reason {
  seq: number
  kind: string
  /** Null when the key itself could not be computed. */
  key: string | null
  /** Field of the kind, where one is to blame. */
  field?: string
  origin: Origin
  /** Keys of what it referred to, so that dependents can be named. */
  refs?: Record<string, string>
  /** The address of a user, where the record has a sound one: by it the user may be chosen. */
  email?: string
}

/** Something worth telling about a resource that is accepted all the same: a password that must be reset, a renamed key. */
export interface Note {
  seq: number
  kind: string
  key: string
  /** Stable name, counted in the plan: `password_reset_required`, `metadata_key_renamed`, `totp_unsupported` … */
  code: string
  /** What the note is about: the hasher, the metadata key. Counted within the code. */
  detail: string
}

/** A name in the source that an expression turned into a key or a slug. Two names with one slug are two things in the source. */
export interface DerivedName {
  kind: 'user' | 'role' | 'permission' | 'organization' | 'group'
  /** What was made of it. */
  derived: string
  /** What that has become in drafts: `roles.map` may translate a slug. */
  slug: string
  /** The organization in which a role is given; empty: none is named, or it makes no difference. */
  scope: string
  name: string
  /** `roles.map` has a line for the name: the manifest says what becomes of it. */
  mapped: boolean
  /** Where the name stands first. */
  seq: number
  origin: Origin
}

/** Records that every rule left out, of one stream and by one condition. */
export interface LeftOut {
  stream: string
  /** The manifest's path of the condition: `map.user.when`, `map.membership.each`, `roles.unmapped`. Null: no rule reads the stream. */
  path: string | null
  records: number
  /** Where the condition is written: the file relative to the manifest, or `recipes/okta.yaml`. Known once all is staged. */
  at?: Location
}

/** A record that every rule left out. */
export interface LeftOutRecord extends Pick<LeftOut, 'stream' | 'path'> {
  seq: number
  /** What the rule that left it out would have made of it. Null: no rule reads the stream. */
  kind: string | null
  /** The key that it would have had. Null where that cannot be told. */
  key: string | null
  origin: Origin
}

/** Something that `when` leaves out, by its key: what belongs to it is left out as well. */
export interface LeftOutKey {
  kind: string
  key: string
  /** The manifest's path of the condition. */
  path: string
}

/** What a rule makes of a record whose user or organization is left out. */
export interface LeftOutItem {
  kind: string
  /** Null where it cannot be told. */
  key: string | null
  /** The manifest's path of the condition that leaves out the user or the organization. */
  path: string
  /** Keys of what it refers to, as far as they are known. */
  refs: Record<string, string>
  origin: Origin
}

export interface MapTask {
  records: SourceRecord[]
  /** Where the worker tells how far it has come. */
  heartbeat?: Heartbeat
}

export interface MapResult {
  drafts: Draft[]
  grants: RoleGrant[]
  rejects: Reject[]
  notes: Note[]
  /** Each once. */
  names: Map<string, DerivedName>
  /** Roles given to memberships of the very record that gives them: they are in those memberships' drafts already. */
  assigned: number
  /** Records of the chunk that yielded at least one draft, grant or reject. */
  mapped: number
  /** Records that every rule left out by its `when` or an empty `each`. `mapped` + `leftOut` = records in the task. */
  leftOut: number
  /** Which conditions did that. Its records add up to `leftOut`. */
  leftOutBy: LeftOut[]
  leftOutKeys: LeftOutKey[]
  leftOutItems: LeftOutItem[]
  /** Each of them by name. */
  leftOutRecords: LeftOutRecord[]
}

/** A remark for each role by which something was rejected, since no map knows it: they are counted by role. */
export function unmappedRoles({ seq, kind, key, code }: Reject, problems: readonly ValueProblem[]): Note[] {
  const names = new Set(problems.map(({ role }) => role).filter((role) => role !== undefined))
  return [...names].map((detail) => ({ seq, kind, key: key ?? code, code: 'unmapped_role', detail }))
}
