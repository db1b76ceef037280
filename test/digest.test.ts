import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digester, digestSecrets } from '../src/digest.ts'
import { canonicalJson, type JsonObject } from '../src/json.ts'
import { runs } from './fuzz/runs.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 })
const field = fc.oneof(
  fc.constantFrom('password', 'passwordHash'),
  text.filter((name) => name !== '__proto__'),
)
const value = fc.oneof(text, fc.record({ hash: text, type: text }), fc.string({ minLength: 900, maxLength: 3000 }))
const secrets: fc.Arbitrary<JsonObject> = fc.dictionary(field, value, { maxKeys: 3, noNullPrototype: true })
const key = fc.uint8Array({ maxLength: 100 })

function byNode(key: Uint8Array, secrets: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => {
      const hmac = createHmac('sha256', key).update(`${name}\0${canonicalJson(secret)}`)
      return [name, hmac.digest('hex')]
    }),
  )
}

test('a digest is the HMAC-SHA256 of the field and its value', () => {
  fc.assert(
    fc.property(key, fc.array(secrets), (key, all) => {
      const { digest } = digester(key)
      for (const one of all) {
        expect(digest(one)).toEqual(byNode(key, one))
        expect(digestSecrets(key, one)).toEqual(byNode(key, one))
      }
    }),
    runs(200),
  )
  expect(digestSecrets(new Uint8Array(32), null)).toEqual({})
})

test('equal digests mean equal secrets, and are certain for one field', () => {
  fc.assert(
    fc.property(key, secrets, secrets, (key, one, other) => {
      const { digest, isSame } = digester(key)
      const digests = canonicalJson(digest(one))
      const [own, others] = [canonicalJson(one), canonicalJson(other)]
      expect(isSame(others, digests) && own !== others).toBe(false)
      const plain = Object.keys(one).every((name) => /^\w*$/.test(name))
      if (Object.keys(one).length === 1 && plain) expect(isSame(own, digests)).toBe(true)
    }),
    runs(500),
  )
})
