import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { formsOf } from '../secrets/canaries.ts'
import { runs, TIMEOUT } from './runs.ts'

const MASK = '[redacted]'

/** Any text that counts as a secret, including lone surrogates and control characters. */
const secret = fc
  .oneof(fc.string({ minLength: 4, maxLength: 60 }), fc.string({ unit: 'binary', minLength: 4, maxLength: 30 }))
  .filter((text) => text.trim().length >= 4)
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))

function redactorOf(secrets: readonly string[]): Redactor {
  const redactor = new Redactor()
  for (const one of secrets) redactor.register(one)
  return redactor
}

test('no secret survives in any form or place, and masking twice changes nothing', {
  timeout: TIMEOUT,
}, () => {
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      fc.array(text, { minLength: 1 }),
      (secrets, around) => {
        const redactor = redactorOf(secrets)
        const forms = secrets.flatMap((one) => formsOf(one).slice(0, -1))
        const carrier = around.join('·') + forms.join(around[0] ?? '') + around.join('·')
        const redacted = redactor.redact(carrier)
        for (const part of redacted.split(MASK)) for (const one of secrets) expect(part).not.toContain(one)
        expect(redactor.redact(redacted)).toBe(redacted)
      },
    ),
    runs(300),
  )
})

test('a text without secrets stays the same', { timeout: TIMEOUT }, () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-f]{6,30}$/), { minLength: 1 }),
      fc.stringMatching(/^[g-z {}":,]*$/),
      (secrets, clean) => {
        expect(redactorOf(secrets).redact(clean)).toBe(clean)
      },
    ),
    runs(300),
  )
})

test('registering any text works, and an empty one masks nothing', { timeout: TIMEOUT }, () => {
  fc.assert(
    fc.property(fc.array(text), text, (secrets, anything) => {
      const redactor = redactorOf(secrets)
      expect(redactor.redact('')).toBe('')
      expect(typeof redactor.redact(anything)).toBe('string')
    }),
    runs(300),
  )
})
