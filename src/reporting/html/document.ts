/** Writes an assembled report as one HTML document, in pieces. */

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { PageAssets } from './page.ts'
import { FIRST_MARK, type Report, type Row } from './report.ts'

/** Identifies a file as a report of this program. */
export const GENERATOR = 'workos-migrate report'

/** A report, and the rows of its grids, which are read while they are written. */
export interface AssembledReport {
  report: Report
  rows: Record<string, () => Iterable<MarkedRow> | AsyncIterable<MarkedRow>>
}

/**
 * The report, the script that shows it, then the rows. The page makes no network requests: its
 * policy allows only its own script and style, by their digests. Data is in blocks that no browser
 * executes.
 */
export async function* documentOf(
  { report, rows }: AssembledReport,
  { script, style }: PageAssets,
): AsyncGenerator<string> {
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="${GENERATOR}">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escaped(`${report.name} · ${report.what}`)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<noscript><p>${escaped(report.sentence)}</p><p>This page needs its script to show the tables. Allow the script, or use --format markdown.</p></noscript>
<script type="application/json" id="report">${dataBlock(report)}</script>
<script>${script}</script>
`
  for (const { id } of report.grids) {
    const of = rows[id]
    if (of === undefined) continue
    for await (const chunk of chunksOf(of()))
      yield `<script type="application/json" data-grid="${id}">"${chunk}"</script>\n`
  }
  yield '</body>\n</html>\n'
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** JSON in which an HTML parser finds neither an end tag nor a comment. */
function dataBlock(value: object): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Characters of rows in one compressed chunk. */
const CHUNK = 1 << 19

/** A row with the numbers of its group and its facet. */
export interface MarkedRow {
  group: number
  facet: number
  row: Row
}

/** The rows of a grid as Base64 chunks of gzip. Only one chunk is in memory. */
async function* chunksOf(rows: Iterable<MarkedRow> | AsyncIterable<MarkedRow>): AsyncGenerator<string> {
  let text = ''
  for await (const { group, facet, row } of rows) {
    text += `${String.fromCharCode(FIRST_MARK + group, FIRST_MARK + facet)}${JSON.stringify(row)}\n`
    if (text.length < CHUNK) continue
    yield packed(text)
    text = ''
  }
  if (text !== '') yield packed(text)
}

function packed(text: string): string {
  return gzipSync(text, { level: 4 }).toString('base64')
}
