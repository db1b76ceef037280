import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'

/** Renders Markdown like GitHub, including its HTML. */
export function asGitHub(markdown: string): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  })
}

/** The element names in HTML. */
export function elements(html: string): Set<string> {
  return new Set([...html.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name = '']) => name.toLowerCase()))
}

/** Text outside code that GitHub turns into links: users, issues, addresses. */
export function mentions(html: string): string[] {
  const text = html.replaceAll(/<(code|pre)\b[\s\S]*?<\/\1>/g, '').replaceAll(/<[^>]*>/g, ' ')
  return text.match(/(?<!\w)@\w+|(?<!&)#\d+|!\d+|GH-\d+|https?:\/\/\S+/g) ?? []
}

/** The elements of a plan in Markdown. Any other element would be data that became markup. */
export const EXPECTED = new Set([
  'h2',
  'h3',
  'p',
  'strong',
  'code',
  'pre',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'details',
  'summary',
  'ul',
  'li',
  'blockquote',
])
