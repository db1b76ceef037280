import type {
  ExplainedItem,
  ExplainedMerging,
  ExplainedRecord,
  ExplainedRule,
  ExplainedValue,
  Explanation,
} from '../explaining/explanation.ts'
import { isObject, type Json } from '../json.ts'
import { counted, shortValue } from './style.ts'

/** Characters of a line. */
const WIDTH = 80

/** Characters of a value that are shown however little room there is. */
const SHORTEST = 40

/** Characters of an expression that are shown. */
const EXPRESSION = 600

/** The rows as they are read; what is empty is named in one line. */
export function rowLines({ records, moreRecords }: Explanation): string[] {
  const lines = records.flatMap(rowsOf)
  if (moreRecords > 0) lines.push(`  … and ${counted(moreRecords, 'more record')}`)
  return lines
}

function rowsOf({ origin, columns, stream }: ExplainedRecord): string[] {
  const filled = Object.entries(columns).filter(([, value]) => !isEmptyCell(value))
  const empty = Object.keys(columns).filter((name) => isEmptyCell(columns[name]))
  const width = Math.min(24, Math.max(0, ...filled.map(([name]) => name.length)))
  return [
    `  ${origin}${origin.includes(stream) ? '' : ` (${stream})`}`,
    ...filled.flatMap(([name, value]) => columnLines(name, value, width)),
    ...(empty.length === 0 ? [] : wrapped(`empty: ${empty.join(', ')}`, '    ')),
  ]
}

/** Joined rows stand beneath the name of their stream, each with its place. */
function columnLines(name: string, value: Json, width: number): string[] {
  const rows = Array.isArray(value) ? value.filter((row) => isObject(row) && typeof row._file === 'string') : []
  if (!Array.isArray(value) || rows.length === 0) return [fitted(`    ${name.padEnd(width)}  `, value)]
  const shown = rows.slice(0, 10).flatMap((row) => {
    if (!isObject(row)) return []
    const { _file: file, _line: line, ...rest } = row
    return [`      ${file}:${line}`, ...wrapped(valueText(rest as Json, 400), '        ')]
  })
  return [`    ${name}: ${counted(rows.length, 'joined row')}`, ...shown]
}

function isEmptyCell(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

export function mappingLines({ records, moreRecords }: Explanation): string[] {
  return records.flatMap(({ origin, rules, leftOutBy, leftOutAt }) => {
    const several = records.length > 1 || moreRecords > 0
    const shown = rules.flatMap((rule) => ruleLines(rule, origin))
    const out = leftOutBy === null ? [] : [`  left out by ${leftOutBy}${leftOutAt === null ? '' : `  ${leftOutAt}`}`]
    return [...(several && shown.length > 0 ? [`  ${origin}`] : []), ...shown, ...out]
  })
}

function ruleLines({ rule, each, items, others }: ExplainedRule, origin: string): string[] {
  const lines = [`  ${rule}`, ...(each === undefined ? [] : valueLines(each))]
  for (const item of items) lines.push(...itemLines(item, origin))
  if (others > 0) lines.push(`    … ${counted(others, 'other item')} of the record`)
  return lines
}

function itemLines({ origin, when, chosen, fields, yields, rejected }: ExplainedItem, record: string): string[] {
  return [
    ...(origin === record ? [] : [`    row ${origin}`]),
    ...(when === undefined ? [] : valueLines(when)),
    ...(chosen ? [] : ['    → left out']),
    ...fields.flatMap(valueLines),
    ...(yields === null ? [] : [`    → ${yields}`]),
    ...(rejected === null ? [] : wrapped(`→ rejected: ${rejected}`, '    ')),
  ]
}

/** `email = $lowercase(mail)   migrate.config.yaml:12`, and what it yields beneath. */
function valueLines({ name, expression, at, value, fails, became }: ExplainedValue): string[] {
  const text = shorten(expression.replace(/\s+/g, ' ').trim())
  const left = wrapped(`${name}: ${text}`, '    ')
  const place = at === null ? 'default' : at
  const one = `${left[0]}  [${place}]`
  const head = left.length === 1 && one.length <= WIDTH ? [one] : [...left, `      [${place}]`]
  if (fails === undefined && value === undefined && became === undefined) {
    const short = `${left[0]} = nothing  [${place}]`
    return left.length === 1 && short.length <= WIDTH ? [short] : [...left, `      = nothing  [${place}]`]
  }
  if (fails !== undefined) return [...head, ...wrapped(`= fails: ${fails}`, '      ')]
  const shown = value === undefined ? '      = nothing' : fitted('      = ', value)
  if (became === undefined) return [...head, shown]
  const then = became === null ? 'dropped' : fitted('', became)
  const both = `${shown} → ${then}`
  return both.length <= WIDTH ? [...head, both] : [...head, shown, `      → ${then}`]
}

export function mergingLines({ merging }: Explanation): string[] {
  if (merging === null) return []
  const { by, same, strategy, records, conflicts, cases } = merging
  const reasons = by.map(({ expression, at }) => `${expression}${at === null ? '' : ` [${at}]`}`)
  return [
    `  one by ${reasons.join(' and ')}: ${valueText(same)}`,
    ...records.map(({ key, origin, stands }) => `    ${origin}  ${key}${stands ? '  stands for all' : ''}`),
    ...(cases.length === 0 ? [] : [`  ${cases.join(', ')}`]),
    ...(conflicts.length === 0 ? [] : [`  values that were not taken (strategy ${strategy}):`]),
    ...conflicts.flatMap(conflictLines),
  ]
}

function conflictLines({
  origin,
  field,
  rule,
  ruleAt,
  secret,
  kept,
  dropped,
}: ExplainedMerging['conflicts'][number]): string[] {
  const why = rule === 'proof' ? 'another of the records verified the address, and this one did not' : rule
  const where = ruleAt === null ? '' : ` [${ruleAt}]`
  const value = secret ? '(secret)' : valueText(dropped ?? null)
  const instead = secret || kept === undefined ? '' : `, but ${valueText(kept)}`
  return wrapped(`${origin}  ${field}: ${value} not taken${instead} (${why})${where}`, '    ')
}

function shorten(text: string): string {
  return text.length > EXPRESSION ? `${text.slice(0, EXPRESSION - 1)}…` : text
}

/** A value behind what stands before it, cut where the line ends. */
export function fitted(before: string, value: Json): string {
  return before + valueText(value, Math.max(SHORTEST, WIDTH - before.length))
}

/** A value on one line. What stands for a secret is no text of the source. */
export function valueText(value: Json, length = WIDTH): string {
  if (typeof value === 'string' && /^\(secret(, [^)]*)?\)$/.test(value)) return value
  return shortValue(value, length)
}

/** Words in lines of 80 columns; a word that is longer stays whole. */
export function wrapped(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line)
      line = `${indent}  `
    }
    line += line.trim() === '' ? word : ` ${word}`
  }
  return [...lines, line]
}
