import { EVERY } from './candidates.ts'
import { countDesired } from './desired-facts.ts'
import { type RunDatabase, textIn } from './run-database.ts'

/**
 * The plan in the run's database. In: actions and differences that stay, each a row with JSON and
 * its lookup columns (tables `actions`, `drift`). Out: the same JSON, row by row, so that a plan of
 * a million actions takes the memory of one; and counts.
 */

/** The condition that an action `a` of `decided_actions` is blocked. */
export const IS_BLOCKED = "a.type = 'blocked'"

export interface ActionRow {
  /** The phase in which it is carried out. */
  phase: number
  kind: string
  key: string
  type: string
  /** The WorkOS ID. Null: not assigned yet. */
  id: string | null
  /** The whole action, as JSON. */
  action: string
}

export function insertAction(rundb: RunDatabase, { phase, kind, key, type, id, action }: ActionRow): void {
  rundb.run(
    'INSERT INTO actions (phase, kind, key, type, id, action) VALUES (?, ?, ?, ?, ?, ?)',
    phase,
    kind,
    key,
    type,
    id,
    action,
  )
}

/** Creates of one kind that SQL decides about. */
export interface PlainCreates {
  kind: string
  phase: number
  /** The label of the desired resource `d`, as SQL. Not null where `which` is true. */
  label: string
  /** The condition on desired resources `d`, as SQL. */
  which: string
}

/**
 * Adds a create for each matching resource between two keys, in key order. Both keys belong to
 * other resources. Creates of all resources of a kind are added only once they are read.
 * @param after undefined: from the first one
 * @param before undefined: to the last one
 * @returns the number of creates
 */
export function insertCreates(
  rundb: RunDatabase,
  plain: PlainCreates,
  after: string | undefined,
  before: string | undefined,
): number {
  const { kind, label, which } = plain
  const isWhole = after === undefined && before === undefined && which === EVERY
  const added = isWhole ? addLate(rundb, plain) : addCreates(rundb, plain, after, before)
  const count = countPlain(rundb, kind) + added
  plainCreates.set(rundb, new Map(plainCreates.get(rundb)).set(kind, { label, count }))
  return added
}

function addCreates(
  rundb: RunDatabase,
  { kind, phase, which }: PlainCreates,
  after?: string | undefined,
  before?: string | undefined,
): number {
  return rundb.run(
    `INSERT INTO actions (phase, kind, key, type) SELECT ?1, d.kind, d.key, 'create' FROM desired d
     WHERE d.kind = ?2 ${after === undefined ? '' : 'AND d.key > ?3'} ${before === undefined ? '' : 'AND d.key < ?4'} AND ${which} ORDER BY d.key`,
    ...[phase, kind],
    ...(before !== undefined ? [after ?? null, before] : after !== undefined ? [after] : []),
  )
}

/** By kind, the creates that SQL decided about: the SQL of their labels, and their number. */
const plainCreates = new WeakMap<RunDatabase, ReadonlyMap<string, { label: string; count: number }>>()

function countPlain(rundb: RunDatabase, kind: string): number {
  return plainCreates.get(rundb)?.get(kind)?.count ?? 0
}

/**
 * Kinds whose resources are all created, in the order of their actions. Their creates are not in
 * the table yet.
 */
const lateCreates = new WeakMap<RunDatabase, readonly PlainCreates[]>()

/** Begins a statement that reads no late creates. */
const NONE_LATE = '/* none late */'

/** Matches every other statement that names the table. */
const READERS = /^(?!\/\* none late \*\/).*\bactions\b/s

function addLate(rundb: RunDatabase, plain: PlainCreates): number {
  const late = [...(lateCreates.get(rundb) ?? []), plain]
  lateCreates.set(rundb, late)
  const add = () => {
    for (const each of late) {
      const left = countDesired(rundb, each.kind) - addCreates(rundb, each)
      if (left !== 0) throw new Error(`the plan has no action for ${left} of kind ${each.kind}`)
    }
    lateCreates.delete(rundb)
  }
  rundb.addLate({ readers: READERS, add })
  return countDesired(rundb, plain.kind)
}

function isLate(rundb: RunDatabase, kind: string): boolean {
  return lateCreates.get(rundb)?.some((late) => late.kind === kind) === true
}

/** Blocks a planned create. @param action as JSON */
export function blockCreate(rundb: RunDatabase, kind: string, position: number, action: string): void {
  const block = "UPDATE actions SET type = 'blocked', action = ? WHERE position = ?"
  const plain = plainCreates.get(rundb)?.get(kind)
  if (rundb.run(`${block} AND action IS NULL`, action, position) === 0) rundb.run(block, action, position)
  else if (plain !== undefined) plain.count -= 1
}

/**
 * SQL for the JSON of an action `a`. There can be a million creates that SQL decided about, and few
 * are ever read, so their JSON is made on demand, as JSON.stringify would write it.
 */
export function actionText(rundb: RunDatabase): string {
  const plain = plainCreates.get(rundb)
  if (plain === undefined) return 'a.action'
  const label = `CASE d.kind ${[...plain].map(([kind, { label: sql }]) => `WHEN '${kind}' THEN ${sql}`).join(' ')} END`
  return `coalesce(a.action, (SELECT ${createText(label)} FROM desired d WHERE d.kind = a.kind AND d.key = a.key))`
}

/** SQL for the JSON of the create of a resource `d`. @param label as SQL */
function createText(label: string): string {
  return `'{"kind":' || json_quote(d.kind) || ',"key":' || json_quote(d.key) || ',"label":' || json_quote(${label}) || ',"type":"create"}'`
}

/** The plan and the state of a resource that another one refers to. */
export interface Planned {
  /** Its planned action. Null: none. */
  type: string | null
  /** Its ID, from the plan or the state. */
  id: string | null
  /** It was deleted in WorkOS, and the manifest keeps it deleted. */
  leftDeleted: boolean
}

/** Looks up a resource that another one refers to. */
export function plannedStanding(rundb: RunDatabase, kind: string, key: string): Planned {
  const row = rundb
    .statement(
      `SELECT a.type, coalesce(a.id, k.id) AS id, EXISTS (SELECT 1 FROM drift WHERE kind = ?1 AND key = ?2 AND field = '*') AS gone
       FROM (SELECT 1) LEFT JOIN actions a ON a.kind = ?1 AND a.key = ?2 LEFT JOIN known k ON k.kind = ?1 AND k.key = ?2`,
    )
    .get(kind, key)
  return { type: textIn(row?.type), id: textIn(row?.id), leftDeleted: row?.gone === 1 }
}

/** A difference of a field. Field `*`: of the whole resource. Stored as JSON. */
interface DriftRow {
  kind: string
  key: string
  field: string
}

export function insertDrift(rundb: RunDatabase, drift: DriftRow): void {
  rundb.run('INSERT INTO drift VALUES (?, ?, ?, ?)', drift.kind, drift.key, drift.field, JSON.stringify(drift))
}

/** Creates the index for reading actions in order. A plan that shows only a few needs none. */
function indexPhases(rundb: RunDatabase): void {
  rundb.exec('CREATE INDEX IF NOT EXISTS actions_by_phase ON actions (phase, position)')
}

/** The key of the resource whose planned action has this ID. */
export function plannedKey(rundb: RunDatabase, kind: string, id: string): string | undefined {
  const row = rundb.statement('SELECT key FROM decided_actions WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

/** Whether another WorkOS resource is about to be adopted instead of the one in the state. */
export function isReplaced(rundb: RunDatabase, kind: string, key: string): boolean {
  const adopted = `SELECT 1 FROM decided_actions a JOIN known k ON k.kind = a.kind AND k.key = a.key
     WHERE a.kind = ? AND a.key = ? AND a.type = 'adopt' AND a.id <> k.id`
  return rundb.statement(adopted).get(kind, key) !== undefined
}

/** The phases of the planned actions, in order. */
export function actionPhases(rundb: RunDatabase): number[] {
  indexPhases(rundb)
  const rows = rundb.statement('SELECT DISTINCT phase FROM actions ORDER BY phase').all()
  return rows.map((row) => Number(row.phase))
}

/** The actions of a phase as JSON, in order. Read in pages, so that others can run meanwhile. */
export function* actionsOfPhase(rundb: RunDatabase, phase: number): Generator<string> {
  const page = rundb.statement(
    `SELECT position, ${actionText(rundb)} AS action FROM actions a
     WHERE phase = ? AND position > ? ORDER BY position LIMIT 1000`,
  )
  for (let after = 0; ; ) {
    const rows = page.all(phase, after)
    if (rows.length === 0) return
    for (const row of rows) yield String(row.action)
    after = Number(rows.at(-1)?.position)
  }
}

/** All actions in the order in which they are carried out. */
export function* actionsInOrder(rundb: RunDatabase): Generator<string> {
  indexPhases(rundb)
  const rows = rundb.iterate(`SELECT ${actionText(rundb)} AS action FROM actions a ORDER BY phase, position`)
  for (const row of rows) yield String(row.action)
}

/** The same with the created resource as JSON, for creates. Null: it is not a create. */
export function* actionsWithCreated(
  rundb: RunDatabase,
): Generator<{ action: string; attributes: string | null; secrets: string | null }> {
  indexPhases(rundb)
  const rows = rundb.iterate(
    `SELECT ${actionText(rundb)} AS action, d.attributes, d.secrets FROM actions a
     LEFT JOIN desired d ON a.type = 'create' AND d.kind = a.kind AND d.key = a.key ORDER BY a.phase, a.position`,
  )
  for (const { action, attributes, secrets } of rows) {
    yield { action: String(action), attributes: textIn(attributes), secrets: textIn(secrets) }
  }
}

/** The first actions of one kind and type, each as JSON. */
export function* actionsOfType(rundb: RunDatabase, kind: string, type: string, limit: number): Generator<string> {
  const wanted = Math.min(limit, countActionsOfType(rundb, kind, type))
  if (wanted === 0) return
  const rows =
    type !== 'create'
      ? `SELECT action FROM decided_actions a WHERE a.kind = ? AND a.type = '${type}' ORDER BY a.position LIMIT ?`
      : isLate(rundb, kind)
        ? `SELECT ${createText(plainCreates.get(rundb)?.get(kind)?.label ?? 'NULL')} AS action FROM desired d WHERE d.kind = ? ORDER BY d.key LIMIT ?`
        : `${NONE_LATE} SELECT ${actionText(rundb)} AS action FROM actions a ${indexForCreates(rundb)}
           WHERE a.kind = ? AND a.type = 'create' ORDER BY a.position LIMIT ?`
  for (const { action } of rundb.iterate(rows, kind, wanted)) yield String(action)
}

/** Up to this many actions with their text, scanning them takes less time than an index. */
const FEW_TEXTS = 10_000

/** How to find creates. Those that SQL decided about are short and follow each other. */
function indexForCreates(rundb: RunDatabase): string {
  const texts = rundb.count('SELECT count(*) FROM decided_actions')
  if (texts <= FEW_TEXTS) return 'NOT INDEXED'
  rundb.exec(
    `${NONE_LATE} CREATE INDEX IF NOT EXISTS creates_by_kind ON actions (kind, position) WHERE type = 'create'`,
  )
  return 'INDEXED BY creates_by_kind'
}

/** All blocked resources, in the order of the plan, as JSON. */
export function* blockedActions(rundb: RunDatabase): Generator<string> {
  const rows = rundb.iterate(`SELECT action FROM decided_actions a WHERE ${IS_BLOCKED} ORDER BY phase, position`)
  for (const { action } of rows) yield String(action)
}

export function countActions(rundb: RunDatabase): number {
  const plain = [...(plainCreates.get(rundb) ?? [])].reduce((sum, [, { count }]) => sum + count, 0)
  return plain + rundb.count('SELECT count(*) FROM decided_actions')
}

export function countActionsOfKind(rundb: RunDatabase, kind: string): number {
  return countPlain(rundb, kind) + rundb.count('SELECT count(*) FROM decided_actions WHERE kind = ?', kind)
}

export function countActionsOfType(rundb: RunDatabase, kind: string, type: string): number {
  const decided = rundb.count('SELECT count(*) FROM decided_actions WHERE kind = ? AND type = ?', kind, type)
  return (type === 'create' ? countPlain(rundb, kind) : 0) + decided
}

/** Whether any resource of a kind is created, updated or adopted. */
export function hasChanges(rundb: RunDatabase, kind: string): boolean {
  return ['create', 'update', 'adopt'].some((type) => countActionsOfType(rundb, kind, type) > 0)
}

/** Updates and adoptions that change something in WorkOS. */
export function countChanges(rundb: RunDatabase, kind: string): number {
  return rundb.count(
    `SELECT count(*) FROM decided_actions WHERE kind = ? AND type IN ('update', 'adopt')
       AND json_array_length(action, '$.changes') > 0`,
    kind,
  )
}

/** Deletions that need a separate request. */
export function countOwnDeletions(rundb: RunDatabase, kind: string): number {
  return rundb.count(
    `SELECT count(*) FROM decided_actions WHERE kind = ? AND type = 'delete' AND action -> 'with' IS NULL`,
    kind,
  )
}

/** Creates of resources with a text or a list in this field. */
export function countCreatesWith(rundb: RunDatabase, kind: string, field: string): number {
  // The field is rarely set: rows that do not contain its name are not parsed or looked up.
  const filled = `d.kind = ?1 AND instr(d.attributes, '"' || ?2 || '":') > 0 AND d.attributes ->> ('$.' || ?2) IS NOT NULL
       AND d.attributes ->> ('$.' || ?2) <> '[]'`
  return rundb.count(
    isLate(rundb, kind)
      ? `SELECT count(*) FROM desired d WHERE ${filled}`
      : `${NONE_LATE} SELECT count(*) FROM desired d CROSS JOIN actions a ON a.kind = d.kind AND a.key = d.key
         WHERE ${filled} AND a.type = 'create'`,
    kind,
    field,
  )
}

/** Updates and adoptions that change this field and another one. */
export function countChangesWith(rundb: RunDatabase, kind: string, field: string): number {
  return rundb.count(
    `SELECT count(*) FROM decided_actions a WHERE kind = ?1 AND type IN ('update', 'adopt') AND json_array_length(action, '$.changes') > 1
       AND EXISTS (SELECT 1 FROM json_each(a.action, '$.changes') c WHERE c.value ->> 'field' = ?2)`,
    kind,
    field,
  )
}

/** Differences that stay. */
export function* driftItems(rundb: RunDatabase, limit: number): Generator<string> {
  for (const row of rundb.iterate('SELECT drift FROM drift LIMIT ?', limit)) yield String(row.drift)
}

export function countDrift(rundb: RunDatabase): number {
  return rundb.count('SELECT count(*) FROM drift')
}

/** Resources of a kind with a difference that stays. */
export function countDrifted(rundb: RunDatabase, kind: string): number {
  return rundb.count('SELECT count(DISTINCT key) FROM drift WHERE kind = ?', kind)
}

/** Resources of a kind that were deleted in WorkOS and stay deleted. */
export function countGone(rundb: RunDatabase, kind: string): number {
  return rundb.count("SELECT count(*) FROM drift WHERE kind = ? AND field = '*'", kind)
}

/** Differences that refuse the plan: found at adoption, and all others. */
export function countRefusedDrift(rundb: RunDatabase): { adopted: number; other: number } {
  const count = (sign: '=' | '<>') =>
    rundb.count(
      `SELECT count(*) FROM drift WHERE drift ->> 'refused' AND drift ->> 'reason' ${sign} 'different when adopted'`,
    )
  return { adopted: count('='), other: count('<>') }
}

/** Resources that are blocked for this reason. */
export function countBlockedBy(rundb: RunDatabase, code: string): number {
  return rundb.count(`SELECT count(*) FROM decided_actions a WHERE ${IS_BLOCKED} AND action ->> 'code' = ?`, code)
}

export interface BlockedCount {
  kind: string
  code: string
  message: string
  count: number
}

/**
 * Resources that wait for a blocked one share one reason, whatever the message is. Reasons are not
 * sorted by message, because some contain a WorkOS ID, which differs between environments. The
 * first resource of a reason provides its position and its message.
 */
const BLOCKED_COUNTS = `SELECT kind, action ->> 'code' AS code, action ->> 'message' AS message, count(*) AS n, min(position) AS first
  FROM decided_actions a WHERE ${IS_BLOCKED}
  GROUP BY kind, code, CASE WHEN action ->> 'code' = 'dependency_blocked' THEN '' ELSE action ->> 'message' END
  ORDER BY n DESC, kind, code, first`

/**
 * Blocked resources by reason, most frequent first, then in the order of the plan. There can be as
 * many reasons as resources, because some name the resource.
 * @param limit -1: all
 */
export function* blockedCounts(rundb: RunDatabase, limit: number): Generator<BlockedCount> {
  for (const row of rundb.iterate(`${BLOCKED_COUNTS} LIMIT ?`, limit)) {
    yield { kind: String(row.kind), code: String(row.code), message: String(row.message), count: Number(row.n) }
  }
}

export function countBlockedReasons(rundb: RunDatabase): number {
  return rundb.count(`SELECT count(*) FROM (${BLOCKED_COUNTS})`)
}

/** Resources of a kind blocked by one of these codes, and their records, in the order of codes. */
export function countBlockedRecords(
  rundb: RunDatabase,
  kind: string,
  codes: readonly string[],
): { code: string; resources: number; records: number }[] {
  return rundb
    .statement(
      `SELECT a.action ->> 'code' AS code, count(*) AS resources, sum(d.records) AS records FROM decided_actions a
       JOIN desired d ON d.kind = a.kind AND d.key = a.key WHERE a.kind = ? AND ${IS_BLOCKED}
         AND a.action ->> 'code' IN (SELECT value FROM json_each(?)) GROUP BY 1 ORDER BY 1`,
    )
    .all(kind, JSON.stringify(codes))
    .map(({ code, resources, records }) => ({
      code: String(code),
      resources: Number(resources),
      records: Number(records),
    }))
}
