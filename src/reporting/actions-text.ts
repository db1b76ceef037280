/**
 * Actions, their values, and field tables on a terminal: lines of at most 80 columns, no secrets.
 */

import type { FieldChange } from '../comparing/comparison.ts'
import type { Mask } from '../diagnostics/mask.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import type { Json } from '../json.ts'
import {
  type Action,
  type ActionValues,
  type AdoptAction,
  actionValues,
  address,
  type UpdateAction,
} from '../planning/action.ts'
import { DISTINCT_AT_MOST, type FieldColumn, type FieldTable, flatFields } from '../planning/field-table.ts'
import type { Plan } from '../planning/plan.ts'
import { type Paint, shortValue, tellingLabel } from './style.ts'
import { cutToWidth, graphemesWidth, padded } from './table.ts'

interface ActionsTextOptions {
  paint: Paint
  write: (text: string) => void
  /** Default: shows everything. */
  mask?: Mask
}

/** How many of a kind are shown without `--full`. */
export const SAMPLE = 5

const SHOWN_TYPES = ['create', 'update', 'adopt', 'delete', 'blocked'] as const

const MARKS = { create: '+', update: '~', adopt: '=', delete: '-', blocked: '!' } as const
const COLORS = { create: 'green', update: 'yellow', adopt: 'cyan', delete: 'red', blocked: 'red' } as const

export function renderSamples(plan: Plan, options: ActionsTextOptions): void {
  for (const kind of plan.summary.kinds) {
    for (const type of SHOWN_TYPES) {
      const count = kind[type]
      if (count === 0) continue
      options.write('\n')
      for (const action of plan.sample(kind.kind, type, SAMPLE))
        options.write(renderAction(action, plan, options, false))
      if (count > SAMPLE)
        options.write(`  … ${figure(count - SAMPLE)} more ${type === 'blocked' ? 'blocked' : `to ${type}`}\n`)
    }
  }
  const cut = plan.summary.kinds.some((kind) => SHOWN_TYPES.some((type) => kind[type] > SAMPLE))
  if (cut) options.write(`\n${options.paint('dim', '--full shows all.')}\n`)
}

/** Every action in the order of the apply. */
export function renderAllActions(plan: Plan, options: ActionsTextOptions): void {
  options.write('\n')
  for (const action of plan.actions()) options.write(renderAction(action, plan, options, true))
}

/** One action: a line with its address, and below it its values, its changes, or what blocks it. */
function renderAction(action: Action, plan: Plan, { paint, mask }: ActionsTextOptions, full: boolean): string {
  const head = `  ${paint(COLORS[action.type], MARKS[action.type])} ${printable(address(action))}`
  const name = tellingLabel(action)
  const label = name === undefined ? '' : `  ${paint('dim', printable(mask?.value(name) ?? name))}`
  switch (action.type) {
    case 'create': {
      const values = actionValues(plan, action)
      const shown = [action.key, action.label]
      return `${head}${label}\n${full ? renderFields(values, paint, mask) : renderShortFields(values, shown, paint, mask)}`
    }
    case 'update':
      return `${head}${label}\n${renderChanges(plan, action, paint)}`
    case 'adopt': {
      const known = previously(action)
      const found = `  ${paint('dim', `matches ${printable(action.id)} by ${MATCHED_BY[action.matchedBy]}${known}`)}`
      return `${head}${label}${found}\n${renderChanges(plan, action, paint)}`
    }
    case 'delete': {
      const holder = action.with ? `  ${paint('dim', `deleted with ${printable(address(action.with))}`)}` : ''
      return `${head}${label}${holder}\n`
    }
    case 'blocked': {
      const origin = printable(plan.set.origin(action.kind, action.key))
      return `${head}${label}\n      ${origin}: ${printable(mask?.about(action.message, action.key) ?? action.message)}\n${renderHint(action.hint, paint)}`
    }
  }
}

/** What an adopted resource was matched by. */
export const MATCHED_BY = {
  id: 'ID',
  'external id': 'external ID',
  'natural identity': 'identity',
  name: 'name',
} as const

/** The address that an adopted resource had in the state, if its key changes. */
export function previously({ kind, former }: AdoptAction): string {
  return former === undefined ? '' : `, previously ${printable(address({ kind, key: former }))}`
}

export function renderHint(hint: string | undefined, paint: Paint): string {
  return hint === undefined ? '' : `      ${paint('dim', printable(hint))}\n`
}

function renderChanges(plan: Plan, action: UpdateAction | AdoptAction, paint: Paint): string {
  const { secrets } = actionValues(plan, action)
  return action.changes.map((change) => renderChange(change, secrets[change.field], paint)).join('')
}

function renderChange(change: FieldChange, said: string | null | undefined, paint: Paint): string {
  const name = `      ${printable(change.field)}: `
  if ('secret' in change) return `${name}${paint('dim', `${secretText(said)} changed`)}\n`
  const before = change.before === undefined ? 'nothing' : shortValue(change.before)
  const after = change.after === undefined ? 'removed' : shortValue(change.after)
  return `${name}${paint('dim', before)} → ${after}\n`
}

/** Columns. */
const LINE_WIDTH = 80
const INDENT = '      '
/** Ends a line that shows only some values. */
const REST = ', …'

/** Columns of a value without `--full`. */
const SAMPLE_VALUE = 40

/** Every value of a create, one per line: `firstName  Ada`. Secrets appear only by name. */
function renderFields(values: ActionValues, paint: Paint, mask?: Mask): string {
  const rows = valueRows(values, mask)
  const width = Math.max(...rows.map(({ field }) => graphemesWidth(field)))
  return rows
    .map(
      ({ field, text, secret }) => `${INDENT}${padded(field, width, 'end')}  ${secret ? paint('dim', text) : text}\n`,
    )
    .join('')
}

/** As many values as fit into one line, except those that the line above shows. */
function renderShortFields(values: ActionValues, shown: readonly string[], paint: Paint, mask?: Mask): string {
  const rows = valueRows(values, mask, shown)
  if (rows.every(({ text }) => text === secretText(null))) return ''
  const room = LINE_WIDTH - INDENT.length - REST.length
  const parts: string[] = []
  let length = 0
  for (const { field, text } of rows) {
    const part = `${field} ${cutToWidth(text, SAMPLE_VALUE)}`
    const width = graphemesWidth(part)
    if (length + width > room) continue
    parts.push(part)
    length += width + 2
  }
  const line = `${parts.join(', ')}${parts.length < rows.length ? REST : ''}`
  return `${INDENT}${paint('dim', line)}\n`
}

/** `(secret, bcrypt)`. */
function secretText(said: string | null | undefined): string {
  return typeof said === 'string' ? `(secret, ${printable(said)})` : '(secret)'
}

/** Text without quotes, lists with commas. */
function valueText(value: Json): string {
  if (typeof value === 'string') return isPlain(value) ? printable(value) : printable(JSON.stringify(value))
  if (Array.isArray(value)) return value.map(valueText).join(', ')
  return printable(JSON.stringify(value))
}

/** Text with spaces at an end needs quotes to show them. */
function isPlain(text: string): boolean {
  return text !== '' && text.trim() === text
}

function valueRows(
  { after, secrets }: ActionValues,
  mask: Mask | undefined,
  shown: readonly string[] = [],
): { field: string; text: string; secret: boolean }[] {
  const values = [...flatFields(after ?? {})]
    .map(([field, value]) => ({ field: printable(field), text: valueText(value), secret: false }))
    .filter(({ text }) => !shown.includes(text))
    .map((row) => ({ ...row, text: mask?.value(row.text) ?? row.text }))
  const named = Object.entries(secrets).map(([field, said]) => ({ field, text: secretText(said), secret: true }))
  return [...values, ...named]
}

/** Metadata can have any number of keys, so only this many are shown. */
const MEMBERS = 30
/** Columns of the name of a key, which comes from the source. */
const NAME = 34

const ALWAYS = '= always'

interface FieldRow {
  field: string
  /** `1,204 of 3,000`. */
  filled: string
  /** `12`, `1,000+`; empty if no resource has the field. */
  distinct: string
  /** No resource has the field, or all have the same value. */
  mark: 'empty' | 'constant' | null
  /** A value of one resource; for a secret only its type. */
  example: string
}

/**
 * The rows of a field table for any rendering. A last row counts the metadata keys beyond MEMBERS.
 */
export function fieldRows({ fields, resources, cut: isCut }: FieldTable, mask?: Mask): FieldRow[] {
  const members = fields.filter(({ field }) => field.includes('.'))
  const left = new Set(members.slice(MEMBERS))
  const rows = fields.filter((column) => !left.has(column)).map((column) => rowOf(column, resources, mask))
  const more = left.size
  const atLeast = isCut ? ' and more' : ' more'
  if (more > 0) rows.push({ field: `… ${figure(more)}${atLeast}`, filled: '', distinct: '', mark: null, example: '' })
  return rows
}

function rowOf(column: FieldColumn, resources: number, mask: Mask | undefined): FieldRow {
  const { field, filled, distinct, secret } = column
  const constant = filled > 1 && filled === resources && distinct === 1 && !secret
  return {
    field: printable(field),
    filled: `${figure(filled)} of ${figure(resources)}`,
    distinct: filled === 0 ? '' : distinct > DISTINCT_AT_MOST ? `${figure(DISTINCT_AT_MOST)}+` : figure(distinct),
    mark: filled === 0 ? 'empty' : constant ? 'constant' : null,
    example: secret ? secretText(column.said) : exampleText(column.example, mask),
  }
}

function exampleText(example: Json | undefined, mask: Mask | undefined): string {
  if (example === undefined) return ''
  const text = valueText(example)
  return mask?.value(text) ?? text
}

/** The tables of all kinds in 80 columns, with marks on empty and constant fields. */
export function renderFieldTables(
  tables: readonly FieldTable[],
  { paint, write, mask }: { paint: Paint; write: (text: string) => void; mask?: Mask },
): void {
  for (const table of tables) {
    const rows = fieldRows(table, mask)
    if (rows.length === 0) continue
    const named = rows.map((row) => ({ ...row, field: cutToWidth(row.field, NAME) }))
    const [field, filled, distinct] = (['field', 'filled', 'distinct'] as const).map((column) =>
      Math.max(
        column === 'field' ? table.plural.length : column.length,
        ...named.map((row) => graphemesWidth(row[column])),
      ),
    ) as [number, number, number]
    const line = (row: Omit<FieldRow, 'mark' | 'example'>) =>
      `${padded(row.field, field, 'end')}  ${row.filled.padStart(filled)}  ${row.distinct.padStart(distinct)}`
    const head = line({ field: table.plural, filled: 'filled', distinct: 'distinct' })
    write(`\n  ${paint('bold', table.plural)}${head.slice(table.plural.length)}  example\n`)
    for (const row of named) write(renderRow(row, line(row), paint))
  }
}

function renderRow({ mark, example }: FieldRow, line: string, paint: Paint): string {
  const room = LINE_WIDTH - 2 - graphemesWidth(line) - 2
  if (mark === 'empty') return `  ${line}  ${paint('yellow', '! empty')}\n`
  if (mark === 'constant')
    return `  ${line}  ${cutToWidth(example, room - ALWAYS.length - 1)} ${paint('yellow', ALWAYS)}\n`.replace(
      / +\n$/,
      '\n',
    )
  return `  ${line}  ${cutToWidth(example, room)}`.trimEnd().concat('\n')
}
