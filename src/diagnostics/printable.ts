const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Escapes control characters and characters that reorder or hide text: `\x1b`, `\u{202e}`. Text
 * from a file must not control the terminal.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return NAMED[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
  })
}

/** A whole number with commas. `toLocaleString` takes 10 ms at its first call. */
export function figure(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 user`, `2 users`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${figure(count)} ${count === 1 ? singular : plural}`
}

/**
 * The first items, for a message: `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
 * @param options.limit how many to list
 * @param options.total the number of all items, if `items` has only the first
 */
export function someOf(items: readonly string[], { limit = 3, total = items.length } = {}): string {
  const shown = items.slice(0, limit)
  const rest = total - shown.length
  const last = rest > 0 ? `${rest} more` : (shown.pop() ?? '')
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}

/** Quotes a word for the shell if necessary. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** Whether to use colors: on a terminal, unless NO_COLOR or TERM=dumb; FORCE_COLOR overrides. */
export function wantsColor(stream: { isTTY?: boolean }, env: Record<string, string | undefined>): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && env.TERM !== 'dumb'
}
