import { Redactor } from '../diagnostics/redactor.ts'
import { isObject } from '../json.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import { saysNothing } from '../kinds/values/check.ts'

/** Names of columns in which exports keep secrets, mapped or not. */
export const SECRET_NAMES: readonly string[] = [
  'password',
  'password_hash',
  'passwordHash',
  'password_digest',
  'totp_secret',
  'totpSecret',
  'client_secret',
  'clientSecret',
  'private_key',
  'privateKey',
  'signerKey',
  'base64_signer_key',
]

/**
 * Columns next to a secret, in the same object or row, that are not secret: whose it is, its type,
 * its time, its line.
 */
const BESIDE =
  /^(file|line|oid|(.* )?ids?|(.* )?e ?mails?|email address|login|user ?name|(.* )?name|providers?|connection|tenant|(.* )?type|status|state|(.* )?(at|date)|created|updated|algorithm|strategy|(.* )?verified)$/
const SECRET = /pass|pwd|hash|secret|token|otp|seed|salt|key|code|cookie|session|recovery|credential/

/** The type of a secret, and the owner of a TOTP secret. */
const SORT = /(^| )(type|hasher|method|algorithm|algo)$|^(totp )?(issuer|user|account)$/

function isBesideSecret(name: string): boolean {
  const words = name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase()
  return SORT.test(words) || (BESIDE.test(words) && !SECRET.test(words))
}

/**
 * A function that removes the secrets of these values from a text. Messages about other fields can
 * quote a secret too, if the expression reads the wrong column or the whole record.
 */
export function concealing(names: ReadonlySet<string>, ...values: readonly unknown[]): (text: string) => string {
  const redactor = new Redactor()
  const search = (value: unknown, secret: boolean): void => {
    if (secret && (typeof value === 'string' || typeof value === 'number')) {
      // `NULL` in a column of secrets is not a secret, and messages about another column contain
      // it.
      if (!saysNothing(String(value))) redactor.register(String(value))
    } else if (Array.isArray(value)) for (const item of value) search(item, secret)
    else if (isObject(value))
      for (const [name, member] of Object.entries(value))
        search(member, secret ? !isBesideSecret(name) : names.has(name))
  }
  for (const value of values) search(value, false)
  return (text) => redactor.redact(text)
}

/**
 * Problems without secrets of the record in their messages. Problems of secret fields contain none
 * anyway, only the type of a hash.
 */
export function concealed(
  problems: readonly ValueProblem[],
  secretInputs: readonly string[],
  conceal: (text: string) => string,
): ValueProblem[] {
  return problems.map((problem) =>
    secretInputs.includes(problem.field)
      ? problem
      : {
          ...problem,
          message: conceal(problem.message),
          ...(problem.role !== undefined && { role: conceal(problem.role) }),
        },
  )
}
