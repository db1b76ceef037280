import { safeNfc } from '../../addresses.ts'
import { accept, type Check, isEmpty, refuse } from './check.ts'

/** Text, trimmed and NFC, so that keys written in two ways meet; numbers become text; undefined when the source has nothing. */
export function optionalText(value: unknown): Check<string | undefined> {
  if (isEmpty(value)) return accept(undefined)
  if (typeof value === 'string') return accept(safeNfc(value.trim()))
  if (typeof value === 'number') return accept(String(value))
  return refuse('not_text', `text is expected, not ${kindOf(value)}`, 'map a single text value')
}

/** Names what a value is, without showing it. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
