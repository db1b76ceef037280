/** One link of the header: its URL, and its parameters after semicolons. */
const LINK = /<([^>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i

/**
 * The URL of the next page in a Link header (RFC 8288). Undefined: none. Null: not a valid URL.
 * @param base the requested URL
 */
export function nextLink(header: string | undefined, base: URL): URL | undefined | null {
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(LINK)) {
    const [, quoted, bare] = REL.exec(parameters) ?? []
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
    if (relations.includes('next')) return URL.parse(target, base.href)
  }
  return undefined
}
