/**
 * From an assembled report to the file. In: a Report, its rows, and the page's script and style.
 * Out: one HTML document in pieces, which asks nothing of any network.
 */

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { PageAssets } from './page.ts'
import { FIRST_MARK, type Report, type Row } from './report.ts'

/** By this a report is known for one of ours. */
export const GENERATOR = 'workos-migrate report'

/** A report, and where its grids take their rows from: they are read as they are written. */
export interface AssembledReport {
  report: Report
  rows: Record<string, () => Iterable<MarkedRow> | AsyncIterable<MarkedRow>>
}

/**
 * The whole file, piece by piece: what it says, the script that shows it, then the rows. It asks
 * nothing of any network: its policy takes its own script and style by their digests, and nothing
 * else. Data stands in blocks that no browser carries out.
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

/** JSON that no HTML parser finds an end or a comment in. */
function dataBlock(value: object): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Characters of rows that are compressed together. */
const CHUNK = 1 << 19

/** A row with the numbers of its group and its facet. */
export interface MarkedRow {
  group: number
  facet: number
  row: Row
}

/**
 * The rows of a grid as chunks of gzip in Base64, each a string. What is in memory is one chunk.
 */
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
