import { timingSafeEqual } from 'node:crypto'

/** Whom a request comes from. */
export interface Caller {
  key: string
  environment: string
}

/** Recognises the `Authorization` header of a request; undefined: not a key. */
export type Recognise = (header: string | undefined) => Caller | undefined

/**
 * Takes every key: what follows `sk_` up to the first dot is its environment, so that `sk_test_demo` and `sk_test_demo.2` are two
 * keys of the environment `test_demo`.
 */
export const anyKey: Recognise = (header) => {
  const match =
    header === undefined ? null : /^bearer +(sk_([A-Za-z0-9_-]{1,128})(?:\.[A-Za-z0-9_.-]{1,128})?)$/i.exec(header)
  const [, key, environment] = match ?? []
  return key === undefined || environment === undefined ? undefined : { key, environment }
}

/** Takes one key alone, in the place of another, whose environment it sees. */
export function onlyKey(key: string, inPlaceOf: string): Recognise {
  const expected = Buffer.from(`Bearer ${key}`)
  const caller = anyKey(`Bearer ${inPlaceOf}`)
  return (header) => {
    const given = Buffer.from(header ?? '')
    return given.length === expected.length && timingSafeEqual(given, expected) ? caller : undefined
  }
}
