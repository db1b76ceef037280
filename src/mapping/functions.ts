import type { Json } from '../json.ts'
import { parseJsonText } from '../json-text.ts'
import { fromClerk } from '../resources/passwords/clerk.ts'
import { parseBoolean } from '../resources/values/booleans.ts'
import { isEmpty } from '../resources/values/check.ts'
import { slug } from '../resources/values/organization-name.ts'

/** A function that expressions may call besides JSONata's own. */
export interface MappingFunction {
  /** Without the `$`. */
  name: string
  signature: string
  does: string
  call(...args: unknown[]): Json | undefined
}

/** Every function that this tool adds to JSONata. None runs text from the data as code. */
export const mappingFunctions: readonly MappingFunction[] = [
  {
    name: 'slug',
    signature: '$slug(text)',
    does: 'Lowercase ASCII letters and digits joined by `-`, accents removed, at most 64 characters; nothing for nothing.',
    call: (text) => (isEmpty(text) ? undefined : slug(String(text)) || undefined),
  },
  {
    name: 'bool',
    signature: '$bool(text)',
    does: 'true for true/1/yes/y and false for false/0/no/n in any case; nothing for nothing; fails on anything else.',
    call: (text) => {
      const parsed = parseBoolean(text)
      if (!parsed.ok) throw new Error(`$bool(): ${parsed.fault.message}`)
      return parsed.value
    },
  },
  {
    name: 'parseJson',
    signature: '$parseJson(text)',
    does:
      'The value of a JSON text; nothing for empty text; a value that is not text as it is; fails on bad JSON. A number that ' +
      'would not print as it was written (1.0, or more digits than a double holds) becomes its text.',
    call: (text) => {
      if (isEmpty(text)) return undefined
      if (typeof text !== 'string') return text as Json
      const parsed = parseJsonText(text)
      if (!parsed.ok) throw new Error(`$parseJson(): ${parsed.message}`)
      return parsed.value
    },
  },
  {
    name: 'clerkPassword',
    signature: '$clerkPassword(digest, hasher)',
    does:
      'The `passwordHash` for a password digest of Clerk and the name of its hasher: `{ hash, type }` as WorkOS takes it, ' +
      'or `{ unsupported }` for a hasher that WorkOS has no counterpart for; nothing where there is no password.',
    call: (digest, hasher) => {
      if (isEmpty(digest) && isEmpty(hasher)) return undefined
      if (isEmpty(digest) || isEmpty(hasher)) {
        return { hash: isEmpty(digest) ? null : String(digest), type: isEmpty(hasher) ? null : String(hasher) }
      }
      return fromClerk(String(digest), String(hasher))
    },
  },
]
