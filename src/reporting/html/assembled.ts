import type { Mask } from '../../diagnostics/mask.ts'
import { printable } from '../../diagnostics/printable.ts'
import { toolVersion } from '../../version.ts'
import type { AssembledReport } from './document.ts'
import type { GridSource } from './lists.ts'
import type { Report, Section } from './report.ts'

export interface ReportOptions {
  mask: Mask
  /** Milliseconds since the epoch. */
  now: number
  /** Rows of each kind that the page holds. Default: 100,000. */
  most?: number
}

/** What stands above everything. */
export type ReportHead = Pick<Report, 'what' | 'name' | 'head' | 'sentence' | 'tone'>

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
