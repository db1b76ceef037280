import { expect, test } from 'vitest'
import { addressOf, checkOptions } from '../../../src/sources/auth0/options.ts'

const TENANT = { baseUrl: 'https://acme.eu.auth0.com', audience: 'https://acme.eu.auth0.com/api/v2/' }

test.each([
  'acme.eu.auth0.com',
  ' ACME.eu.auth0.com ',
  'acme.eu.auth0.com/',
  'https://acme.eu.auth0.com',
  'https://acme.eu.auth0.com/',
  'https://acme.eu.auth0.com/api/v2/',
])('"%s" is the tenant', (domain) => {
  expect(addressOf(domain)).toMatchObject(TENANT)
})

test('a custom domain needs the audience of its tenant', () => {
  const { audience } = TENANT
  expect(addressOf('login.acme.example', audience)).toMatchObject({ baseUrl: 'https://login.acme.example', audience })
})

test.each([
  'http://127.0.0.1:3000',
  'http://localhost:3000',
  'http://[::1]:3000/',
])('%s can use http, because it is this machine', (domain) => {
  expect(addressOf(domain)).toMatchObject({ baseUrl: domain.replace(/\/$/, '') })
})

test.each([
  ['http://acme.eu.auth0.com', 'write https://acme.eu.auth0.com'],
  ['http://127.0.0.1.example.com', 'write https://127.0.0.1.example.com'],
  ['https://me:secret@acme.eu.auth0.com', 'clientId and clientSecret'],
  ['https://acme.eu.auth0.com/authorize?code=secret', 'write only acme.eu.auth0.com'],
  ['ftp://acme.eu.auth0.com', 'the host of the tenant'],
  ['acme eu', 'the host of the tenant'],
])('%s is rejected, with a hint', (domain, hint) => {
  const problem = addressOf(domain)
  expect(problem).toMatchObject({ code: 'bad_domain', path: 'source.domain', hint: expect.stringContaining(hint) })
  expect(JSON.stringify(problem)).not.toContain('secret@')
})

test.each(['acme.eu.auth0.com', 'https://acme.eu.auth0.com/api/v2'])('the audience %s is rejected', (audience) => {
  expect(addressOf('login.acme.example', audience)).toMatchObject({
    code: 'bad_value',
    path: 'source.audience',
    hint: expect.stringContaining('/api/v2/'),
  })
})

test.each([
  ['2026-02-28', 0],
  ['2026-11-20T23:30:00-05:00', 0],
  ['2026-02-31', 1],
  ['2026-13-01', 1],
  ['2026-11-20T25:00:00Z', 1],
])('updatedSince: %s', (updatedSince, problems) => {
  expect(checkOptions({ domain: 'acme.eu.auth0.com', updatedSince })).toHaveLength(problems)
})
