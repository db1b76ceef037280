import { figure } from '../diagnostics/printable.ts'
import type { Estimate } from '../planning/estimate.ts'
import { counted } from './style.ts'

/** `526 writes, about 10 s at 500 per 10 s`. */
export function describeEstimate({ writes, seconds, limit }: Estimate): string {
  const { count, perMs, of } = limit
  const what = of === 'organization deletes' ? `${figure(count)} deleted organizations` : figure(count)
  return `${counted(writes, 'write')}, ${roughly(seconds)} at ${what} per ${period(perMs)}`
}

/** A time that is known roughly: `a few seconds`, `about 40 s`, `about 2 h 5 min`. */
export function roughly(seconds: number): string {
  if (seconds < 10) return 'a few seconds'
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10} s`
  const minutes = Math.max(1, Math.round(seconds / 60))
  if (minutes < 60) return `about ${minutes} min`
  const rest = minutes % 60
  return `about ${figure(Math.floor(minutes / 60))} h${rest === 0 ? '' : ` ${rest} min`}`
}

function period(milliseconds: number): string {
  const [length, unit] = milliseconds % 60_000 === 0 ? [milliseconds / 60_000, 'min'] : [milliseconds / 1000, 's']
  return length === 1 ? unit : `${length} ${unit}`
}
