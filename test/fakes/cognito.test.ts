import {
  CognitoIdentityProviderClient,
  ListGroupsCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { expect, onTestFinished, test } from 'vitest'
import { type CognitoSettings, type FakeCognito, startFakeCognito } from './cognito/fake-cognito.ts'
import { cognitoGroup, cognitoUser } from './cognito/objects.ts'

const POOL = 'eu-west-1_Example01'

/** The fake and a plain SDK client. */
async function start(settings: CognitoSettings = {}) {
  const users = Array.from({ length: 100 }, (_, index) => cognitoUser(index + 1))
  const members = { admins: users.map(({ Username }) => Username) }
  const fake = await startFakeCognito([{ id: POOL, users, groups: [cognitoGroup('admins')], members }], settings)
  onTestFinished(() => fake.close())
  const { endpoint, accessKeyId, secretAccessKey } = fake.source
  const credentials = { accessKeyId, secretAccessKey }
  const client = new CognitoIdentityProviderClient({ region: 'eu-west-1', endpoint, credentials, maxAttempts: 1 })
  return { fake, client }
}

async function listed(client: CognitoIdentityProviderClient, Limit?: number): Promise<(string | undefined)[][]> {
  const pages: (string | undefined)[][] = []
  let token: string | undefined
  do {
    const answer = await client.send(new ListUsersCommand({ UserPoolId: POOL, Limit, PaginationToken: token }))
    pages.push((answer.Users ?? []).map(({ Username }) => Username))
    token = answer.PaginationToken
  } while (token !== undefined)
  return pages
}

test('users come in pages of at most 60, some shorter, not in order of age', async () => {
  const { fake, client } = await start()
  const pages = await listed(client, 10)
  expect(new Set(pages.flat()).size).toBe(100)
  expect(pages.flat()).toHaveLength(100)
  expect(pages.flat()).not.toEqual([...fake.pool(POOL).users.keys()])
  expect(new Set(pages.map(({ length }) => length)).size).toBeGreaterThan(1)
  expect((await listed(client)).flat()).toEqual(pages.flat())
  await expect(listed(client, 61)).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

test('a paging token is always different, for one list only, and expires after an hour', async () => {
  let time = Date.now()
  const { client } = await start({ now: () => time })
  const users = (token?: string) =>
    client.send(new ListUsersCommand({ UserPoolId: POOL, Limit: 10, PaginationToken: token }))
  const [first, second] = [await users(), await users()]
  expect(first.PaginationToken).toBeDefined()
  expect(first.PaginationToken).not.toBe(second.PaginationToken)
  const members = new ListUsersInGroupCommand({
    UserPoolId: POOL,
    GroupName: 'admins',
    NextToken: first.PaginationToken,
  })
  await expect(client.send(members)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  await expect(users('made up')).rejects.toMatchObject({ name: 'InvalidParameterException' })
  expect((await users(first.PaginationToken)).Users?.length).toBeGreaterThan(0)
  time += 3_600_001
  // The SDK corrects a wrong clock from the response, and the token is checked after that.
  await expect(users(first.PaginationToken)).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  await expect(users(first.PaginationToken)).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

test('a request without a signature, or with one for another body, is rejected', async () => {
  const { fake } = await start()
  const post = async (headers: Record<string, string>) => {
    const target = { 'x-amz-target': 'AWSCognitoIdentityProviderService.ListUsers' }
    const response = await fetch(fake.url, { method: 'POST', headers: { ...target, ...headers }, body: '{}' })
    return { status: response.status, body: await response.json() }
  }
  expect(await post({})).toMatchObject({ status: 400, body: { __type: 'MissingAuthenticationTokenException' } })
  await fetchSigned(fake)
  const [signed] = fake.log.filter(({ headers }) => headers.authorization !== undefined)
  const headers = Object.fromEntries(
    Object.entries(signed?.headers ?? {}).filter(([name]) => name.startsWith('x-amz-') || name === 'authorization'),
  )
  expect(await post(headers as Record<string, string>)).toMatchObject({
    status: 400,
    body: { __type: 'InvalidSignatureException' },
  })
})

async function fetchSigned(fake: FakeCognito): Promise<void> {
  const { endpoint, accessKeyId, secretAccessKey } = fake.source
  const credentials = { accessKeyId, secretAccessKey }
  const client = new CognitoIdentityProviderClient({ region: 'eu-west-1', endpoint, credentials })
  await client.send(new ListUsersCommand({ UserPoolId: POOL }))
}

test('each quota category has its own bucket', async () => {
  const { client } = await start({ rate: { burst: 1, perSecond: 0.001 } })
  await client.send(new ListUsersCommand({ UserPoolId: POOL }))
  await client.send(new ListGroupsCommand({ UserPoolId: POOL }))
  await expect(client.send(new ListUsersCommand({ UserPoolId: POOL }))).rejects.toMatchObject({
    name: 'TooManyRequestsException',
  })
})
