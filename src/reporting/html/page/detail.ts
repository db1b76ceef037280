import type { Absent, FieldValue, Grid, Row } from '../report.ts'
import { el } from './dom.ts'

/** The opened form of a row: its fields with their values, its remarks, and the cells that a narrow page leaves out. */
export function detailOf(row: Row, { columns }: Grid): HTMLElement {
  const [cells, fields = [], remarks = []] = row
  const box = el('div', { class: 'detail-box' })
  const minor = columns.flatMap(({ label, minor }, n): [string, string][] => {
    const isTold = label === 'values' || remarks.some(([, text]) => text === cells[n])
    return minor && cells[n] && !isTold ? [[label, cells[n]]] : []
  })
  if (minor.length > 0) box.append(list(minor, 'narrow-only'))
  if (remarks.length > 0) box.append(list(remarks, ''))
  if (fields.length > 0) box.append(fieldTable(fields))
  if (remarks.length + fields.length === 0) box.append(list([['', cells.filter(Boolean).join(' · ')]], ''))
  return box
}

function list(pairs: readonly [string, string][], kind: string): HTMLElement {
  return el(
    'dl',
    { class: `pairs ${kind}` },
    ...pairs.flatMap(([label, text]) => [el('dt', {}, label), el('dd', {}, text)]),
  )
}

function fieldTable(fields: readonly FieldValue[]): HTMLElement {
  const hasBefore = fields.some(([, before]) => typeof before === 'string')
  const hasAfter = fields.some(([, , after]) => typeof after === 'string')
  const heads = ['field', ...(hasBefore ? ['before'] : []), ...(hasAfter ? [hasBefore ? 'after' : 'value'] : [])]
  const value = (text: string | Absent, kind: string) =>
    typeof text !== 'string' ? el('td', { class: 'none' }, '–') : el('td', { class: kind }, text)
  const rows = fields.map(([field, before, after]) =>
    el(
      'tr',
      {},
      el('th', { is: { scope: 'row' } }, field),
      hasBefore ? value(before, 'before') : undefined,
      hasAfter ? value(after, 'after') : undefined,
    ),
  )
  const head = el('tr', {}, ...heads.map((label) => el('th', { is: { scope: 'col' } }, label)))
  return el('table', { class: 'fields' }, el('thead', {}, head), el('tbody', {}, ...rows))
}
