/**
 * Letters of other alphabets, and signs of ASCII, that are drawn like a letter of ASCII in common fonts; from the table of confusables of
 * Unicode Technical Standard 39 those that addresses are made of.
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
  // ASCII
  '0': 'o',
  '1': 'l',
  i: 'l',
  '|': 'l',
}

/** What an address looks like at a glance: two that have this in common are taken for one another. */
export function lookalikeSkeleton(email: string): string {
  const at = email.lastIndexOf('@')
  return `${drawn(email.slice(0, at))}@${drawn(email.slice(at + 1))}`
}

function drawn(text: string): string {
  const letters = [...text.toLowerCase()].map((letter) => DRAWN_ALIKE[letter] ?? letter).join('')
  return letters.normalize('NFKD').replace(/\p{M}/gu, '').replace(/rn/g, 'm').replace(/vv/g, 'w').replaceAll('i', 'l')
}

/** Whether a word of an address has letters of more than one of the alphabets that are drawn alike. */
export function mixesScripts(email: string): boolean {
  if (!/[^\x00-\x7f]/.test(email)) return false
  return email.split(/[^\p{L}\p{M}]+/u).some((word) => SCRIPTS.filter((script) => script.test(word)).length > 1)
}

const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u]
