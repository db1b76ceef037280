import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { isDay, readDuration } from '../../clock.ts'
import type { SourceOptions } from '../../config/manifest.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { checkTree, type JoinSettings, readJoin } from '../join/options.ts'
import { requireNone, reservedStreamName, textsOf } from '../source.ts'
import type { Asked, Connecting, Driver } from './driver.ts'

/** The options of a database source. */
export type DatabaseOptions = SourceOptions<'postgres' | 'mysql'>

/** One stream: the rows of a table or a query. */
export interface TableSettings {
  name: string
  /** As written in the manifest. Undefined for a query. */
  table: string | undefined
  query: string | undefined
  /** The name in messages: the table, or the name of the stream. Unique. */
  place: string
  key: readonly string[]
  updatedAt: string | undefined
  /** Undefined for a main stream. */
  join: JoinSettings | undefined
}

export interface Settings {
  streams: TableSettings[]
  /** ISO 8601, UTC. */
  updatedSince: string | undefined
  /** Each problem has its path in the manifest. */
  problems: Problem[]
}

const DEFAULT_TIMEOUT = '1h'

/** Reads options that the schema has already checked one by one. */
export function readSettings(config: DatabaseOptions): Settings {
  const problems: Problem[] = []
  const given = isObject(config.streams) ? Object.entries(config.streams) : []
  const [main = ''] = given.map(([name]) => name)
  const streams: TableSettings[] = []
  for (const [name, options] of given) {
    if (!isObject(options)) continue
    const complain = (option: string, problem: Omit<Problem, 'path'>) =>
      problems.push({ ...problem, path: `source.streams.${name}${option === '' ? '' : `.${option}`}` })
    const reserved = reservedStreamName(name)
    if (reserved !== undefined) complain('', reserved)
    const { table, query, updatedAt } = options
    if ((table === undefined) === (query === undefined)) complain('', table === undefined ? noTable : tableAndQuery)
    if (query !== undefined) for (const problem of queryProblems(query)) complain('query', problem)
    streams.push({
      name,
      table,
      query: query === undefined ? undefined : withoutSemicolon(query),
      place: placeOf(name, given),
      key: textsOf(options.key),
      updatedAt,
      join: readJoin(options.join, main, complain),
    })
  }
  const { updatedSince } = config
  if (updatedSince !== undefined) problems.push(...sinceProblems(updatedSince, streams))
  problems.push(...timeoutProblems(config.statementTimeout), ...checkTree(streams))
  const isTime = updatedSince !== undefined && !Number.isNaN(Date.parse(updatedSince))
  return { streams, updatedSince: isTime ? new Date(updatedSince).toISOString() : undefined, problems }
}

/**
 * The table, or the name of the stream. Both if another stream has the same place, because a row is
 * identified by its place and number.
 */
function placeOf(name: string, given: readonly (readonly [string, DatabaseOptions['streams'][string]])[]): string {
  const own = ([stream, options]: (typeof given)[number]) => options.table ?? stream
  const places = given.map(own)
  const place = places[given.findIndex(([stream]) => stream === name)] ?? name
  return places.filter((other) => other === place).length > 1 ? `${place} (${name})` : place
}

/** Checks the options without connecting. */
export function checkOptions(config: DatabaseOptions, driver: Driver): Problem[] {
  const { problems } = readSettings(config)
  if (isUnset(config.url)) return problems
  try {
    driver.address(config.url)
    return problems
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error
    return [...problems, ...error.problems]
  }
}

/** @param directory base of relative paths */
export function connectingOf({ url, ca, statementTimeout }: DatabaseOptions, directory: string): Connecting {
  return {
    url,
    ca: ca === undefined ? undefined : resolve(directory, ca),
    statementTimeout: readDuration(statementTimeout ?? DEFAULT_TIMEOUT) ?? 0,
  }
}

/**
 * The options that decide what is read. The URL is a secret; only its host, port and name are
 * included. A query can refer to a secret, so its digest is included instead. Without a URL the
 * database is null.
 * @throws ManifestError for options that do not fit
 */
export function identity(config: DatabaseOptions, driver: Driver): JsonObject {
  requireNone(checkOptions(config, driver))
  const { streams, updatedSince } = readSettings(config)
  const read = streams.map(({ name, table, query, key, updatedAt, join }): [string, JsonObject] => [
    name,
    {
      ...(table !== undefined && { table }),
      ...(query !== undefined && { query: digestOf(query) }),
      key: [...key],
      // These options select changed rows. Without updatedSince they have no effect.
      ...(updatedSince !== undefined && {
        ...(updatedAt !== undefined && { updatedAt }),
        ...(join && { join: { into: join.into, key: join.key.text, to: join.to.text } }),
      }),
    },
  ])
  return {
    database: isUnset(config.url) ? null : driver.address(config.url),
    streams: Object.fromEntries(read),
    ...(updatedSince !== undefined && { updatedSince }),
  }
}

export function askedOf({ name, table, place }: TableSettings): Asked {
  return { path: `source.streams.${name}`, table, place }
}

function isUnset(url: string): boolean {
  return url.includes('${')
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

const noTable: Omit<Problem, 'path'> = {
  code: 'no_table',
  message: 'the stream names neither a table nor a query',
  hint: 'add table with the name of a table or view, or query with a SELECT',
}

const tableAndQuery: Omit<Problem, 'path'> = {
  code: 'table_and_query',
  message: 'the stream names both a table and a query',
  hint: 'remove one of them',
}

/**
 * Accepts one SELECT, because it is used as a subquery. The database rejects anything that writes.
 */
function queryProblems(query: string): Omit<Problem, 'path'>[] {
  const text = withoutSemicolon(query)
  if (!/^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*(?:select|with|table|values)\b/i.test(text)) {
    return [
      {
        code: 'no_select',
        message: 'the query does not begin with SELECT or WITH',
        hint: 'write one SELECT, or use table to read a whole table',
      },
    ]
  }
  return []
}

function withoutSemicolon(query: string): string {
  return query.replace(/[;\s]+$/, '')
}

function sinceProblems(since: string, streams: readonly TableSettings[]): Problem[] {
  const path = 'source.updatedSince'
  if (Number.isNaN(Date.parse(since)) || !isDay(since.slice(0, 10))) {
    const hint = 'write it like 2026-03-01 or 2026-03-01T12:00:00Z'
    return [{ code: 'bad_value', message: `source.updatedSince is not a date or time: ${since}`, hint, path }]
  }
  if (streams.some(({ updatedAt }) => updatedAt !== undefined)) return []
  const message = 'source.updatedSince needs a stream with updatedAt, and no stream sets it'
  return [{ code: 'since_without_column', message, hint: 'add updatedAt: updated_at to the stream of users', path }]
}

function timeoutProblems(timeout: string | undefined): Problem[] {
  if (timeout === undefined || timeout.includes('${') || readDuration(timeout) !== undefined) return []
  const message = `source.statementTimeout is not a duration: ${timeout}`
  return [{ code: 'bad_value', message, hint: 'write it like 90s, 10m or 1h30m', path: 'source.statementTimeout' }]
}
