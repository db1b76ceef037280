import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { CredentialsError, type OperatorError } from '../../../src/diagnostics/errors.ts'
import { cognitoSource } from '../../../src/sources/cognito/open.ts'
import type { FakeCognito } from '../../fakes/cognito/fake-cognito.ts'
import {
  cognitoGroup,
  cognitoUser,
  googleProvider,
  oidcProvider,
  type PoolData,
  samlProvider,
} from '../../fakes/cognito/objects.ts'
import { folderWith } from '../reading.ts'
import { capture, fakeCognito, namesIn, namesOf, OTHER, optionsOf, POOL, people, rowsOf } from './capturing.ts'

/** The error of a reading. */
async function failureOf(reading: Promise<unknown>): Promise<OperatorError> {
  const error = await reading.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  return error as OperatorError
}

/** A clock that runs fifty times as fast: other tests cover pauses. */
const HASTY: Clock = {
  now: () => systemClock.now() * 50,
  schedule: (ms, callback) => systemClock.schedule(ms / 50, callback),
}

/** Two pools in two regions, with 260 users and members of two groups. */
function twoPools(): PoolData[] {
  const users = people(200)
  const members = users.map(({ Username }) => Username)
  return [
    {
      id: POOL,
      users,
      groups: [cognitoGroup('admins'), cognitoGroup('support'), cognitoGroup('nobody')],
      members: { admins: members.slice(0, 150), support: members.slice(100) },
    },
    { id: OTHER, users: people(60, 2), groups: [cognitoGroup('admins')], members: { admins: ['user-7'] } },
  ]
}

test('user pools of two regions are read completely, each user once, as list-users prints them', async () => {
  const fake = await fakeCognito(twoPools())
  const { snapshot, warnings } = await capture(optionsOf(fake))
  expect(await namesOf(snapshot)).toEqual(namesIn(fake))
  expect(
    (await rowsOf(snapshot, 'users')).find(({ Username, pool }) => Username === 'user-7' && pool === OTHER),
  ).toEqual({
    pool: OTHER,
    ...cognitoUser(7, { pool: 2 }),
    UserCreateDate: '2024-03-01T08:00:07.250Z',
    UserLastModifiedDate: '2024-03-01T08:00:07.250Z',
  })
  const members = await rowsOf(snapshot, 'group_members')
  expect(members.filter(({ pool, group }) => pool === POOL && group === 'admins')).toHaveLength(150)
  expect(members.filter(({ pool, group }) => pool === POOL && group === 'support')).toHaveLength(100)
  expect(members.filter(({ pool }) => pool === OTHER)).toEqual([
    { pool: OTHER, group: 'admins', username: 'user-7', sub: '00000002-0000-4000-8000-000000000007' },
  ])
  expect((await rowsOf(snapshot, 'groups')).map(({ pool, GroupName }) => `${pool} ${GroupName}`)).toEqual([
    `${POOL} admins`,
    `${POOL} nobody`,
    `${POOL} support`,
    `${OTHER} admins`,
  ])
  expect([...fake.regions].sort()).toEqual(['eu-west-1', 'us-east-1'])
  expect(warnings).toEqual([])
  // Nothing is requested that the options do not need.
  expect(Object.keys(fake.asked()).sort()).toEqual(['DescribeUserPool', 'ListGroups', 'ListUsers', 'ListUsersInGroup'])
})

test('the same pools give the same snapshot', async () => {
  const fake = await fakeCognito(twoPools())
  const [first, second] = [await capture(optionsOf(fake)), await capture(optionsOf(fake))]
  expect(second.snapshot.digest).toBe(first.snapshot.digest)
})

test('without groups, no request asks for them', async () => {
  const fake = await fakeCognito(twoPools())
  await capture(optionsOf(fake, { groups: false }))
  expect(Object.keys(fake.asked()).sort()).toEqual(['DescribeUserPool', 'ListUsers'])
})

describe('identity providers', () => {
  test('with SAML and OpenID Connect have settings, social ones only names', async () => {
    const providers = [samlProvider('Acme'), oidcProvider('Bolt'), googleProvider()]
    const fake = await fakeCognito([{ id: POOL, users: [], providers }])
    const { snapshot } = await capture(optionsOf(fake, { connections: true }))
    const rows = await rowsOf(snapshot, 'identity_providers')
    expect(rows.map(({ ProviderName, ProviderDetails }) => [ProviderName, ProviderDetails !== undefined])).toEqual([
      ['Acme', true],
      ['Bolt', true],
      ['Google', false],
    ])
    expect(rows[1]).toMatchObject({ pool: POOL, ProviderDetails: { client_secret: 'made-up-secret-of-Bolt' } })
    expect(fake.asked().DescribeIdentityProvider).toBe(2)
  })

  test('deleted between list and settings are left out', async () => {
    const fake = await fakeCognito([{ id: POOL, users: [], providers: [samlProvider('Acme'), samlProvider('Bolt')] }], {
      onRequest: ({ headers }) => {
        if (String(headers['x-amz-target']).endsWith('DescribeIdentityProvider'))
          fake.pool(POOL).providers.delete('Bolt')
      },
    })
    const { snapshot } = await capture(optionsOf(fake, { connections: true }))
    expect((await rowsOf(snapshot, 'identity_providers')).map(({ ProviderName }) => ProviderName)).toEqual(['Acme'])
  })
})

describe('second factors', () => {
  test('are requested for each user, and only with mfa', async () => {
    const users = [
      cognitoUser(1, { UserMFASettingList: ['SOFTWARE_TOKEN_MFA'], PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA' }),
      cognitoUser(2),
    ]
    const fake = await fakeCognito([{ id: POOL, users }])
    expect(await rowsOf((await capture(optionsOf(fake))).snapshot, 'users')).not.toContainEqual(
      expect.objectContaining({ UserMFASettingList: expect.anything() }),
    )
    expect(fake.asked().AdminGetUser).toBeUndefined()
    const rows = await rowsOf((await capture(optionsOf(fake, { mfa: true }))).snapshot, 'users')
    expect(rows.find(({ Username }) => Username === 'user-1')).toMatchObject({
      UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
      PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
      Attributes: expect.arrayContaining([{ Name: 'email', Value: 'cognito-1-1@example.com' }]),
    })
    expect(rows.find(({ Username }) => Username === 'user-2')).not.toHaveProperty('UserMFASettingList')
    expect(fake.asked().AdminGetUser).toBe(2)
  })

  test('of a user deleted during the reading do not exist', async () => {
    const fake = await fakeCognito([{ id: POOL, users: people(3) }], {
      onRequest: ({ headers }) => {
        if (String(headers['x-amz-target']).endsWith('AdminGetUser')) fake.pool(POOL).deleteUser('user-2')
      },
    })
    expect(await namesOf((await capture(optionsOf(fake, { mfa: true }))).snapshot)).toHaveLength(3)
  })
})

describe('an interrupted reading', () => {
  /** Reads until this number of requests, and stops. */
  async function interrupted(fake: FakeCognito, folder: string, requests: number, more = {}) {
    const calledOff = new AbortController()
    fake.after(requests, () => calledOff.abort(new Error('called off')))
    await expect(capture(optionsOf(fake, more), { folder, signal: calledOff.signal })).rejects.toThrow('called off')
  }

  test('continues after its paging token with the same result, wherever it stopped', async () => {
    const whole = (await capture(optionsOf(await fakeCognito(twoPools())))).snapshot
    const fake = await fakeCognito(twoPools())
    const folder = folderWith({})
    for (const requests of [6, 3, 2, 4, 2]) await interrupted(fake, folder, requests)
    const asked = fake.asked()
    const { snapshot, warnings } = await capture(optionsOf(fake), { folder })
    expect(snapshot.digest).toBe(whole.digest)
    expect(warnings).toEqual([])
    // Earlier records are not requested again.
    expect(fake.asked().DescribeUserPool).toBe(asked.DescribeUserPool)
  })

  test('starts a list again after an expired token, without duplicates', async () => {
    let time = Date.now()
    const fake = await fakeCognito(twoPools(), { now: () => time })
    const folder = folderWith({})
    await interrupted(fake, folder, 7)
    time += 3_600_001
    fake.pool(POOL).addUser(cognitoUser(900))
    const { snapshot, warnings } = await capture(optionsOf(fake), { folder, clock: HASTY })
    expect(await namesOf(snapshot)).toEqual(namesIn(fake))
    expect(warnings).toMatchObject([
      { code: 'list_begun_anew', message: expect.stringContaining(`users of the user pool ${POOL}`) },
    ])
  })

  test('starts the users of a group again in the same way', async () => {
    const stop = new AbortController()
    const fake = await fakeCognito(twoPools(), {
      onRequest: () => {
        if (fake.asked().ListUsersInGroup === 2) stop.abort(new Error('called off'))
      },
    })
    const folder = folderWith({})
    await expect(capture(optionsOf(fake), { folder, signal: stop.signal })).rejects.toThrow('called off')
    fake.tokens.forget()
    const { snapshot, warnings } = await capture(optionsOf(fake), { folder })
    const members = await rowsOf(snapshot, 'group_members')
    const keys = members.map(({ pool, group, username }) => `${pool} ${group} ${username}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).toHaveLength(251)
    expect(warnings).toMatchObject([
      { code: 'list_begun_anew', message: expect.stringContaining('users in the group admins') },
    ])
  })

  test('fails if every token is rejected', async () => {
    const fake: FakeCognito = await fakeCognito(twoPools(), { onRequest: () => fake.tokens.forget() })
    const error = await failureOf(capture(optionsOf(fake, { pageSize: 60, groups: false })))
    expect(error).toMatchObject({ code: 'checkpoint_refused', exitCode: 1 })
    expect(fake.asked().ListUsers).toBeLessThan(10)
  })
})

describe('changes during the reading', () => {
  test('a member who is created after the list of users is a user with a group', async () => {
    const fake = await fakeCognito([
      { id: POOL, users: people(3), groups: [cognitoGroup('admins')], members: { admins: ['user-1'] } },
    ])
    const stop = fake.pool(POOL)
    fake.after(4, () => stop.addUser(cognitoUser(50), 'admins'))
    const { snapshot } = await capture(optionsOf(fake))
    expect(await namesOf(snapshot)).toContain(`${POOL}/user-50`)
    expect((await rowsOf(snapshot, 'group_members')).map(({ username }) => username).sort()).toEqual([
      'user-1',
      'user-50',
    ])
  })

  test('a group that is deleted before its users are read has none', async () => {
    const fake = await fakeCognito(twoPools(), {
      onRequest: ({ headers }) => {
        if (String(headers['x-amz-target']).endsWith('ListUsersInGroup')) fake.pool(POOL).deleteGroup('support')
      },
    })
    const { snapshot } = await capture(optionsOf(fake))
    expect(snapshot.facts['groups deleted meanwhile']).toEqual([`${POOL} support`])
  })
})

describe('requests', () => {
  test('that are throttled are repeated, and nothing is lost', async () => {
    // Every request takes 5 ms, and the bucket gets a token every 10 ms.
    let time = Date.now()
    const fake = await fakeCognito([{ id: POOL, users: people(150) }], {
      rate: { burst: 2, perSecond: 100 },
      now: () => time,
      onRequest: () => {
        time += 5
      },
    })
    const { snapshot, failed } = await capture(optionsOf(fake), { clock: HASTY })
    expect(await namesOf(snapshot)).toEqual(namesIn(fake))
    expect(failed).toContainEqual(expect.objectContaining({ path: 'ListUsers', status: 429 }))
  })

  test('stay below the quotas by default', async () => {
    const fake = await fakeCognito([{ id: POOL, users: people(4) }])
    const waited: number[] = []
    let time = 0
    // Only waiting advances the time.
    const clock: Clock = {
      now: () => time,
      schedule: (ms, callback) =>
        systemClock.schedule(0, () => {
          waited.push(ms)
          time += ms
          callback()
        }),
    }
    await capture(optionsOf(fake, { rate: undefined, pageSize: 1, groups: false }), { clock })
    // 15 requests per second for lists of users; the first does not wait.
    expect(waited.length).toBe((fake.asked().ListUsers ?? 0) - 1)
    expect(new Set(waited)).toEqual(new Set([67]))
  })

  test('have the time of Cognito if the clock of this machine is wrong', async () => {
    const fake = await fakeCognito(twoPools(), { now: () => Date.now() - 3_600_000 })
    const { snapshot, failed } = await capture(optionsOf(fake), { clock: HASTY })
    expect(await namesOf(snapshot)).toEqual(namesIn(fake))
    // Once per region.
    expect(failed.map(({ why }) => why)).toEqual(Array(2).fill('HTTP 400 InvalidSignatureException'))
  })

  test('answered by a web page fail at once, unless the error is temporary', async () => {
    const page = (status: number, passes: number) => {
      let left = passes
      return fakeCognito([{ id: POOL, users: people(3) }], {
        onAnswer(_entry, _answer, response) {
          left -= 1
          if (left < 0) return false
          response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Sign in</html>')
          return true
        },
      })
    }
    const signIn = await page(200, 99)
    const error = await failureOf(capture(optionsOf(signIn)))
    expect(error).toMatchObject({ code: 'not_json', message: expect.stringContaining('text/html') })
    expect(signIn.log).toHaveLength(1)
    const upkeep = await page(503, 2)
    const { failed } = await capture(optionsOf(upkeep), { clock: HASTY })
    expect(failed.map(({ status, why }) => `${status} ${why}`)).toEqual(
      Array(2).fill('503 HTTP 503 with an unreadable body'),
    )
  })

  test('without a usable response are repeated', async () => {
    const fake = await fakeCognito(twoPools(), {
      networkErrors: { serverErrors: 0.15, dropped: 0.1, cutOff: 0.1, seed: 7 },
    })
    const { snapshot, failed } = await capture(optionsOf(fake), { clock: HASTY })
    expect(await namesOf(snapshot)).toEqual(namesIn(fake))
    expect(failed.length).toBeGreaterThan(3)
  })
})

/** This machine has no credentials. */
function withoutCredentials(): void {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined)
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nonexistent')
  onTestFinished(() => void vi.unstubAllEnvs())
}

describe('credentials', () => {
  const { live } = cognitoSource

  /** Tries the credentials. */
  const trial = async (fake: FakeCognito, more = {}) =>
    failureOf(live?.tryCredentials?.(optionsOf(fake, more), { directory: '.' }) ?? Promise.resolve())

  test('that work cause no error', async () => {
    const fake = await fakeCognito(twoPools())
    expect(await trial(fake, { connections: true, mfa: true })).toBeUndefined()
    expect(fake.log.length).toBeLessThan(12)
  })

  test.each([
    ['an unknown key', { accessKeyId: 'AKIANOBODY0000000001' }, 'UnrecognizedClientException'],
    ['a wrong secret', { secretAccessKey: 'made-up-and-wrong' }, 'InvalidSignatureException'],
  ])('with %s are rejected, without a secret in the error', async (_what, more, name) => {
    const fake = await fakeCognito(twoPools())
    const error = await trial(fake, more)
    expect(error).toBeInstanceOf(CredentialsError)
    expect(error).toMatchObject({ code: 'credentials_refused', message: expect.stringContaining(name) })
    const said = JSON.stringify(error.problems)
    for (const secret of Object.values({ ...optionsOf(fake), ...more })) {
      if (typeof secret === 'string' && /^AKIA|made-up/.test(secret)) expect(said).not.toContain(secret)
    }
  })

  test.each([
    'DescribeUserPool',
    'ListUsers',
    'ListGroups',
    'ListIdentityProviders',
    'AdminGetUser',
  ])('without %s get an error with the missing permission', async (action) => {
    const fake = await fakeCognito(twoPools(), { denied: [action] })
    const error = await trial(fake, { connections: true, mfa: true })
    expect(error).toBeInstanceOf(CredentialsError)
    expect(error).toMatchObject({ code: 'missing_permission', hint: expect.stringContaining(`cognito-idp:${action} `) })
  })

  test('of another account do not find the pool', async () => {
    const fake = await fakeCognito(twoPools())
    const error = await trial(fake, { userPools: 'eu-west-1_Nobodys99' })
    expect(error).toMatchObject({ code: 'no_such_user_pool', message: expect.stringContaining('eu-west-1_Nobodys99') })
  })

  test('in the manifest that expire end the reading, which continues with new ones', async () => {
    let time = Date.now()
    const first = { accessKeyId: 'ASIAFIRST', secretAccessKey: 'made-up-1', sessionToken: 'made-up-token-1' }
    const second = { accessKeyId: 'ASIASECOND', secretAccessKey: 'made-up-2', sessionToken: 'made-up-token-2' }
    const fake = await fakeCognito(twoPools(), {
      now: () => time,
      credentials: [{ ...first, expiresAt: time + 60_000 }, second],
    })
    fake.after(6, () => {
      time += 61_000
    })
    const folder = folderWith({})
    const error = await failureOf(capture(optionsOf(fake), { folder }))
    expect(error).toBeInstanceOf(CredentialsError)
    expect(error).toMatchObject({ code: 'credentials_expired', hint: expect.stringContaining('sessionToken') })
    const { snapshot } = await capture(optionsOf(fake, second), { folder })
    expect(await namesOf(snapshot)).toEqual(namesIn(fake))
  })

  test('of a role are fetched by the SDK, and again after a rejection', async () => {
    const fake = await fakeCognito(twoPools(), { credentials: [] })
    withoutCredentials()
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', fake.credentialsUrl)
    // The service forgets its credentials, as after the end of a role's sessions.
    fake.after(8, () => void fake.issued.splice(0))
    const { accessKeyId: _id, secretAccessKey: _secret, ...config } = optionsOf(fake)
    const { snapshot } = await capture(config)
    expect(await namesOf(snapshot)).toEqual(namesIn(fake))
    expect(fake.counts()['GET /credentials']).toBeGreaterThan(1)
  })

  test.each([
    ['Reader', undefined],
    ['Nobody', 'sts:AssumeRole'],
  ])('of the role %s come from STS with the profile in the manifest', async (role, refusal) => {
    const fake = await fakeCognito(twoPools())
    const { accessKeyId, secretAccessKey, ...config } = optionsOf(fake)
    const folder = folderWith({
      config: `[profile migration]\nrole_arn = arn:aws:iam::123456789012:role/${role}\nsource_profile = base\nregion = eu-west-1\n`,
      credentials: `[base]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    })
    withoutCredentials()
    vi.stubEnv('AWS_CONFIG_FILE', `${folder}/config`)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', `${folder}/credentials`)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', `${fake.url}/sts`)
    const reading = capture({ ...config, profile: 'migration' })
    if (refusal === undefined) {
      expect(await namesOf((await reading).snapshot)).toEqual(namesIn(fake))
    } else {
      const error = await failureOf(reading)
      expect(error).toMatchObject({ code: 'no_credentials', message: expect.stringContaining(refusal) })
      expect(error.message).toContain('in the profile migration')
      expect(fake.asked()).toEqual({})
    }
  })

  test('that the SDK does not find are an error', async () => {
    const fake = await fakeCognito(twoPools())
    withoutCredentials()
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    const { accessKeyId: _id, secretAccessKey: _secret, ...config } = optionsOf(fake)
    const error = await failureOf(capture(config))
    expect(error).toBeInstanceOf(CredentialsError)
    expect(error).toMatchObject({ code: 'no_credentials', hint: expect.stringContaining('AWS_PROFILE') })
    const named = await failureOf(capture({ ...config, profile: 'nobody' }))
    expect(named).toMatchObject({ code: 'no_credentials', message: expect.stringContaining('nobody') })
  })
})
