import { describe, expect, test } from 'vitest'
import { cognitoSource } from '../../../src/sources/cognito/open.ts'
import { type Config, OTHER, POOL } from './capturing.ts'

const problems = async (config: Config) =>
  (await cognitoSource.check(config, '.')).map(({ code, path }) => `${code} ${path}`)

const KEYS = { accessKeyId: '${AWS_ACCESS_KEY_ID}', secretAccessKey: '${AWS_SECRET_ACCESS_KEY}' }

describe('valid options', () => {
  test.each<[string, Config]>([
    ['the region is in the ID', { userPools: POOL }],
    ['several pools in several regions', { userPools: [POOL, OTHER] }],
    ['an ID in another format, with a region', { userPools: 'local_1abc', region: 'eu-west-1' }],
    [
      'another region with a custom endpoint',
      { userPools: POOL, region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' },
    ],
    ['keys', { userPools: POOL, ...KEYS }],
    ['temporary keys', { userPools: POOL, ...KEYS, sessionToken: '${AWS_SESSION_TOKEN}' }],
    ['an unset variable', { userPools: '${POOL}', endpoint: '${ENDPOINT}', updatedSince: '${SINCE}' }],
    ['a VPC endpoint', { userPools: POOL, endpoint: 'https://vpce-1.cognito-idp.eu-west-1.vpce.amazonaws.com' }],
  ])('%s', async (_what, config) => {
    expect(await problems(config)).toEqual([])
    expect(cognitoSource.live?.identity(config)).toBeDefined()
  })
})

test.each<[string, Config, string]>([
  ['a name', { userPools: 'my pool' }, 'bad_user_pool source.userPools'],
  [
    'an ARN',
    { userPools: `arn:aws:cognito-idp:eu-west-1:123456789012:userpool/${POOL}` },
    'bad_user_pool source.userPools',
  ],
  ['an ID without a region', { userPools: 'local_1abc' }, 'no_region source.userPools'],
  ['another region', { userPools: [POOL, OTHER], region: 'eu-west-1' }, 'region_differs source.region'],
  ['a key without its secret', { userPools: POOL, accessKeyId: 'A' }, 'credentials_incomplete source.accessKeyId'],
  [
    'a secret without its key',
    { userPools: POOL, secretAccessKey: 'A' },
    'credentials_incomplete source.secretAccessKey',
  ],
  ['only a token', { userPools: POOL, sessionToken: 'A' }, 'credentials_incomplete source.sessionToken'],
  ['a profile and keys', { userPools: POOL, profile: 'x', ...KEYS }, 'two_credentials source.profile'],
  ['a URL without encryption', { userPools: POOL, endpoint: 'http://cognito.example' }, 'bad_base_url source.endpoint'],
  ['a URL with a path', { userPools: POOL, endpoint: 'https://cognito.example/x' }, 'bad_base_url source.endpoint'],
  [
    'a URL with a password',
    { userPools: POOL, endpoint: 'https://a:b@cognito.example' },
    'bad_base_url source.endpoint',
  ],
  ['no URL', { userPools: POOL, endpoint: 'cognito' }, 'bad_base_url source.endpoint'],
  ['a day that does not exist', { userPools: POOL, updatedSince: '2026-02-30' }, 'bad_value source.updatedSince'],
])('%s is rejected', async (_what, config, problem) => {
  expect(await problems(config)).toEqual([problem])
})

describe('the identity of a snapshot', () => {
  const identity = (config: Config) => cognitoSource.live?.identity({ userPools: [POOL, OTHER], ...config })

  test('contains the options that decide what is read, and no secret', () => {
    expect(identity({ ...KEYS, accessKeyId: 'AKIAX', secretAccessKey: 'made-up', profile: undefined })).toEqual({
      pools: [POOL, OTHER],
      groups: true,
    })
    expect(identity({ userPools: [OTHER, POOL, POOL] })).toEqual(identity({}))
  })

  test.each([
    { groups: false },
    { connections: true },
    { mfa: true },
    { updatedSince: '2026-01-01' },
    { userPools: POOL },
  ])('changes with %o', (more) => {
    expect(identity(more)).not.toEqual(identity({}))
  })

  test.each([
    { rate: '10/s' },
    { pageSize: 10 },
    { concurrency: 2 },
    { profile: 'x' },
  ])('does not change with %o', (more) => {
    expect(identity(more)).toEqual(identity({}))
  })
})
