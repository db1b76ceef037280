/** Text after a comma that is not a first name: `Smith, Jr.` */
const SUFFIX = /^(?:jr|sr|junior|senior|ii|iii|iv|v|phd|md|dds|esq|mba|cpa)$/i

export interface PersonName {
  first?: string
  last?: string
}

/**
 * Splits a full name. `Last, First` is split at its comma. Otherwise the last word is the last
 * name, together with lowercase words before it (`van`, `de la`) unless the whole name is
 * lowercase, and with a suffix (`Jr.`). A single word is a first name. Undefined: there is no word.
 */
export function splitName(fullName: string): PersonName | undefined {
  const name = fullName.normalize('NFC').replace(/\s+/gu, ' ').trim()
  const [before = '', after = '', ...more] = name.split(/\s*[,，،]\s*/u)
  const isSuffix = SUFFIX.test(after.replaceAll('.', ''))
  if (before !== '' && after !== '' && more.length === 0 && !isSuffix) return { first: after, last: before }
  const words = name.split(/[\s,，،]+/u).filter((word) => word !== '')
  const [first] = words
  if (first === undefined) return undefined
  let start = words.length - 1
  if (start > 1 && SUFFIX.test((words[start] ?? '').replaceAll('.', ''))) start -= 1
  const small = (index: number) => /^\p{Ll}/u.test(words[index] ?? '')
  const allSmall = words.every((_, index) => small(index))
  while (!allSmall && start > 1 && small(start - 1)) start -= 1
  if (start < 1) return { first }
  return { first: words.slice(0, start).join(' '), last: words.slice(start).join(' ') }
}
