import { createPrivateKey } from 'node:crypto'
import { resolve } from 'node:path'
import { CredentialsError, codeOf } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { NotRegularFile, readRegular } from '../../files/regular-file.ts'
import { isObject } from '../../json.ts'
import { parseJsonText } from '../../json-text.ts'
import type { FirebaseOptions } from './options.ts'

/** The content of a Google credentials file: https://google.aip.dev/auth/4110. Secret. */
export type GoogleCredentials = ServiceAccount | OtherCredentials

/** A service account with a key: https://google.aip.dev/auth/4112 */
export interface ServiceAccount {
  type: 'service_account'
  client_email: string
  private_key: string
  private_key_id?: string
  quota_project_id?: string
  token_uri?: string
}

/** Any other type, which Google's library reads itself. */
export interface OtherCredentials {
  type: (typeof OTHERS)[number]
  [member: string]: unknown
}

const OTHERS = [
  'authorized_user',
  'external_account',
  'external_account_authorized_user',
  'impersonated_service_account',
] as const

const GET_ONE =
  'create a key: Google Cloud console → IAM & Admin → Service accounts → Keys → Add key → JSON; see docs/how-to/sources/firebase.md'

/**
 * The credentials in the options; undefined: use the default credentials of the machine.
 * @throws CredentialsError if they are missing or malformed
 */
export function readCredentials(options: FirebaseOptions, directory: string): GoogleCredentials | undefined {
  const { credentials: name, serviceAccount } = options
  if (name === undefined && serviceAccount === undefined) return undefined
  const path = name === undefined ? 'source.serviceAccount' : 'source.credentials'
  const what = name === undefined ? 'source.serviceAccount' : `the key file ${name}`
  const bad = (message: string, hint = GET_ONE) =>
    new CredentialsError({ code: 'bad_credentials', message, hint, path })
  const text = serviceAccount ?? readText(resolve(directory, name ?? ''), what, bad)
  const parsed = parseJsonText(text)
  if (!parsed.ok || !isObject(parsed.value)) throw bad(`${what} is not a JSON object`)
  const { value } = parsed
  const { type } = value
  if (type === 'service_account') return serviceAccountOf(value, what, bad)
  const other = OTHERS.find((known) => known === type)
  if (other === undefined) throw bad(`${what} has an unknown "type"`)
  return { ...value, type: other }
}

/** Problems with the credentials in the options that show without a request. */
export function checkCredentials(options: FirebaseOptions, directory: string): readonly Problem[] {
  // Another check reports unset references.
  if (options.serviceAccount?.startsWith('${')) return []
  try {
    readCredentials(options, directory)
    return []
  } catch (error) {
    if (error instanceof CredentialsError) return error.problems
    throw error
  }
}

type Refusal = (message: string, hint?: string) => CredentialsError

function readText(file: string, what: string, bad: Refusal): string {
  try {
    return readRegular(file).toString('utf8')
  } catch (error) {
    if (error instanceof NotRegularFile) throw bad(`${what} is ${error.what}`)
    const code = codeOf(error)
    if (code === undefined) throw error
    throw bad(code === 'ENOENT' ? `${what} does not exist` : `${what} cannot be read (${code})`)
  }
}

function serviceAccountOf(value: Record<string, unknown>, what: string, bad: Refusal): ServiceAccount {
  const { client_email, private_key, private_key_id, quota_project_id, token_uri } = value
  if (typeof client_email !== 'string' || client_email === '') throw bad(`${what} has no client_email`)
  if (typeof private_key !== 'string' || private_key === '') throw bad(`${what} has no private_key`)
  if (!isKey(private_key)) {
    throw bad(
      `the private_key of ${what} is not a PEM key`,
      'use the file as downloaded: some shells change its line ends, which are written as \\n',
    )
  }
  return {
    type: 'service_account',
    client_email,
    private_key,
    ...(typeof private_key_id === 'string' && { private_key_id }),
    ...(typeof quota_project_id === 'string' && { quota_project_id }),
    ...(typeof token_uri === 'string' && { token_uri }),
  }
}

function isKey(pem: string): boolean {
  try {
    createPrivateKey(pem)
    return true
  } catch {
    return false
  }
}
