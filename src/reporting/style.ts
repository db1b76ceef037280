import { styleText } from 'node:util'
import { counted, printable } from '../diagnostics/printable.ts'

export { table } from './table.ts'
export { counted }

type Format = Parameters<typeof styleText>[0]

/** Colors text, or leaves it unchanged. */
export type Paint = (format: Format, text: string) => string

export function painter(color: boolean): Paint {
  return (format, text) => (color ? styleText(format, text, { validateStream: false }) : text)
}

/** ` (3 records)` after the place of the first; empty for one record. */
export function ofSeveral(records: number): string {
  return records > 1 ? ` (${counted(records, 'record')})` : ''
}

/** `45 s`, `3 min 20 s`, `11 h 6 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** A value as JSON on one line, cut to `length` characters. */
export function shortValue(value: unknown, length = 60): string {
  const text = printable(JSON.stringify(value) ?? 'nothing')
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/**
 * The name to show after an address; undefined if the address already contains it, such as
 * `u1 in acme` for `membership:u1@acme`.
 */
export function tellingLabel({ key, label }: { key: string; label: string }): string | undefined {
  if (label === key) return undefined
  const parts = label.split(' in ')
  return parts.length > 1 && parts.every((part) => key.includes(part)) ? undefined : label
}
