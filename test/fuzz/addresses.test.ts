import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressForm, confusableIn, foldText, lookalikeForm, lowerAscii, safeNfc } from '../../src/addresses.ts'
import { normaliseExternalId, optionalText } from '../../src/kinds/values/check.ts'
import { comparedEmail, normaliseEmail } from '../../src/kinds/values/email.ts'
import { compileExpression } from '../../src/mapping/expression.ts'
import { mappedSet } from '../desired/mapped-set.ts'
import { runs, TIMEOUT } from './runs.ts'

const ADDRESS_ASCII = /[a-z0-9@.]/i
const RULES = { plusTags: 'ignore', gmailDots: 'ignore' } as const

/** How programs fold text for comparisons. Each fold is in real use. */
const FOLDS: Readonly<Record<string, (text: string) => string>> = {
  'lower case': (text) => text.toLowerCase(),
  'upper case': (text) => text.toUpperCase(),
  'case folding': (text) => text.toLowerCase().toUpperCase().toLowerCase(),
  NFC: (text) => text.normalize('NFC'),
  NFKC: (text) => text.normalize('NFKC'),
  'NFKC, then lower case': (text) => text.normalize('NFKC').toLowerCase(),
  'NFKC, then upper case': (text) => text.normalize('NFKC').toUpperCase(),
  'lower case, then NFKC': (text) => text.toLowerCase().normalize('NFKC'),
  'case folding, then NFKC': (text) => text.toUpperCase().toLowerCase().normalize('NFKC'),
}

/** Non-ASCII code points that a fold turns into an ASCII letter, a digit, @ or a dot. */
const TABLE: string[] = []
for (let codePoint = 0x80; codePoint <= 0x10ffff; codePoint++) {
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue
  const character = String.fromCodePoint(codePoint)
  if (Object.values(FOLDS).some((fold) => ADDRESS_ASCII.test(fold(character)))) TABLE.push(character)
}

const dangerous = fc.constantFrom(...TABLE)
const local = fc.stringMatching(/^[a-z0-9](?:[a-z0-9.+-]{0,8}[a-z0-9])?$/)
const domain = fc.constantFrom('example.com', 'x.example', 'sub.acme.example')

/** An address with a character of the table. */
const infected = fc
  .tuple(local, domain, dangerous, fc.nat(), fc.boolean())
  .map(([name, host, character, at, inHost]) => {
    const insert = (text: string) => {
      const place = at % (text.length + 1)
      return text.slice(0, place) + character + text.slice(place)
    }
    return inHost ? `${name}@${insert(host)}` : `${insert(name)}@${host}`
  })

async function evaluated(expression: string, item: { v: string }): Promise<unknown> {
  const compiled = compileExpression(expression)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.expression.evaluate(item, item)
}

describe('every character that programs can confuse with one of an address', () => {
  test('is in a table of more than a thousand, with the reported ones', () => {
    expect(TABLE.length).toBeGreaterThan(1400)
    for (const known of '\u212a\u0130\u0131\u017f\u00df\ufb01\uff4b\uff20\uff0e\u2024\u2460\u00b2\u{1d424}') {
      expect(TABLE).toContain(known)
    }
  })

  test('is rejected by name in each part of an address', () => {
    const accepted = TABLE.filter((character) => {
      for (const address of [
        `mi${character}e@example.com`,
        `mike@ex${character}ample.com`,
        `${character}@example.com`,
      ]) {
        const checked = normaliseEmail(address)
        if (checked.ok || (address.includes('mi') && checked.fault.code !== 'confusable_email')) return true
        const codePoint = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
        if (checked.fault.code === 'confusable_email' && !checked.fault.message.includes(`U+${codePoint}`)) return true
      }
      return false
    })
    expect(accepted).toEqual([])
  })

  test('never becomes ASCII before an address is checked', async () => {
    const count = (text: string) => [...text].filter((character) => character > '\u007f').length
    const compared = (text: string) => comparedEmail(text, RULES)
    for (const change of [lowerAscii, addressForm, safeNfc, compared]) {
      for (const character of TABLE) expect(count(change(`a${character}b@x`)), character).toBeGreaterThan(0)
    }
    for (const call of [
      '$email(v)',
      '$lowercase(v)',
      '$uppercase(v)',
      'v ~> $lowercase',
      '$map([v], $uppercase)',
      'v.$lowercase()',
    ]) {
      for (const character of [
        '\u212a',
        '\u0130',
        '\u0131',
        '\u017f',
        '\u00df',
        '\u0149',
        '\u01f0',
        '\u1e96',
        '\ufb01',
        '\ufb06',
      ]) {
        const result = await evaluated(call, { v: `1${character}2` })
        expect(String(result).replaceAll(/[12]/g, ''), `${call} of ${character}`).not.toMatch(/[\x21-\x7e]/)
      }
    }
  })

  test('does not change keys and external IDs', () => {
    for (const character of TABLE) {
      const key = optionalText(`a${character}`)
      expect(key.ok && key.value !== undefined && /^[\x00-\x7f]*$/.test(key.value), character).toBe(false)
      expect(normaliseExternalId(`a${character}`, { maxLength: 64 }).ok).toBe(false)
    }
  })
})

test('$lowercase and $uppercase turn no character into ASCII, and otherwise match JSONata', async () => {
  const changed: string[] = []
  const lowercase = compileExpression('$lowercase(v)')
  const uppercase = compileExpression('$uppercase(v)')
  if (!lowercase.ok || !uppercase.ok) throw new Error('they compile')
  // Blocks of a thousand characters, because each evaluation is slow.
  for (let first = 0x80; first <= 0x1ffff; first += 1024) {
    const block: string[] = []
    for (let codePoint = first; codePoint < first + 1024; codePoint++) {
      if (codePoint < 0xd800 || codePoint > 0xdfff) block.push(String.fromCodePoint(codePoint))
    }
    const item = { v: block.join('\n') }
    const lower = String(await lowercase.expression.evaluate(item, item)).split('\n')
    const upper = String(await uppercase.expression.evaluate(item, item)).split('\n')
    for (const [index, character] of block.entries()) {
      for (const [made, own] of [
        [lower[index], character.toLowerCase()],
        [upper[index], character.toUpperCase()],
      ]) {
        if (/[\x21-\x7e]/.test(own ?? '') ? made !== character : made !== own) changed.push(character)
      }
    }
  }
  expect(changed).toEqual([])
})

test('no two accepted addresses are equal for any program, unless they are reported as possible duplicates', {
  timeout: TIMEOUT,
}, () => {
  const letters = fc.constantFrom(
    ...'aemk\u00e4\u00c4\u00fc\u00dc\u0301\u0308\u03c3\u03c2\u03a3\u0436\u0416\u01c6\u01c5\uac00\u1100\u1161\u{10428}\u{10400}',
  )
  const name = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''))
  const host = fc.constantFrom('b\u00fccher.example', 'B\u00dcCHER.example', 'xn--bcher-kva.example', 'acme.example')
  const address = fc.tuple(name, host).map((parts) => parts.join('@'))
  fc.assert(
    fc.property(address, address, (one, other) => {
      const [first, second] = [normaliseEmail(one), normaliseEmail(other)]
      if (!first.ok || !second.ok || first.value === second.value) return
      for (const fold of Object.values(FOLDS)) {
        if (fold(first.value) !== fold(second.value)) continue
        expect(lookalikeForm(first.value)).toBe(lookalikeForm(second.value))
        expect(lookalikeForm(first.value)).toBeDefined()
      }
    }),
    runs(20_000),
  )
})

test('an ASCII address has no equivalent except in Punycode', { timeout: TIMEOUT }, () => {
  fc.assert(
    fc.property(fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), domain), ([name, host]) => {
      const checked = normaliseEmail(`${name}@${host}`)
      if (!checked.ok) return
      const form = lookalikeForm(checked.value)
      if (form !== undefined) expect(form).toMatch(/[^\x00-\x7f]/)
      expect(confusableIn(checked.value)).toBeUndefined()
      expect(foldText(foldText(checked.value))).toBe(foldText(checked.value))
    }),
    runs(5000),
  )
})

test('an address with such a character gets nothing of another user, whatever the order and the chunks', {
  timeout: TIMEOUT,
}, async () => {
  const maps = [
    { user: { key: 'id', email: 'email', externalId: 'id' } },
    { user: { key: '$lowercase(email)', email: '$lowercase(email)', externalId: 'id' } },
    { user: { key: '$email(email)', email: 'email', externalId: 'id' } },
    { user: { key: '$uppercase(email)', email: '$uppercase(email)', externalId: 'id' } },
  ]
  const fold = fc.constantFrom(...Object.values(FOLDS))
  await fc.assert(
    fc.asyncProperty(
      infected,
      fold,
      fc.constantFrom(...maps),
      fc.boolean(),
      fc.integer({ min: 1, max: 2 }),
      async (address, folded, user, swapped, chunkSize) => {
        const double = folded(address).toLowerCase()
        if (!normaliseEmail(double).ok) return
        const attacker = { id: 'attacker', email: address }
        const victim = { id: 'victim', email: double }
        const rows = swapped ? [victim, attacker] : [attacker, victim]
        const set = await mappedSet(
          {
            ...user,
            membership: { when: "id = 'victim'", user: user.user.key, organization: "'acme'" },
            organization: { key: "'acme'", name: "'Acme'" },
          },
          rows,
          {},
          chunkSize,
        )
        const users = set.rundb.statement("SELECT attributes, records FROM desired WHERE kind = 'user'").all()
        expect(users.map(({ attributes, records }) => [JSON.parse(String(attributes)).externalId, records])).toEqual([
          ['victim', 1],
        ])
        expect(set.count('membership')).toBe(1)
        expect([...set.rejects()].map(({ code }) => code)).toEqual([
          expect.stringMatching(/^(confusable|invalid)_email$/),
        ])
      },
    ),
    runs(300),
  )
})
