import type { Mask } from '../diagnostics/mask.ts'
import { printable } from '../diagnostics/printable.ts'
import { isObject, jsonText } from '../json.ts'
import type { Run } from '../state/store.ts'
import { counted } from './style.ts'
import { bound, definitions, textWidth, WIDTH, wrapped } from './table.ts'

/** A state, or one resource of it: a line for each member, then the runs. */
export function renderState(shown: object, mask?: Mask): string {
  const rows: [string, string][] = []
  let runs = ''
  for (const [name, value] of Object.entries(shown)) {
    if (name === 'runs' && Array.isArray(value)) runs = value.map(renderRun).join('')
    else rows.push([name, printable(name === 'resources' ? resources(value) : member(shown, name, value, mask))])
  }
  const lines = definitions(rows, '')
  return runs === '' ? lines : `${lines}runs\n${runs}`
}

/** A key without its kind in front, which the mask of a text would not recognize. */
function member(shown: object, name: string, value: unknown, mask: Mask | undefined): string {
  const text = textOf(value)
  // Mask before wrapping: the mask must see a quoted value in one piece.
  if (name !== 'key') return mask?.text(text) ?? text
  return mask?.key('kind' in shown ? String(shown.kind) : '', text) ?? text
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(value)
}

/** `2 roles, 12 organizations`, from counts by the plural of each kind. */
function resources(value: unknown): string {
  const counts = isObject(value) ? Object.entries(value).filter(([, count]) => Number(count) > 0) : []
  if (counts.length === 0) return 'none'
  return counts.map(([plural, count]) => bound(counted(Number(count), plural.replace(/s$/, ''), plural))).join(', ')
}

function renderRun({ run, startedAt, command, outcome, counts }: Run): string {
  const head = `  ${run}  ${startedAt}  ${printable(command)}  ${outcome}  `
  const ends = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => total(what, count))
  const line = `${head}${ends.join(', ')}`
  if (textWidth(line) <= WIDTH) return `${line.trimEnd()}\n`
  const below = wrapped(ends.map(bound).join(', '), WIDTH - BELOW.length).map((text) => `\n${BELOW}${text}`)
  return `${head.trimEnd()}${below.join('')}\n`
}

/** The indent of continued lines. */
const BELOW = ' '.repeat(6)

/** `1 write`, `2 created`. */
function total(what: string, count: number): string {
  return what === 'reads' || what === 'writes' ? counted(count, what.slice(0, -1)) : counted(count, what, what)
}
