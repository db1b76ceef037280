import { expect, test } from 'vitest'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import { printable, wantsColor } from '../../src/diagnostics/printable.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'

test('a secret is masked as plain text, in JSON and in a URL', () => {
  const redactor = new Redactor()
  redactor.register('a"b c/d')
  const text = `plain a"b c/d, json ${JSON.stringify('a"b c/d')}, url ${encodeURIComponent('a"b c/d')}`
  expect(redactor.redact(text)).toBe('plain [redacted], json "[redacted]", url [redacted]')
})

test('the longer of two secrets is masked completely, and short ones are ignored', () => {
  const redactor = new Redactor()
  for (const secret of ['secret', 'secret-longer', 'abc']) redactor.register(secret)
  expect(redactor.redact('secret-longer secret abc')).toBe('[redacted] [redacted] abc')
})

test('a secret that is registered later is masked from then on', () => {
  const redactor = new Redactor()
  redactor.register('first-one')
  expect(redactor.redact('first-one second-one')).toBe('[redacted] second-one')
  redactor.register('second-one')
  expect(redactor.redact('first-one second-one')).toBe('[redacted] [redacted]')
})

test('printable text keeps letters of any script and escapes invisible characters', () => {
  expect(printable('Zürich 東京 😀')).toBe('Zürich 東京 😀')
  expect(printable('a\tb\r\n\0\u200b\u2028\ud800')).toBe('a\\tb\\r\\n\\x00\\u{200b}\\u{2028}\\u{d800}')
})

test('colors are for terminals, and the environment overrides this', () => {
  expect(wantsColor({ isTTY: true }, {})).toBe(true)
  expect(wantsColor({}, {})).toBe(false)
  expect(wantsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false)
  expect(wantsColor({ isTTY: true }, { TERM: 'dumb' })).toBe(false)
  expect(wantsColor({}, { FORCE_COLOR: '1' })).toBe(true)
})

test('an error has its problems and its exit code', () => {
  const error = new ManifestError([
    { code: 'a', message: 'one' },
    { code: 'b', message: 'two' },
  ])
  expect(error).toMatchObject({ exitCode: 3, message: 'one; two', name: 'ManifestError' })
})
