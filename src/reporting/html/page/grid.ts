import type { Absent, FieldValue, Grid, Row } from '../report.ts'
import { el, figure, freshId } from './dom.ts'
import { clamp, matching, ROW, RowWindow, type Wanted } from './filter.ts'
import type { Rows } from './rows.ts'

/** Rows that are drawn beyond each edge. */
const BEYOND = 8
/** Up to this many rows, there is no search. */
const AT_A_GLANCE = 8
/** Printed rows. */
const PRINTED = 100

/** A table of any number of rows. It draws only the visible ones. */
export class GridView {
  readonly element: HTMLElement
  readonly #spec: Grid
  readonly #rows: Rows
  readonly #window = new RowWindow()
  readonly #drawn = new Map<number, HTMLElement>()
  readonly #scroller: HTMLElement
  readonly #body: HTMLElement
  readonly #tools
  readonly #facet: number | undefined
  /** Indexes of the selected rows; undefined: all. */
  #found: number[] | undefined
  #wanted: Wanted
  #active = 0
  #isPrinting = false
  readonly #id = freshId()

  /** @param expected the number of rows that will be loaded */
  constructor(spec: Grid, rows: Rows, expected: number, facet?: number) {
    this.#spec = spec
    this.#rows = rows
    this.#facet = facet
    this.#wanted = { text: '', facet }
    this.#window.count = expected
    this.#tools = toolbarOf(spec, facet, (wanted) => this.#filter(wanted))
    this.#body = el('div', { class: 'grid-body', is: { role: 'rowgroup' } })
    this.#scroller = el(
      'div',
      {
        class: 'grid',
        is: {
          role: 'grid',
          tabindex: '0',
          'aria-label': spec.title,
          'aria-colcount': String(spec.columns.length + 1),
          'aria-rowcount': String(expected + 1),
        },
      },
      el('div', { is: { role: 'rowgroup' }, class: 'grid-head' }, headOf(spec)),
      this.#body,
    )
    this.element = el('div', { class: facet === undefined ? 'grid-block' : 'grid-block of-one' }, this.#scroller)
    if (expected > AT_A_GLANCE) this.element.prepend(this.#tools.element)
    this.#body.style.height = `${this.#window.physical}px`
    this.#body.style.minHeight = `${Math.min(expected, 14) * ROW}px`
    this.#scroller.addEventListener('scroll', () => requestAnimationFrame(() => this.#draw()), { passive: true })
    this.#scroller.addEventListener('keydown', (event) => this.#key(event))
    this.#scroller.addEventListener('click', (event) => this.#click(event))
    rows.onMore(() => this.#more())
    addEventListener('beforeprint', () => this.#print(true))
    addEventListener('afterprint', () => this.#print(false))
    new ResizeObserver(() => this.#draw()).observe(this.#scroller)
  }

  focusSearch(): void {
    this.#tools.search.focus()
  }

  #more(): void {
    const isAll = this.#wanted.text === '' && this.#wanted.group === undefined && this.#wanted.facet === undefined
    if (!isAll) this.#found = matching(this.#rows, this.#wanted)
    if (this.#rows.isWhole || !isAll) this.#recount()
    else this.#draw()
  }

  #filter(wanted: Omit<Wanted, 'facet'> & { facet?: number }): void {
    const next = { ...wanted, facet: this.#facet ?? wanted.facet }
    const { text, group, facet } = this.#wanted
    const narrower =
      next.text.startsWith(text) &&
      (group === undefined || next.group === group) &&
      (facet === undefined || next.facet === facet)
    const isAll = next.text === '' && next.group === undefined && next.facet === undefined
    this.#found = isAll ? undefined : matching(this.#rows, next, narrower ? this.#found : undefined)
    this.#wanted = next
    this.#window.closeAll()
    this.#active = 0
    this.#scroller.scrollTop = 0
    this.#recount()
  }

  /** The number of rows changed. */
  #recount(): void {
    const count = this.#found?.length ?? this.#rows.json.length
    this.#window.count = count
    this.#scroller.setAttribute('aria-rowcount', String(count + 1))
    this.#tools.say(
      `${figure(count)} of ${figure(this.#facet === undefined ? this.#spec.held : (this.#spec.facets[this.#facet]?.held ?? 0))}`,
    )
    this.#redraw()
  }

  #redraw(): void {
    for (const row of this.#drawn.values()) row.remove()
    this.#drawn.clear()
    this.#draw()
  }

  #draw(): void {
    const { count } = this.#window
    this.#body.style.height = this.#isPrinting ? 'auto' : `${this.#window.physical}px`
    const view = this.#scroller.clientHeight
    const top = this.#window.virtualTop(this.#scroller.scrollTop, view)
    const first = this.#isPrinting ? 0 : Math.max(0, this.#window.rowAt(top) - BEYOND)
    const last = this.#isPrinting
      ? Math.min(count, PRINTED) - 1
      : Math.min(count - 1, this.#window.rowAt(top + view) + BEYOND)
    for (const [at, row] of this.#drawn) {
      if (at >= first && at <= last) continue
      row.remove()
      this.#drawn.delete(at)
    }
    for (let at = first; at <= last; at += 1) {
      const row = this.#drawn.get(at) ?? this.#make(at)
      if (row === undefined) continue
      row.style.top = `${this.#scroller.scrollTop + this.#window.above(at) - top}px`
      row.classList.toggle('active', at === this.#active)
    }
    const active = this.#drawn.get(this.#active)?.firstElementChild?.id
    if (active === undefined) this.#scroller.removeAttribute('aria-activedescendant')
    else this.#scroller.setAttribute('aria-activedescendant', active)
  }

  #row(at: number): { row: Row; facet: number } | undefined {
    const place = this.#found === undefined ? at : this.#found[at]
    const json = place === undefined ? undefined : this.#rows.json[place]
    return json === undefined ? undefined : { row: JSON.parse(json), facet: this.#rows.facets[place ?? 0] ?? 0 }
  }

  #make(at: number): HTMLElement | undefined {
    const known = this.#row(at)
    if (known === undefined) return undefined
    const entry = entryOf(this.#spec, { ...known, at, isOpen: this.#window.isOpen(at), id: `${this.#id}-${at}` })
    this.#drawn.set(at, entry)
    this.#body.append(entry)
    return entry
  }

  #toggle(at: number, open = !this.#window.isOpen(at)): void {
    this.#drawn.get(at)?.remove()
    this.#drawn.delete(at)
    this.#window.close(at)
    if (open) {
      this.#window.open(at, 0)
      const height = this.#make(at)?.querySelector<HTMLElement>('.detail')?.offsetHeight ?? 0
      this.#window.open(at, height)
    }
    this.#draw()
    this.#reveal(at)
  }

  #reveal(at: number): void {
    const head = ROW
    const view = this.#scroller.clientHeight - head
    const top = this.#window.virtualTop(this.#scroller.scrollTop, this.#scroller.clientHeight)
    const above = this.#window.above(at)
    const below = above + Math.min(this.#window.heightOf(at), view)
    if (above >= top && below <= top + view) return
    const wanted = above < top ? above : below - view
    this.#scroller.scrollTop = this.#window.scrolled(wanted, this.#scroller.clientHeight)
    this.#draw()
  }

  #move(to: number): void {
    this.#active = clamp(to, 0, Math.max(0, this.#window.count - 1))
    this.#reveal(this.#active)
    this.#draw()
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / ROW) - 2)
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.#move(this.#active + 1),
      ArrowUp: () => this.#move(this.#active - 1),
      PageDown: () => this.#move(this.#active + page),
      PageUp: () => this.#move(this.#active - page),
      Home: () => this.#move(0),
      End: () => this.#move(this.#window.count - 1),
      Enter: () => this.#toggle(this.#active),
      ' ': () => this.#toggle(this.#active),
      ArrowRight: () => this.#toggle(this.#active, true),
      ArrowLeft: () => this.#toggle(this.#active, false),
    }
    const move = moves[event.key]
    if (move === undefined || this.#window.count === 0) return
    event.preventDefault()
    move()
  }

  #click(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : undefined
    const at = Number(target?.closest<HTMLElement>('.entry')?.dataset.at ?? Number.NaN)
    // A click that selects text must not open the row.
    if (Number.isNaN(at) || target?.closest('.detail') || getSelection()?.isCollapsed === false) return
    this.#active = at
    this.#toggle(at)
  }

  #print(isPrinting: boolean): void {
    this.#isPrinting = isPrinting
    const { count } = this.#window
    this.#scroller.dataset.printed = count > PRINTED ? `The first ${PRINTED} of ${figure(count)} are printed.` : ''
    this.#draw()
  }
}

/** Milliseconds between the last key and the search. */
const PAUSE = 80

/** The search, the filters for group and facet, and a line with the number of rows. */
function toolbarOf(
  { title, groups, groupLabel, facets, facetLabel }: Grid,
  fixed: number | undefined,
  choose: (wanted: Wanted) => void,
) {
  const search = el('input', {
    class: 'search',
    is: {
      type: 'search',
      placeholder: 'Search',
      'aria-label': `Search in ${title}`,
      autocomplete: 'off',
      spellcheck: 'false',
    },
  })
  const group = selectOf(`Any ${groupLabel}`, groupLabel, groups)
  const facet = selectOf(
    `Any ${facetLabel}`,
    facetLabel,
    facets.map(({ label }) => label),
  )
  const said = el('output', { class: 'said', is: { 'aria-live': 'polite' } })
  const change = () => choose({ text: search.value.trim(), group: chosen(group), facet: chosen(facet) })
  let timer: ReturnType<typeof setTimeout> | undefined
  search.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(change, PAUSE)
  })
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    search.value = ''
    change()
  })
  for (const select of [group, facet]) select.addEventListener('change', change)
  const element = el('div', { class: 'tools', is: { role: 'search' } }, search)
  if (groups.length > 1) element.append(group)
  if (fixed === undefined && facets.length > 1) element.append(facet)
  element.append(said)
  return { element, search, say: (text: string) => said.replaceChildren(text) }
}

function selectOf(all: string, label: string, names: readonly string[]): HTMLSelectElement {
  const options = names.map((name, n) => el('option', { is: { value: String(n) } }, name))
  return el('select', { is: { 'aria-label': label } }, el('option', { is: { value: '' } }, all), ...options)
}

function chosen({ value }: HTMLSelectElement): number | undefined {
  return value === '' ? undefined : Number(value)
}

interface Entry {
  row: Row
  facet: number
  /** The position among the selected rows. */
  at: number
  isOpen: boolean
  id: string
}

function headOf(grid: Grid): HTMLElement {
  const cell = (label: string, n: number, minor?: boolean) => {
    const is = { role: 'columnheader', 'aria-colindex': String(n + 1) }
    return el('div', { class: minor ? 'cell minor' : 'cell', is }, label)
  }
  const row = el('div', { class: 'row', is: { role: 'row', 'aria-rowindex': '1' } }, cell(grid.facetLabel, 0))
  for (const [n, { label, minor }] of grid.columns.entries()) row.append(cell(label, n + 1, minor))
  return inColumns(row, grid)
}

/** A row and, if it is open, its details. */
function entryOf(grid: Grid, { row, facet, at, isOpen, id }: Entry): HTMLElement {
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

/** The details of an opened row: fields, remarks, and the cells that a narrow page hides. */
function detailOf(row: Row, { columns }: Grid): HTMLElement {
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
