import type { JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { Origin } from '../sources/source.ts'
import type { Row } from '../sqlite/open.ts'
import { originOf, placeOf, type RunDatabase } from './run-database.ts'

/**
 * What records say, before it is merged. In: drafts of resources and grants of roles, as the mapping makes them. Out: the drafts of each
 * resource, those of one beside each other, and what several of them agree or differ in.
 */

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

/** One staged draft of a resource that has several. */
export interface Member {
  key: string
  refs: string
  attributes: Attributes
  secrets: JsonObject | null
  updatedAt: number | null
  seq: number
  file: number
  line: number | null
  records: number
}

const COLUMNS = 'seq, kind, key, dedupe_group, refs, attributes, secrets, file, line, records, rank, updated, external'

const INSERT = `INSERT INTO drafts (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** @param records how many equal records it stands for */
export function insertDraft(rundb: RunDatabase, draft: Draft, records: number): void {
  const { seq, kind, key, attributes, secrets, rank = null, updatedAt = null, externalId = null } = draft
  const [group, refs] = [groupOf(key, draft.group), JSON.stringify(draft.refs)]
  const [file, line] = placeOf(rundb, draft.origin)
  // Not by `rundb.run`: this is the statement that is run most.
  const insert = rundb.statement(INSERT)
  insert.run(seq, kind, key, group, refs, attributes, secrets, file, line, records, rank, updatedAt, externalId)
  if (draft.lookalike !== undefined) {
    const email = String(JSON.parse(draft.attributes).email)
    rundb.run('INSERT INTO lookalikes VALUES (?, ?, ?)', draft.lookalike, email, draft.key)
  }
}

/** The text by which drafts are one resource. Keys and dedupe groups cannot collide. */
export function groupOf(key: string, group: string | null): string {
  return group === null ? `k${key}` : `g${group}`
}

/**
 * Further drafts of staged ones `d`, with attributes of their own and for the record `seq`: what another record gives them.
 * @param which which drafts, and in what order, as SQL; its parameters are `?3`, `?4` …
 * @returns how many
 */
export function addToDrafts(
  rundb: RunDatabase,
  { seq, attributes }: { seq: number; attributes: string },
  which: string,
  ...parameters: (string | number)[]
): number {
  return rundb.run(
    `INSERT INTO drafts (${COLUMNS})
     SELECT ?1, kind, key, dedupe_group, refs, ?2, NULL, file, line, 0, NULL, NULL, NULL FROM drafts d WHERE ${which}`,
    seq,
    attributes,
    ...parameters,
  )
}

/** What merging reads by, made once all drafts are staged. */
export function indexDrafts(rundb: RunDatabase): void {
  rundb.exec(`
    CREATE INDEX drafts_by_group ON drafts (kind, dedupe_group, seq);
    CREATE INDEX drafts_by_key ON drafts (kind, key, dedupe_group);
    CREATE INDEX notes_by_key ON notes (kind, key);
    CREATE INDEX IF NOT EXISTS rejects_by_key ON rejects (kind, key);
  `)
}

/** Drafts that are turned in one go: as many may merge as there are users. */
const ALIASES_AT_ONCE = 5_000

/** What becomes of a draft whose reference names another resource now. */
export interface Turned {
  key: string
  refs: Record<string, string>
}

/**
 * Turns the references of a kind's drafts that name a merged resource to the one it merged into, with their keys and the notes on them.
 * @param role of the references
 * @param target the kind they name
 */
export function turnReferences(
  rundb: RunDatabase,
  { kind, role, target }: { kind: string; role: string; target: string },
  turned: (key: string, refs: Record<string, string>) => Turned,
): void {
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM aliases WHERE kind = ?)', target) === 0) return
  const update = rundb.statement('UPDATE drafts SET refs = ?, key = ?, dedupe_group = ? WHERE id = ?')
  const updateNotes = rundb.statement('UPDATE notes SET key = ? WHERE kind = ? AND key = ?')
  const page = rundb.statement(
    // The + keeps SQLite from going through the index by kind, in which a row changes its place while it is turned.
    `SELECT d.id, d.key, d.refs, a.canonical FROM drafts d
     JOIN aliases a ON a.kind = ?1 AND a.key = json_extract(d.refs, '$.' || ?2)
     WHERE +d.kind = ?3 AND d.id > ?4 ORDER BY d.id LIMIT ${ALIASES_AT_ONCE}`,
  )
  let last = 0
  for (;;) {
    const rows = page.all(target, role, kind, last)
    for (const row of rows) {
      const { key, refs } = turned(String(row.key), { ...JSON.parse(String(row.refs)), [role]: String(row.canonical) })
      last = Number(row.id)
      update.run(JSON.stringify(refs), key, groupOf(key, null), last)
      if (key !== row.key) updateNotes.run(key, kind, String(row.key))
    }
    if (rows.length < ALIASES_AT_ONCE) break
  }
}

/** A record that says nothing of what tells resources apart joins the records of its key, where those are in one group. */
export function joinUndecided(rundb: RunDatabase, kind: string): void {
  // Groups of a key alone begin with k, those of what tells resources apart with g: see groupOf.
  if (rundb.count("SELECT EXISTS (SELECT 1 FROM drafts WHERE kind = ? AND dedupe_group < 'k')", kind) === 0) return
  const told = "FROM drafts o WHERE o.kind = drafts.kind AND o.key = drafts.key AND o.dedupe_group < 'k'"
  rundb.run(
    `UPDATE drafts SET dedupe_group = (SELECT min(o.dedupe_group) ${told})
     WHERE kind = ? AND dedupe_group >= 'k'
       AND (SELECT count(DISTINCT o.dedupe_group) ${told}) = 1`,
    kind,
  )
}

/** The keys of a kind that stand in several groups, in their order. */
export function* contradictoryKeys(rundb: RunDatabase, kind: string): Generator<string> {
  const keys = 'SELECT key FROM drafts WHERE kind = ? GROUP BY key HAVING min(dedupe_group) <> max(dedupe_group)'
  if (rundb.statement(keys).get(kind) === undefined) return
  rundb.exec(`
    CREATE INDEX IF NOT EXISTS drafts_by_record ON drafts (seq);
    CREATE INDEX IF NOT EXISTS grants_by_record ON grants (seq);
  `)
  for (const { key } of rundb.spool(`${keys} ORDER BY key`, kind)) yield String(key)
}

/** A draft of a key that stands in several groups. */
export interface KeyedDraft {
  id: number
  seq: number
  group: string
  attributes: Attributes
  records: number
  /** `users.csv:12`. */
  origin: string
}

/** The drafts of a key. @param order of a merge policy */
export function draftsOfKey(rundb: RunDatabase, kind: string, key: string, order: string): KeyedDraft[] {
  const columns = order
    .split(', ')
    .map((column) => `d.${column}`)
    .join(', ')
  return rundb
    .statement(
      `SELECT d.*, ${originOf('d')} FROM drafts d JOIN files f ON f.id = d.file
       WHERE d.kind = ? AND d.key = ? ORDER BY ${columns}`,
    )
    .all(kind, key)
    .map((row) => ({
      id: Number(row.id),
      seq: Number(row.seq),
      group: String(row.dedupe_group),
      attributes: JSON.parse(String(row.attributes)),
      records: Number(row.records),
      origin: String(row.origin),
    }))
}

/** The drafts of each resource of a kind that has several, in the order of the policy; one resource at a time. */
export function* draftGroups(rundb: RunDatabase, kind: string, order: string): Generator<Member[]> {
  const rows = rundb.iterate(
    `SELECT dedupe_group, key, refs, attributes, secrets, updated, seq, file, line, records FROM drafts
     WHERE kind = ?1 AND dedupe_group IN (SELECT dedupe_group FROM drafts WHERE kind = ?1 GROUP BY dedupe_group HAVING count(*) > 1)
     ORDER BY dedupe_group, ${order}`,
    kind,
  )
  let group: string | undefined
  let members: Member[] = []
  for (const row of rows) {
    if (row.dedupe_group !== group) {
      if (members.length > 0) yield members
      members = []
      group = String(row.dedupe_group)
    }
    members.push(memberFromRow(row))
  }
  if (members.length > 0) yield members
}

function memberFromRow(row: Row): Member {
  return {
    key: String(row.key),
    refs: String(row.refs),
    attributes: JSON.parse(String(row.attributes)),
    secrets: row.secrets === null ? null : JSON.parse(String(row.secrets)),
    updatedAt: row.updated === null ? null : Number(row.updated),
    seq: Number(row.seq),
    file: Number(row.file),
    line: row.line === null ? null : Number(row.line),
    records: Number(row.records),
  }
}

/** `users.csv:12`. */
export function originText(rundb: RunDatabase, { file, line }: Pick<Member, 'file' | 'line'>): string {
  const name = String(rundb.statement('SELECT name FROM files WHERE id = ?').get(file)?.name)
  return line === null ? name : `${name}:${line}`
}

/** The name, in sums and rejects, of a role that a record gives. It is not a resource. */
export const ROLE_ASSIGNMENT = 'roleAssignment'

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

export function insertGrant(rundb: RunDatabase, grant: RoleGrant): void {
  rundb.run(
    'INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    grant.seq,
    grant.user,
    grant.organization,
    grant.scope,
    grant.role,
    ...placeOf(rundb, grant.origin),
    grant.email ?? null,
  )
}
