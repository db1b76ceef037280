import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import type { JsonClient, Query } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { SpoiledReading } from '../../snapshot/snapshot.ts'
import type { Credentials, ReadOptions } from '../options.ts'
import type { OktaObject } from '../streams.ts'

export interface Page {
  items: OktaObject[]
  /** The query of the next page; undefined at the end. */
  next: string | undefined
}

/** By the first part of a path: the scope, and the permission in words ("cannot …"). */
const AREAS = {
  users: { scope: 'okta.users.read', role: 'view users' },
  groups: { scope: 'okta.groups.read', role: 'view groups' },
  apps: { scope: 'okta.apps.read', role: 'view applications' },
  idps: { scope: 'okta.idps.read', role: 'view identity providers' },
} as const
type Area = keyof typeof AREAS

/** What these options need to read, and nothing else. */
function areasFor({ groups, memberOf, apps, connections }: ReadOptions): Area[] {
  return [
    'users',
    ...(groups || memberOf !== undefined ? (['groups'] as const) : []),
    ...(apps ? (['apps'] as const) : []),
    ...(connections ? (['idps'] as const) : []),
  ]
}

/** The scopes that a service app requests. */
export function scopesFor(options: ReadOptions): string[] {
  return areasFor(options).map((area) => AREAS[area].scope)
}

/** https://developer.okta.com/docs/reference/error-codes/ */
const INVALID_TOKEN = 'E0000011'

/** The part of the API of an org that a migration reads: https://developer.okta.com/docs/api/ */
export class Org {
  readonly #client: JsonClient
  readonly #asks: Credentials['kind']
  /** Name of the org in messages. */
  readonly name: string

  /** @param client whose paths begin after `/api/v1` */
  constructor(client: JsonClient, name: string, asks: Credentials['kind']) {
    this.#client = client
    this.#asks = asks
    this.name = name
  }

  /**
   * The pages of a list. Detects a cycle of links of any length with one link in memory, replaced
   * after 1, 2, 4, 8 … pages (Brent's algorithm).
   * @param start the query of an earlier page's `next`
   * @throws SourceError on a cycle; SpoiledReading if the org rejects `start`; CredentialsError;
   *   HttpRefusal
   */
  async *pages(path: string, query: Query, start?: string): AsyncGenerator<Page> {
    let from = start
    let anchor = start
    let stretch = 1
    for (let steps = 1; ; steps++) {
      const page = await this.#page(path, from ?? query, from !== undefined && from === start)
      yield page
      from = page.next
      if (from === undefined) return
      if (from === anchor) throw this.#unexpected(path, 'a page after the previous ones')
      if (steps < stretch) continue
      anchor = from
      stretch *= 2
      steps = 0
    }
  }

  async #page(path: string, query: Query | string, goesOn: boolean): Promise<Page> {
    try {
      const { body, next } = await this.#client.page(path, query)
      if (!Array.isArray(body)) throw this.#unexpected(path, 'a list')
      if (!body.every(isOktaObject)) throw this.#unexpected(path, 'IDs')
      return { items: body.map((item) => ({ ...bare(item), id: item.id })), next }
    } catch (error) {
      if (goesOn && error instanceof HttpRefusal && error.status === 400) throw cursorRefused(error)
      throw this.#inWords(path, error)
    }
  }

  /** An object; undefined if there is none (404). */
  async find(path: string): Promise<JsonObject | undefined> {
    return this.#found(path, async () => {
      const body = await this.#client.get(path)
      if (!isJsonObject(body)) throw this.#unexpected(path, 'an object')
      return bare(body)
    })
  }

  /** A document; undefined if there is none (404). */
  async document(path: string, query: Query): Promise<string | undefined> {
    return this.#found(path, () => this.#client.text(path, query, 'application/xml'))
  }

  async #found<Found>(path: string, ask: () => Promise<Found>): Promise<Found | undefined> {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof HttpRefusal && error.status === 404) return undefined
      throw this.#inWords(path, error)
    }
  }

  /**
   * Checks the permissions before a long reading starts, by one small request each.
   * @throws CredentialsError with every missing permission and a hint
   */
  async checkAccess(options: ReadOptions): Promise<void> {
    const missing: Problem[] = []
    for (const area of areasFor(options)) {
      try {
        await this.#client.page(`/${area}`, { limit: 1 })
      } catch (error) {
        const inWords = this.#inWords(`/${area}`, error)
        if (!(inWords instanceof CredentialsError) || inWords.code !== 'missing_scope') throw inWords
        missing.push(...inWords.problems)
      }
    }
    if (missing.length > 0) throw new CredentialsError(missing)
  }

  /** An error with a hint for rejected credentials; any other error unchanged. */
  #inWords(path: string, error: unknown): unknown {
    if (!(error instanceof HttpRefusal)) return error
    if (error.status === 401 || error.errorCode === INVALID_TOKEN) return this.#credentialsRefused(error)
    const area = areaOf(path)
    return error.status === 403 && area !== undefined ? this.#notAllowed(area, error) : error
  }

  #credentialsRefused(cause: HttpRefusal): CredentialsError {
    const code = cause.errorCode === undefined ? '' : ` ${cause.errorCode}`
    const problem =
      this.#asks === 'token'
        ? {
            message: `${this.name} rejected the API token (HTTP ${cause.status}${code})`,
            hint: 'create a new token (Okta admin console, Security, API, Tokens): a token expires after 30 days without use, ends with its administrator, and works only in its network zone',
            path: 'source.token',
          }
        : {
            message: `${this.name} rejected the access token that it issued (HTTP ${cause.status}${code})`,
            hint: 'check that source.domain is the domain of the org itself and that the app is still active',
            path: 'source.clientId',
          }
    return new CredentialsError({ code: 'credentials_refused', ...problem }, { cause })
  }

  #notAllowed(area: Area, cause: HttpRefusal): CredentialsError {
    const { scope, role } = AREAS[area]
    const code = cause.errorCode === undefined ? '' : ` ${cause.errorCode}`
    const problem =
      this.#asks === 'token'
        ? {
            message: `the administrator of the API token cannot ${role} of ${this.name} (HTTP 403${code})`,
            hint: `assign the role Read-only Administrator, or another that can ${role}, to the administrator (Okta admin console, Security, Administrators); then run the same command again`,
            path: 'source.token',
          }
        : {
            message: `the service app cannot ${role} of ${this.name}: the scope ${scope} or a role is missing (HTTP 403${code})`,
            hint: `grant the app ${scope} (Okta admin console, Applications, the app, Okta API Scopes) and the role Read-only Administrator (Admin roles); then run the same command again`,
            path: 'source.clientId',
          }
    return new CredentialsError({ code: 'missing_scope', ...problem }, { cause })
  }

  #unexpected(path: string, expected: string): SourceError {
    return new SourceError({
      code: 'unexpected_answer',
      message: `the response of ${this.name} to GET ${path} does not contain ${expected}`,
      hint: 'check that source.domain is the domain of an Okta org',
    })
  }
}

function areaOf(path: string): Area | undefined {
  const [, first = ''] = path.split('/')
  return isArea(first) ? first : undefined
}

function isArea(name: string): name is Area {
  return Object.hasOwn(AREAS, name)
}

function cursorRefused(cause: HttpRefusal): SpoiledReading {
  return new SpoiledReading(
    {
      code: 'cursor_refused',
      message: `the org rejected the page to continue from: ${cause.message}`,
      hint: 'run the same command again: it reads from the beginning',
    },
    { cause },
  )
}

/** An object without its links to others. */
function bare({ _links, _embedded, ...own }: JsonObject): JsonObject {
  return own
}

function isOktaObject(value: unknown): value is OktaObject {
  return isObject(value) && typeof value.id === 'string' && value.id !== ''
}

/** A parsed JSON text contains only JSON. */
function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value)
}
