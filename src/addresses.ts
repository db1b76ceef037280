import { domainToASCII } from 'node:url'

const VISIBLE_ASCII = /[\x21-\x7e]/
const NON_ASCII = /[^\x00-\x7f]/

/** Characters that programs can ignore: soft hyphens, joiners, variation selectors. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const IGNORABLES = /\p{Default_Ignorable_Code_Point}/gu

/** Characters that NFC replaces with ASCII: Greek question mark, varia, Kelvin sign. */
const NFC_MAKES_ASCII = /([\u037e\u1fef\u212a])/

const CAPITAL = /[A-Z]/

/**
 * Lowercases only A to Z. Unicode lowercasing turns the Kelvin sign into `k`, which would make one
 * address of two.
 */
export function lowerAscii(text: string): string {
  return CAPITAL.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text
}

/** The form in which addresses are compared. */
export function addressForm(address: string): string {
  return lowerAscii(address.trim())
}

/**
 * NFC, except for characters that it would replace with ASCII, so that no text becomes another's
 * key.
 */
export function safeNfc(text: string): string {
  if (!NON_ASCII.test(text)) return text
  if (!NFC_MAKES_ASCII.test(text)) return text.normalize('NFC')
  return text
    .split(NFC_MAKES_ASCII)
    .map((part, index) => (index % 2 === 1 ? part : part.normalize('NFC')))
    .join('')
}

/**
 * Maps characters that programs can confuse to the same text: NFKC, full case folding of Unicode,
 * no ignorable characters. It works letter by letter, because the lowercase of a sigma depends on
 * its position, and through uppercase, where a dotless i is an I.
 */
export function foldText(text: string): string {
  if (!NON_ASCII.test(text)) return lowerAscii(text)
  let folded = text
  for (;;) {
    const next = [...folded.replace(IGNORABLES, '').normalize('NFKC')].map(foldCharacter).join('').normalize('NFKC')
    if (next === folded) return folded
    folded = next
  }
}

function foldCharacter(character: string): string {
  return [...character.toLowerCase().toUpperCase()].map((upper) => upper.toLowerCase()).join('')
}

/**
 * The first non-ASCII character that a program can read as ASCII (by lowercasing, uppercasing,
 * folding or NFKC), or ignore. Some programs confuse `mıke@example.com` with `mike@example.com`
 * (CVE-2019-19844).
 */
export function confusableIn(text: string): string | undefined {
  if (!NON_ASCII.test(text)) return undefined
  for (const character of text) if (NON_ASCII.test(character) && isConfusable(character)) return character
  return undefined
}

function isConfusable(character: string): boolean {
  if (IGNORABLE.test(character)) return true
  const forms = [character.normalize('NFKC'), character.toLowerCase(), character.toUpperCase(), foldText(character)]
  return forms.some((form) => VISIBLE_ASCII.test(form))
}

/** Whether text is meant as an address: it has an @ or a character that looks like one. */
export function looksLikeAddress(text: string): boolean {
  return text.includes('@') || (NON_ASCII.test(text) && foldText(text).includes('@'))
}

/** `U+212A`. */
export function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** What a program can confuse a character with: `k` for the Kelvin sign; empty: nothing. */
export function takenFor(character: string): string {
  return foldText(character)
}

/**
 * A form shared by addresses that differ only in the case of non-ASCII letters, in Unicode
 * composition, or in how the domain is written. Undefined for ASCII addresses without Punycode:
 * nearly all, and none has a double, since no address can contain a confusable character.
 */
export function lookalikeForm(address: string): string | undefined {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  if (!NON_ASCII.test(address) && !/(^|\.)xn--/.test(domain)) return undefined
  return `${foldText(address.slice(0, Math.max(at, 0)))}@${domainToASCII(domain) || foldText(domain)}`
}

/** Whether DNS turns a non-ASCII label into an ASCII label, which would be another domain. */
export function hidesAscii(label: string): boolean {
  return NON_ASCII.test(label) && !/^(xn--|$)/.test(domainToASCII(label))
}
