/**
 * Encodes text for PostgreSQL, which rejects NUL, although keys of a source can contain it. NUL and
 * the character after it become two characters, so that nothing is lost and the order is kept. Half
 * of a surrogate pair becomes U+FFFD, as in SQLite.
 */
export function toStored(text: string): string {
  const whole = text.toWellFormed()
  return /[\0\x01]/.test(whole) ? whole.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01') : whole
}

export function fromStored(text: string): string {
  return text.includes('\x01')
    ? text.replace(/\x01([\x01\x02])/g, (_pair, which) => (which === '\x01' ? '\0' : '\x01'))
    : text
}
