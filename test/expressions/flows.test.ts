import jsonata from 'jsonata'
import { expect, test } from 'vitest'
import { flowsIn } from '../../src/expressions/reads.ts'

const flows = (text: string) =>
  flowsIn(jsonata(text).ast()).map(
    ({ names, of, key }) => `${of} ${names.join('.')}${key === undefined ? '' : ` as ${key}`}`,
  )

test.each<[string, string[]]>([
  ['totp_secret', ['item totp_secret']],
  ['$.totp_secret', ['item totp_secret']],
  ['mfa[type = "totp"][0].totp_secret', ['item mfa.totp_secret']],
  ['$record.mfa.`totp_secret`', ['record mfa.totp_secret']],
  ['$uppercase(totp_secret)', ['item totp_secret']],
  ['"seed " & totp_secret', ['item totp_secret']],
  ['totp_secret ~> $trim', ['item totp_secret']],
  ['plan ? totp_secret : name', ['item totp_secret', 'item name']],
  ['($s := totp_secret; $s)', ['item totp_secret']],
  ['[a, b]', ['item a', 'item b']],
  ['{ "secret": seed, "issuer": company }', ['item seed as secret', 'item company as issuer']],
  ['{ "mfa": { "seed": totp_secret } }', ['item totp_secret as mfa']],
  ['{ totp_secret: "seed" }', ['item totp_secret as ']],
  ['mfa{ type: totp_secret }', ['item type as ', 'item totp_secret as ']],
  ['$lookup($, "totp_secret")', ['other totp_secret']],
  ['$map(mfa, function($m) { $m.totp_secret })', ['item mfa', 'other totp_secret']],
  ['mfa.(totp_secret)', ['item totp_secret']],
  ['mfa.{ "s": seed }.s', ['item seed as s', 'item s']],
  ['$record', []],
])('%s returns %j', (text, expected) => {
  expect(flows(text)).toEqual(expected)
})

test.each([
  'totp_secret ? "yes" : "no"',
  '$exists(totp_secret)',
  '$not(totp_secret)',
  'totp_secret != ""',
  '"totp" in types and totp_secret = "x"',
  '"totp_secret"',
])('%s tests the record and returns nothing of it', (text) => {
  expect(flows(text)).toEqual([])
})

test('a flow has the offset of its last name', () => {
  expect(flowsIn(jsonata('plan & mfa.totp_secret').ast()).map(({ offset }) => offset)).toEqual([0, 11])
})
