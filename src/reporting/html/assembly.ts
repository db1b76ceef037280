/**
 * What every HTML report is made with. In: lists, warnings, values and counts, as plan-report.ts,
 * apply-report.ts, verify-report.ts and state-report.ts find them. Out: blocks, grids and sections
 * that the mask has passed, `assembled` into one Report (report.ts), whose rows are read when
 * document.ts writes them.
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
  /** Rows of each kind that the page holds. Default: 100,000. */
  most?: number
}

/** What stands above everything. */
type ReportHead = Pick<Report, 'what' | 'name' | 'head' | 'sentence' | 'tone'>

/** A report of these sections, without those that are empty, with the rows of its grids. */
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

/**
 * So many groups and facets have a name of their own: messages that name parameters may be as many
 * as the rows.
 */
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

/** Something to look at, with what helps. */
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

/**
 * Warnings with the codes by which the manifest accepts them; those that it accepts last and
 * without their hints.
 */
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

/** Characters of one value that the page holds. */
const LENGTH = 2000

/**
 * What the page shows of text and of values: masked, and without anything that hides or reorders
 * text.
 */
export interface Shown {
  text(text: string): string
  /** A text about the resource with this key, in which the key may stand. */
  about(text: string, key: string | null): string
  /** A value that people have. */
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

/** Both sides of an action field by field, the members of an object one by one. */
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

/** A bar chart, unless there is nothing in it. Series without a value are left out. */
export function barsOf(title: string, unit: string, labels: string[], stack: Stack, note?: string): Block[] {
  const series = stack
    .filter(([, , values]) => values.some((value) => value > 0))
    .map(([label, tone, values]) => ({ label, tone, values }))
  if (labels.length === 0 || series.length === 0) return []
  const chart: BarChart = { kind: 'bars', title, unit, labels, series, note }
  return [{ type: 'chart', chart }]
}
