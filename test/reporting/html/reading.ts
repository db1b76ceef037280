import { gunzipSync } from 'node:zlib'
import { FIRST_MARK, type Report, type Row } from '../../../src/reporting/html/report.ts'

/** A row of a report with the name of its facet. */
export interface ReadRow {
  facet: string
  group: string
  cells: string[]
  /** Null: no value. */
  fields: [string, string | null, string | null][]
  remarks: [string, string][]
}

/** The content of a report, read without a browser. */
export function readReport(html: string): { report: Report; rows(grid: string): ReadRow[]; all: string } {
  const block = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
  const report: Report = JSON.parse(block)
  const textOf = (grid: string) =>
    [...html.matchAll(new RegExp(`<script type="application/json" data-grid="${grid}">"([^"]*)"</script>`, 'g'))]
      .map(([, packed = '']) => gunzipSync(Buffer.from(packed, 'base64')).toString())
      .join('')
  const rows = (id: string) => {
    const grid = report.grids.find((one) => one.id === id)
    return textOf(id)
      .split('\n')
      .filter((line) => line !== '')
      .map((line): ReadRow => {
        const [cells, fields = [], remarks = []]: Row = JSON.parse(line.slice(2))
        const facet = grid?.facets[line.charCodeAt(1) - FIRST_MARK]?.label ?? ''
        return {
          facet,
          group: grid?.groups[line.charCodeAt(0) - FIRST_MARK] ?? '',
          cells,
          fields: fields.map(([field, before, after]) => [field, told(before), told(after)]),
          remarks,
        }
      })
  }
  return { report, rows, all: [block, ...report.grids.map(({ id }) => textOf(id))].join('\n') }
}

function told(value: string | []): string | null {
  return typeof value === 'string' ? value : null
}
