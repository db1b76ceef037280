import { hash } from 'node:crypto'

/**
 * Characters of the SHA-256 of the name: 48 bits, enough to tell 10,000 names apart with 1 chance
 * of error in 5 million.
 */
const DIGEST_LENGTH = 12

/**
 * Text as a slug: lowercase ASCII letters and digits joined by `-`, accents removed, at most
 * `maxLength` characters. Empty where nothing of it remains (a name in another script).
 */
export function slug(text: string, maxLength = 64): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, maxLength)
    .replace(/-+$/, '')
}

/**
 * The external id of an organization of which the source knows only the name. It depends on nothing
 * but the name, so that the organization is found again when the state is lost: names alone need
 * not be unique in WorkOS.
 */
export function externalIdOfName(name: string, maxLength: number): string {
  const digest = hash('sha256', name).slice(0, DIGEST_LENGTH)
  const readable = slug(name, Math.min(maxLength, 64) - DIGEST_LENGTH - 1)
  return readable === '' ? `org-${digest}` : `${readable}-${digest}`
}
