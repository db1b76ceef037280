import { nearest } from '../config/nearest.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { nearKeys } from '../state/related.ts'
import type { Address, StateStore } from '../state/store.ts'

/** The kind and the key of `kind:key`; a key may hold further colons. @throws UsageError for anything else */
export function parseAddress(text: string): Address {
  const separator = text.indexOf(':')
  const kind = text.slice(0, Math.max(separator, 0))
  const key = text.slice(separator + 1)
  if (separator > 0 && key !== '') {
    checkKind(kind)
    return { kind, key }
  }
  throw new UsageError({
    code: 'bad_address',
    message: `${text} is no address`,
    hint: 'addresses look like user:auth0|123; workos-migrate state list shows them all',
  })
}

/** @throws UsageError for a kind that does not exist */
export function checkKind(kind: string): void {
  const names = kindDefinitions.map(({ name }) => name)
  if (names.includes(kind)) return
  const close = nearest(kind, names)
  throw new UsageError({
    code: 'unknown_kind',
    message: `there is no kind ${kind}`,
    hint: `${close === undefined ? '' : `did you mean ${close}? `}kinds are ${names.join(', ')}`,
  })
}

/** What to say of an address that the state does not have. */
export async function unknownAddress(state: StateStore, address: Address): Promise<UsageError> {
  const { kind, key } = address
  const near = await nearKeys(state, address)
  const meant = near.map((found) => `${kind}:${found}`).join(' or ')
  return new UsageError({
    code: 'unknown_address',
    message: `the state has no resource ${kind}:${key}`,
    hint: `${near.length === 0 ? 'addresses look like user:auth0|123' : `did you mean ${meant}?`}; workos-migrate state list shows them all`,
  })
}
