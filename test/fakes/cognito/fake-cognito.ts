import { randomBytes } from 'node:crypto'
import { isObject } from '../../../src/json.ts'
import { Bucket, type Rate } from '../http/bucket.ts'
import { type Answer, type Call, type LogEntry, ok } from '../http/exchange.ts'
import type { NetworkErrorSettings } from '../http/network-errors.ts'
import { Refused } from '../http/refused.ts'
import { type AnswerHook, type FakeServer, startFakeServer } from '../http/server.ts'
import { hashOf } from '../random.ts'
import { chance, fault } from './faults.ts'
import type { CognitoGroup, CognitoProvider, CognitoUser, PoolData } from './objects.ts'
import { type IssuedCredentials, verifySignature } from './signature.ts'
import { PagingTokens } from './tokens.ts'

/**
 * The quota categories of the supported actions:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
 */
const CATEGORIES: Record<string, 'UserList' | 'UserRead' | 'UserPoolRead' | 'UserPoolResourceRead'> = {
  ListUsers: 'UserList',
  ListUsersInGroup: 'UserList',
  AdminGetUser: 'UserRead',
  DescribeUserPool: 'UserPoolRead',
  ListGroups: 'UserPoolResourceRead',
  ListIdentityProviders: 'UserPoolResourceRead',
  DescribeIdentityProvider: 'UserPoolResourceRead',
}

const CREDENTIALS: IssuedCredentials = {
  accessKeyId: 'AKIAFAKECOGNITO00001',
  secretAccessKey: 'made-up/secret+key+of+the+fake+user+pools',
}

export interface CognitoSettings {
  /** Valid credentials. Default: CREDENTIALS. */
  credentials?: IssuedCredentials[]
  /** Per quota category. Default: no limit. */
  rate?: Rate
  /** Actions that the credentials do not allow. */
  denied?: string[]
  networkErrors?: NetworkErrorSettings
  /** Milliseconds since the epoch. */
  now?: () => number
  onRequest?: (entry: LogEntry) => void | Promise<void>
  onAnswer?: AnswerHook
}

/** The current state of a user pool. The order of lists is not the order of creation. */
export class Pool {
  readonly id: string
  readonly users = new Map<string, CognitoUser>()
  readonly groups = new Map<string, CognitoGroup>()
  readonly members = new Map<string, Set<string>>()
  readonly providers = new Map<string, CognitoProvider>()
  estimated: number | undefined

  constructor({ id, users, groups = [], members = {}, providers = [], estimated }: PoolData) {
    this.id = id
    this.estimated = estimated
    for (const user of users) this.addUser(user)
    for (const group of groups) this.groups.set(group.GroupName, group)
    for (const [group, names] of Object.entries(members)) this.members.set(group, new Set(names))
    for (const provider of providers) this.providers.set(provider.ProviderName, provider)
  }

  addUser(user: CognitoUser, ...groups: string[]): void {
    this.users.set(user.Username, user)
    for (const group of groups) this.members.set(group, new Set(this.members.get(group)).add(user.Username))
  }

  deleteUser(username: string): void {
    this.users.delete(username)
    for (const names of this.members.values()) names.delete(username)
  }

  deleteGroup(name: string): void {
    this.groups.delete(name)
    this.members.delete(name)
  }
}

/** User pools on loopback. */
export interface FakeCognito extends FakeServer {
  pools: ReadonlyMap<string, Pool>
  pool(id: string): Pool
  /** `source` of a manifest for all of them. */
  source: {
    type: 'cognito'
    userPools: string[]
    endpoint: string
    accessKeyId: string
    secretAccessKey: string
    sessionToken?: string
  }
  /** Number of requests per action. */
  asked(): Record<string, number>
  /** Regions in the signatures of requests. */
  regions: ReadonlySet<string>
  tokens: PagingTokens
  issued: IssuedCredentials[]
  /** The URL for temporary credentials of a container's role. */
  credentialsUrl: string
  /** Lifetime of these credentials, milliseconds. */
  lifetime: number
}

/** Starts user pools. The caller closes them. */
export async function startFakeCognito(data: PoolData[], settings: CognitoSettings = {}): Promise<FakeCognito> {
  const { now = Date.now, credentials = [CREDENTIALS], denied = [], rate } = settings
  const pools = new Map(data.map((pool) => [pool.id, new Pool(pool)]))
  const tokens = new PagingTokens(now)
  const buckets = new Map<string, Bucket>()
  const issued = [...credentials]
  const regions = new Set<string>()

  const isAnAction = ({ route }: Call) => route === '/'
  /** The clock of the service can differ from that of this machine. */
  const dated = () => ({ Date: new Date(now()).toUTCString() })
  const admit = (call: Call): Record<string, string> => {
    try {
      return { ...(isAnAction(call) && admitAction(call)), ...dated() }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      throw new Refused({ ...error.answer, headers: { ...error.answer.headers, ...dated() } })
    }
  }
  const admitAction = (call: Call): Record<string, string> => {
    regions.add(verifySignature(call, issued, now()))
    const action = actionOf(call)
    if (denied.includes(action)) {
      const who = 'arn:aws:iam::123456789012:user/migration'
      fault('AccessDeniedException', `User: ${who} is not authorized to perform: cognito-idp:${action}`)
    }
    const category = CATEGORIES[action] ?? 'none'
    if (rate !== undefined && !buckets.has(category)) buckets.set(category, new Bucket(rate, now))
    if (buckets.get(category)?.take() === false) fault('TooManyRequestsException', 'Rate exceeded')
    return { 'Content-Type': 'application/x-amz-json-1.1' }
  }

  const answer = (call: Call): Answer => {
    const action = actionOf(call)
    const input: unknown = JSON.parse(call.text)
    if (!isObject(input)) return chance(400)
    const pool = pools.get(String(input.UserPoolId))
    if (pool === undefined) {
      return fault('ResourceNotFoundException', `User pool ${String(input.UserPoolId)} does not exist.`)
    }
    return ok(actions(pool, tokens, input)[action]?.() ?? fault('UnknownOperationException', action, 404))
  }

  const server = await startFakeServer({
    endpoints: [
      { method: 'POST', path: '/', answer },
      { method: 'GET', path: '/credentials', answer: () => ok(issue()) },
      { method: 'POST', path: '/sts/', answer: ({ text }) => assumedRole(new URLSearchParams(text), issue) },
    ],
    admit,
    refusal: chance,
    networkErrors: settings.networkErrors,
    onRequest: settings.onRequest,
    onAnswer: settings.onAnswer,
  })

  const issue = () => {
    const fresh: IssuedCredentials = {
      accessKeyId: `ASIAFAKE${randomBytes(6).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: `made-up-token-${randomBytes(90).toString('base64')}`,
      expiresAt: now() + fake.lifetime,
    }
    issued.push(fresh)
    return {
      AccessKeyId: fresh.accessKeyId,
      SecretAccessKey: fresh.secretAccessKey,
      Token: fresh.sessionToken,
      Expiration: new Date(now() + fake.lifetime).toISOString(),
    }
  }

  const [first] = credentials
  const fake: FakeCognito = {
    ...server,
    pools,
    pool: (id) => pools.get(id) ?? fault('ResourceNotFoundException', id),
    source: {
      type: 'cognito',
      userPools: [...pools.keys()],
      endpoint: server.url,
      accessKeyId: first?.accessKeyId ?? '',
      secretAccessKey: first?.secretAccessKey ?? '',
      ...(first?.sessionToken !== undefined && { sessionToken: first.sessionToken }),
    },
    asked: () => askedIn(server.log),
    regions,
    tokens,
    issued,
    credentialsUrl: `${server.url}/credentials`,
    lifetime: 3_600_000,
  }
  return fake
}

/**
 * The response of STS to AssumeRole:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. Rejects the role
 * `Nobody`.
 */
function assumedRole(asked: URLSearchParams, issue: () => Record<string, string | undefined>): Answer {
  const role = asked.get('RoleArn') ?? ''
  const xml = { 'Content-Type': 'text/xml' }
  if (role.endsWith('/Nobody')) {
    const message = `User: arn:aws:iam::123456789012:user/migration is not authorized to perform: sts:AssumeRole on resource: ${role}`
    const error = `<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error>`
    const bytes = Buffer.from(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>1</RequestId></ErrorResponse>`,
    )
    return { status: 403, bytes, headers: xml }
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = issue()
  const given = Object.entries({ AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration })
  const credentials = given.map(([name, value]) => `<${name}>${value}</${name}>`).join('')
  const result = `<AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult>`
  const bytes = Buffer.from(
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</AssumeRoleResponse>`,
  )
  return { status: 200, bytes, headers: xml }
}

function actionOf({ headers }: Pick<Call, 'headers'>): string {
  const [service, action = ''] = String(headers['x-amz-target'] ?? '').split('.')
  return service === 'AWSCognitoIdentityProviderService' ? action : ''
}

function askedIn(log: readonly LogEntry[]): Record<string, number> {
  const asked: Record<string, number> = {}
  for (const entry of log) {
    const action = actionOf(entry)
    if (action !== '') asked[action] = (asked[action] ?? 0) + 1
  }
  return asked
}

function actions(pool: Pool, tokens: PagingTokens, input: Record<string, unknown>): Record<string, () => unknown> {
  const paged = <T>(
    what: string,
    given: { token: unknown; limit: unknown; most: number },
    all: readonly [string, T][],
  ) => pageOf(tokens, `${pool.id} ${what}`, given, all)
  return {
    DescribeUserPool: () => ({
      UserPool: { Id: pool.id, Name: 'fake', EstimatedNumberOfUsers: pool.estimated ?? pool.users.size },
    }),
    ListUsers() {
      const given = { token: input.PaginationToken, limit: input.Limit, most: 60 }
      const { entries, next } = paged('users', given, listed([...pool.users.keys()], pool))
      return { Users: entries, ...(next !== undefined && { PaginationToken: next }) }
    },
    ListUsersInGroup() {
      const group = String(input.GroupName)
      if (!pool.groups.has(group)) fault('ResourceNotFoundException', 'Group not found.')
      const given = { token: input.NextToken, limit: input.Limit, most: 60 }
      const members = listed([...(pool.members.get(group) ?? [])], pool)
      const { entries, next } = paged(`group ${group}`, given, members)
      return { Users: entries, ...(next !== undefined && { NextToken: next }) }
    },
    ListGroups() {
      const given = { token: input.NextToken, limit: input.Limit, most: 60 }
      const { entries, next } = paged('groups', given, [...pool.groups].sort(byName))
      return {
        Groups: entries.map((group) => ({ ...group, UserPoolId: pool.id })),
        ...(next !== undefined && { NextToken: next }),
      }
    },
    ListIdentityProviders() {
      const given = { token: input.NextToken, limit: input.MaxResults, most: 60 }
      const { entries, next } = paged('providers', given, [...pool.providers].sort(byName))
      const told = entries.map(({ ProviderName, ProviderType, CreationDate, LastModifiedDate }) => {
        return { ProviderName, ProviderType, CreationDate, LastModifiedDate }
      })
      return { Providers: told, ...(next !== undefined && { NextToken: next }) }
    },
    DescribeIdentityProvider() {
      const provider = pool.providers.get(String(input.ProviderName))
      if (provider === undefined) fault('ResourceNotFoundException', 'Identity provider does not exist.')
      return { IdentityProvider: { UserPoolId: pool.id, ...provider } }
    },
    AdminGetUser() {
      const user = pool.users.get(String(input.Username))
      if (user === undefined) fault('UserNotFoundException', 'User does not exist.')
      const { Attributes, ...own } = user
      return { ...own, UserAttributes: Attributes }
    },
  }
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}

/** Users in the form of lists, in the order of the store. */
function listed(names: readonly string[], pool: Pool): [string, Omit<CognitoUser, 'UserMFASettingList'>][] {
  return names
    .flatMap((name): [string, Omit<CognitoUser, 'UserMFASettingList'>][] => {
      const user = pool.users.get(name)
      if (user === undefined) return []
      const { UserMFASettingList: _list, PreferredMfaSetting: _preferred, ...told } = user
      return [[placeOf(name), told]]
    })
    .sort(byName)
}

function placeOf(name: string): string {
  return `${hashOf(name).toString(16).padStart(8, '0')} ${name}`
}

/** A page can be shorter than requested, and empty before the end. */
function pageOf<T>(
  tokens: PagingTokens,
  list: string,
  { token, limit, most }: { token: unknown; limit: unknown; most: number },
  all: readonly (readonly [string, T])[],
): { entries: T[]; next: string | undefined } {
  const size = limit === undefined ? most : Number(limit)
  if (!Number.isInteger(size) || size < 1 || size > most) {
    return fault('InvalidParameterException', `1 validation error detected: Value '${String(limit)}' at 'limit' failed`)
  }
  const after = tokens.take(list, token)
  const left = after === undefined ? all : all.filter(([place]) => place > after)
  const isShort = hashOf(`${list} ${after}`) % 3 === 0
  const isEmpty = after !== undefined && hashOf(`${list} ${after} empty`) % 7 === 0
  const page = left.slice(0, isEmpty ? 0 : isShort ? Math.ceil(size / 2) : size)
  const last = page.at(-1)?.[0] ?? after ?? ''
  const isEnd = page.length === left.length
  // After an empty page, the list continues at a new position right after the last one.
  return {
    entries: page.map(([, entry]) => entry),
    next: isEnd ? undefined : tokens.give(list, isEmpty ? `${last}\0` : last),
  }
}
