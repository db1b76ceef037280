import { describe, expect, test } from 'vitest'
import { cognitoSource } from '../../../src/sources/cognito/open.ts'
import { type Config, OTHER, POOL } from './capturing.ts'

const problems = async (config: Config) =>
  (await cognitoSource.check(config, '.')).map(({ code, path }) => `${code} ${path}`)

const KEYS = { accessKeyId: '${AWS_ACCESS_KEY_ID}', secretAccessKey: '${AWS_SECRET_ACCESS_KEY}' }

describe('options that fit are taken', () => {
  test.each<[string, Config]>([
    ['the region is in the id', { userPools: POOL }],
    ['several pools in several regions', { userPools: [POOL, OTHER] }],
    ['an id of another make, with a region', { userPools: 'local_1abc', region: 'eu-west-1' }],
    [
      "another region behind an address of one's own",
      { userPools: POOL, region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' },
    ],
    ['keys', { userPools: POOL, ...KEYS }],
    ['temporary keys', { userPools: POOL, ...KEYS, sessionToken: '${AWS_SESSION_TOKEN}' }],
    ['a variable that is not set', { userPools: '${POOL}', endpoint: '${ENDPOINT}', updatedSince: '${SINCE}' }],
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
  ['an id without a region', { userPools: 'local_1abc' }, 'no_region source.userPools'],
  ['another region', { userPools: [POOL, OTHER], region: 'eu-west-1' }, 'region_differs source.region'],
  ['a key without its secret', { userPools: POOL, accessKeyId: 'A' }, 'credentials_incomplete source.accessKeyId'],
  [
    'a secret without its key',
    { userPools: POOL, secretAccessKey: 'A' },
    'credentials_incomplete source.secretAccessKey',
  ],
  ['a token alone', { userPools: POOL, sessionToken: 'A' }, 'credentials_incomplete source.sessionToken'],
  ['a profile and keys', { userPools: POOL, profile: 'x', ...KEYS }, 'two_credentials source.profile'],
  [
    'an address without encryption',
    { userPools: POOL, endpoint: 'http://cognito.example' },
    'bad_base_url source.endpoint',
  ],
  [
    'an address with a path',
    { userPools: POOL, endpoint: 'https://cognito.example/x' },
    'bad_base_url source.endpoint',
  ],
  [
    'an address with a password',
    { userPools: POOL, endpoint: 'https://a:b@cognito.example' },
    'bad_base_url source.endpoint',
  ],
  ['no address', { userPools: POOL, endpoint: 'cognito' }, 'bad_base_url source.endpoint'],
  ['a day that there is not', { userPools: POOL, updatedSince: '2026-02-30' }, 'bad_value source.updatedSince'],
])('%s is refused', async (_what, config, problem) => {
  expect(await problems(config)).toEqual([problem])
})

describe('the identity of a snapshot', () => {
  const identity = (config: Config) => cognitoSource.live?.identity({ userPools: [POOL, OTHER], ...config })

  test('holds what decides about what is read, and no secret', () => {
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
  ])('is another with %o', (more) => {
    expect(identity(more)).not.toEqual(identity({}))
  })

  test.each([
    { rate: '10/s' },
    { pageSize: 10 },
    { concurrency: 2 },
    { profile: 'x' },
  ])('is the same with %o', (more) => {
    expect(identity(more)).toEqual(identity({}))
  })
})
