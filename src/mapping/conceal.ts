import { Redactor } from '../diagnostics/redactor.ts'
import { isObject } from '../json.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import { saysNothing } from '../kinds/values/check.ts'

/** Names under which exports keep secrets, whether the mapping reads them or not. */
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
 * What stands beside a secret, in the object or the row that holds it: whose it is, of what sort,
 * since when, in which line.
 */
const BESIDE =
  /^(file|line|oid|(.* )?ids?|(.* )?e ?mails?|email address|login|user ?name|(.* )?name|providers?|connection|tenant|(.* )?type|status|state|(.* )?(at|date)|created|updated|algorithm|strategy|(.* )?verified)$/
const SECRET = /pass|pwd|hash|secret|token|otp|seed|salt|key|code|cookie|session|recovery|credential/

/** Of what sort a secret is, and whose a second factor is. */
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
 * A function that keeps the secrets of these values out of a text. Messages about a field that is
 * no secret may quote one all the same: where the expression reads the wrong column, or the whole
 * record.
 */
export function concealing(names: ReadonlySet<string>, ...values: readonly unknown[]): (text: string) => string {
  const redactor = new Redactor()
  const search = (value: unknown, secret: boolean): void => {
    if (secret && (typeof value === 'string' || typeof value === 'number')) {
      // `NULL` in a column of secrets is none, and a message about another column names it.
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
 * Problems whose messages carry no secret of the record. Those of secret fields never do: they name
 * the type of a hash.
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
