import type { Grid } from '../report.ts'
import { el } from './dom.ts'
import type { Wanted } from './filter.ts'

/** Milliseconds without another key before what was typed is looked for. */
const PAUSE = 80

/** What rows are chosen by: a text, a group, a facet; and a line that says how many there are. */
export function toolbarOf(
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
