import { Redactor } from '../diagnostics/redactor.ts'
import { isObject } from '../json.ts'
import type { ValueProblem } from '../resources/draft.ts'

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
]

/**
 * A function that keeps the secrets of these values out of a text. Messages about a field that is no secret may quote one all
 * the same: where the expression reads the wrong column, or the whole record.
 */
export function concealing(names: ReadonlySet<string>, ...values: readonly unknown[]): (text: string) => string {
  const redactor = new Redactor()
  const search = (value: unknown, secret: boolean): void => {
    if (secret && (typeof value === 'string' || typeof value === 'number')) redactor.register(String(value))
    else if (Array.isArray(value)) for (const item of value) search(item, secret)
    else if (isObject(value))
      for (const [name, member] of Object.entries(value)) search(member, secret || names.has(name))
  }
  for (const value of values) search(value, false)
  return (text) => redactor.redact(text)
}

/** Problems whose messages carry no secret of the record. Those of secret fields never do: they name the type of a hash. */
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
