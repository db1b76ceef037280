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

/** What the beginning of a data file shows of how it is written. */
export interface Head {
  format: 'csv' | 'json' | 'ndjson'
  /**
   * Paths of the first records: for CSV the columns. What looks like data in the place of a name is
   * masked.
   */
  paths: string[]
  /**
   * JSON: where the records are, as `records` of the source `file` writes it; none where the
   * document is the list.
   */
  records?: string
  /** CSV without a header: the fields of its first line. Data, never to be shown. */
  firstRow?: string[]
  /** JSON: where there are lists of objects, as far as it was read and there are several. */
  lists?: string[]
  /** Set where it is neither UTF-8 nor marked as UTF-16: then it is taken for Windows-1252. */
  encoding?: Encoding
  /** CSV: lines before the header that are none of its rows. */
  skipLines?: number
  /** CSV in which backslashes escape anywhere, and whether quotes are characters like others. */
  backslashes?: Backslashes
  /**
   * CSV with such lines, which may mislead who looks for it: what separates its cells, where it is
   * no comma.
   */
  delimiter?: string
  /**
   * What Django's dumpdata wrote, of several models: the one of the users. The paths are those of
   * its records.
   */
  model?: string
}

/** How much of a JSON file is looked at, bytes. */
const MAX_HEAD = 4 * 1024 * 1024
/** So many records show what there is to see. */
const ENOUGH = 50

/**
 * Looks at the beginning of a file.
 * @throws ManifestError when there is no such file, SourceError when it is empty or no text
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
    // Data in the place of names: an address, a hash, a number, a word for yes and no.
    if (table.columns.some((column) => /@|^\$|^\d+$|^(true|false)$/i.test(column))) {
      return { format: 'csv', paths: [], firstRow: table.columns }
    }
    const profile = new Profile()
    // A file of nothing but a header still shows its columns.
    profile.add(Object.fromEntries(table.columns.filter((column) => column !== '').map((column) => [column, null])))
    return { format: 'csv', paths: profile.paths().map(({ path }) => path) }
  } finally {
    await table.close()
  }
}

/** How many lines a preamble may have. */
const MAX_PREAMBLE = 20

/**
 * Some exports say a word of themselves before the header: lines without a delimiter, then lines
 * with several.
 */
function sniffPreamble(text: string): Head | undefined {
  const lines = text.split(/\r?\n/).slice(0, MAX_PREAMBLE + 1)
  // `sep=;` is read by who opens the table.
  if (/^"?sep=/i.test(lines[0] ?? '')) return undefined
  return DELIMITERS.map((delimiter) => preambleBy(delimiter, lines)).find((found) => found !== undefined)
}

const DELIMITERS = [',', ';', '\t', '|']

/** Remarks, and what says the delimiter: whoever reads CSV passes over them. */
const KNOWN_LINE = /^(#|"?sep=[^\w])/i

/** Spreadsheets fill the lines before the header up with empty cells. */
function preambleBy(delimiter: string, lines: readonly string[]): Head | undefined {
  const filled = (line: string) => line.split(delimiter).filter((cell) => cell.trim() !== '').length
  const skipLines = lines.findIndex((line) => filled(line) > 2)
  const [header = ''] = lines.slice(skipLines)
  const before = lines.slice(0, skipLines).filter((line) => line.trim() !== '' && !KNOWN_LINE.test(line))
  if (skipLines < 1 || before.length === 0 || before.some((line) => filled(line) > 1)) return undefined
  const names = header.split(delimiter).map((name) => name.trim())
  // Who speaks of several things in a sentence writes no header.
  if (header.includes('"') || names.some((name) => name === '' || name.length > 40)) return undefined
  const paths = names.map(shownName)
  return { format: 'csv', paths, skipLines, ...(delimiter !== ',' && { delimiter }) }
}

/**
 * NDJSON: every line an object. One object on one line is NDJSON of one record, unless it is a
 * wrapping.
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

/** A record of Django's dumpdata. */
function modelOf(record: Record<string, unknown> | undefined): string | undefined {
  return typeof record?.model === 'string' && isObject(record.fields) ? record.model : undefined
}

/**
 * The paths of the records; where those are of several models, of the one that has addresses and
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
  // What says whose it is is a record itself, whatever it lists.
  const isSomebodys = Object.keys(record).some((name) => /^(_?id|user_?id|e-?mail|username)$/i.test(name))
  return lists.length > 0 && Object.keys(record).length <= 3 && !isSomebodys
}

/** The object that a text is; undefined: it is none. */
export function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const USERS = /^(users|members|accounts|data|items|records|results)$/i

/**
 * The list in the document that is most likely the one of the users: by its name, then by its
 * length.
 */
async function sniffJson(file: SourceFile, encoding: Encoding | undefined): Promise<Head> {
  const lists = new Map<string, Record<string, unknown>[]>()
  // Of a dump of several models each is looked at: that of the users may come late.
  const models = new Map<string, number>()
  const parser = new JSONParser({ paths: ['$.*', '$.*.*', '$.*.*.*'], keepStack: true })
  parser.onError = () => {}
  parser.onValue = ({ value, key, stack }) => {
    const names = stack.slice(1).map((level) => level.key)
    // phpMyAdmin writes a list of what it has to say, of which the tables hold their rows under
    // `data`.
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

/** The beginning of a file; what is marked as UTF-16 comes in UTF-8. */
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

/** Length without the bytes of a character that the end cuts off. */
function lastWhole(bytes: Buffer): number {
  for (let length = bytes.length; length > 0 && length > bytes.length - 4; length--) {
    if (isUtf8(bytes.subarray(0, length))) return length
  }
  return bytes.length
}

function inLatin1(bytes: Buffer): string {
  return new TextDecoder('latin1').decode(bytes)
}
