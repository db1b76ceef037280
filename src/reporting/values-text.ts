import type { Mask } from '../diagnostics/mask.ts'
import { printable } from '../diagnostics/printable.ts'
import type { Json } from '../json.ts'
import type { ActionValues } from '../planning/action.ts'
import { flatFields } from '../planning/field-table.ts'
import type { Paint } from './style.ts'
import { padded } from './table.ts'
import { cutToWidth, textWidth } from './text-width.ts'

/** Columns that a line of a sample may take. */
const WIDTH = 80
const INDENT = '      '
/** Behind a line that does not hold all. */
const REST = ', …'

/** Of a value in a sample; `--full` shows all of it. */
const SAMPLE_VALUE = 40

/** Every value that a create sends, a line each: `firstName  Ada`. Secrets are named alone. */
export function renderFields(values: ActionValues, paint: Paint, mask?: Mask): string {
  const rows = fieldRows(values, mask)
  const width = Math.max(...rows.map(({ field }) => textWidth(field)))
  return rows
    .map(
      ({ field, text, secret }) => `${INDENT}${padded(field, width, 'end')}  ${secret ? paint('dim', text) : text}\n`,
    )
    .join('')
}

/** As many of the values as one line of 80 columns holds, without those that the line above it shows; empty where no value is left. */
export function renderShortFields(values: ActionValues, shown: readonly string[], paint: Paint, mask?: Mask): string {
  const rows = fieldRows(values, mask, shown)
  if (rows.every(({ text }) => text === secretText(null))) return ''
  const room = WIDTH - INDENT.length - REST.length
  const parts: string[] = []
  let length = 0
  for (const { field, text } of rows) {
    const part = `${field} ${cutToWidth(text, SAMPLE_VALUE)}`
    const width = textWidth(part)
    if (length + width > room) continue
    parts.push(part)
    length += width + 2
  }
  const line = `${parts.join(', ')}${parts.length < rows.length ? REST : ''}`
  return `${INDENT}${paint('dim', line)}\n`
}

/** What may be said of a secret: `(secret, bcrypt)`. */
export function secretText(said: string | null | undefined): string {
  return typeof said === 'string' ? `(secret, ${printable(said)})` : '(secret)'
}

/** A value as it stands beside the name of its field: text as it is, lists with commas. */
export function valueText(value: Json): string {
  if (typeof value === 'string') return isPlain(value) ? printable(value) : printable(JSON.stringify(value))
  if (Array.isArray(value)) return value.map(valueText).join(', ')
  return printable(JSON.stringify(value))
}

/** Blanks at an end are seen between quotes alone. */
function isPlain(text: string): boolean {
  return text !== '' && text.trim() === text
}

function fieldRows(
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
