import { nearest } from '../../config/nearest.ts'
import { ManifestError, SourceError } from '../../diagnostics/errors.ts'
import { counted, figure, someOf } from '../../diagnostics/printable.ts'
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
 * Reads the streams of a database into a snapshot, in one transaction. An interrupted reading
 * starts again, because the moment it read has passed: LiveReading.isOneMoment.
 * @throws CredentialsError; SourceError, also when the row counts differ; ManifestError for tables
 *   and columns that do not exist
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
    // Describes every stream before the first row, so that a mistake in the last one does not
    // appear after an hour.
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

/** Describes every stream without reading rows. See LiveReading.tryCredentials. */
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

/** @returns the number of rows read */
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

/** A mistyped name in a condition is valid SQL that matches no rows. */
function noRows({ name, place, table }: TableSettings): Problem {
  return {
    code: 'no_rows',
    severity: 'warning',
    message: `${table === undefined ? `the query of ${place} returned` : `the table ${place} contains`} no rows`,
    hint: 'check the database name in source.url and the names in the query, unless you expect no rows',
    path: `source.streams.${name}`,
  }
}

/** Joined streams whose changes an incremental reading misses. */
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
    message: `${name} has no updatedAt: its changes are read only when a row of ${join?.into} changes too`,
    hint: 'set updatedAt to the column with the time of the last change, or remove source.updatedSince for the last run to read everything',
    path: `source.streams.${name}`,
  }
}

/** Checks that the key of a stream is unique. The rows arrive in key order. */
class KeyCheck {
  readonly #stream: TableSettings
  #last: string | undefined
  #row = 0

  constructor(stream: TableSettings) {
    this.#stream = stream
  }

  /** @throws ManifestError for a row without a key, and for two rows with the same key */
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
 * @throws ManifestError when a column that the manifest names does not exist or has the wrong type
 */
function checkColumns(stream: TableSettings, columns: readonly Column[]): void {
  const { name, place, key, updatedAt } = stream
  const path = `source.streams.${name}`
  const names = namesOf(columns)
  const twice = names.find((column, index) => names.indexOf(column) !== index)
  if (twice !== undefined) {
    throw new ManifestError({
      code: 'duplicate_column',
      message: `${place} has two columns named ${twice}; a record can have only one`,
      hint: 'list the columns in the query, and give each a different name: select u.id as user_id, …',
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
    message: `the column ${updatedAt} of ${place} has the type ${changed.type}; updatedAt needs a timestamp`,
    hint: 'name a different column, or convert it in a query',
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
    message: `row ${figure(number)} of ${place}${which} has no value in ${column}, which is part of the key`,
    hint: `set key to the primary key, or exclude these rows with query: select … where ${column} is not null`,
    path: `source.streams.${name}.key`,
  })
}

function sameKey({ name, place, key }: TableSettings, row: JsonObject): ManifestError {
  return new ManifestError({
    code: 'duplicate_key',
    message: `two rows of ${place} have the same key: ${describeKey(row, key)}`,
    hint: 'list all columns of the primary key; for a query, list columns that together are unique',
    path: `source.streams.${name}.key`,
  })
}

function countsDiffer({ name, place }: TableSettings, read: number, total: number): SourceError {
  return new SourceError({
    code: 'count_mismatch',
    message: `${place}: reading returned ${counted(read, 'row')}, but the database counts ${figure(total)} in the same transaction`,
    hint: 'remove random() and similar functions, so that the query returns the same rows each time; an incomplete reading is never migrated',
    path: `source.streams.${name}`,
  })
}
