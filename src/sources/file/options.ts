import type { SourceOptions } from '../../config/manifest.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isObject } from '../../json.ts'
import type { Dialect } from '../csv/dialect.ts'
import { checkTree, type JoinSettings, readJoin } from '../join/options.ts'
import { parseRecordsPath } from '../json/record-walk.ts'
import { nullsOption, reservedStreamName, textsOf } from '../source.ts'
import { type Encoding, encodings } from '../text/utf8.ts'

export type FileOptions = SourceOptions<'file'>
type FileStreamOptions = FileOptions['streams'][string]

export type Format = 'csv' | 'json' | 'ndjson'

export interface StreamSettings {
  name: string
  /** Paths and patterns, as written in the manifest. */
  paths: string[]
  format: Format
  /** Whether files can be missing or empty. */
  optional: boolean
  encoding: Encoding | undefined
  /** JSON: the path to the records. Undefined: the document is their list. */
  records: string[] | undefined
  /** CSV only. */
  dialect: Dialect
  /** CSV only. */
  nulls: string[]
  /** CSV only. */
  trim: boolean
  /** CSV only. */
  ragged: 'reject' | 'pad'
  maxRecordBytes: number | undefined
  /** Undefined: a main stream. */
  join: JoinSettings | undefined
}

export interface Settings {
  streams: StreamSettings[]
  /** Why the streams cannot be read. Each problem has the path of its value in the manifest. */
  problems: Problem[]
}

/** @param config has passed the schema */
export function readSettings(config: FileOptions): Settings {
  const streams: StreamSettings[] = []
  const problems: Problem[] = []
  const given = isObject(config.streams) ? Object.entries(config.streams) : []
  const [main = ''] = given.map(([name]) => name)
  for (const [name, options] of given) {
    if (!isObject(options)) continue
    const complain = (option: string, problem: Omit<Problem, 'path'>) =>
      problems.push({ ...problem, path: `source.streams.${name}${option === '' ? '' : `.${option}`}` })
    const reserved = reservedStreamName(name)
    if (reserved !== undefined) complain('', reserved)
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
  message: 'the file extensions do not identify one format',
  hint: 'add format: csv, json or ndjson',
}

const ENDINGS: readonly (readonly [RegExp, Format])[] = [
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.json$/i, 'json'],
  [/\.(ndjson|jsonl)$/i, 'ndjson'],
]

/** Options that apply to one format only. */
const OF_FORMAT: Record<Format, readonly (keyof FileStreamOptions)[]> = {
  csv: ['delimiter', 'columns', 'skipLines', 'comment', 'quote', 'escape', 'ragged', 'nulls', 'trim'],
  json: ['records'],
  ndjson: [],
}

/** The given format, or the one that all extensions agree on. */
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
    message: `${name} applies only to ${format === 'json' ? title.json : title.csv}, and this stream is read as ${title[own]}`,
    hint: 'remove it, or set another format',
  }
}
