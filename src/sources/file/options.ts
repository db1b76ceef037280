import type { SourceOptions } from '../../config/manifest.ts'
import { nearest } from '../../config/nearest.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { type CompiledExpression, compile } from '../../expressions/expression.ts'
import { emailFunction } from '../../expressions/functions.ts'
import { isObject } from '../../json.ts'
import type { Dialect } from '../csv/dialect.ts'
import { parseRecordsPath } from '../json/record-walk.ts'
import { nullsOption, ROW_FILE, ROW_LINE, textsOf } from '../source.ts'
import { type Encoding, encodings } from '../text/utf8.ts'

/** The options of the source. */
export type FileOptions = SourceOptions<'file'>
type FileStreamOptions = FileOptions['streams'][string]
type JoinOptions = NonNullable<FileStreamOptions['join']>

export type Format = 'csv' | 'json' | 'ndjson'

/** Where the records of a stream belong. */
export interface JoinSettings {
  /** The stream to whose records these belong. */
  into: string
  /** Over a record of this stream. */
  key: CompiledExpression
  /** Over a record of the other stream. */
  to: CompiledExpression
  as: 'one' | 'many'
  unmatched: 'reject' | 'ignore'
}

export interface StreamSettings {
  name: string
  /** Paths and patterns, as written in the manifest. */
  paths: string[]
  format: Format
  /** Whether files may be missing or empty. */
  optional: boolean
  encoding: Encoding | undefined
  /** JSON: names that lead to the records; undefined: the document is the list of them. */
  records: string[] | undefined
  /** CSV. */
  dialect: Dialect
  /** CSV. */
  nulls: string[]
  /** CSV. */
  trim: boolean
  /** CSV. */
  ragged: 'reject' | 'pad'
  maxRecordBytes: number | undefined
  /** Undefined: a main stream. */
  join: JoinSettings | undefined
}

export interface Settings {
  streams: StreamSettings[]
  /** Why the streams cannot be read like this; each has the path of its value in the manifest. */
  problems: Problem[]
}

/** Reads the options of the source, which the schema has found well-formed. */
export function readSettings(config: FileOptions): Settings {
  const streams: StreamSettings[] = []
  const problems: Problem[] = []
  const given = isObject(config.streams) ? Object.entries(config.streams) : []
  const [main = ''] = given.map(([name]) => name)
  for (const [name, options] of given) {
    if (!isObject(options)) continue
    const complain = (option: string, problem: Omit<Problem, 'path'>) =>
      problems.push({ ...problem, path: `source.streams.${name}${option === '' ? '' : `.${option}`}` })
    if (name === ROW_FILE || name === ROW_LINE) complain('', reservedName(name))
    const paths = textsOf(options.path)
    const format = formatOf(options.format, paths)
    if (format === undefined) complain('path', unknownFormat)
    const maxRecordBytes = options.maxRecordBytes ?? config.maxRecordBytes
    const shape = readFormat(format ?? 'csv', { ...options, maxRecordBytes }, complain)
    const nulls = nullsOption(options.nulls === undefined ? config.nulls : options.nulls)
    const join = readJoin(options.join, main, complain)
    const optional = options.optional === true
    streams.push({ name, paths, format: format ?? 'csv', optional, ...shape, nulls, join })
  }
  problems.push(...checkTree(streams))
  return { streams, problems }
}

const unknownFormat: Omit<Problem, 'path'> = {
  code: 'unknown_format',
  message: 'the endings of the files do not tell one format',
  hint: 'add format: csv, json or ndjson',
}

function reservedName(name: string): Omit<Problem, 'path'> {
  return {
    code: 'reserved_stream_name',
    message: `a stream may not be named ${name}: joined records carry their place under that name`,
    hint: 'rename it',
  }
}

const ENDINGS: readonly (readonly [RegExp, Format])[] = [
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.json$/i, 'json'],
  [/\.(ndjson|jsonl)$/i, 'ndjson'],
]

/** Options that say something about one format only. */
const OF_FORMAT: Record<Format, readonly (keyof FileStreamOptions)[]> = {
  csv: ['delimiter', 'columns', 'skipLines', 'comment', 'quote', 'escape', 'ragged', 'nulls', 'trim'],
  json: ['records'],
  ndjson: [],
}

/** The format that is given or that the endings of all paths agree on. */
function formatOf(given: unknown, paths: readonly string[]): Format | undefined {
  if (given === 'csv' || given === 'json' || given === 'ndjson') return given
  const told = new Set(paths.map(formatByEnding))
  const [format] = told
  return told.size === 1 ? format : undefined
}

function formatByEnding(path: string): Format | undefined {
  const name = path.replace(/\.(gz|zst|zstd)$/i, '')
  return ENDINGS.find(([ending]) => ending.test(name))?.[1]
}

/** What the options say about how the records are written. */
function readFormat(
  format: Format,
  options: FileStreamOptions,
  complain: (option: string, problem: Omit<Problem, 'path'>) => void,
): Pick<StreamSettings, 'encoding' | 'records' | 'dialect' | 'trim' | 'ragged' | 'maxRecordBytes'> {
  for (const [other, names] of Object.entries(OF_FORMAT)) {
    if (other === format) continue
    for (const name of names) if (options[name] !== undefined) complain(name, foreign(name, other, format))
  }
  const { records: path } = options
  const records = path === undefined ? undefined : parseRecordsPath(path)
  if (records?.ok === false) {
    complain('records', { code: 'bad_records_path', message: records.message, hint: records.hint })
  }
  const encoding: Encoding | undefined = encodings.find((known) => known === options.encoding)
  return {
    encoding,
    records: records?.ok ? records.names : undefined,
    dialect: dialectOf(options),
    trim: options.trim === true,
    ragged: options.ragged ?? 'reject',
    maxRecordBytes: options.maxRecordBytes,
  }
}

function dialectOf(options: FileStreamOptions): Dialect {
  return {
    delimiter: options.delimiter,
    columns: Array.isArray(options.columns) ? textsOf(options.columns).map((name) => name.trim()) : undefined,
    skipLines: typeof options.skipLines === 'number' ? options.skipLines : undefined,
    comment: options.comment,
    quote: options.quote,
    escape: options.escape,
    maxRecordBytes: options.maxRecordBytes,
  }
}

function foreign(name: string, format: string, own: Format): Omit<Problem, 'path'> {
  const title = { csv: 'CSV', json: 'JSON', ndjson: 'NDJSON' }
  return {
    code: 'option_of_other_format',
    message: `${name} means something for ${format === 'json' ? title.json : title.csv} only, and this is read as ${title[own]}`,
    hint: 'remove it, or say another format',
  }
}

type Complain = (option: string, problem: Omit<Problem, 'path'>) => void

/**
 * The options under `join`.
 * @param main name of the stream that rows belong to unless `into` names another
 */
function readJoin(options: JoinOptions | undefined, main: string, complain: Complain): JoinSettings | undefined {
  if (!isObject(options)) return undefined
  const key = compiled('key', options, complain)
  const to = compiled('to', options, complain)
  if (key === undefined || to === undefined) return undefined
  return {
    into: options.into ?? main,
    key,
    to,
    as: options.as === 'one' ? 'one' : 'many',
    unmatched: options.unmatched === 'ignore' ? 'ignore' : 'reject',
  }
}

/** What mappings read and joins may not: a snapshot of the source is known by the source's options alone. */
const OF_MAPPINGS = /\$(?:vars|secrets)\b/

function compiled(name: 'key' | 'to', options: JoinOptions, complain: Complain): CompiledExpression | undefined {
  const text = options[name] ?? ''
  const compilation = compile(text, [emailFunction])
  if (!compilation.ok) {
    const { message, position } = compilation
    const hint = OF_MAPPINGS.test(text.slice(position))
      ? 'only map reads $vars: write the value here'
      : compilation.hint
    complain(`join.${name}`, { code: 'bad_expression', message: `${message} (character ${position + 1})`, hint })
    return undefined
  }
  const [unstable] = compilation.expression.unstable
  if (unstable !== undefined) {
    complain(`join.${name}`, {
      code: 'bad_expression',
      message: `$${unstable.name} answers differently on every run: nothing can be joined by it`,
      hint: 'use a value of the record',
    })
  }
  return compilation.expression
}

/** An expression of a join that is known to compile. */
export function joinExpression(text: string): CompiledExpression {
  const compilation = compile(text, [emailFunction])
  if (!compilation.ok) throw new Error(`an expression does not compile that did before: ${compilation.message}`)
  return compilation.expression
}

/** Whether every joined stream hangs on a main one, and the first is such a one. */
function checkTree(streams: readonly StreamSettings[]): Problem[] {
  const byName = new Map(streams.map((stream) => [stream.name, stream]))
  const problems: Problem[] = []
  for (const [index, { name, join }] of streams.entries()) {
    if (join === undefined) continue
    const path = `source.streams.${name}.join`
    if (index === 0) problems.push({ ...firstIsJoined, path })
    else if (!byName.has(join.into)) problems.push({ ...noStream(join.into, [...byName.keys()]), path: `${path}.into` })
    else if (runsInCircle(name, byName)) problems.push({ ...circle(name), path: `${path}.into` })
  }
  return problems
}

function runsInCircle(name: string, byName: ReadonlyMap<string, StreamSettings>): boolean {
  let current = byName.get(name)?.join?.into
  for (let steps = 0; current !== undefined && steps < byName.size; steps++) {
    if (current === name) return true
    current = byName.get(current)?.join?.into
  }
  return false
}

const firstIsJoined: Problem = {
  code: 'no_main_stream',
  message: 'the first stream is the main one and cannot be joined to another',
  hint: 'put the stream of users first',
}

function noStream(into: string, names: readonly string[]): Problem {
  const close = nearest(into, names)
  return {
    code: 'unknown_stream',
    message: `there is no stream "${into}" to join to`,
    hint: `${close === undefined ? '' : `did you mean ${close}? `}streams: ${names.join(', ')}; or take this one away as well, with null`,
  }
}

function circle(name: string): Problem {
  return {
    code: 'join_cycle',
    message: `${name} is joined to itself by way of others`,
    hint: 'let one of them be joined to a stream without join',
  }
}
