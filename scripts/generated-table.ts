/** A part of a page that `npm run docs` writes, between two comments with its name. */
export function withGenerated(page: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name}: written by npm run docs -->\n`, `<!-- /${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`the page has no place for ${name}: ${begin.trim()} … ${end}`)
  return `${page.slice(0, from)}${begin}${lines.map((line) => `${line}\n`).join('')}${page.slice(to)}`
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
