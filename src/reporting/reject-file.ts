import { type Json, type JsonObject, jsonText } from '../json.ts'
import type { Misfit } from '../planning/misfits.ts'
import type { FoundRow, Originals } from '../sources/originals.ts'
import type { OriginalRow } from '../sources/source.ts'
import { csvLine, escapeCell, REJECT_COLUMNS, type RejectColumn } from '../sources/text/reject-columns.ts'
import { addressOf } from './errors.ts'
import { adviceFor } from './remedies.ts'

type RejectFormat = 'csv' | 'json' | 'ndjson'

type Remarks = Partial<Record<RejectColumn, string>>

export function rejectFormat(file: string): RejectFormat {
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'ndjson'
  return /\.json$/i.test(file) ? 'json' : 'csv'
}

/**
 * The rows of a stream as in the source, each with its problems, in pieces. A source can read this
 * file like the original.
 * @param withMissing add the problems that have no row at the end
 */
export function* rejectFile(
  originals: Originals<Misfit>,
  stream: string,
  format: RejectFormat,
  withMissing: boolean,
): Generator<string> {
  if (format === 'csv') return yield* csvFile(originals, stream, withMissing)
  const [begin, between, end] = format === 'json' ? ['[\n', ',\n', '\n]\n'] : ['', '\n', '\n']
  let separator = begin
  for (const found of rowsOf(originals, stream, withMissing)) {
    yield `${separator}${jsonText({ ...membersOf(found.row), ...remarksOn(found) })}`
    separator = between
  }
  yield end
}

function* csvFile(originals: Originals<Misfit>, stream: string, withMissing: boolean): Generator<string> {
  const heads = originals.heads(stream)
  const columns = new Map(
    heads
      .flatMap((head) => cellsOf({ ...head, line: 0, cells: { ...head, fields: [] } }))
      .map(({ id, name }) => [id, name]),
  )
  let hasText = false
  for (const { row } of originals.rows(stream)) {
    for (const { id, name } of cellsOf(row)) columns.set(id, name)
    hasText ||= row.text !== undefined
  }
  const named = heads.find(({ delimiter }) => delimiter !== undefined)?.delimiter
  const delimiter = named === 'tab' ? '\t' : named
  const remarks = REJECT_COLUMNS.filter((name) => name !== '_migrate_text' || hasText)
  const line = (cells: string[]) => `${csvLine(cells.map(escapeCell), delimiter)}\n`
  // The byte order mark makes spreadsheets read UTF-8, whatever the encoding of the original.
  yield `\uFEFF${csvLine([...columns.values(), ...remarks], delimiter)}\n`
  for (const found of rowsOf(originals, stream, withMissing)) {
    const cells = new Map(cellsOf(found.row).map(({ id, value }) => [id, value]))
    const remarkOf = remarksOn(found)
    yield line([
      ...[...columns.keys()].map((id) => cells.get(id) ?? ''),
      ...remarks.map((name) => remarkOf[name] ?? ''),
    ])
  }
}

function* rowsOf(originals: Originals<Misfit>, stream: string, withMissing: boolean): Generator<FoundRow<Misfit>> {
  yield* originals.rows(stream)
  if (!withMissing) return
  for (const misfit of originals.missing()) yield { row: { stream, file: '', line: 0 }, about: [misfit] }
}

/** The cells of a row. A column without a name gets its number as ID. */
function cellsOf({ cells, data }: OriginalRow): { id: string; name: string; value: string }[] {
  if (cells !== undefined) {
    return cells.columns.map((name, index) => ({
      id: name === '' ? `\0${index}` : name,
      name,
      value: cells.fields[index] ?? '',
    }))
  }
  return Object.entries(data ?? {}).map(([name, value]) => ({ id: name, name, value: cellText(value) }))
}

function cellText(value: Json): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : jsonText(value)
}

function membersOf({ cells, data }: OriginalRow): JsonObject {
  if (cells === undefined) return data ?? {}
  const named = cells.columns.flatMap((name, index) => (name === '' ? [] : [[name, cells.fields[index] ?? '']]))
  return Object.fromEntries(named)
}

/**
 * The problems of a row, without those that follow from another problem in it, such as a membership
 * of a rejected user.
 */
function remarksOn({ row, about }: FoundRow<Misfit>): Remarks {
  const causes = about.filter(({ code }) => adviceFor(code).reapply !== 'with-cause')
  const named = causes.length > 0 ? causes : about
  const list = (values: (string | null)[], between: string) =>
    [...new Set(values.filter((value) => value !== null))].join(between)
  return {
    _migrate_reason: list(
      named.map(({ message }) => message),
      '; ',
    ),
    _migrate_code: list(
      named.map(({ code }) => code),
      ', ',
    ),
    _migrate_field: list(
      named.map(({ field }) => field),
      ', ',
    ),
    _migrate_resource: list(named.map(addressOf), ', '),
    _migrate_outcome: list(
      named.map(({ outcome }) => outcome),
      ', ',
    ),
    _migrate_place: list(
      about.map(({ origin }) => origin),
      ', ',
    ),
    ...(row.text !== undefined && { _migrate_text: row.text }),
  }
}
