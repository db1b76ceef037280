import { hash } from 'node:crypto'

/**
 * Characters of the SHA-256 of the name: 48 bits tell 10,000 names apart with an error chance of 1
 * in 5 million.
 */
const DIGEST_LENGTH = 12

/**
 * Text as a slug: lowercase ASCII letters and digits joined by `-`, accents removed, at most
 * `maxLength` characters. Empty if nothing remains, as for a name in another script.
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
 * The external ID of an organization that the source identifies only by name. It depends only on
 * the name, so that the organization is found again if the state is lost: names need not be unique
 * in WorkOS.
 */
export function externalIdOfName(name: string, maxLength: number): string {
  const digest = hash('sha256', name).slice(0, DIGEST_LENGTH)
  const readable = slug(name, Math.min(maxLength, 64) - DIGEST_LENGTH - 1)
  return readable === '' ? `org-${digest}` : `${readable}-${digest}`
}
