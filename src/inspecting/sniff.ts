import { isUtf8 } from 'node:buffer'
import { JSONParser } from '@streamparser/json'
import { isObject } from '../json.ts'
import { type Backslashes, backslashesIn } from '../sources/csv/backslash.ts'
import { openTable } from '../sources/csv/table.ts'
import { readBytes } from '../sources/text/bytes.ts'
import type { SourceFile } from '../sources/text/file.ts'
import { type Encoding, inUtf8 } from '../sources/text/utf8.ts'
import { Profile } from './profile.ts'
import { shownName } from './sensitivity.ts'

/** Facts about a data file from its beginning. */
export interface Head {
  format: 'csv' | 'json' | 'ndjson'
  /** Paths of the first records; columns for CSV. Names that look like data are masked. */
  paths: string[]
  /**
   * JSON: the path of the records, as in `records` of the source `file`; undefined if the document
   * is the list.
   */
  records?: string
  /** CSV without a header: the cells of its first line. Personal data; never show them. */
  firstRow?: string[]
  /** JSON: the paths of lists of objects in the part that was read, if there are several. */
  lists?: string[]
  /** Set if the file is neither UTF-8 nor marked as UTF-16. Then it is read as Windows-1252. */
  encoding?: Encoding
  /** CSV: number of lines before the header. */
  skipLines?: number
  /** CSV with backslash escapes: its settings. */
  backslashes?: Backslashes
  /**
   * CSV with lines before the header, which can mislead detection: the delimiter, if it is not a
   * comma.
   */
  delimiter?: string
  /**
   * Django's dumpdata with several models: the model of the users. The paths are those of its
   * records.
   */
  model?: string
}

/** Maximum number of bytes of a JSON file to read. */
const MAX_HEAD = 4 * 1024 * 1024
/** Records that are enough to recognize a file. */
const ENOUGH = 50

/**
 * Reads the beginning of a file.
 * @throws ManifestError when the file does not exist, SourceError when it is empty or not text
 */
export async function sniff(file: SourceFile): Promise<Head> {
  const start = await readHead(file, 64 * 1024)
  if (!isUtf8(start.subarray(0, lastWhole(start)))) {
    return { ...(await sniffText(file, inLatin1(start), 'latin1')), encoding: 'latin1' }
  }
  return sniffText(file, start.toString('utf8').replace(/^\uFEFF/, ''))
}

async function sniffText(file: SourceFile, text: string, encoding?: Encoding): Promise<Head> {
  const first = text.trimStart()[0]
  if (first === '[') return sniffJson(file, encoding)
  if (first !== '{') {
    const backslashes = backslashesIn(text)?.settings
    const head = sniffPreamble(text) ?? (await sniffCsv(file, encoding, backslashes))
    return backslashes === undefined ? head : { ...head, backslashes }
  }
  return sniffLines(text) ?? sniffJson(file, encoding)
}

async function sniffCsv(
  file: SourceFile,
  encoding: Encoding | undefined,
  backslashes: Head['backslashes'],
): Promise<Head> {
  const dialect = backslashes && { ...backslashes, escape: 'backslash' }
  const table = await openTable(file, { encoding, dialect, onBroken: () => {}, warn: () => {} })
  try {
    // Data instead of column names: an address, a hash, a number, a boolean.
    if (table.columns.some((column) => /@|^\$|^\d+$|^(true|false)$/i.test(column))) {
      return { format: 'csv', paths: [], firstRow: table.columns }
    }
    const profile = new Profile()
    // A file with only a header still has columns.
    profile.add(Object.fromEntries(table.columns.filter((column) => column !== '').map((column) => [column, null])))
    return { format: 'csv', paths: profile.paths().map(({ path }) => path) }
  } finally {
    await table.close()
  }
}

/** Maximum number of lines before the header. */
const MAX_PREAMBLE = 20

/**
 * Some exports begin with lines of text before the header: lines without a delimiter, followed by
 * lines with several.
 */
function sniffPreamble(text: string): Head | undefined {
  const lines = text.split(/\r?\n/).slice(0, MAX_PREAMBLE + 1)
  // The table reader handles `sep=;`.
  if (/^"?sep=/i.test(lines[0] ?? '')) return undefined
  return DELIMITERS.map((delimiter) => preambleBy(delimiter, lines)).find((found) => found !== undefined)
}

const DELIMITERS = [',', ';', '\t', '|']

/** Comments and `sep=` lines, which the table reader skips. */
const KNOWN_LINE = /^(#|"?sep=[^\w])/i

/** Spreadsheets pad the lines before the header with empty cells. */
function preambleBy(delimiter: string, lines: readonly string[]): Head | undefined {
  const filled = (line: string) => line.split(delimiter).filter((cell) => cell.trim() !== '').length
  const skipLines = lines.findIndex((line) => filled(line) > 2)
  const [header = ''] = lines.slice(skipLines)
  const before = lines.slice(0, skipLines).filter((line) => line.trim() !== '' && !KNOWN_LINE.test(line))
  if (skipLines < 1 || before.length === 0 || before.some((line) => filled(line) > 1)) return undefined
  const names = header.split(delimiter).map((name) => name.trim())
  // A sentence with commas is not a header.
  if (header.includes('"') || names.some((name) => name === '' || name.length > 40)) return undefined
  const paths = names.map(shownName)
  return { format: 'csv', paths, skipLines, ...(delimiter !== ',' && { delimiter }) }
}

/**
 * NDJSON: every line is an object. A single object on one line is one record, unless it wraps a
 * list.
 */
function sniffLines(text: string): Head | undefined {
  const lines = text.split('\n')
  const whole = lines.slice(0, -1).filter((line) => line.trim() !== '')
  const records = (whole.length > 0 ? whole : lines).slice(0, ENOUGH).map(objectIn)
  if (records.length === 0 || records.some((record) => record === undefined)) return undefined
  const found = records.filter((record) => record !== undefined)
  const [only] = found
  if (found.length === 1 && only !== undefined && wrapping(only)) return undefined
  return { format: 'ndjson', ...ofUsers(found) }
}

/** The model of a record of Django's dumpdata. */
function modelOf(record: Record<string, unknown> | undefined): string | undefined {
  return typeof record?.model === 'string' && isObject(record.fields) ? record.model : undefined
}

/**
 * The paths of the records. With several models, the paths of the model with addresses and
 * passwords.
 */
function ofUsers(records: readonly Record<string, unknown>[]): Pick<Head, 'paths' | 'model'> {
  const models = Map.groupBy(records, modelOf)
  if (models.size < 2 || models.has(undefined)) return { paths: pathsOf(records) }
  const rankOfModel = ([first]: Record<string, unknown>[]) => {
    const fields = isObject(first?.fields) ? first.fields : {}
    return Number('email' in fields) + Number('password' in fields)
  }
  const [best] = [...models].sort(([, a], [, b]) => rankOfModel(b) - rankOfModel(a))
  if (best === undefined || rankOfModel(best[1]) === 0) return { paths: pathsOf(records) }
  return { paths: pathsOf(best[1]), ...(best[0] !== undefined && { model: best[0] }) }
}

function wrapping(record: Record<string, unknown>): boolean {
  const lists = Object.entries(record).filter(([, value]) => Array.isArray(value) && value.some(isObject))
  if (lists.some(([name]) => USERS.test(name) || name === 'organizations')) return true
  // An object with an identifier is a record itself, even if it contains lists.
  const isSomebodys = Object.keys(record).some((name) => /^(_?id|user_?id|e-?mail|username)$/i.test(name))
  return lists.length > 0 && Object.keys(record).length <= 3 && !isSomebodys
}

/** The object that a JSON text contains; undefined for anything else. */
export function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const USERS = /^(users|members|accounts|data|items|records|results)$/i

/** Selects the list that most likely contains the users: by name, then by length. */
async function sniffJson(file: SourceFile, encoding: Encoding | undefined): Promise<Head> {
  const lists = new Map<string, Record<string, unknown>[]>()
  // In a dump of several models, the users can come late, so each model is sampled.
  const models = new Map<string, number>()
  const parser = new JSONParser({ paths: ['$.*', '$.*.*', '$.*.*.*'], keepStack: true })
  parser.onError = () => {}
  parser.onValue = ({ value, key, stack }) => {
    const names = stack.slice(1).map((level) => level.key)
    // phpMyAdmin writes a list of headers and tables. The tables contain their rows under `data`.
    const above = typeof names[0] === 'number' && names[1] === 'data' ? names.slice(1) : names
    if (typeof key !== 'number' || !isObject(value) || !above.every((name) => typeof name === 'string')) return
    const path = above.join('.')
    const list = lists.get(path) ?? []
    lists.set(path, list)
    const model = modelOf(value)
    const ofModel = model === undefined ? list.length : (models.get(model) ?? 0)
    if (model !== undefined) models.set(model, ofModel + 1)
    if (ofModel < ENOUGH) list.push(value)
  }
  const enough = () =>
    models.size === 0 && [...lists].some(([path, list]) => list.length >= ENOUGH && (path === '' || isUsers(path)))
  let seen = 0
  for await (const chunk of inUtf8(file, readBytes(file), encoding)) {
    if (seen === 0 && chunk[0] === 0xef) parser.write(chunk.subarray(3))
    else parser.write(chunk)
    seen += chunk.length
    if (parser.isEnded || seen > MAX_HEAD || enough()) break
  }
  if (isPhpMyAdmin(lists)) lists.delete('')
  const best = [...lists].sort(([a, first], [b, second]) => rank(b, second.length) - rank(a, first.length))[0]
  const [path, records] = best ?? ['', []]
  return {
    format: 'json',
    ...ofUsers(records),
    ...(path !== '' && { records: path }),
    ...(lists.size > 1 && { lists: [...lists.keys()] }),
  }
}

function isPhpMyAdmin(lists: ReadonlyMap<string, readonly Record<string, unknown>[]>): boolean {
  return lists.has('data') && lists.get('')?.[0]?.type === 'header'
}

function isUsers(path: string): boolean {
  return USERS.test(path.split('.').at(-1) ?? '')
}

function rank(path: string, length: number): number {
  if (path === '') return 2000
  return (isUsers(path) ? 1000 : 0) + (/^users$/i.test(path) ? 500 : 0) + length
}

function pathsOf(records: readonly Record<string, unknown>[]): string[] {
  const profile = new Profile()
  for (const record of records) profile.add(record)
  return profile.paths().map(({ path }) => path)
}

/** The beginning of a file, converted to UTF-8 if it is marked as UTF-16. */
async function readHead(file: SourceFile, length: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let seen = 0
  for await (const chunk of inUtf8(file, readBytes(file))) {
    parts.push(chunk)
    seen += chunk.length
    if (seen >= length) break
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** The length without an incomplete character at the end. */
function lastWhole(bytes: Buffer): number {
  for (let length = bytes.length; length > 0 && length > bytes.length - 4; length--) {
    if (isUtf8(bytes.subarray(0, length))) return length
  }
  return bytes.length
}

function inLatin1(bytes: Buffer): string {
  return new TextDecoder('latin1').decode(bytes)
}
