import type { Problem } from '../../diagnostics/problem.ts'
import { type Encoding, encodings } from '../csv/decode.ts'
import type { Dialect } from '../csv/dialect.ts'
import { textOption } from '../csv/options.ts'
import { parseRecordsPath } from '../json/records-path.ts'
import { type Format, type StreamSettings, textsOf } from './stream-settings.ts'

const ENDINGS: readonly (readonly [RegExp, Format])[] = [
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.json$/i, 'json'],
  [/\.(ndjson|jsonl)$/i, 'ndjson'],
]

/** Options that say something about one format only. */
const OF_FORMAT: Record<Format, readonly string[]> = {
  csv: ['delimiter', 'columns', 'skipLines', 'comment', 'quote', 'escape', 'nulls', 'trim'],
  json: ['records'],
  ndjson: [],
}

/** The format that is given or that the endings of all paths agree on. */
export function formatOf(given: unknown, paths: readonly string[]): Format | undefined {
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
export function readFormat(
  format: Format,
  options: Record<string, unknown>,
  complain: (option: string, problem: Omit<Problem, 'path'>) => void,
): Pick<StreamSettings, 'encoding' | 'records' | 'dialect' | 'trim'> {
  for (const [other, names] of Object.entries(OF_FORMAT)) {
    if (other === format) continue
    for (const name of names) if (options[name] !== undefined) complain(name, foreign(name, other, format))
  }
  const path = textOption(options, 'records')
  const records = path === undefined ? undefined : parseRecordsPath(path)
  if (records?.ok === false) {
    complain('records', { code: 'bad_records_path', message: records.message, hint: records.hint })
  }
  const given = textOption(options, 'encoding')
  const encoding: Encoding | undefined = encodings.find((known) => known === given)
  return {
    encoding,
    records: records?.ok ? records.names : undefined,
    dialect: dialectOf(options),
    trim: options.trim === true,
  }
}

function dialectOf(options: Record<string, unknown>): Dialect {
  return {
    delimiter: textOption(options, 'delimiter'),
    columns: Array.isArray(options.columns) ? textsOf(options.columns).map((name) => name.trim()) : undefined,
    skipLines: typeof options.skipLines === 'number' ? options.skipLines : undefined,
    comment: textOption(options, 'comment'),
    quote: textOption(options, 'quote'),
    escape: textOption(options, 'escape'),
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
