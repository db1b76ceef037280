import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Normalised, ValueProblem } from '../draft.ts'
import { readTotp, type TotpFactor } from './totp-secret.ts'

/** Characters from which a text is long enough to be a secret, so that its appearance elsewhere is no chance. */
const TELLING = 12

/** What a user's record says of an authenticator app. */
export interface UserTotp {
  /** The secret attribute `totpSecret`: secret, issuer, account. */
  secret?: JsonObject
  notes: Normalised['notes']
}

/**
 * The authenticator app among the fields of a user. Files a problem where it is unsound, where the manifest has those rejected that WorkOS
 * cannot take, and where the metadata has the secret in it.
 */
export function takeTotp(
  value: unknown,
  metadata: JsonObject,
  rules: Manifest['totp'],
  problems: ValueProblem[],
): UserTotp {
  const read = readTotp(value, rules)
  if (read.kind === 'none') return { notes: [] }
  const secrets = [...textsOf(value), ...(read.kind === 'factor' ? [read.factor.secret] : [])]
  if (secrets.some((secret) => holds(metadata, secret))) {
    problems.push({
      code: 'totp_secret_in_metadata',
      field: 'metadata',
      message: 'the metadata has the secret of the authenticator app in it, for everybody to see who may read the user',
      hint: 'leave that member out of map.user.metadata',
    })
  }
  switch (read.kind) {
    case 'problem':
      problems.push({ ...read.fault, field: 'totpSecret' })
      return { notes: [] }
    case 'factor':
      return { secret: secretAttribute(read.factor), notes: read.notes }
    case 'unsupported':
      if (rules.unsupported === 'skip') return { notes: [{ code: 'totp_unsupported', detail: read.reason }] }
      problems.push({
        code: 'unsupported_totp',
        field: 'totpSecret',
        message: `WorkOS does not take the authenticator app (${read.reason}), and totp.unsupported is reject`,
        hint: 'it takes SHA-1, 6 digits and 30 seconds; with totp.unsupported: skip the user is migrated without it',
      })
      return { notes: [] }
  }
}

function secretAttribute({ secret, issuer, account }: TotpFactor): JsonObject {
  return { secret, ...(issuer !== undefined && { issuer }), ...(account !== undefined && { account }) }
}

/** The texts that may be a secret: of an object the member that is one. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (isObject(value)) return textsOf(value.secret)
  return typeof value === 'string' ? [value.trim()] : []
}

function holds(metadata: JsonObject, secret: string): boolean {
  if (secret.length < TELLING) return false
  return Object.entries(metadata).some(([name, text]) => name.includes(secret) || String(text).includes(secret))
}
