/** One link of the header: its address, and its parameters behind semicolons. */
const LINK = /<([^>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i

/**
 * Where the Link header (RFC 8288) of an answer says the next page is; undefined where it names
 * none, null where what it names is no address. @param base the address that was asked
 */
export function nextLink(header: string | undefined, base: URL): URL | undefined | null {
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(LINK)) {
    const [, quoted, bare] = REL.exec(parameters) ?? []
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
    if (relations.includes('next')) return URL.parse(target, base.href)
  }
  return undefined
}
