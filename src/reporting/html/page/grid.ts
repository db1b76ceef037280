import type { Row, Grid as Spec } from '../report.ts'
import { el, figure, freshId } from './dom.ts'
import { entryOf, headOf } from './entry.ts'
import { matching, type Wanted } from './filter.ts'
import type { Rows } from './rows.ts'
import { toolbarOf } from './toolbar.ts'
import { clamp, ROW, RowWindow } from './window.ts'

/** Rows that are drawn beyond either edge. */
const BEYOND = 8
/** So many rows need no search. */
const AT_A_GLANCE = 8
/** Rows that are printed. */
const PRINTED = 100

/** A table of any number of rows. It draws the visible ones only. */
export class Grid {
  readonly element: HTMLElement
  readonly #spec: Spec
  readonly #rows: Rows
  readonly #window = new RowWindow()
  readonly #drawn = new Map<number, HTMLElement>()
  readonly #scroller: HTMLElement
  readonly #body: HTMLElement
  readonly #tools
  readonly #facet: number | undefined
  /** Places of the rows that are wanted; undefined: all. */
  #found: number[] | undefined
  #wanted: Wanted
  #active = 0
  #isPrinting = false
  readonly #id = freshId()

  /** @param expected rows that will be there */
  constructor(spec: Spec, rows: Rows, expected: number, facet?: number) {
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
    if (this.#rows.isWhole || !isAll) this.#settle()
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
    this.#settle()
  }

  /** How many rows there are is known anew. */
  #settle(): void {
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
    // What is selected with the mouse is to be copied.
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
