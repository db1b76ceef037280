/**
 * What an HTML report says, as the page reads it. Node makes it, the page shows it: nothing is
 * decided there. All text is printable and masked already. Types alone: the page and the program
 * share them.
 */
export interface Report {
  version: 1
  /** `Plan`, `Apply`, `Verification`, `State`. */
  what: string
  name: string
  /** Where it is: `production → api.workos.com`, `state s3f… #12`. */
  head: string[]
  /** ISO 8601. */
  made: string
  tool: string
  /** What it comes to. */
  sentence: string
  tone: Tone
  sections: Section[]
  grids: Grid[]
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'info'

/** What the navigation lists. */
export interface Section {
  /** Its anchor. */
  id: string
  title: string
  /** Beside the title in the navigation. */
  count?: number
  tone?: Tone
  /** It belongs under the section before it. */
  inner?: true
  blocks: Block[]
}

export type Block =
  | { type: 'text'; text: string; tone?: Tone }
  | { type: 'alert'; tone: Tone; label: string; text: string; hint?: string }
  | { type: 'figures'; figures: { label: string; value: number; tone?: Tone }[] }
  | { type: 'list'; items: string[] }
  | { type: 'links'; links: { to: string; text: string; count: number; tone: Tone }[] }
  | Table
  | { type: 'chart'; chart: Chart }
  /** Rows of a grid; with `facet` those of this facet alone. */
  | { type: 'grid'; grid: string; facet?: number }

export interface Table {
  type: 'table'
  caption?: string
  columns: { label: string; numeric?: true }[]
  rows: (string | number)[][]
}

/** A chart; the page sets a table of the same figures beside it. */
export type Chart = BarChart | TimeChart

/** Horizontal bars, stacked when there are several series. */
export interface BarChart {
  kind: 'bars'
  title: string
  /** What the figures count: `users`. */
  unit: string
  labels: string[]
  series: { label: string; tone: Tone | 'other'; values: number[] }[]
  note?: string
}

/** Requests per second over time. */
export interface TimeChart {
  kind: 'time'
  title: string
  /** Seconds of one bucket. */
  width: number
  series: {
    label: string
    colour: number /** Of each bucket. */
    counts: number[] /** Over the last seconds. */
    perSecond: number[]
  }[]
  /** Requests per second that a limit allows. */
  limits: { label: string; colour: number; perSecond: number }[]
  note?: string
}

/** A table whose rows stand in chunks of their own. */
export interface Grid {
  id: string
  title: string
  columns: {
    label: string /** Share of the width. */
    share: number /** Left out where there is little room. */
    minor?: true
  }[]
  /** What a row's group is called, and the names: kinds. */
  groupLabel: string
  groups: string[]
  facetLabel: string
  facets: { label: string; mark?: string; tone: Tone /** Rows that the page holds of it. */; held: number }[]
  /** How many there are, and how many of them the page holds. */
  total: number
  held: number
  /** Where it does not hold all: which. */
  limit?: string
}

/**
 * One row, behind two characters for its group and its facet: a cell for each column, then what its
 * opened form shows besides: fields with their values before and after, and remarks with their
 * labels.
 */
export type Row = [cells: string[], fields?: FieldValue[], remarks?: [label: string, text: string][]]

export type FieldValue = [field: string, before: string | Absent, after: string | Absent]

/** No value: written without a letter or a figure, which a search would find. */
export type Absent = []

/**
 * Group and facet of a row, as characters: the number is added to this code. None of them is a
 * letter with a case that is in use.
 */
export const FIRST_MARK = 0x4e00
