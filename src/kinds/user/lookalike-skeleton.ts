/**
 * Letters of other alphabets that are drawn like a letter of ASCII in common fonts; from the table of confusables of Unicode Technical
 * Standard 39 those that addresses are made of.
 */
const DRAWN_ALIKE: Record<string, string> = {
  // Cyrillic
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  ԝ: 'w',
  ѵ: 'v',
  ё: 'e',
  ї: 'i',
  // Greek
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  σ: 'o',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ω: 'w',
  γ: 'y',
  // Latin
  ı: 'i',
  ɩ: 'i',
  ɡ: 'g',
  ɑ: 'a',
  ƅ: 'b',
  ḷ: 'l',
  ạ: 'a',
  ọ: 'o',
}

/** Signs of ASCII that are taken for a letter. */
const TAKEN_FOR: Record<string, string> = { '0': 'o', '1': 'l', i: 'l', '|': 'l' }

/** What an address looks like at a glance: two that have this in common are taken for one another. */
export function lookalikeSkeleton(email: string): string {
  const latin = inLatin(email)
  const at = latin.lastIndexOf('@')
  return `${latin.slice(0, at).replace(WORD, (_, word: string, end = '') => drawn(word) + end)}@${drawn(latin.slice(at + 1))}`
}

/** A word of the part before the @, with what tells namesakes apart at its end: `dani` and `dan1`, `joselo` and `jose10` are two people. */
const WORD = /([^._+-]*?)(\d{2,}|i)?(?=[._+-]|$)/g

function inLatin(text: string): string {
  const letters = [...text.toLowerCase()].map((letter) => DRAWN_ALIKE[letter] ?? letter).join('')
  return letters.normalize('NFKD').replace(/\p{M}/gu, '')
}

function drawn(text: string): string {
  return text
    .replace(/[01i|]/g, (sign) => TAKEN_FOR[sign] ?? sign)
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
}

/** Whether a word of an address has letters of more than one of the alphabets that are drawn alike. */
export function mixesScripts(email: string): boolean {
  if (!/[^\x00-\x7f]/.test(email)) return false
  return email.split(/[^\p{L}\p{M}]+/u).some((word) => SCRIPTS.filter((script) => script.test(word)).length > 1)
}

const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u]
