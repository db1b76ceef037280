/** An explanation as text: rows, mapping, merging, and what happens in WorkOS. */

import { printable } from '../diagnostics/printable.ts'
import type {
  ExplainedAction,
  ExplainedItem,
  ExplainedMerging,
  ExplainedRecord,
  ExplainedRole,
  ExplainedRule,
  ExplainedValue,
  Explanation,
  ExplanationDocument,
} from '../explaining/explanation.ts'
import { isObject, type Json, jsonText } from '../json.ts'
import { isResourceKind } from '../kinds/registry.ts'
import { describeNote } from './remarks.ts'
import { counted, type Paint, shortValue } from './style.ts'

interface ExplainTextOptions {
  paint: Paint
  write: (text: string) => void
}

/** The outcome first, then everything from the rows to the requests. */
export function renderExplanationText(
  { explanations, more }: ExplanationDocument,
  { paint, write }: ExplainTextOptions,
): void {
  for (const [index, explanation] of explanations.entries()) {
    if (index > 0) write('\n')
    write(`${heading(explanation, paint)}\n`)
    for (const [title, lines] of sections(explanation)) {
      if (lines.length === 0) continue
      write(`\n${paint('bold', title)}\n`)
      for (const line of lines) write(`${printable(line)}\n`)
    }
  }
  if (more > 0) write(`\n… and ${counted(more, 'more resource')}: name one by its address\n`)
}

function heading({ address, label, action }: Explanation, paint: Paint): string {
  const { type, why } = action
  const shown = label === null || address.endsWith(label) ? '' : `  ${printable(label)}`
  const outcome = ['rejected', 'blocked', 'left out'].includes(type) ? `${type}: ${why}` : type
  const lines = wrapped(printable(outcome), '  ').join('\n')
  return `${paint('bold', printable(address))}${shown}\n${paint(colorOf(type), lines)}`
}

function colorOf(type: Explanation['action']['type']): 'green' | 'red' | 'yellow' | 'cyan' {
  if (type === 'create' || type === 'unchanged' || type === 'adopt') return 'green'
  if (type === 'update' || type === 'handed over') return 'cyan'
  return type === 'rejected' || type === 'blocked' || type === 'delete' ? 'red' : 'yellow'
}

function sections(explanation: Explanation): [title: string, lines: string[]][] {
  const { declared, kind } = explanation
  return [
    ['Source rows', [...(declared === null ? [] : [`  declared in ${declared}`]), ...rowLines(explanation)]],
    ['Mapping', mappingLines(explanation)],
    ['Rejected', explanation.rejects.flatMap(rejectLines)],
    ['Merging', mergingLines(explanation)],
    ['Password', passwordLines(explanation)],
    ['Roles', roleLines(explanation.roles, '  ')],
    ['Remarks', explanation.notes.flatMap((note) => wrapped(describeNote({ ...note, kind, count: 1 }), '  '))],
    ['References', [...referenceLines(explanation), ...dependentLines(explanation)]],
    ['State', stateLines(explanation)],
    ['WorkOS', liveLines(explanation)],
    ['Action', actionLines(explanation)],
    ['Requests', requestLines(explanation)],
  ]
}

function rejectLines({ origin, kind, field, message, hint }: Explanation['rejects'][number]): string[] {
  const what = field === null || kind === 'record' ? kind : `${kind}.${field}`
  return [...wrapped(`✗ ${origin}  ${what}: ${message}`, '  '), ...(hint === null ? [] : wrapped(hint, '      '))]
}

function passwordLines({ password }: Explanation): string[] {
  if (password === null) return []
  const type = password.type === null ? '' : ` (${password.type})`
  return wrapped(`${password.fate}${type}: ${password.why}`, '  ')
}

const WIDTH = 80

/** Characters of a value that are shown even if there is little room. */
const SHORTEST = 40

/** Characters of an expression that are shown. */
const EXPRESSION = 600

/** The rows as read, with all empty columns in one line. */
function rowLines({ records, moreRecords }: Explanation): string[] {
  const lines = records.flatMap(rowsOf)
  if (moreRecords > 0) lines.push(`  … and ${counted(moreRecords, 'more record')}`)
  return lines
}

function rowsOf({ origin, columns, stream }: ExplainedRecord): string[] {
  const filled = Object.entries(columns).filter(([, value]) => !isEmpty(value))
  const empty = Object.keys(columns).filter((name) => isEmpty(columns[name]))
  const width = Math.min(24, Math.max(0, ...filled.map(([name]) => name.length)))
  return [
    `  ${origin}${origin.includes(stream) ? '' : ` (${stream})`}`,
    ...filled.flatMap(([name, value]) => columnLines(name, value, width)),
    ...(empty.length === 0 ? [] : wrapped(`empty: ${empty.join(', ')}`, '    ')),
  ]
}

/** Joined rows are listed under the name of their stream, each with its place. */
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

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function mappingLines({ records, moreRecords }: Explanation): string[] {
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

/** `email: $lowercase(mail)  [migrate.config.yaml:12]`, and below it the value. */
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

function mergingLines({ merging }: Explanation): string[] {
  if (merging === null) return []
  const { by, same, strategy, records, conflicts, cases } = merging
  const reasons = by.map(({ expression, at }) => `${expression}${at === null ? '' : ` [${at}]`}`)
  return [
    `  matched by ${reasons.join(' and ')}: ${valueText(same)}`,
    ...records.map(({ key, origin, stands }) => `    ${origin}  ${key}${stands ? '  primary record' : ''}`),
    ...(cases.length === 0 ? [] : [`  ${cases.join(', ')}`]),
    ...(conflicts.length === 0 ? [] : [`  discarded values (strategy ${strategy}):`]),
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
  const why = rule === 'proof' ? 'another record has a verified address, and this one does not' : rule
  const where = ruleAt === null ? '' : ` [${ruleAt}]`
  const value = secret ? '(secret)' : valueText(dropped ?? null)
  const instead = secret || kept === undefined ? '' : `, ${valueText(kept)} kept`
  return wrapped(`${origin}  ${field}: ${value} discarded${instead} (${why})${where}`, '    ')
}

function shorten(text: string): string {
  return text.length > EXPRESSION ? `${text.slice(0, EXPRESSION - 1)}…` : text
}

/** A value after other text, cut at the end of the line. */
function fitted(before: string, value: Json): string {
  return before + valueText(value, Math.max(SHORTEST, WIDTH - before.length))
}

/** A value on one line. `(secret)` gets no quotes, because it is not text of the source. */
function valueText(value: Json, length = WIDTH): string {
  if (typeof value === 'string' && /^\(secret(, [^)]*)?\)$/.test(value)) return value
  return shortValue(value, length)
}

/** Lines of 80 columns. A longer word is not split. */
function wrapped(text: string, indent: string): string[] {
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

/**
 * `admin ← "Org Admin" of members.csv:3 (map.membership.roles), by roles.map.Org Admin
 * [migrate.config.yaml:9]`.
 */
function roleLines(roles: readonly ExplainedRole[], indent: string): string[] {
  return roles.flatMap(({ role, name, origin, from, by, at, given, why }) => {
    const source = name === null ? from : `"${name}" in ${origin} (${from})`
    const line = by === null || by === from ? '' : `, by ${by}`
    const where = at === null ? '' : ` [${at}]`
    const lost = given ? '' : ` – not assigned${why === undefined ? '' : `: ${why}`}`
    return wrapped(`${role} ← ${source}${line}${where}${lost}`, indent)
  })
}

function referenceLines({ references }: Explanation): string[] {
  return references.flatMap(({ role, address, action, id, why }) => {
    const shown = id === null ? '' : `  ${id}`
    return [`  ${role} → ${address}  ${action}${shown}`, ...(why === null ? [] : wrapped(why, '      '))]
  })
}

function dependentLines({ dependents }: Explanation): string[] {
  return dependents.flatMap(({ plural, count, shown }) => [
    `  ${counted(count, plural.replace(/s$/, ''), plural)}`,
    ...shown.flatMap(({ address, action, why, roles = [] }) => [
      `    ${address}  ${action}`,
      ...(why === null ? [] : wrapped(why, '      ')),
      ...roleLines(roles, '      '),
    ]),
    ...(count > shown.length ? [`    … ${count - shown.length} more`] : []),
  ])
}

function stateLines({ state, kind }: Explanation): string[] {
  if (state === null) return isResourceKind(kind) ? ['  not in the state'] : []
  const { id, ownership, run, attributes, secrets, reduced, answered, gone, openWrite } = state
  const open =
    openWrite === null
      ? []
      : wrapped(
          `a ${openWrite} of an earlier run has no response yet: the next plan checks whether it took effect`,
          '  ',
        )
  if (id === '') return open
  return [
    `  ${id}  ${ownership} by run ${run}`,
    ...Object.entries(attributes).map(([name, value]) => fitted(`    ${name}: `, value)),
    ...secrets.map((name) => `    ${name}: (secret)`),
    ...(reduced === null ? [] : [`  WorkOS did not accept all of it (${reduced})`]),
    ...(answered === null ? [] : [`  WorkOS returned other values: ${valueText(answered)}`]),
    ...(gone === null ? [] : [`  run ${gone} found it deleted in WorkOS`]),
    ...open,
  ]
}

function liveLines({ live }: Explanation): string[] {
  if (live === null) return []
  if (live.why !== null) return wrapped(`not looked up: ${live.why}`, '  ')
  if (!live.found) return [`  WorkOS ${live.id === null ? 'has no such resource' : `no longer has ${live.id}`}`]
  return [`  ${live.id}`, ...Object.entries(live.attributes).map(([name, value]) => fitted(`    ${name}: `, value))]
}

function actionLines({ action }: Explanation): string[] {
  const { type, why, hint, code, changes, kept } = action
  return [
    ...wrapped(`${type}${code === null ? '' : ` (${code})`}: ${why}`, '  '),
    ...(hint === null ? [] : wrapped(hint, '      ')),
    ...changes.map(changeLine),
    ...kept.flatMap(({ field, live, desired, reason }) => {
      const values =
        field === '*'
          ? ''
          : `: ${live === undefined ? 'nothing' : valueText(live)} in WorkOS, ${desired === undefined ? 'nothing' : valueText(desired)} in the source`
      return wrapped(`≠ ${field === '*' ? 'all of it' : field}${values} (${reason})`, '    ')
    }),
  ]
}

function changeLine(change: ExplainedAction['changes'][number]): string {
  if ('secret' in change) return `    ${change.field}: (secret)`
  const { field, before, after } = change
  return `    ${field}: ${before === undefined ? 'nothing' : valueText(before)} → ${after === undefined ? 'nothing' : valueText(after)}`
}

function requestLines({ requests, action }: Explanation): string[] {
  if (requests.length === 0) {
    return ['create', 'update', 'adopt'].includes(action.type) ? ['  none: only the state changes'] : []
  }
  return requests.flatMap(({ method, path, body }) => [
    `  ${method} ${path}`,
    ...(body === undefined
      ? []
      : jsonText(body, 2)
          .split('\n')
          .map((line) => `  ${line}`)),
  ])
}

/** See schemas/explanation.schema.json. */
export function renderExplanationJson(explained: ExplanationDocument, write: (text: string) => void): void {
  write(`${jsonText(explained, 2)}\n`)
}
