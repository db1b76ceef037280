import { basename, resolve } from 'node:path'
import { addressForm } from '../addresses.ts'
import { draftDefinitions, kindDefinitions } from '../kinds/registry.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import type { Origin } from '../sources/source.ts'

/** Everything that a text may mean. It means what is found. */
export interface Wanted {
  text: string
  /** `user:u1`. */
  address?: { kind: string; key: string }
  /** `users.csv:12`. */
  place?: { file: string; line: number }
  /** As users have it. */
  email?: string
}

/** The forms of what can be asked for. */
export const FORMS =
  'ask for an address (user:u1), a key, an e-mail address, a record by its file and line (users.csv:12), or an id of WorkOS (user_01…)'

/** Kinds by their names, users first. */
export const KINDS: readonly string[] = [
  'user',
  ...new Set([...kindDefinitions, ...draftDefinitions].map(({ name }) => name).filter((name) => name !== 'user')),
]

export function parseWanted(text: string): Wanted {
  const plain = text.trim()
  const colon = plain.indexOf(':')
  const [kind, key] = [plain.slice(0, Math.max(colon, 0)), plain.slice(colon + 1)]
  const [, file, line] = /^(.+):([1-9]\d{0,14})$/.exec(plain) ?? []
  const email = plain.includes('@') ? normaliseEmail(plain) : undefined
  return {
    text: plain,
    ...(KINDS.includes(kind) && key !== '' && { address: { kind, key } }),
    ...(file !== undefined && { place: { file, line: Number(line) } }),
    ...(email?.ok && email.value !== undefined && { email: email.value }),
  }
}

/** Whether a place of a record is the one that is meant: by its path from here or from the manifest, or by the name of its file. */
export function isPlace(
  origin: Origin,
  { file, line }: { file: string; line: number },
  folders: readonly string[],
): boolean {
  if (origin.line !== line) return false
  if (origin.file === file || basename(origin.file) === file) return true
  const [manifest = ''] = folders
  return folders.some((folder) => resolve(folder, file) === resolve(manifest, origin.file))
}

/** Whether a text is the e-mail address, in any case. */
export function isEmail(value: unknown, email: string): boolean {
  return typeof value === 'string' && addressForm(value) === addressForm(email)
}
