/**
 * Parts of every HTML report. plan-report.ts, apply-report.ts, verify-report.ts and state-report.ts
 * make masked blocks, grids and sections with it. `assembled` joins them to one Report (report.ts).
 * The rows of grids are read only when document.ts writes them.
 */

import type { Mask } from '../../diagnostics/mask.ts'
import { printable } from '../../diagnostics/printable.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { PlanWarning } from '../../planning/plan.ts'
import { toolVersion } from '../../version.ts'
import { describeWarning } from '../remarks.ts'
import type { AssembledReport, MarkedRow } from './document.ts'
import type { Absent, BarChart, Block, FieldValue, Grid, Report, Row, Section, Tone } from './report.ts'

export interface ReportOptions {
  mask: Mask
  /** Milliseconds since the epoch. */
  now: number
  /** Rows of each kind that the page contains. Default: 100,000. */
  most?: number
}

type ReportHead = Pick<Report, 'what' | 'name' | 'head' | 'sentence' | 'tone'>

/** A report without empty sections and grids. */
export function assembled(
  head: ReportHead,
  { now, mask }: ReportOptions,
  { sections, grids }: { sections: Section[]; grids: GridSource[] },
): AssembledReport {
  const shown = grids.filter(({ grid }) => grid.held > 0)
  return {
    report: {
      version: 1,
      ...head,
      name: printable(mask.text(head.name)),
      head: head.head.map((line) => printable(mask.text(line))),
      sentence: printable(mask.text(head.sentence)),
      made: new Date(now).toISOString(),
      tool: toolVersion,
      sections: sections.filter(({ blocks }) => blocks.length > 0),
      grids: shown.map(({ grid }) => grid),
    },
    rows: Object.fromEntries(shown.map(({ grid, rows }) => [grid.id, rows])),
  }
}

/** Rows of one kind that the page contains, problems not counted. */
export const HELD = 100_000

export interface NamedRow {
  group: string
  facet: string
  row: Row
}

type Items = Iterable<NamedRow> | AsyncIterable<NamedRow>

/** A grid and its rows, which are read when they are written. */
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
  /** The total, if the page does not contain all. */
  total?: number
  limit?: string
  facet?(name: string): { label?: string; mark?: string; tone: Tone }
  /** Called twice: to count, and to write. */
  items(): Items
}

/** A grid of all items. Groups and facets are numbered in order of appearance. */
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

/**
 * Named groups or facets. More are `others`: messages with parameters can be as many as the rows.
 */
const NAMED = 200

function numberOf(names: Map<string, number>, name: string): number {
  const known = names.get(name)
  if (known !== undefined) return known
  if (names.size >= NAMED && name !== 'others') return numberOf(names, 'others')
  names.set(name, names.size)
  return names.size - 1
}

/** A section with one grid; none if the grid is empty. */
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

export function alertOf(
  { message, hint }: { message: string; hint?: string | undefined },
  tone: Tone,
  label: string,
  shown: Shown,
): Block {
  return {
    type: 'alert',
    tone,
    label,
    text: shown.text(message),
    hint: hint === undefined ? undefined : shown.text(hint),
  }
}

/** Warnings with their codes. Accepted ones come last, without hints. */
export function warningAlerts(warnings: readonly PlanWarning[], shown: Shown): Block[] {
  const textOf = (warning: PlanWarning) => `${describeWarning(warning)} [${warning.code}]`
  const accepted = (warning: PlanWarning) => warning.accepted === true
  return [
    ...warnings
      .filter((warning) => !accepted(warning))
      .map((warning) => alertOf({ message: textOf(warning), hint: warning.hint }, 'warn', 'Warning:', shown)),
    ...warnings.filter(accepted).map((warning) => alertOf({ message: textOf(warning) }, 'plain', 'Accepted:', shown)),
  ]
}

/** Characters of one value in the page. */
const LENGTH = 2000

/** Masked text for the page, without characters that hide or reorder text. */
export interface Shown {
  text(text: string): string
  /** A text about the resource with this key, which can contain the key. */
  about(text: string, key: string | null): string
  /** A value of a user. */
  value(value: Json | undefined): string
}

export function shownBy(mask: Mask): Shown {
  const short = (text: string) => (text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text)
  return {
    text: (text) => short(printable(mask.text(text))),
    about: (text, key) => short(printable(mask.about(text, key ?? ''))),
    value: (value) => short(printable(mask.value(written(value)))),
  }
}

const absent: Absent = []

function written(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ')
  return value === undefined ? '' : JSON.stringify(value)
}

/** Both sides of an action, field by field. Members of objects are listed singly. */
export function fieldValues(
  before: JsonObject | null,
  after: JsonObject | null,
  secrets: Record<string, string | null>,
  shown: Shown,
): FieldValue[] {
  const sides = [members(before), members(after)] as const
  const fields = [...new Set(sides.flatMap((side) => [...side.keys()]))]
  const cell = (value: Json | undefined) => (value === undefined || value === null ? absent : shown.value(value))
  return [
    ...fields
      .map((field): FieldValue => [shown.text(field), cell(sides[0].get(field)), cell(sides[1].get(field))])
      .filter(([, from, to]) => from !== absent || to !== absent),
    ...Object.entries(secrets).map(([field, known]): FieldValue => {
      return [shown.text(field), absent, known === null ? '(secret)' : `(secret, ${shown.text(known)})`]
    }),
  ]
}

function members(values: JsonObject | null): Map<string, Json> {
  const found = new Map<string, Json>()
  for (const [field, value] of Object.entries(values ?? {})) {
    if (isObject(value))
      for (const [member, inner] of Object.entries(value)) found.set(`${field}.${member}`, inner ?? null)
    else found.set(field, value ?? null)
  }
  return found
}
export type Stack = readonly (readonly [label: string, tone: Tone | 'other', values: number[]])[]

/** A bar chart without empty series; none if all are empty. */
export function barsOf(title: string, unit: string, labels: string[], stack: Stack, note?: string): Block[] {
  const series = stack
    .filter(([, , values]) => values.some((value) => value > 0))
    .map(([label, tone, values]) => ({ label, tone, values }))
  if (labels.length === 0 || series.length === 0) return []
  const chart: BarChart = { kind: 'bars', title, unit, labels, series, note }
  return [{ type: 'chart', chart }]
}
