/**
 * The table of planning in docs/explanation/performance.md: written from measurements, read from
 * the page, and compared.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PAGE = fileURLToPath(new URL('../docs/explanation/performance.md', import.meta.url))

/** The measurements for one number of users. Undefined: not measured, or not on the page. */
export interface Figures {
  users: number
  /** csv-parse on the same files, seconds. */
  yardstick?: number
  /** The first plan: seconds, CPU seconds over all cores, peak memory in MiB. */
  plan?: number
  cpu?: number
  peak?: number
  /** Planning again without changes, and verifying, seconds. */
  again?: number
  verify?: number
  /** See RATIOS. */
  planRatio?: number
  againRatio?: number
  verifyRatio?: number
}

type Column = keyof Figures

/** Columns by heading, in order. */
const COLUMNS: readonly [heading: string, column: Column][] = [
  ['Users', 'users'],
  ['csv-parse, s', 'yardstick'],
  ['Plan, s', 'plan'],
  ['CPU, s', 'cpu'],
  ['Peak, MiB', 'peak'],
  ['Plan ÷ csv-parse', 'planRatio'],
  ['Again, s', 'again'],
  ['Again ÷ csv-parse', 'againRatio'],
  ['Verify, s', 'verify'],
  ['Verify ÷ plan', 'verifyRatio'],
]

/** Compared with the page. Seconds depend more on the machine. */
export const RATIOS = ['planRatio', 'againRatio', 'verifyRatio'] as const

/** Allowed factor over the ratio on the page. */
const TOLERANCE = 1.25

/** Figures with their ratios. */
export function withRatios(figures: Figures): Figures {
  const { yardstick, plan, again, verify } = figures
  return {
    ...figures,
    planRatio: ratio(plan, yardstick),
    againRatio: ratio(again, yardstick),
    verifyRatio: ratio(verify, plan),
  }
}

function ratio(seconds: number | undefined, per: number | undefined): number | undefined {
  return seconds === undefined || per === undefined ? undefined : seconds / per
}

/** The rows of the page. @throws Error if the page has no such table */
export function publishedFigures(page = readFileSync(PAGE, 'utf8')): Figures[] {
  const lines = page.split('\n')
  const head = lines.findIndex((line) => cellsOf(line)[0] === 'Users')
  const headings = cellsOf(lines[head] ?? '')
  const columns = headings.map((heading) => COLUMNS.find(([known]) => known === heading)?.[1])
  if (head === -1 || columns.includes(undefined)) throw new Error(`the page has no table with ${titles()}`)
  const rows: Figures[] = []
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break
    const figures: Figures = { users: Number.NaN }
    for (const [index, cell] of cellsOf(line).entries()) {
      const column = columns[index]
      const number = Number(cell.replaceAll(',', ''))
      if (column !== undefined && Number.isFinite(number)) figures[column] = number
    }
    rows.push(figures)
  }
  return rows
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

const titles = () => COLUMNS.map(([heading]) => heading).join(' | ')

export function markdownTable(rows: readonly Figures[]): string {
  return `| ${titles()} |\n|${'--:|'.repeat(COLUMNS.length)}\n${rows.map(markdownRow).join('')}`
}

export function markdownRow(row: Figures): string {
  return `| ${COLUMNS.map(([, column]) => written(row[column], column)).join(' | ')} |\n`
}

function written(figure: number | undefined, column: Column): string {
  if (figure === undefined) return '–'
  if (column === 'users' || figure >= 100) return Math.round(figure).toLocaleString('en-US')
  return figure.toFixed(figure >= 10 ? 1 : figure < 0.1 ? 3 : 2)
}

/** A line for each ratio that is more than a quarter worse than on the page, or not comparable. */
export function complaints(measured: readonly Figures[], published: readonly Figures[]): string[] {
  return measured.flatMap((figures) => {
    const users = `${figures.users.toLocaleString('en-US')} users`
    const said = published.find((row) => row.users === figures.users)
    if (said === undefined) return []
    return RATIOS.flatMap((column) => {
      const [now, then] = [figures[column], said[column]]
      const heading = COLUMNS.find(([, known]) => known === column)?.[0]
      if (now === undefined || then === undefined || now <= then * TOLERANCE) return []
      return [`${users}: ${heading} is ${now.toFixed(2)}, and docs/explanation/performance.md says ${then.toFixed(2)}`]
    })
  })
}
