/** Characters whose lower case holds a letter of ASCII: the dotted capital I and the Kelvin sign. */
const LOWER_IS_ASCII = /([\u0130\u212a])/

/** Characters whose upper case holds a letter of ASCII: the dotless i, the long s, the sharp s, ligatures, letters with a mark beside them. */
const UPPER_IS_ASCII = /([\u00df\u0131\u0149\u017f\u01f0\u1e96-\u1e9a\ufb00-\ufb06])/

/**
 * JSONata's `$lowercase`, which makes no letter of ASCII out of another character: an address with a Kelvin sign in it would become
 * the address of somebody else before any rule sees it.
 */
export function lowercase(text: string | undefined): string | undefined {
  return text === undefined ? undefined : around(LOWER_IS_ASCII, text, (part) => part.toLowerCase())
}

/** JSONata's `$uppercase`, with the same care. */
export function uppercase(text: string | undefined): string | undefined {
  return text === undefined ? undefined : around(UPPER_IS_ASCII, text, (part) => part.toUpperCase())
}

function around(kept: RegExp, text: string, change: (part: string) => string): string {
  if (!kept.test(text)) return change(text)
  return text
    .split(kept)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('')
}
