import type { Mask } from '../diagnostics/mask.ts'
import { printable } from '../diagnostics/printable.ts'
import { isObject, jsonText } from '../json.ts'
import type { Run } from '../state/store.ts'
import { counted } from './style.ts'
import { bound, definitions, textWidth, WIDTH, wrapped } from './table.ts'

/** What a state holds, or one resource of it: each member on a line of its own, then the runs. */
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

/** The key of a person is hidden where all values are: it stands without its kind here. */
function member(shown: object, name: string, value: unknown, mask: Mask | undefined): string {
  const text = textOf(value)
  // Before lines are broken: a value in quotes has to be in one piece.
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

/** Before what goes on below. */
const BELOW = ' '.repeat(6)

/**
 * What a run counted: requests by the noun, `1 write`; resources by how they ended, `2 created`.
 */
function total(what: string, count: number): string {
  return what === 'reads' || what === 'writes' ? counted(count, what.slice(0, -1)) : counted(count, what, what)
}
