import type { Grid, Row } from '../report.ts'
import { detailOf } from './detail.ts'
import { el } from './dom.ts'

export interface Entry {
  row: Row
  facet: number
  /** Its position among the rows that are wanted. */
  at: number
  isOpen: boolean
  id: string
}

/** The row of headings. */
export function headOf(grid: Grid): HTMLElement {
  const cell = (label: string, n: number, minor?: boolean) => {
    const is = { role: 'columnheader', 'aria-colindex': String(n + 1) }
    return el('div', { class: minor ? 'cell minor' : 'cell', is }, label)
  }
  const row = el('div', { class: 'row', is: { role: 'row', 'aria-rowindex': '1' } }, cell(grid.facetLabel, 0))
  for (const [n, { label, minor }] of grid.columns.entries()) row.append(cell(label, n + 1, minor))
  return inColumns(row, grid)
}

/** A row, with its opened form when it is open. */
export function entryOf(grid: Grid, { row, facet, at, isOpen, id }: Entry): HTMLElement {
  const is = { role: 'row', 'aria-rowindex': String(at + 2), 'aria-expanded': String(isOpen), id }
  const line = inColumns(el('div', { class: 'row', is }), grid)
  line.append(el('div', { class: 'cell', is: { role: 'gridcell', 'aria-colindex': '1' } }, badgeOf(grid, facet)))
  for (const [n, { minor }] of grid.columns.entries()) {
    const is = { role: 'gridcell', 'aria-colindex': String(n + 2) }
    line.append(el('div', { class: minor ? 'cell minor' : 'cell', is }, row[0][n] ?? ''))
  }
  const entry = el('div', { class: 'entry', is: { role: 'presentation', 'data-at': String(at) } }, line)
  if (!isOpen) return entry
  const cell = el('div', { is: { role: 'gridcell' } }, detailOf(row, grid))
  entry.append(el('div', { class: 'detail', is: { role: 'row' } }, cell))
  return entry
}

function badgeOf({ facets }: Grid, facet: number): HTMLElement {
  const { label = '', mark, tone = 'plain' } = facets[facet] ?? {}
  const badge = el('span', { class: `badge ${tone}` })
  if (mark) badge.append(el('span', { class: 'mark', is: { 'aria-hidden': 'true' } }, mark))
  badge.append(el('span', { class: 'badge-text' }, label))
  return badge
}

function inColumns(row: HTMLElement, { columns, facets }: Grid): HTMLElement {
  const longest = Math.max(6, ...facets.map(({ label }) => label.length))
  row.style.setProperty('--mark', `${Math.min(24, longest) * 0.56 + 3.5}em`)
  const shares = (some: Grid['columns']) => some.map(({ share }) => `minmax(0, ${share}fr)`).join(' ')
  row.style.setProperty('--all', shares(columns))
  row.style.setProperty('--few', shares(columns.filter(({ minor }) => !minor)))
  return row
}
