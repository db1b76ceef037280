import { nearest } from '../../config/nearest.ts'
import { ManifestError, SourceError } from '../../diagnostics/errors.ts'
import { figure, someOf } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { SnapshotWriter } from '../snapshot/snapshot.ts'
import { type Asking, type CaptureContext, requireNone } from '../source.ts'
import type { Column, Driver, Session } from './driver.ts'
import {
  askedOf,
  checkOptions,
  connectingOf,
  type DatabaseOptions,
  readSettings,
  type Settings,
  type TableSettings,
} from './options.ts'
import { describeKey, keyOf } from './row-key.ts'
import { Statements } from './statements.ts'

/**
 * Reads the streams of a database into a snapshot, in one transaction: what is read is what was
 * there at one moment. A reading that was cut off cannot be gone on with, since that moment has
 * passed: LiveReading.isOneMoment.
 * @throws CredentialsError; SourceError, also where the counts do not come out; ManifestError for
 *   tables and columns that are not there
 */
export async function captureDatabase(
  driver: Driver,
  config: DatabaseOptions,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  await reading(driver, config, context.directory, context, async (session, statements, streams) => {
    const settings = readSettings(config)
    for (const stream of unwatched(settings)) context.warn(changesUnseen(stream))
    // All of them before the first row: a mistake in the last must not come out after an hour.
    const described = await describeAll(session, statements, streams)
    snapshot.note('columns', Object.fromEntries(described.map(([{ name }, columns]) => [name, namesOf(columns)])))
    for (const [stream, columns] of described) {
      const rows = await captureStream(session, statements, { stream, columns }, { snapshot, context })
      const isWhole = settings.updatedSince === undefined
      if (rows === 0 && isWhole && stream.join === undefined) context.warn(noRows(stream))
    }
  })
}

function namesOf(columns: readonly Column[]): string[] {
  return columns.map(({ name }) => name)
}

/** Looks at every stream and reads no row. See LiveReading.tryCredentials. */
export async function tryDatabase(driver: Driver, config: DatabaseOptions, asking: Asking): Promise<void> {
  await reading(driver, config, asking.directory ?? '.', asking, async (session, statements, streams) => {
    await describeAll(session, statements, streams)
  })
}

async function reading(
  driver: Driver,
  config: DatabaseOptions,
  directory: string,
  context: Pick<Asking, 'signal'> & Partial<Pick<CaptureContext, 'warn'>>,
  read: (session: Session, statements: Statements, streams: readonly TableSettings[]) => Promise<void>,
): Promise<void> {
  requireNone(checkOptions(config, driver))
  const settings = readSettings(config)
  const statements = new Statements(driver.dialect, settings)
  const session = await driver.connect(connectingOf(config, directory), { signal: context.signal, warn: context.warn })
  try {
    await read(session, statements, settings.streams)
  } finally {
    await session.close()
  }
}

async function describeAll(
  session: Session,
  statements: Statements,
  streams: readonly TableSettings[],
): Promise<[TableSettings, Column[]][]> {
  const described: [TableSettings, Column[]][] = []
  for (const stream of streams) {
    const columns = await session.columns(statements.all(stream), askedOf(stream))
    checkColumns(stream, columns)
    described.push([stream, columns])
  }
  return described
}

/** @returns how many rows there are */
async function captureStream(
  session: Session,
  statements: Statements,
  { stream, columns }: { stream: TableSettings; columns: readonly Column[] },
  { snapshot, context }: { snapshot: SnapshotWriter; context: CaptureContext },
): Promise<number> {
  const { name: step, place } = stream
  const asked = askedOf(stream)
  const phase = `reading ${place}`
  context.progress({ phase })
  const total = await session.count(statements.count(stream), asked)
  const keys = new KeyCheck(stream)
  let done = 0
  for await (const rows of session.rows(statements.rows(stream, columns), columns, asked)) {
    context.signal?.throwIfAborted()
    keys.check(rows)
    done += rows.length
    await snapshot.append(step, rows, { step, cursor: done })
    context.progress({ phase, done, total, unit: 'rows' })
  }
  if (done !== total) throw countsDiffer(stream, done, total)
  await snapshot.append(step, [], { step, cursor: done, done: true })
  return done
}

/** A name that is mistyped in a condition is no error of SQL: it yields nothing. */
function noRows({ name, place, table }: TableSettings): Problem {
  return {
    code: 'no_rows',
    severity: 'warning',
    message: `${table === undefined ? `the query of ${place} yields` : `the table ${place} holds`} no rows`,
    hint: 'correct source.url if it names another database, or the names in the query; else do nothing',
    path: `source.streams.${name}`,
  }
}

/** Joined streams whose changes nobody sees, where only what changed is read. */
function unwatched({ streams, updatedSince }: Settings): TableSettings[] {
  if (updatedSince === undefined) return []
  const mainOf = ({ join, ...stream }: TableSettings): TableSettings | undefined => {
    if (join === undefined) return { join, ...stream }
    const into = streams.find(({ name }) => name === join.into)
    return into && mainOf(into)
  }
  return streams.filter((stream) => {
    const isJoined = stream.join !== undefined
    return isJoined && stream.updatedAt === undefined && mainOf(stream)?.updatedAt !== undefined
  })
}

function changesUnseen({ name, join }: TableSettings): Problem {
  return {
    code: 'changes_unseen',
    severity: 'warning',
    message: `${name} has no updatedAt: a change of it alone is not seen, only with a change of ${join?.into}`,
    hint: 'name the column that says when a row was changed, or read everything at the end: take source.updatedSince out',
    path: `source.streams.${name}`,
  }
}

/** Makes sure that the key of a stream tells its rows apart, which come in its order. */
class KeyCheck {
  readonly #stream: TableSettings
  #last: string | undefined
  #row = 0

  constructor(stream: TableSettings) {
    this.#stream = stream
  }

  /** @throws ManifestError for a row without a key, and for two rows of one */
  check(rows: readonly JsonObject[]): void {
    const { key: columns } = this.#stream
    for (const row of rows) {
      this.#row++
      const empty = columns.find((column) => row[column] === undefined || row[column] === null)
      if (empty !== undefined) throw emptyKey(this.#stream, empty, this.#row, row)
      const key = keyOf(row, columns)
      if (key === this.#last) throw sameKey(this.#stream, row)
      this.#last = key
    }
  }
}

/**
 * @throws ManifestError where a column that the manifest names is not there, or cannot be what it
 *   is named for
 */
function checkColumns(stream: TableSettings, columns: readonly Column[]): void {
  const { name, place, key, updatedAt } = stream
  const path = `source.streams.${name}`
  const names = namesOf(columns)
  const twice = names.find((column, index) => names.indexOf(column) !== index)
  if (twice !== undefined) {
    throw new ManifestError({
      code: 'duplicate_column',
      message: `${place} has two columns named ${twice}, and a record can have one`,
      hint: 'name the columns one by one in the query, each with a name of its own: select u.id as user_id, …',
      path: `${path}.query`,
    })
  }
  for (const column of key) if (!names.includes(column)) throw noColumn(stream, column, 'key', names)
  if (updatedAt === undefined) return
  const changed = columns.find((column) => column.name === updatedAt)
  if (changed === undefined) throw noColumn(stream, updatedAt, 'updatedAt', names)
  if (changed.isTime) return
  throw new ManifestError({
    code: 'updated_at_is_no_time',
    message: `the column ${updatedAt} of ${place} is of type ${changed.type}, and updatedAt must name a time`,
    hint: 'name another column, or have a query turn it into a time',
    path: `${path}.updatedAt`,
  })
}

function noColumn(
  { name, place }: TableSettings,
  column: string,
  option: string,
  names: readonly string[],
): ManifestError {
  const close = nearest(column, names)
  return new ManifestError({
    code: 'no_such_column',
    message: `${place} has no column ${column}`,
    hint: `${close === undefined ? '' : `did you mean ${close}? `}columns: ${someOf(names, { limit: 20 })}`,
    path: `source.streams.${name}.${option}`,
  })
}

function emptyKey({ name, place, key }: TableSettings, column: string, number: number, row: JsonObject): ManifestError {
  const known = key.some((other) => row[other] !== undefined && row[other] !== null)
  const which = known ? ` (${describeKey(row, key)})` : ''
  return new ManifestError({
    code: 'null_key',
    message: `row ${figure(number)} of ${place}${which} has no value in ${column}, and a key tells rows apart`,
    hint: `name the primary key, or leave such rows out: query: select … where ${column} is not null`,
    path: `source.streams.${name}.key`,
  })
}

function sameKey({ name, place, key }: TableSettings, row: JsonObject): ManifestError {
  return new ManifestError({
    code: 'duplicate_key',
    message: `two rows of ${place} have the same key: ${describeKey(row, key)}`,
    hint: 'name all columns of the primary key; of a query, those that no two of its rows have the same of',
    path: `source.streams.${name}.key`,
  })
}

function countsDiffer({ name, place }: TableSettings, read: number, counted: number): SourceError {
  return new SourceError({
    code: 'count_mismatch',
    message: `${place}: ${figure(read)} rows were read, and the database counts ${figure(counted)} in the same transaction`,
    hint: 'a query must yield the same rows each time: leave out random() and the like; nothing is migrated from an incomplete reading',
    path: `source.streams.${name}`,
  })
}
