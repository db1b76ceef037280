/** What selectors of a pilot choose by. */
const KINDS = 'organization|user|email|domain'

/** `email:ada*`, also as it stands in Markdown; `email:ADDRESS` is this program's own word for any. */
const BY_ADDRESS = /(?<![\p{L}\p{N}_-])email:(?!ADDRESS(?![\p{L}\p{N}_.@*?-]))((?:\\[*?_~.!-]|[^\s,;"<>`()\\])+)/gu

/** The line that says of whom a run speaks, as it begins in text, in a report and in Markdown. */
const OF_PILOT = /^(?:\x1b\[[\d;]*m)*(?:Pilot(?:\x1b\[[\d;]*m)* {2}|pilot: |> \*\*Pilot\*\*: |Done: the pilot \()/

/** A selector by key in such a line: it ends where the next one begins, or what is said of all of them. */
const BY_KEY = new RegExp(
  `(?<![\\p{L}\\p{N}_-])user:(.+?)(?=,?\`?(?:,| and) \`?(?:${KINDS}):| and \\d[\\d,]* more|; the first |\`?\\. Out of scope|\\) is in WorkOS|$)`,
  'gu',
)

/**
 * Hides the name in each selector by address: a pattern is none that an address is recognised by. What is nothing but signs of a pattern
 * before the @ names nobody.
 * @param hidden in place of all of it
 */
export function maskSelectors(text: string, hidden?: string): string {
  if (!text.includes('email:')) return text
  return text.replace(BY_ADDRESS, (whole, pattern: string) => {
    const at = /(?:@|&#64;)[^@]*$/.exec(pattern)
    const name = at === null ? pattern : pattern.slice(0, at.index)
    if (/^(?:\\?[*?])*$/.test(name)) return whole
    // The end of a sentence is not the selector's.
    const end = /[.?]?$/.exec(pattern)?.[0] ?? ''
    if (hidden !== undefined) return `email:${hidden}${end}`
    return `email:${/[\p{L}\p{N}]/u.exec(name)?.[0] ?? ''}***${at?.[0] ?? end}`
  })
}

/** A line that says of whom a run speaks, with a digest for each key of a user. Undefined: it is another line. */
export function hideChosenUsers(line: string, digest: (key: string) => string): string | undefined {
  if (!OF_PILOT.test(line)) return undefined
  return line.replace(BY_KEY, (_, key: string) => `user:${hideChosenUser(key, digest)}`)
}

/** One selector of a document, whole. */
export function hideSelector(selector: string, digest: (key: string) => string): string {
  const user = /^\s*user\s*:\s*(.*)$/su.exec(selector)?.[1]
  return user === undefined ? selector : `user:${hideChosenUser(user, digest)}`
}

/** A pattern for everybody names nobody, and a digest stays one. */
function hideChosenUser(key: string, digest: (key: string) => string): string {
  return /^(?:(?:\\?[*?])+|#[0-9a-f]{8})$/.test(key) ? key : digest(key)
}
