import { expect, test } from 'vitest'
import { proxyFor } from '../../src/http/proxy.ts'

const https = { name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' }

test.each([
  ['', 'https://api.workos.com', true],
  ['api.workos.com', 'https://api.workos.com', false],
  ['.workos.com', 'https://api.workos.com', false],
  ['workos.com', 'https://api.workos.com', false],
  ['.workos.com', 'https://workos.com', false],
  ['*.workos.com', 'https://workos.com', true],
  ['*.workos.com', 'https://api.workos.com', false],
  ['*', 'https://api.workos.com', false],
  ['*:80', 'https://api.workos.com', true],
  ['kos.com', 'https://api.workos.com', true],
  ['api.workos.com:443', 'https://api.workos.com', false],
  ['api.workos.com:8443', 'https://api.workos.com', true],
  ['api.workos.com:8443', 'https://api.workos.com:8443', false],
  ['a.example b.example,API.WorkOS.com', 'https://api.workos.com', false],
  ['', 'http://127.0.0.1:4100', false],
  ['', 'http://localhost:4100', false],
])('with NO_PROXY=%s, %s uses the proxy: %s', (except, address, through) => {
  expect(proxyFor({ https, except }, address)).toEqual(through ? https : undefined)
})

test('without a proxy nothing uses one', () => {
  expect(proxyFor({ except: '' }, 'https://api.workos.com')).toBeUndefined()
})
