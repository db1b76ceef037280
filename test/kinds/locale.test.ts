import { expect, test } from 'vitest'
import { readLocale } from '../../src/kinds/user/locale.ts'

test.each([
  ['en', 'en'],
  ['en-US', 'en-US'],
  ['en_us', 'en-US'],
  ['de_DE.UTF-8', 'de-DE'],
  ['de_DE@euro', 'de-DE'],
  ['zh_hant_tw', 'zh-Hant-TW'],
  ['sr-Latn', 'sr-Latn'],
])('%s is the language tag %s', (written, tag) => {
  expect(readLocale(written)).toEqual({ tag, notes: [] })
})

test.each([
  'English',
  'C',
  'POSIX',
  '1',
  'en US',
  'e',
  'en--US',
  'x'.repeat(60),
  '–',
])('%s is not a language tag, and is noted', (written) => {
  const { tag, notes } = readLocale(written)
  expect(tag).toBeUndefined()
  expect(notes).toEqual([{ code: 'locale_unknown', detail: expect.stringMatching(/^".{1,20}"$/) }])
})

test('no value means no locale and no note', () => {
  expect(readLocale(undefined)).toEqual({ notes: [] })
})
