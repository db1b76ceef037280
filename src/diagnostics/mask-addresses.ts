/** The @ of an address: as it is, in Markdown, in a URL, in JSON. */
const AT = /@|&#64;|%40|\\u0040/g

/** A character of the part before the @, also as an escape of JSON, of this program's own texts or of Markdown. */
const UNIT = String.raw`(?:\\u[\da-fA-F]{4}|\\u\{[\da-f]+\}|\\x[\da-f]{2}|&#\d+;|[\p{L}\p{M}\p{N}._%+'/=!#$&*?^\x60{}~-])`
const LOCAL = new RegExp(`${UNIT}+$`, 'u')
/** In quotes, as it stands in JSON text: `\"ada b\"`. */
const QUOTED_LOCAL = /\\"[^"\\\n]+\\"$/

/** Labels with dots between them; or a beginning that was cut off. Each text matches in one way only: a long label costs its length. */
const LABEL = String.raw`(?:[\p{L}\p{M}\p{N}]|&#45;|-)+`
const DOMAIN = new RegExp(String.raw`${LABEL}(?:\.${LABEL})+|(?:${LABEL}(?:\.${LABEL})*\.?)?…`, 'uy')

/** What is looked back for the part before the @, which has 64 octets at most, some of them written as entities. */
const LOOK_BACK = 400

/** A value that should be an address and is invalid. */
const NO_ADDRESS = /(\\?")((?:[^"\\\n]|\\[^"])+)\1(?= is not an e(?:-|&#45;)mail address)/g

/**
 * Text with each e-mail address as `a***@example.com`, or as what is given. It stays well-formed JSON, Markdown and terminal text. Longer runs
 * before the @ than an address has are no reason to look at them again and again.
 */
export function maskAddresses(text: string, hidden?: string): string {
  if (!/@|&#64;|%40|\\u0040|is not an e(?:-|&#45;)mail/.test(text)) return text
  let masked = ''
  let done = 0
  for (const { 0: at, index } of text.matchAll(AT)) {
    if (index < done) continue
    DOMAIN.lastIndex = index + at.length
    const domain = DOMAIN.exec(text)?.[0]
    if (domain === undefined) continue
    const start = startOf(text.slice(Math.max(done, index - LOOK_BACK), index), index)
    if (start === index) continue
    const local = text.slice(start, index)
    // `email:*@example.com` chooses a domain, and names nobody.
    if (/^[*?]+$/.test(local)) continue
    const end = index + at.length + domain.length
    masked += text.slice(done, start)
    masked += hidden ?? `${firstOf(local)}***${text.slice(index, end)}`
    done = end
  }
  return `${masked}${text.slice(done)}`.replace(NO_ADDRESS, '$1***$1')
}

/** Where the part before the @ begins; `before` ends at `index`. */
function startOf(before: string, index: number): number {
  const found = LOCAL.exec(before)?.[0] ?? QUOTED_LOCAL.exec(before)?.[0] ?? ''
  const ahead = before.slice(0, before.length - found.length)
  // What ends an escape is not the address's: a colour of the terminal, a line end in JSON.
  const colour = /\x1b\[[\d;?]*$/.test(ahead) ? /^[\d;?]*[A-Za-z]/.exec(found)?.[0].length : undefined
  const lineEnd = /(?<!\\)(?:\\\\)*\\$/.test(ahead) && /^[nrtbf]/.test(found) ? 1 : 0
  // Marks around it are the text's own: a code span of Markdown, a quote.
  const marks = /^[`'*|=~_/!?^+{}]+(?=[\p{L}\p{N}])/u.exec(found)?.[0].length ?? 0
  return index - found.length + (colour ?? (lineEnd || marks))
}

function firstOf(local: string): string {
  const plain = local.replace(/\\u[\da-fA-F]{4}|\\u\{[\da-f]+\}|\\x[\da-f]{2}|&#\d+;/g, '')
  return /[\p{L}\p{N}]/u.exec(plain)?.[0] ?? ''
}
