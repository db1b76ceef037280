/**
 * The page of an HTML report in the browser. It shows the Report (../report.ts) and its rows as
 * headings, tables, charts (chart.ts) and searchable grids (grid.ts).
 */

import type { Block, Report, Section, Table } from '../report.ts'
import { chartOf } from './chart.ts'
import { el, figure, themeSwitch } from './dom.ts'
import { GridView } from './grid.ts'
import { Rows, unpack } from './rows.ts'

const report: Report = JSON.parse(document.getElementById('report')?.textContent ?? '{}')
const rows = new Map(report.grids.map(({ id }) => [id, new Rows()]))
const grids: GridView[] = []
show()
// The rows come after this script, so the page is visible before they are loaded.
document.addEventListener('DOMContentLoaded', () => {
  unpack(rows).then(
    () => document.documentElement.setAttribute('data-loaded', 'true'),
    () => document.body.prepend(el('p', { class: 'alert bad' }, 'This browser cannot unpack the rows of this report.')),
  )
})

function show(): void {
  const main = el('main', { is: { id: 'content', tabindex: '-1' } }, header(), ...report.sections.map(sectionOf))
  const made = new Date(report.made)
  main.append(
    el(
      'footer',
      {},
      `Created ${made.toISOString().slice(0, 16).replace('T', ' ')} UTC by workos-migrate ${report.tool}. This file loads nothing from elsewhere.`,
    ),
  )
  document.body.append(
    el('a', { class: 'skip', is: { href: '#content' } }, 'Skip to content'),
    el('div', { class: 'layout' }, navigation(), main),
  )
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
    const searched = grids.filter(({ element }) => element.querySelector('.search') !== null)
    const shown = searched.find(({ element }) => element.getBoundingClientRect().bottom > 120) ?? searched.at(-1)
    if (shown === undefined) return
    event.preventDefault()
    shown.element.scrollIntoView({ block: 'nearest' })
    shown.focusSearch()
  })
}

function header(): HTMLElement {
  return el(
    'header',
    { class: 'top' },
    el('p', { class: 'eyebrow' }, report.what),
    el('h1', {}, report.name),
    el('p', { class: 'where' }, report.head.join(' · ')),
    el('p', { class: `sentence ${report.tone}` }, report.sentence),
  )
}

function navigation(): HTMLElement {
  const links = report.sections.map(({ id, title, count, tone = 'plain', inner }) => {
    const link = el('a', { is: { href: `#${id}` } }, el('span', {}, title))
    if (count !== undefined) link.append(el('span', { class: `count ${tone}` }, count))
    return el('li', { class: inner ? 'inner' : '' }, link)
  })
  const list = el('ul', {}, ...links)
  follow(list)
  return el(
    'nav',
    { is: { 'aria-label': 'Sections' } },
    el('div', { class: 'brand' }, 'workos-migrate'),
    list,
    themeSwitch(),
  )
}

/** Marks the link of the visible section. */
function follow(list: HTMLElement): void {
  const observer = new IntersectionObserver(
    (entries) => {
      const entry = entries.find(({ isIntersecting }) => isIntersecting)
      if (entry === undefined) return
      for (const link of list.querySelectorAll('a')) {
        if (link.getAttribute('href') === `#${entry.target.id}`) link.setAttribute('aria-current', 'true')
        else link.removeAttribute('aria-current')
      }
    },
    { rootMargin: '0px 0px -75% 0px' },
  )
  requestAnimationFrame(() => {
    for (const section of document.querySelectorAll('main > section')) observer.observe(section)
  })
}

function sectionOf({ id, title, count, tone = 'plain', inner, blocks }: Section): HTMLElement {
  const heading = el(inner ? 'h3' : 'h2', { is: { id: `${id}-title` } }, title)
  if (count !== undefined) heading.append(' ', el('span', { class: `count ${tone}` }, count))
  const children: HTMLElement[] = []
  const charts: HTMLElement[] = []
  for (const block of blocks) {
    if (block.type !== 'chart') children.push(blockOf(block))
    else {
      if (charts.length === 0) children.push(el('div', { class: 'charts' }))
      charts.push(chartOf(block.chart))
    }
  }
  children.find(({ className }) => className === 'charts')?.append(...charts)
  return el(
    'section',
    { class: inner ? 'inner' : '', is: { id, 'aria-labelledby': `${id}-title` } },
    heading,
    ...children,
  )
}

function blockOf(block: Exclude<Block, { type: 'chart' }>): HTMLElement {
  switch (block.type) {
    case 'text':
      return el('p', { class: block.tone ?? 'plain' }, block.text)
    case 'alert': {
      const alert = el(
        'div',
        { class: `alert ${block.tone}`, is: { role: 'note' } },
        el('strong', {}, block.label),
        ' ',
        block.text,
      )
      if (block.hint) alert.append(el('p', { class: 'hint' }, block.hint))
      return alert
    }
    case 'figures':
      return el(
        'dl',
        { class: 'figures' },
        ...block.figures.map(({ label, value, tone = 'plain' }) =>
          el('div', { class: tone }, el('dt', {}, label), el('dd', {}, value)),
        ),
      )
    case 'list':
      return el('ul', { class: 'plain-list' }, ...block.items.map((item) => el('li', {}, item)))
    case 'links':
      return el(
        'ul',
        { class: 'links' },
        ...block.links.map(({ to, text, count, tone }) =>
          el(
            'li',
            {},
            el('a', { is: { href: `#${to}` } }, el('span', {}, text), el('span', { class: `count ${tone}` }, count)),
          ),
        ),
      )
    case 'table':
      return tableOf(block)
    case 'grid':
      return gridOf(block.grid, block.facet)
  }
}

function tableOf({ caption, columns, rows }: Table): HTMLElement {
  const kind = (n: number) => (columns[n]?.numeric ? 'number' : '')
  const cell = (text: string | number, n: number) =>
    n === 0
      ? el('th', { class: kind(n), is: { scope: 'row' } }, text)
      : el('td', { class: text === 0 ? `${kind(n)} zero` : kind(n) }, text)
  const table = el(
    'table',
    {},
    caption === undefined ? undefined : el('caption', {}, caption),
    el(
      'thead',
      {},
      el('tr', {}, ...columns.map(({ label }, n) => el('th', { class: kind(n), is: { scope: 'col' } }, label))),
    ),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, ...row.map(cell)))),
  )
  return el('div', { class: 'scroll', is: { tabindex: '0', role: 'region', 'aria-label': caption ?? 'Table' } }, table)
}

function gridOf(id: string, facet: number | undefined): HTMLElement {
  const spec = report.grids.find((grid) => grid.id === id)
  const held = rows.get(id)
  if (spec === undefined || held === undefined) return el('p', {}, 'No rows.')
  const expected = facet === undefined ? spec.held : (spec.facets[facet]?.held ?? 0)
  const grid = new GridView(spec, held, expected, facet)
  grids.push(grid)
  const box = el('div', {})
  if (facet === undefined && spec.held < spec.total) {
    box.append(
      el(
        'p',
        { class: 'note' },
        `This page contains ${figure(spec.held)} of ${figure(spec.total)}${spec.limit ? `: ${spec.limit}` : ''}.`,
      ),
    )
  }
  box.append(grid.element)
  return box
}
