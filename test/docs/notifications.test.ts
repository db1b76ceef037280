import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { signatureOf } from '../../src/http/webhook.ts'
import { folderOf } from '../cli/harness.ts'
import { wrongIn } from '../json-outputs.ts'

const page = readFileSync(new URL('../../docs/how-to/notifications.md', import.meta.url), 'utf8')
const block = (language: string) => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? ''

test('the notification on the page matches its schema', () => {
  expect(wrongIn('notification.schema.json', JSON.parse(block('json')))).toEqual([])
})

test('the code on the page accepts only genuine, fresh notifications', async () => {
  const folder = folderOf({})
  writeFileSync(join(folder, 'verify.mjs'), block('js'))
  const { isGenuine } = await import(pathToFileURL(join(folder, 'verify.mjs')).href)
  const [secret, body, now] = ['secret of the receiver', '{"outcome":"completed"}', 1_900_000_000_000]
  const headers = {
    'workos-migrate-timestamp': '1900000000',
    'workos-migrate-signature': `v1=${signatureOf(secret, '1900000000', body)}`,
  }
  expect(isGenuine(headers, body, secret, now)).toBe(true)
  expect(isGenuine(headers, `${body} `, secret, now)).toBe(false)
  expect(isGenuine(headers, body, 'another secret', now)).toBe(false)
  expect(isGenuine(headers, body, secret, now + 301_000)).toBe(false)
  expect(isGenuine({ ...headers, 'workos-migrate-timestamp': '1900000001' }, body, secret, now)).toBe(false)
  expect(isGenuine({ 'workos-migrate-timestamp': '1900000000' }, body, secret, now)).toBe(false)
})
