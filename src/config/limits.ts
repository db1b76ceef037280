import type { LimitText, Threshold } from './manifest.ts'

const LIMIT = /^([1-9]\d*)\/([1-9]\d*)?(s|m)$/
const PERCENTAGE = /^(\d+(?:\.\d+)?)%$/

/** At most `count` requests in any window of `perMs` milliseconds. */
export interface Limit {
  count: number
  perMs: number
}

/** A limit as the manifest writes it: `500/10s`, `6000/m`. @throws RangeError for any other text */
export function parseLimit(text: LimitText): Limit {
  const match = LIMIT.exec(text)
  if (!match) throw new RangeError(`not a limit: ${text}`)
  const [, count, periods = '1', unit] = match
  return { count: Number(count), perMs: Number(periods) * (unit === 'm' ? 60_000 : 1000) }
}

/** A threshold read: so many things, or so many percent of all of them. */
export type ParsedThreshold = { kind: 'count'; value: number } | { kind: 'percent'; value: number }

/** A threshold as the manifest writes it: `20` or `30%`. @throws RangeError for any other text */
export function parseThreshold(threshold: Threshold): ParsedThreshold {
  if (typeof threshold === 'number') return { kind: 'count', value: threshold }
  const percentage = PERCENTAGE.exec(threshold)?.[1]
  if (percentage === undefined) throw new RangeError(`not a threshold: ${threshold}`)
  return { kind: 'percent', value: Number(percentage) }
}

/** Whether `count` things out of `total` are more than the threshold allows. */
export function exceeds(threshold: Threshold, count: number, total: number): boolean {
  const { kind, value } = parseThreshold(threshold)
  return kind === 'count' ? count > value : count * 100 > value * total
}
