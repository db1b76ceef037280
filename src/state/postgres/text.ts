/**
 * Text as PostgreSQL takes it: it refuses the character NUL, which a key of a source may have. NUL
 * and the character after it are written as two, so that nothing is lost and the order stays. A
 * half of a surrogate pair becomes U+FFFD, as SQLite has it.
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
