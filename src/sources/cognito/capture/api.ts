/**
 * The API of user pools, through the AWS SDK. In: a user pool and a request. Out: the response as
 * plain JSON, or an error with a hint. Requests stay below the quotas and are repeated here. The
 * SDK signs requests and parses responses; it repeats nothing itself.
 */

import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { systemClock } from '../../../clock.ts'
import { SourceError } from '../../../diagnostics/errors.ts'
import { Redactor } from '../../../diagnostics/redactor.ts'
import { passingFailure } from '../../../http/failures.ts'
import { openNetwork } from '../../../http/network.ts'
import { Pace } from '../../../http/pace.ts'
import { NO_PROXIES } from '../../../http/proxy.ts'
import { rateLimited, unreachable } from '../../../http/refusal.ts'
import { Attempts, Refusals, type Retries } from '../../../http/retry.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { loadOptionalPackage } from '../../optional-package.ts'
import type { Asking } from '../../source.ts'
import type { LiveOptions, UserPool } from '../options.ts'
import {
  faultOf,
  forbidden,
  isForbidden,
  isGone,
  isOfCredentials,
  isOfParameter,
  isPassingFault,
  isThrottled,
  noCredentials,
  noSuchPool,
  Refused,
  refusedCredentials,
  statusOf,
} from './faults.ts'
import { transportOf } from './transport.ts'

const PACKAGE = '@aws-sdk/client-cognito-identity-provider'
type Sdk = typeof import('@aws-sdk/client-cognito-identity-provider')

export interface Page {
  rows: JsonObject[]
  /** Opaque; undefined at the end. Valid for an hour. */
  next: string | undefined
}

/** Cognito rejected a paging token: the list must be read from its beginning. */
export class TokenRefused extends Error {}

/**
 * Requests per second by category, below the default quotas: 30 for UserList, 120 for UserRead, 20
 * for UserPoolResourceRead and 5 of these per user pool.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
 */
const RATES = { users: 15, user: 60, pool: 4 } as const

/** How often a request is sent if its response is missing, cut off or 5xx. */
const ATTEMPTS = 9
/** The longest pause between two attempts, milliseconds: nine attempts take about a minute. */
const MAX_BACKOFF = 30_000
/** For one request, including the search for credentials. Milliseconds. */
const TIMEOUT = 30_000

interface Request<Output> {
  pool: UserPool
  /** The action that a policy must allow: `ListUsers`. */
  operation: string
  category: keyof typeof RATES
  /** Whether it has a paging token. */
  pages?: boolean
  send(client: CognitoIdentityProviderClient, options: { abortSignal: AbortSignal }): Promise<Output>
}

export class UserPools {
  readonly #sdk: Sdk
  readonly #options: LiveOptions
  readonly #asking: Asking
  readonly #transport: ReturnType<typeof transportOf>
  readonly #paces = new Map<string, Pace>()
  readonly #redactor = new Redactor()
  readonly #clients = new Map<string, CognitoIdentityProviderClient>()

  /** @throws SourceError if the SDK is not installed */
  static async open(options: LiveOptions, asking: Asking): Promise<UserPools> {
    const load = () => import('@aws-sdk/client-cognito-identity-provider')
    return new UserPools(await loadOptionalPackage(PACKAGE, 'the source cognito', load), options, asking)
  }

  private constructor(sdk: Sdk, options: LiveOptions, asking: Asking) {
    this.#sdk = sdk
    this.#options = options
    this.#asking = asking
    this.#transport = transportOf(openNetwork(asking.proxies ?? NO_PROXIES).dispatcher)
    for (const secret of Object.values(options.credentials ?? {})) this.#redactor.register(secret)
  }

  /** Cognito's estimate of the number of users. */
  async estimate(pool: UserPool): Promise<number | undefined> {
    const { UserPool: found } = await this.#found(pool, 'DescribeUserPool', 'pool', (client, options) =>
      client.send(new this.#sdk.DescribeUserPoolCommand({ UserPoolId: pool.id }), options),
    )
    return found?.EstimatedNumberOfUsers
  }

  /** @throws TokenRefused, as every method with a token */
  async users(pool: UserPool, token: string | undefined, limit = this.#options.pageSize): Promise<Page> {
    const input = { UserPoolId: pool.id, Limit: limit, PaginationToken: token }
    const operation = 'ListUsers'
    const { Users, PaginationToken } = await this.#found(
      pool,
      operation,
      'users',
      (client, options) => client.send(new this.#sdk.ListUsersCommand(input), options),
      token !== undefined,
    )
    return page(operation, pool, Users, PaginationToken, 'Username')
  }

  /** The second factors of a user; undefined: the user no longer exists. */
  async secondFactors(pool: UserPool, username: string): Promise<JsonObject | undefined> {
    const input = { UserPoolId: pool.id, Username: username }
    const send: Request<object>['send'] = (client, options) =>
      client.send(new this.#sdk.AdminGetUserCommand(input), options)
    try {
      const answer = plain(await this.#ask({ pool, operation: 'AdminGetUser', category: 'user', send }))
      const kept = ['UserMFASettingList', 'PreferredMfaSetting'] as const
      return Object.fromEntries(kept.flatMap((name) => (answer[name] === undefined ? [] : [[name, answer[name]]])))
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  async groups(pool: UserPool, token: string | undefined): Promise<Page> {
    const input = { UserPoolId: pool.id, Limit: this.#options.pageSize, NextToken: token }
    const operation = 'ListGroups'
    const { Groups, NextToken } = await this.#found(
      pool,
      operation,
      'pool',
      (client, options) => client.send(new this.#sdk.ListGroupsCommand(input), options),
      token !== undefined,
    )
    return page(operation, pool, Groups, NextToken, 'GroupName')
  }

  /** The users in a group; undefined: the group no longer exists. */
  async members(pool: UserPool, group: string, token: string | undefined): Promise<Page | undefined> {
    const input = { UserPoolId: pool.id, GroupName: group, Limit: this.#options.pageSize, NextToken: token }
    const operation = 'ListUsersInGroup'
    try {
      const { Users, NextToken } = await this.#ask({
        pool,
        operation,
        category: 'users',
        pages: token !== undefined,
        send: (client, options) => client.send(new this.#sdk.ListUsersInGroupCommand(input), options),
      })
      return page(operation, pool, Users, NextToken, 'Username')
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  /** Names and types of identity providers. */
  async providers(pool: UserPool, token: string | undefined): Promise<Page> {
    const input = { UserPoolId: pool.id, MaxResults: this.#options.pageSize, NextToken: token }
    const operation = 'ListIdentityProviders'
    const { Providers, NextToken } = await this.#found(
      pool,
      operation,
      'pool',
      (client, options) => client.send(new this.#sdk.ListIdentityProvidersCommand(input), options),
      token !== undefined,
    )
    return page(operation, pool, Providers, NextToken, 'ProviderName')
  }

  /** An identity provider with its settings and secrets; undefined: it no longer exists. */
  async provider(pool: UserPool, name: string): Promise<JsonObject | undefined> {
    const input = { UserPoolId: pool.id, ProviderName: name }
    try {
      const { IdentityProvider: found } = await this.#ask({
        pool,
        operation: 'DescribeIdentityProvider',
        category: 'pool',
        send: (client, options) => client.send(new this.#sdk.DescribeIdentityProviderCommand(input), options),
      })
      return found && plain(found)
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  /** For requests that find something in every existing pool. @throws SourceError if it is gone */
  async #found<Output>(
    pool: UserPool,
    operation: string,
    category: keyof typeof RATES,
    send: Request<Output>['send'],
    pages = false,
  ): Promise<Output> {
    try {
      return await this.#ask({ pool, operation, category, send, pages })
    } catch (error) {
      throw isGone(error) ? noSuchPool(pool.id, pool.region) : error
    }
  }

  async #ask<Output>(request: Request<Output>): Promise<Output> {
    const { pool, operation, category, pages } = request
    const { signal } = this.#asking
    const name = nameOf(pool)
    const named = { method: 'POST', path: operation }
    const retries = this.#retries(name)
    const attempts = new Attempts(retries, named, (number) => number < ATTEMPTS)
    const refusals = new Refusals(retries, named)
    const pace = this.#pace(pool, category)
    let renewed = false
    for (;;) {
      const client = this.#client(pool.region)
      await pace.acquire(signal)
      const outcome = await this.#send(request, client)
      if ('answer' in outcome) pace.accepted()
      const answered = 'error' in outcome ? faultOf(outcome.error) : undefined
      // The SDK can fetch credentials from other services, whose errors are not Cognito's.
      const isCognitos =
        'error' in outcome && outcome.error instanceof this.#sdk.CognitoIdentityProviderServiceException
      const fault = isCognitos ? answered : undefined
      if (fault !== undefined && isThrottled(fault)) pace.refused(undefined)
      pace.release()
      if ('answer' in outcome) return outcome.answer
      const { error } = outcome
      signal?.throwIfAborted()
      if (fault === undefined) {
        const redact = (text: string) => this.#redactor.redact(text)
        const none = noCredentials(error, answered, { profile: this.#options.profile, redact })
        if (none !== undefined) throw none
        const status = statusOf(error)
        const why = status === undefined ? passingFailure(error, name) : `HTTP ${status} with an unreadable body`
        await attempts.failed({ why: redact(why), status })
      } else if (isThrottled(fault)) {
        refusals.add()
      } else if (isPassingFault(fault) || (fault.clockCorrected && attempts.number === 1)) {
        await attempts.failed({ why: `HTTP ${fault.status} ${fault.name}`, status: fault.status })
      } else if (isOfCredentials(fault)) {
        const areNamed = this.#options.credentials !== undefined
        // Roles and single sign-on can issue new credentials. Those in the manifest cannot change.
        if (renewed || areNamed) throw refusedCredentials(fault, name, areNamed)
        renewed = true
        this.#renew(pool.region, client)
      } else if (isForbidden(fault)) {
        throw forbidden(operation, name, fault)
      } else if (pages && isOfParameter(fault)) {
        throw new TokenRefused(this.#redactor.redact(fault.message), { cause: error })
      } else {
        throw new Refused(operation, name, fault, (text) => this.#redactor.redact(text))
      }
    }
  }

  async #send<Output>(
    { send }: Request<Output>,
    client: CognitoIdentityProviderClient,
  ): Promise<{ answer: Output } | { error: unknown }> {
    const timeout = AbortSignal.timeout(TIMEOUT)
    const { signal } = this.#asking
    const abortSignal = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    try {
      return { answer: await until(abortSignal, send(client, { abortSignal })) }
    } catch (error) {
      return { error }
    }
  }

  #client(region: string): CognitoIdentityProviderClient {
    const known = this.#clients.get(region)
    if (known !== undefined) return known
    const { endpoint, credentials, profile } = this.#options
    const requestHandler = this.#transport
    const settings = {
      region,
      maxAttempts: 1,
      requestHandler,
      // Otherwise, the clients of single sign-on would bypass the proxies.
      clientConfig: { requestHandler },
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
      ...(profile !== undefined && { profile }),
    }
    const client = new this.#sdk.CognitoIdentityProviderClient(settings)
    this.#clients.set(region, client)
    return client
  }

  /** Makes the SDK find credentials again, unless another request already did. */
  #renew(region: string, refused: CognitoIdentityProviderClient): void {
    if (this.#clients.get(region) !== refused) return
    refused.destroy()
    this.#clients.delete(region)
  }

  /** A quota applies to an account in a region. */
  #pace({ region }: UserPool, category: keyof typeof RATES): Pace {
    const key = `${region} ${category}`
    const known = this.#paces.get(key)
    if (known !== undefined) return known
    const { clock = systemClock, onWait } = this.#asking
    const { rate = { requests: RATES[category], seconds: 1 }, concurrency } = this.#options
    const pace = new Pace({ rate, concurrency, clock, name: `Cognito in ${region}`, onWait })
    this.#paces.set(key, pace)
    return pace
  }

  #retries(name: string): Retries {
    const { clock = systemClock, signal, onWait, onFailedRequest } = this.#asking
    return {
      whose: name,
      longestPause: MAX_BACKOFF,
      clock,
      signal,
      redactor: this.#redactor,
      explainsPauses: true,
      onWait,
      onFailedRequest,
      unreachable: ({ path }, why, attempts) => unreachable(name, `${why}, ${path}`, attempts),
      rateLimited: ({ path }, times) => rateLimited(`${path} of ${name}`, times),
    }
  }
}

/** Name of a pool in messages. */
export function nameOf({ id }: UserPool): string {
  return `the user pool ${id}`
}

/** The search for credentials does not support a signal. */
function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** A response as plain JSON: times as text, without undefined values. */
function plain(value: object): JsonObject {
  const text = JSON.stringify(value, (name, member: unknown) => (name === '$metadata' ? undefined : member))
  return JSON.parse(text)
}

/** @param id a key that every entry must have */
function page(operation: string, pool: UserPool, list: unknown, next: string | undefined, id: string): Page {
  const isEntry = (entry: unknown): entry is object => isObject(entry) && typeof entry[id] === 'string'
  if (!Array.isArray(list) || !list.every(isEntry)) {
    throw new SourceError({
      code: 'unexpected_answer',
      message: `the response of ${nameOf(pool)} to ${operation} does not contain a list of objects with ${id}`,
      hint: 'check that source.endpoint is the API of Cognito user pools',
    })
  }
  return { rows: list.map(plain), next: next === '' ? undefined : next }
}
