import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRetryAfter } from '../../src/http/retry.ts'
import { canonicalJson, jsonText } from '../../src/json.ts'
import { parseJsonText } from '../../src/json-text.ts'
import { kindDefinitions } from '../../src/kinds/registry.ts'
import { normaliseCredentials } from '../../src/kinds/user/passwords/credentials.ts'
import { HASH_TYPES } from '../../src/kinds/user/passwords/hash-types.ts'
import { normaliseEmail } from '../../src/kinds/values/email.ts'
import { normaliseMetadata } from '../../src/kinds/values/metadata.ts'
import { concealing } from '../../src/mapping/conceal.ts'
import { RULES } from '../kinds/rules.ts'
import { HASHES } from '../secrets/canaries.ts'
import { runs, TIMEOUT } from './runs.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
const json = fc.jsonValue({ maxDepth: 3 })

test('no kind fails on any fields, and accepted values pass again unchanged', { timeout: TIMEOUT }, () => {
  const definition = fc.constantFrom(...kindDefinitions.filter(({ mapped }) => mapped.length > 0))
  const fields = definition.chain((kind) =>
    fc.tuple(fc.constant(kind), fc.dictionary(fc.constantFrom(...kind.mapped), fc.oneof(json, text), { maxKeys: 8 })),
  )
  fc.assert(
    fc.property(fields, ([kind, values]) => {
      const once = kind.normalise(values, RULES)
      if (!once.ok) {
        expect(once.problems.length).toBeGreaterThan(0)
        return
      }
      const { key, attributes, refs } = once.value
      const again = kind.normalise({ ...refs, ...attributes, key }, RULES)
      expect(again.ok && canonicalJson(again.value.attributes)).toBe(canonicalJson(attributes))
    }),
    runs(1000),
  )
})

test('an accepted email address is not changed', { timeout: TIMEOUT }, () => {
  const local = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 })
  const address = fc.oneof(
    text,
    fc.emailAddress(),
    fc.tuple(local, fc.domain()).map(([name, domain]) => ` ${name}@${domain.toUpperCase()} `),
  )
  fc.assert(
    fc.property(address, (written) => {
      const once = normaliseEmail(written)
      if (once.ok) expect(normaliseEmail(once.value)).toEqual(once)
    }),
    runs(1000),
  )
})

test('no message about credentials contains a part of them', { timeout: TIMEOUT }, () => {
  const secret = fc.oneof(
    // Letters could form the name of a hasher, which can be shown.
    fc.stringMatching(/^canary[0-9+/]{10,40}$/),
    fc
      .tuple(fc.constantFrom(...Object.values(HASHES)), fc.nat(60), fc.constantFrom('', '!', ' x'))
      .map(([hash, cut, end]) => `${hash.slice(0, hash.length - cut)}canaryTail${end}`),
  )
  const type = fc.oneof(fc.constantFrom(...HASH_TYPES, 'md5', 'Argon2id', ''), text)
  const rules = fc.constantFrom(
    { unsupported: 'reset', weak: 'keep', onChange: 'keep', ssha256: 'unsupported' } as const,
    { unsupported: 'reject', weak: 'reject', onChange: 'send', ssha256: 'suffix' } as const,
    { unsupported: 'reset', weak: 'reset', onChange: 'keep', ssha256: 'unsupported' } as const,
  )
  const given = fc.oneof(
    fc.record({ password: secret, passwordHash: secret, passwordHashType: type }, { requiredKeys: [] }),
    fc.record({ passwordHash: fc.record({ hash: secret, type }) }),
    fc.record({ passwordHash: type, passwordHashType: secret }),
    fc.record({ passwordHash: fc.record({ unsupported: secret }) }),
  )
  fc.assert(
    fc.property(given, rules, (fields, policy) => {
      const { problems, reset = '' } = normaliseCredentials(fields, policy)
      expect(`${JSON.stringify(problems)}${reset}`).not.toMatch(/canary/i)
    }),
    runs(1000),
  )
})

test('metadata becomes text by key, from an object or from its JSON text', { timeout: TIMEOUT }, () => {
  const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'org_id', 'toString'))
  fc.assert(
    fc.property(fc.dictionary(key, json), (object) => {
      const parsed = normaliseMetadata(object, RULES.metadata)
      const fromText = normaliseMetadata(JSON.stringify(object), RULES.metadata)
      expect(canonicalJson(fromText)).toBe(canonicalJson(JSON.parse(canonicalJson(parsed))))
      if (!parsed.ok || parsed.value === undefined) return
      expect(Object.getPrototypeOf(parsed.value.metadata)).toBeNull()
      for (const value of Object.values(parsed.value.metadata)) expect(typeof value).toBe('string')
    }),
    runs(1000),
  )
})

const asWritten = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && String(value) !== context?.source ? context?.source : value

test('JSON is read as by JSON.parse, except for numbers that would print differently, and errors have a place in the text', {
  timeout: TIMEOUT,
}, () => {
  const broken = fc.tuple(json, fc.nat(80), text).map(([value, at, piece]) => {
    const written = JSON.stringify(value)
    return written.slice(0, at) + piece + written.slice(at + 1)
  })
  fc.assert(
    fc.property(fc.oneof(broken, text), (written) => {
      const parsed = parseJsonText(written)
      if (parsed.ok) {
        expect(parsed.value).toEqual(JSON.parse(written, asWritten))
        return
      }
      expect(() => JSON.parse(written)).toThrow(SyntaxError)
      const place = Number(/character (\d+)$/.exec(parsed.message)?.[1])
      expect(place).toBeGreaterThanOrEqual(1)
      expect(place).toBeLessThanOrEqual(written.length + 1)
    }),
    runs(1000),
  )
})

test('JSON output has the same value and no control characters', { timeout: TIMEOUT }, () => {
  fc.assert(
    fc.property(fc.oneof(json, fc.array(text)), (value) => {
      const written = jsonText(value)
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
    }),
    runs(1000),
  )
})

test('a value under the name of a secret is in no message, at any depth', {
  timeout: TIMEOUT,
}, () => {
  const secret = fc.stringMatching(/^[!-~]{4,30}$/).filter((value) => !'[redacted]'.includes(value))
  const place = fc.constantFrom(
    (value: string) => ({ pw: value }),
    (value: string) => ({ deep: [{ pw: { salt: 'x', digest: value } }] }),
    (value: string) => ({ list: [{ pw: [value] }] }),
  )
  fc.assert(
    fc.property(secret, place, text, (value, put, around) => {
      const record = put(value)
      const told = concealing(new Set(['pw']), record)(`${around} ${JSON.stringify(record)} ${value} ${around}`)
      for (const part of told.split('[redacted]')) expect(part).not.toContain(value)
    }),
    runs(500),
  )
})

test('Retry-After gives 0 to 600,000 milliseconds, or nothing', { timeout: TIMEOUT }, () => {
  const header = fc.oneof(
    text,
    fc.double().map(String),
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc.constantFrom(undefined, '', ' ', '-1', '1e9', 'Infinity', 'NaN', '0x10', 'Wed, 21 Oct 2015 07:28:00 GMT'),
  )
  fc.assert(
    fc.property(header, fc.integer({ min: 0, max: 4e12 }), (value, now) => {
      const wait = parseRetryAfter(value, now)
      if (wait === undefined) return
      expect(wait).toBeGreaterThanOrEqual(0)
      expect(wait).toBeLessThanOrEqual(600_000)
    }),
    runs(1000),
  )
})
