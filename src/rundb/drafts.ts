import type { Attributes } from '../resource.ts'
import type { Origin } from '../sources/source.ts'
import { anyToldApart, draftsChange, hasKeyed, hasToldApart, TOLD_APART } from './draft-facts.ts'
import { gatherRepeats } from './repeats.ts'
import { originOf, placeOf, type RunDatabase } from './run-database.ts'
import { noteHalfPairs, noteSize, noteTrait, TRAIT } from './traits.ts'

/**
 * Records before merging. In: drafts of resources and role grants from the mapping. Out: the drafts
 * of each resource together, and what they agree or differ in.
 */

/** One resource as a record describes it, checked and normalized. */
export interface Draft {
  /** The record's position: see SourceRecord.seq. */
  seq: number
  kind: string
  /** Identity in the source, unique per kind once duplicates are merged. */
  key: string
  /** Drafts of the same group are one resource. For users, the dedupe key. Null: use the key. */
  group: string | null
  /** In a group, the greatest rank (by bytes) is preferred. Undefined: the order counts. */
  rank?: string
  /** Last change of the record, in milliseconds since 1970, if a rule needs it. */
  updatedAt?: number
  /** The external ID of a user, if it is not the key. */
  externalId?: string
  /**
   * Equal for email addresses that differ only in non-ASCII case or Unicode form; see
   * lookalikeForm.
   */
  lookalike?: string
  /** Keys of the resources it refers to, by role: `{ user: 'u1', organization: 'acme' }`. */
  refs: Record<string, string>
  /** Canonical JSON of the non-secret attributes. */
  attributes: string
  /** Canonical JSON of the secret attributes (password, passwordHash …). Null: none. */
  secrets: string | null
  /** Rare features: see traits.ts. Undefined: none. */
  traits?: readonly string[]
  origin: Origin
  /** Its content as one text, if others can be equal: see identityOf. */
  identity?: string
}

/** The content of a draft without its place. JSON has no line breaks, and the key is last. */
export function identityOf({
  kind,
  key,
  refs,
  attributes,
  secrets,
  rank,
  updatedAt,
}: Omit<Draft, 'seq' | 'origin'>): string {
  return `${kind}\n${attributes}\n${secrets}\n${JSON.stringify([refs, rank, updatedAt])}\n${key}`
}

const COLUMNS = 'seq, kind, key, dedupe_group, refs, attributes, secrets, file, line, records, rank, updated, external'

const INSERT = `INSERT INTO drafts (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/**
 * @param records the number of equal records that it represents
 * @returns its id
 */
export function insertDraft(rundb: RunDatabase, draft: Draft, records: number): number {
  const { seq, kind, key, attributes, secrets, rank = null, updatedAt = null, externalId = null } = draft
  const group = groupOf(key, draft.group)
  const refs = JSON.stringify(draft.refs)
  const [file, line] = placeOf(rundb, draft.origin)
  // Not with `rundb.run`: this statement runs most often.
  const insert = rundb.statement(INSERT)
  // biome-ignore format: one line
  const { lastInsertRowid: id } = insert.run(seq, kind, key, group, refs, attributes, secrets, file, line, records, rank, updatedAt, externalId)
  if (externalId !== null) noteTrait(rundb, kind, TRAIT.externalId)
  if (draft.group !== null) noteTrait(rundb, kind, TRAIT.dedupeKey)
  if (draft.traits !== undefined) for (const trait of draft.traits) noteTrait(rundb, kind, trait)
  noteHalfPairs(rundb, kind, attributes)
  noteHalfPairs(rundb, kind, refs)
  noteSize(rundb, kind, attributes.length + (secrets?.length ?? 0))
  if (draft.lookalike !== undefined) {
    const email = String(JSON.parse(draft.attributes).email)
    rundb.run('INSERT INTO lookalikes VALUES (?, ?, ?)', draft.lookalike, email, draft.key)
  }
  return Number(id)
}

/** A smaller share of all drafts is looked up by index. Else all are scanned. */
export const FEW = 1 / 8

/** The greatest ID of a draft. After staging, this is the number of drafts without repeats. */
export function lastDraftId(rundb: RunDatabase): number {
  return rundb.count('SELECT max(id) FROM drafts')
}

/** The group of a draft. Keys and dedupe groups cannot collide. */
export function groupOf(key: string, group: string | null): string {
  return group === null ? `k${key}` : `g${group}`
}

/**
 * Adds drafts like the staged ones `d`, with other attributes and for the record `seq`: what
 * another record adds to them.
 * @param which condition and order of the drafts, as SQL; its parameters are `?3`, `?4` …
 * @returns the number of drafts
 */
export function addToDrafts(
  rundb: RunDatabase,
  { seq, attributes }: { seq: number; attributes: string },
  which: string,
  ...parameters: (string | number)[]
): number {
  draftsChange(rundb)
  return rundb.run(
    `INSERT INTO drafts (${COLUMNS})
     SELECT ?1, kind, key, dedupe_group, refs, ?2, NULL, file, line, 0, NULL, NULL, NULL FROM drafts d WHERE ${which}`,
    seq,
    attributes,
    ...parameters,
  )
}

/** Prepares the drafts once all are staged: adds repeats, and creates the index for counting. */
export function indexKeys(rundb: RunDatabase): void {
  if (rundb.count("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'drafts_by_key')") > 0) return
  gatherRepeats(rundb)
  rundb.exec('CREATE INDEX drafts_by_key ON drafts (kind, key, seq, records)')
}

/**
 * Also creates the indexes for merging and explaining. Drafts known by their key alone are not in
 * the index by group: usually there are no others, and no index.
 */
export function indexDrafts(rundb: RunDatabase): void {
  indexKeys(rundb)
  if (anyToldApart(rundb)) {
    rundb.exec(`CREATE INDEX IF NOT EXISTS drafts_by_group ON drafts (kind, dedupe_group) WHERE ${TOLD_APART}`)
  }
  rundb.exec(`
    CREATE INDEX IF NOT EXISTS notes_by_key ON notes (kind, key);
    CREATE INDEX IF NOT EXISTS rejects_by_key ON rejects (kind, key);
  `)
}

/** IDs of the drafts in the group of a draft with the kind `?1`, key `?2` and record `?3`. */
export const IN_GROUP_OF = `
  SELECT o.id FROM drafts d CROSS JOIN drafts o ON o.kind = d.kind AND o.dedupe_group = d.dedupe_group AND o.${TOLD_APART}
    WHERE d.kind = ?1 AND d.key = ?2 AND d.seq = ?3 AND d.${TOLD_APART}
  UNION ALL SELECT o.id FROM drafts d CROSS JOIN drafts o ON o.kind = d.kind AND o.key = d.key AND o.dedupe_group = d.dedupe_group
    WHERE d.kind = ?1 AND d.key = ?2 AND d.seq = ?3 AND NOT d.${TOLD_APART}`

/** Drafts per batch of turned references: as many can merge as there are users. */
const ALIASES_AT_ONCE = 5_000

/** A draft after its reference was turned to another resource. */
export interface Turned {
  key: string
  refs: Record<string, string>
}

/**
 * Turns references to a merged resource to the one that it merged into, and updates the keys of the
 * drafts and of their notes.
 * @param role of the references
 * @param target the kind they name
 */
export function turnReferences(
  rundb: RunDatabase,
  { kind, role, target }: { kind: string; role: string; target: string },
  turned: (key: string, refs: Record<string, string>) => Turned,
): void {
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM aliases WHERE kind = ?)', target) === 0) return
  draftsChange(rundb)
  const update = rundb.statement('UPDATE drafts SET refs = ?, key = ?, dedupe_group = ? WHERE id = ?')
  const updateNotes = rundb.statement('UPDATE notes SET key = ? WHERE kind = ? AND key = ?')
  const page = rundb.statement(
    // The + keeps SQLite off the index by kind, in which turned rows move during the scan.
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

/** Adds records without a dedupe key to the group of their key, if it has only one. */
export function joinUndecided(rundb: RunDatabase, kind: string): void {
  if (!hasToldApart(rundb, kind) || !hasKeyed(rundb, kind)) return
  draftsChange(rundb)
  // The + keeps SQLite from scanning all groups of the kind for each.
  const told = `FROM drafts o WHERE o.kind = drafts.kind AND o.key = drafts.key AND +o.${TOLD_APART}`
  rundb.run(
    `UPDATE drafts SET dedupe_group = (SELECT min(o.dedupe_group) ${told})
     WHERE kind = ? AND dedupe_group >= 'k'
       AND (SELECT count(DISTINCT o.dedupe_group) ${told}) = 1`,
    kind,
  )
}

/** The keys of a kind that are in several groups, sorted. */
export function* contradictoryKeys(rundb: RunDatabase, kind: string): Generator<string> {
  if (!hasToldApart(rundb, kind)) return
  const keys = `SELECT d.key FROM (${REPEATED_KEYS}) r CROSS JOIN drafts d ON d.kind = ?1 AND d.key = r.key
    GROUP BY d.key HAVING min(d.dedupe_group) <> max(d.dedupe_group)`
  if (rundb.statement(keys).get(kind) === undefined) return
  rundb.exec(`
    CREATE INDEX IF NOT EXISTS drafts_by_record ON drafts (seq);
    CREATE INDEX IF NOT EXISTS grants_by_record ON grants (seq);
  `)
  for (const { key } of rundb.spool(`${keys} ORDER BY d.key`, kind)) yield String(key)
}

/** Keys of a kind that several drafts have. */
export const REPEATED_KEYS = 'SELECT key FROM drafts WHERE kind = ?1 GROUP BY key HAVING count(*) > 1'

/** A draft whose key is in several groups. */
export interface KeyedDraft {
  id: number
  seq: number
  group: string
  attributes: Attributes
  records: number
  origin: string
}

/** The drafts of a key. @param order of a merge policy */
export function draftsOfKey(rundb: RunDatabase, kind: string, key: string, order: string): KeyedDraft[] {
  return rundb
    .statement(
      `SELECT d.*, ${originOf('d')} FROM drafts d JOIN files f ON f.id = d.file
       WHERE d.kind = ? AND d.key = ? ORDER BY ${orderOf('d', order)}`,
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

/** The columns of a merge policy's order, for the row `alias`. */
export function orderOf(alias: string, order: string): string {
  return order
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ')
}

export function originText(rundb: RunDatabase, { file, line }: { file: number; line: number | null }): string {
  const name = String(rundb.statement('SELECT name FROM files WHERE id = ?').get(file)?.name)
  return line === null ? name : `${name}:${line}`
}

/** The kind of role assignments in counts and rejects. They are not resources. */
export const ROLE_ASSIGNMENT = 'roleAssignment'

/**
 * A role that a record assigns to a user in one organization. Without an organization: on the
 * memberships of the record itself (`record`), or on all memberships in the user's own name
 * (`user`), if the stream of the record has no memberships.
 */
export interface RoleGrant {
  seq: number
  user: string
  /** The user's email address, if the record has it. Compared once all users are known. */
  email?: string
  organization: string | null
  scope: 'organization' | 'record' | 'user'
  /** Its slug; in the scope `user` its source name, which organizations can map differently. */
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
