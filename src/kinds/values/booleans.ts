import { accept, type Check, isEmpty, refuse, shown } from './check.ts'

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['y', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['n', false],
])

/** true/1/yes/y and false/0/no/n in any case; undefined when the source has nothing. */
export function parseBoolean(value: unknown): Check<boolean | undefined> {
  if (isEmpty(value)) return accept(undefined)
  if (typeof value === 'boolean') return accept(value)
  const known =
    typeof value === 'string' || typeof value === 'number' ? WORDS.get(String(value).trim().toLowerCase()) : undefined
  if (known !== undefined) return accept(known)
  return refuse('not_boolean', `${shown(value)} is neither true nor false`, 'use true/1/yes/y or false/0/no/n')
}
