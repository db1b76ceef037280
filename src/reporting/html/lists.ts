import type { Block, Grid, Row, Section, Tone } from './report.ts'
import type { MarkedRow } from './rows.ts'

/** How many rows of one kind the page holds where nothing is wrong with them. */
export const HELD = 100_000

/** A row with its group and its facet by name. */
export interface NamedRow {
  group: string
  facet: string
  row: Row
}

type Items = Iterable<NamedRow> | AsyncIterable<NamedRow>

/** A grid, with its rows as they are read when they are written. */
export interface GridSource {
  grid: Grid
  rows(): AsyncIterable<MarkedRow>
}

export interface ListOptions {
  id: string
  title: string
  columns: Grid['columns']
  groupLabel?: string
  facetLabel: string
  /** How many there are, unless all of them are held. */
  total?: number
  limit?: string
  /** How a facet is shown. */
  facet?(name: string): { label?: string; mark?: string; tone: Tone }
  /** Read twice: to count them, and to write them. */
  items(): Items
}

/** A grid of everything that `items` yields; groups and facets are numbered as they come. */
export async function listOf({
  items,
  facet,
  total,
  limit,
  groupLabel = 'kind',
  ...shown
}: ListOptions): Promise<GridSource> {
  const groups = new Map<string, number>()
  const facets = new Map<string, number>()
  const held: number[] = []
  let count = 0
  for await (const { group, facet } of items()) {
    numberOf(groups, group)
    const number = numberOf(facets, facet)
    held[number] = (held[number] ?? 0) + 1
    count += 1
  }
  return {
    grid: {
      ...shown,
      groupLabel,
      groups: [...groups.keys()],
      facets: [...facets].map(([name, number]) => {
        return { label: name, tone: 'plain', ...facet?.(name), held: held[number] ?? 0 }
      }),
      total: total ?? count,
      held: count,
      limit,
    },
    async *rows() {
      for await (const { group, facet, row } of items())
        yield { group: numberOf(groups, group), facet: numberOf(facets, facet), row }
    },
  }
}

/** So many groups and facets have a name of their own: messages that name parameters may be as many as the rows. */
const NAMED = 200

/** Names are numbered as they come. */
function numberOf(names: Map<string, number>, name: string): number {
  const known = names.get(name)
  if (known !== undefined) return known
  if (names.size >= NAMED && name !== 'others') return numberOf(names, 'others')
  names.set(name, names.size)
  return names.size - 1
}

/** A section with one grid; nothing where it would be empty. */
export function gridSection({ grid }: GridSource, tone: Tone, lead?: string, more: Block[] = []): Section[] {
  if (grid.held === 0) return []
  const text: Block[] = lead === undefined ? [] : [{ type: 'text', text: lead }]
  return [
    {
      id: grid.id,
      title: grid.title,
      count: grid.total,
      tone,
      blocks: [...text, ...more, { type: 'grid', grid: grid.id }],
    },
  ]
}
