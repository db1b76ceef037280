import { desiredChanged } from './desired-facts.ts'
import type { RunDatabase } from './run-database.ts'

/**
 * Scopes. In: the matches of selectors. Out: the chosen (`chosen`); what is moved out of the
 * desired set (`out_of_scope`) and the rejects; resources of the state that belong to others
 * (`beyond`); for undoing also what is deleted (`undone`) and what others refer to (`held`).
 */

/**
 * Adds the results of a query to `chosen`.
 * @param found SQL that returns `chosen`; its parameter is the pattern
 * @returns the number of new ones
 */
export function chooseAs(rundb: RunDatabase, kind: string, found: string, glob: string): number {
  return rundb.run(`INSERT OR IGNORE INTO chosen SELECT DISTINCT ?2, chosen FROM (${found})`, glob, kind)
}

export function isChoosable(rundb: RunDatabase, found: string, glob: string): boolean {
  return rundb.count(`SELECT EXISTS (SELECT 1 FROM (${found}))`, glob) > 0
}

/** The condition that leaves out a resource of a kind with a matching key. */
export function leftOutLike(rundb: RunDatabase, kind: string, glob: string): string | undefined {
  const row = rundb.statement('SELECT path FROM left_out_keys WHERE kind = ? AND key GLOB ?').get(kind, glob)
  return row && String(row.path)
}

/** The first names that a query returns, sorted. */
export function firstNames(rundb: RunDatabase, names: string, limit: number): string[] {
  return someNames(rundb, `${names} ORDER BY name`, limit)
}

/** Up to `limit` names that a query returns, in any order. */
export function someNames(rundb: RunDatabase, names: string, limit: number): string[] {
  return rundb
    .statement(`${names} LIMIT ${limit}`)
    .all()
    .map(({ name }) => String(name))
}

/** Creates the index for choosing rejected users by email address. */
export function indexAddresses(rundb: RunDatabase): void {
  rundb.exec('CREATE INDEX addresses_by_key ON addresses (key)')
}

/** Creates an index for the rules of a kind. @param index a whole statement */
export function makeIndex(rundb: RunDatabase, index: string): void {
  rundb.exec(index)
}

/** Moves desired resources of a kind out of the set. @param stay those of `d` that stay, as SQL */
export function moveOut(rundb: RunDatabase, kind: string, stay: string): void {
  rundb.run(
    `INSERT INTO out_of_scope SELECT kind, key, refs, attributes, records FROM desired d WHERE d.kind = ? AND NOT (${stay})`,
    kind,
  )
  desiredChanged(rundb, kind)
  rundb.run(
    `DELETE FROM desired WHERE kind = ? AND EXISTS
       (SELECT 1 FROM out_of_scope o WHERE o.kind = desired.kind AND o.key = desired.key)`,
    kind,
  )
}

/** Deletes notes on, and merges into, resources out of scope. */
export function forgetNotes(rundb: RunDatabase): void {
  rundb.run(
    `DELETE FROM notes WHERE EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = notes.kind AND o.key = coalesce(
       (SELECT a.canonical FROM aliases a WHERE a.kind = notes.kind AND a.key = notes.key), notes.key))`,
  )
}

/** Moves a reject out of scope, with the notes on its record. @param id its rowid */
export function moveRejectOut(
  rundb: RunDatabase,
  { id, kind, key, records }: { id: number; kind: string; key: string | null; records: number },
): void {
  rundb.run('DELETE FROM rejects WHERE rowid = ?', id)
  rundb.run('INSERT INTO rejects_out VALUES (?, ?, ?)', kind, key, records)
  if (key === null) return
  rundb.run(
    `DELETE FROM notes WHERE kind = ? AND key = ? AND NOT EXISTS
       (SELECT 1 FROM desired d WHERE d.kind = notes.kind AND d.key = notes.key)`,
    kind,
    key,
  )
}

export function countRejectsOut(rundb: RunDatabase): number {
  return rundb.count('SELECT sum(records) FROM rejects_out')
}

/** How resources of a kind in the state belong to the users and organizations of selectors. */
export type StateScope =
  /**
   * Selectors choose it directly. `heldBy`: kinds that refer to it by its name; while one outside
   * the scope does, it is not undone unless a selector names it. `counted`: a limit counts these.
   */
  | { is: 'chosen'; heldBy: readonly string[]; counted?: true }
  /**
   * It ties two resources together: it belongs to either, and undoing it undoes both. `of`: roles
   * of its references.
   */
  | { is: 'tie'; of: readonly string[] }
  /**
   * It is deleted with the resource in the role `on`, and belongs to the chosen one of the roles
   * `of`.
   */
  | { is: 'hanging'; on: string; of: readonly string[] }

/** The parts of a kind that matter for a scope. */
export interface ScopedKind {
  name: string
  /** Roles of references and the kinds they point to. */
  refs: Readonly<Record<string, string>>
  /** Undefined: it belongs to no user or organization. */
  stateScope?: StateScope
}

const isChosen = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM chosen c WHERE c.kind = '${kind}' AND c.key = ${key})`
const ref = (role: string) => `(k.refs ->> '$.${role}')`

/** The condition that a row `k` refers to a chosen resource in one of these roles. */
function refersToChosen({ refs }: ScopedKind, roles: readonly string[]): string {
  return `(${roles.map((role) => isChosen(kindOf(refs, role), ref(role))).join(' OR ')})`
}

function kindOf(refs: ScopedKind['refs'], role: string): string {
  const kind = refs[role]
  if (kind === undefined) throw new RangeError(`there is no reference ${role}`)
  return kind
}

/**
 * Adds resources of the state that are out of scope to `beyond`. Resources in the source belong as
 * they do there. Of those that left the source, only certain ones are in scope: those that the
 * selectors choose directly, their ties, and what depends on them. Permissions and environment
 * roles belong to no one: once they leave the source, they are out of every scope.
 * @param limited the scope has a limit, which counts only users in the source
 */
export function markBeyond(rundb: RunDatabase, kinds: readonly ScopedKind[], limited: boolean): void {
  rundb.run(
    `INSERT INTO beyond SELECT k.kind, k.key FROM known k
     WHERE NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
       AND (EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)
         OR EXISTS (SELECT 1 FROM rejects_out r WHERE r.kind = k.kind AND r.key = k.key)
         OR NOT coalesce(${belongs(kinds, limited)}, 0))`,
  )
}

/** The condition that `k`, which left the source, belongs to the chosen. */
function belongs(kinds: readonly ScopedKind[], limited: boolean): string {
  const counted = new Set(
    kinds.flatMap(({ name, stateScope }) => (stateScope?.is === 'chosen' && stateScope.counted ? [name] : [])),
  )
  const conditionFor = (kind: ScopedKind, scope: StateScope): string => {
    if (scope.is === 'chosen') return limited ? '0' : isChosen(kind.name, 'k.key')
    const within = scope.of
      .filter((role) => limited && counted.has(kindOf(kind.refs, role)))
      .map((role) => {
        return `EXISTS (SELECT 1 FROM in_scope s WHERE s.kind = '${kindOf(kind.refs, role)}' AND s.key = ${ref(role)})`
      })
    return [...within, refersToChosen(kind, scope.of)].join(' AND ')
  }
  const cases = kinds.map((kind) => {
    return kind.stateScope ? `WHEN '${kind.name}' THEN ${conditionFor(kind, kind.stateScope)}` : ''
  })
  return `CASE k.kind ${cases.join(' ')} ELSE 0 END`
}

const isUndone = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM undone u WHERE u.kind = '${kind}' AND u.key = ${key})`
const isHeld = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM held h WHERE h.kind = '${kind}' AND h.key = ${key})`

/**
 * Finds what undoing the chosen undoes: their ties, what these tie together, and what depends on
 * it. Resources that the selectors do not name and that others still refer to are held: they stay.
 * Adds the rest of the state to `beyond`.
 */
export function markUndone(rundb: RunDatabase, kinds: readonly ScopedKind[]): void {
  rundb.exec(`
    CREATE TABLE undone (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
    CREATE TABLE held (kind TEXT NOT NULL, key TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT`)
  const of = <Is extends StateScope['is']>(is: Is) =>
    kinds.flatMap((kind) => {
      const scope = kind.stateScope
      return isA(scope, is) ? [{ kind, scope }] : []
    })
  const [chosen, ties, hanging] = [of('chosen'), of('tie'), of('hanging')]
  for (const { kind, scope } of chosen) indexHolders(rundb, kind.name, scope.heldBy)
  for (const { kind, scope } of ties) {
    rundb.run(
      `INSERT INTO undone SELECT k.kind, k.key FROM known k WHERE k.kind = '${kind.name}' AND ${refersToChosen(kind, scope.of)}`,
    )
  }
  rundb.run('INSERT INTO undone SELECT kind, key FROM chosen')
  for (const { kind, scope } of ties) {
    for (const role of scope.of) {
      rundb.run(
        `INSERT OR IGNORE INTO undone SELECT '${kindOf(kind.refs, role)}', ${ref(role)} FROM known k
         WHERE k.kind = '${kind.name}' AND ${isUndone(kind.name, 'k.key')}`,
      )
    }
  }
  for (const { kind, scope } of chosen) hold(rundb, kind.name, scope.heldBy)
  for (const { kind, scope } of hanging) {
    const on = kindOf(kind.refs, scope.on)
    rundb.run(
      `INSERT INTO undone SELECT k.kind, k.key FROM known k
       WHERE k.kind = '${kind.name}' AND ${isUndone(on, ref(scope.on))} AND NOT ${isHeld(on, ref(scope.on))}`,
    )
  }
  rundb.run(
    `INSERT INTO beyond SELECT k.kind, k.key FROM known k
     WHERE NOT EXISTS (SELECT 1 FROM undone u WHERE u.kind = k.kind AND u.key = k.key)`,
  )
}

function isA<Is extends StateScope['is']>(
  scope: StateScope | undefined,
  is: Is,
): scope is Extract<StateScope, { is: Is }> {
  return scope?.is === is
}

const listOf = (kinds: readonly string[]) => kinds.map((kind) => `'${kind}'`).join(', ')

/** Creates an index to find the resources that refer to one. */
function indexHolders(rundb: RunDatabase, kind: string, holders: readonly string[]): void {
  const where = holders.length === 1 ? `WHERE kind = ${listOf(holders)}` : ''
  rundb.exec(`CREATE INDEX known_by_${kind} ON known (refs ->> '$.${kind}') ${where}`)
}

/** Finds resources that others outside the scope refer to. */
function hold(rundb: RunDatabase, kind: string, holders: readonly string[]): void {
  const outside = `(SELECT k.kind || ':' || k.key FROM known k WHERE k.kind IN (${listOf(holders)}) AND ${ref(kind)} = undone.key
    AND NOT EXISTS (SELECT 1 FROM undone u WHERE u.kind = k.kind AND u.key = k.key) ORDER BY k.kind DESC, k.key LIMIT 1)`
  rundb.run(
    `INSERT INTO held SELECT kind, key, 'it has ' || other || ' outside the scope' FROM (
       SELECT kind, key, ${outside} AS other FROM undone WHERE kind = '${kind}'
         AND NOT EXISTS (SELECT 1 FROM chosen c WHERE c.kind = undone.kind AND c.key = undone.key)) WHERE other IS NOT NULL`,
  )
}

/** Why a resource stays instead of being undone. Undefined: nothing holds it. */
export function heldBy(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement('SELECT message FROM held WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.message)
}

/** The number of resources of the state that are out of scope, by kind. */
export function countBeyond(rundb: RunDatabase): Map<string, number> {
  const rows = rundb.statement('SELECT kind, count(*) AS n FROM beyond GROUP BY kind').all()
  return new Map(rows.map(({ kind, n }) => [String(kind), Number(n)]))
}
