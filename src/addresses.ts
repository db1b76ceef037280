import { domainToASCII } from 'node:url'

/** A character that prints, in ASCII. */
const VISIBLE_ASCII = /[\x21-\x7e]/
const NON_ASCII = /[^\x00-\x7f]/

/** What Unicode lets programs ignore: soft hyphens, joiners, selectors of a variant. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const IGNORABLES = /\p{Default_Ignorable_Code_Point}/gu

/**
 * Characters that NFC replaces by one of ASCII: the Greek question mark, varia, and the Kelvin
 * sign.
 */
const NFC_MAKES_ASCII = /([\u037e\u1fef\u212a])/

const CAPITAL = /[A-Z]/

/**
 * Lower case for A to Z alone. Unicode's lower case makes a `k` of the Kelvin sign, and so one
 * address of two.
 */
export function lowerAscii(text: string): string {
  return CAPITAL.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text
}

/** The form in which two addresses are compared, wherever they come from. */
export function addressForm(address: string): string {
  return lowerAscii(address.trim())
}

/**
 * NFC, but for the characters that it replaces by one of ASCII: no text becomes another's key by
 * it.
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
 * Text in which everything is one that programs may take for one: NFKC, with the full case folding
 * of Unicode, without ignorable characters. Letter by letter, since the lower case of a sigma
 * depends on where it stands; by way of the upper case, in which a dotless i is an I.
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
 * The first character outside ASCII that a program may read as an ASCII character, by lower or
 * upper case, folding or NFKC, or that it may ignore. So `mıke@example.com` and `mike@example.com`
 * look alike to some (CVE-2019-19844).
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

/** Whether text is meant as an address: it has an @, or what some take for one. */
export function looksLikeAddress(text: string): boolean {
  return text.includes('@') || (NON_ASCII.test(text) && foldText(text).includes('@'))
}

/** `U+212A`. */
export function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** What a program may take a character for: `k` for the Kelvin sign; empty: nothing at all. */
export function takenFor(character: string): string {
  return foldText(character)
}

/**
 * What an address has in common with those that differ from it in the case of other letters than
 * ASCII's, in how Unicode puts a letter together, or in how the domain is written. Undefined for
 * addresses of ASCII whose domain is not in Punycode: nearly all, and none of them has a double,
 * since no address may hold a confusable character.
 */
export function lookalikeForm(address: string): string | undefined {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  if (!NON_ASCII.test(address) && !/(^|\.)xn--/.test(domain)) return undefined
  return `${foldText(address.slice(0, Math.max(at, 0)))}@${domainToASCII(domain) || foldText(domain)}`
}

/** Whether DNS turns a label outside ASCII into an ASCII label, which would be another's domain. */
export function hidesAscii(label: string): boolean {
  return NON_ASCII.test(label) && !/^(xn--|$)/.test(domainToASCII(label))
}
