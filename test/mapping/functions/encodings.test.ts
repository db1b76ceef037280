import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ENCODINGS } from '../../../src/kinds/values/encodings.ts'
import { evaluated } from './evaluated.ts'

// RFC 4648, section 10.
const VECTORS: [text: string, base64: string, base32: string, hex: string][] = [
  ['f', 'Zg==', 'MY======', '66'],
  ['fo', 'Zm8=', 'MZXQ====', '666F'],
  ['foo', 'Zm9v', 'MZXW6===', '666F6F'],
  ['foob', 'Zm9vYg==', 'MZXW6YQ=', '666F6F62'],
  ['fooba', 'Zm9vYmE=', 'MZXW6YTB', '666F6F6261'],
  ['foobar', 'Zm9vYmFy', 'MZXW6YTBOI======', '666F6F626172'],
]

test.each(VECTORS)('"%s" is written as in RFC 4648, and read padded or not', async (text, base64, base32, hex) => {
  const bare = (padded: string) => padded.replace(/=+$/, '')
  expect(await evaluated('$textToBase64(v)', text)).toBe(base64)
  expect(await evaluated('$textToBase64Url(v)', text)).toBe(bare(base64))
  expect(await evaluated('$textToBase32(v)', text)).toBe(bare(base32))
  expect(await evaluated('$textToHex(v)', text)).toBe(hex.toLowerCase())
  for (const form of [base64, bare(base64)]) {
    expect(await evaluated('$base64ToText(v)', form)).toBe(text)
    expect(await evaluated('$base64UrlToText(v)', form)).toBe(text)
  }
  for (const form of [base32, bare(base32), base32.toLowerCase()]) {
    expect(await evaluated('$base32ToText(v)', ` ${form} `)).toBe(text)
  }
  expect(await evaluated('$hexToText(v)', hex)).toBe(text)
  expect(await evaluated('$hexToBase64(v)', hex)).toBe(base64)
  expect(await evaluated('$base64ToHex(v)', base64)).toBe(hex.toLowerCase())
  expect(await evaluated('$base32ToBase64(v)', base32)).toBe(base64)
})

test('the alphabets of Base64 differ in two characters', async () => {
  expect(await evaluated('$base64UrlToBase64(v)', '-_-_')).toBe('+/+/')
  expect(await evaluated('$base64ToBase64Url(v)', '+/+/')).toBe('-_-_')
})

test('bytes survive every encoding', async () => {
  const bytesWise = ENCODINGS.filter((encoding) => encoding !== 'text')
  const title = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.constantFrom(...bytesWise),
      fc.constantFrom(...bytesWise),
      async (bytes, via, end) => {
        fc.pre(via !== 'hex' && end !== via)
        const hex = Buffer.from(bytes).toString('hex')
        const there = `$hexTo${title(via)}(v)`
        expect(await evaluated(`$${via}ToHex(${there})`, hex)).toBe(hex)
        if (end === 'hex') return
        expect(await evaluated(`$${end}ToHex($${via}To${title(end)}(${there}))`, hex)).toBe(hex)
      },
    ),
    { numRuns: 100 },
  )
})

test.each([
  ['$hexToBase64(v)', '666', 'not hex'],
  ['$hexToBase64(v)', 'xx', 'not hex'],
  ['$base64ToHex(v)', 'Zg=', 'not Base64'],
  ['$base64ToHex(v)', 'Zm9vY', 'not Base64'],
  ['$base64ToHex(v)', '-_-_', 'not Base64'],
  ['$base64UrlToHex(v)', '+/+/', 'not Base64 for URLs'],
  ['$base32ToHex(v)', 'MZ1=', 'not Base32'],
  ['$base32ToHex(v)', 'M', 'not Base32'],
  ['$base32ToHex(v)', 'MY===', 'not Base32'],
  ['$hexToText(v)', 'ff', 'not UTF-8 text'],
  ['$hexToBase64(v)', ['66'], 'expected text, not a list'],
])('%s rejects %j with a message that does not show it', async (call, value, message) => {
  await expect(evaluated(call, value)).rejects.toThrow(message)
})

test('no value stays no value', async () => {
  for (const value of [undefined, null, '', ' ']) expect(await evaluated('$hexToBase64(v)', value)).toBeUndefined()
})
