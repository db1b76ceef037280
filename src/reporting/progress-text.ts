import { waitedFor } from '../clock.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import type { Figures } from './gauge.ts'
import { duration } from './style.ts'
import { cutToWidth, textWidth } from './text-width.ts'

/** Forms of a line and widths of its bar, the best first. */
const LENGTHS = ['long', 'short', 'brief', 'terse'] as const
type Length = (typeof LENGTHS)[number]
const FORMS: readonly (readonly [Length, number])[] = [
  ...LENGTHS.slice(0, 3).flatMap((length) => [24, 16, 10].map((width) => [length, width] as const)),
  ...LENGTHS.slice(0, 3).map((length) => [length, 0] as const),
  ...[24, 16, 10, 0].map((width) => ['terse', width] as const),
]

/** How far it is, on one line as long as it needs to be. */
export function progressText(figures: Figures): string {
  return join(partsOf(figures, 'long'))
}

/** The same with a bar, where there is something to fill it by, on a line of so many columns at most. */
export function progressLine(figures: Figures, columns: number): string {
  const share = shareOf(figures)
  const forms = FORMS.filter(([, width]) => share !== undefined || width === 0)
  const candidates = forms.map(([length, width]) => `${bar(share ?? 0, width)}${join(partsOf(figures, length))}`)
  const fitting = candidates.find((line) => textWidth(line) <= columns)
  return cutToWidth(fitting ?? candidates.at(-1) ?? '', columns)
}

/** `4.2`, `50`, `1,200`. */
export function rateText(perSecond: number): string {
  return perSecond > 0 && perSecond < 9.95 ? String(Math.round(perSecond * 10) / 10) : figure(Math.round(perSecond))
}

function join(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(', ')
}

/** What there is to say, the most important first: what is cut off is at the end. */
function partsOf(figures: Figures, length: Length): (string | undefined)[] {
  const { failed, blocked, rate, left = 0, elapsed, wait } = figures
  return [
    headOf(figures, length),
    failed > 0 ? `${figure(failed)} failed` : undefined,
    blocked > 0 ? `${figure(blocked)} blocked` : undefined,
    rate === undefined || elapsed < 1 || length === 'terse' ? undefined : `${rateText(rate)}/s`,
    left > 0 ? `${duration(Math.ceil(left))} left` : undefined,
    wait === undefined ? undefined : waitText(wait, length),
  ]
}

/** What is done, and how much of it: of how many, or else in how long. */
function headOf({ phase, done, total, unit, share, elapsed, isWork }: Figures, length: Length): string {
  const of = total === undefined ? '' : `/${figure(total)}`
  if (isWork && (length === 'brief' || length === 'terse')) return `${figure(done ?? 0)}${of}`
  const counted = done === undefined ? '' : `: ${figure(done)}${of}${unit === undefined ? '' : ` ${unit}`}`
  const part = share === undefined ? '' : ` (${Math.floor(share * 100)}%)`
  const seconds = total === undefined ? Math.floor(elapsed) : 0
  const time = seconds === 0 ? '' : done === undefined ? `, ${duration(seconds)}` : ` in ${duration(seconds)}`
  return `${printable(phase)}${counted}${part}${time}`
}

function waitText(wait: NonNullable<Figures['wait']>, length: Length): string {
  const seconds = duration(Math.max(1, Math.ceil(wait.seconds)))
  const brief = wait.reason === 'retry' ? 'another attempt' : 'the rate limit'
  if (length === 'terse') return `waiting ${seconds}`
  if (length !== 'long') return `waiting for ${brief}, ${seconds}`
  const why = wait.reason === 'pace' ? '' : ` (${printable(wait.why)})`
  return `waiting for ${printable(waitedFor(wait))}, ${seconds}${why}`
}

function shareOf({ done, total, share }: Figures): number | undefined {
  if (total === undefined || done === undefined) return share
  return total === 0 ? 1 : Math.min(1, done / total)
}

function bar(share: number, width: number): string {
  if (width === 0) return ''
  const filled = Math.round(share * width)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} `
}
