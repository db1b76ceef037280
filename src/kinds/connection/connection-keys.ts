import type { Json } from '../../json.ts'
import type { ValueProblem } from '../draft.ts'
import { take } from '../values/check.ts'
import { isCertificateOf, normaliseCertificates, normalisePrivateKey } from './pem.ts'

/** Private keys of a SAML connection, and the fields of their certificates. That for name ids has none. */
const PAIRS = [
  ['requestSigningKey', 'requestSigningCert'],
  ['assertionEncryptionKey', 'assertionEncryptionCert'],
  ['nameIdEncryptionKey', undefined],
] as const

/** The fields of the private keys, which are secrets. */
export const PRIVATE_KEYS: readonly string[] = PAIRS.map(([key]) => key)

/**
 * The private keys of a SAML connection and, apart from them, their certificates: of several, as of a chain, that of the key. A
 * certificate of another key is refused: nothing that is signed or encrypted with such a pair can be read at the other end.
 */
export function readKeyPairs(
  fields: Record<string, unknown>,
  problems: ValueProblem[],
): Record<'keys' | 'certificates', Record<string, Json | undefined>> {
  const keys: Record<string, Json | undefined> = {}
  const certificates: Record<string, Json | undefined> = {}
  for (const [keyField, field] of PAIRS) {
    const key = take(keyField, normalisePrivateKey(fields[keyField]), problems)
    keys[keyField] = key
    if (field === undefined) continue
    const found = take(field, normaliseCertificates(fields[field]), problems)
    const own = key === undefined ? found?.[0] : found?.find((certificate) => isCertificateOf(certificate, key))
    certificates[field] = own
    if (found !== undefined && own === undefined) {
      problems.push({
        code: 'certificate_of_another_key',
        field,
        message: `the certificate is not that of the private key in ${keyField}`,
        hint: `map ${keyField} and ${field} of one pair, or leave both out`,
      })
    }
  }
  return { keys, certificates }
}
