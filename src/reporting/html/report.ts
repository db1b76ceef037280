/**
 * The data of an HTML report. The program and the page share these types. The page only shows it;
 * all text is already printable and masked.
 */
export interface Report {
  version: 1
  /** `Plan`, `Apply`, `Verification`, `State`. */
  what: string
  name: string
  /** `production → api.workos.com`, `run 3`. */
  head: string[]
  /** ISO 8601. */
  made: string
  tool: string
  /** The result in one sentence. */
  sentence: string
  tone: Tone
  sections: Section[]
  grids: Grid[]
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'info'

/** An entry of the navigation. */
export interface Section {
  /** The anchor. */
  id: string
  title: string
  /** Next to the title. */
  count?: number
  tone?: Tone
  /** It belongs to the section before it. */
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
  /** Rows of a grid; with `facet` only those of this facet. */
  | { type: 'grid'; grid: string; facet?: number }

export interface Table {
  type: 'table'
  caption?: string
  columns: { label: string; numeric?: true }[]
  rows: (string | number)[][]
}

/** A chart. The page adds a table of the same figures. */
export type Chart = BarChart | TimeChart

/** Horizontal bars, stacked if there are several series. */
export interface BarChart {
  kind: 'bars'
  title: string
  /** What is counted: `users`. */
  unit: string
  labels: string[]
  series: { label: string; tone: Tone | 'other'; values: number[] }[]
  note?: string
}

/** Requests per second over time. */
export interface TimeChart {
  kind: 'time'
  title: string
  /** Seconds per bucket. */
  width: number
  series: {
    label: string
    colour: number /** Per bucket. */
    counts: number[] /** The mean over the window of the limit. */
    perSecond: number[]
  }[]
  /** Requests per second that a limit allows. */
  limits: { label: string; colour: number; perSecond: number }[]
  note?: string
}

/** A table whose rows are in separate chunks. */
export interface Grid {
  id: string
  title: string
  columns: {
    label: string /** Share of the width. */
    share: number /** Hidden if there is little room. */
    minor?: true
  }[]
  /** The label of the groups, and their names: kinds. */
  groupLabel: string
  groups: string[]
  facetLabel: string
  facets: { label: string; mark?: string; tone: Tone /** Rows in the page. */; held: number }[]
  /** All rows, and those in the page. */
  total: number
  held: number
  /** Which rows the page contains, if not all. */
  limit?: string
}

/**
 * One row, after two characters for its group and its facet: a cell for each column, then the
 * content of the opened row: fields with values before and after, and labeled remarks.
 */
export type Row = [cells: string[], fields?: FieldValue[], remarks?: [label: string, text: string][]]

export type FieldValue = [field: string, before: string | Absent, after: string | Absent]

/** No value. It has no letter or digit that a search would find. */
export type Absent = []

/**
 * The group and the facet of a row are characters with this code plus their number. They must have
 * no lower case, because rows are lowercased for the search.
 */
export const FIRST_MARK = 0x4e00
