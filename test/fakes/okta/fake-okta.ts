import type { KeyObject } from 'node:crypto'
import { type Answer, type Call, type Endpoint, type LogEntry, ok } from '../http/exchange.ts'
import type { NetworkErrorSettings } from '../http/network-errors.ts'
import { Refused } from '../http/refused.ts'
import { type AnswerHook, type FakeServer, startFakeServer } from '../http/server.ts'
import type { Ordered } from '../ordered.ts'
import type { OktaUser, OrgData } from './objects.ts'
import { Org } from './org.ts'
import { oktaError, refuse, wholesaleRefusal } from './refusals.ts'
import { searched } from './search.ts'
import { type AppSettings, Tokens } from './tokens.ts'

export const API_TOKEN = '00fakeOktaApiTokenDoNotShow0123456789abcdef'

const SCOPES = { users: 'okta.users.read', groups: 'okta.groups.read', apps: 'okta.apps.read', idps: 'okta.idps.read' }
type Area = keyof typeof SCOPES

export interface OktaSettings {
  token?: string
  /** What the administrator of the API token cannot see. */
  denied?: Area[]
  /** A service app, as well as the token. */
  app?: Partial<AppSettings> & { publicKeys: ReadonlyMap<string, KeyObject> }
  /** Most objects per page, regardless of the request. */
  pageCap?: number
  /** The host of Link headers, instead of the org. */
  linksTo?: string
  /** Requests of one endpoint per window of some seconds. Default: no limit. */
  rate?: { limit: number; seconds: number }
  /** Rejects this number of requests first, because too many run in parallel. */
  concurrentRefusals?: number
  networkErrors?: NetworkErrorSettings
  /** Milliseconds since the epoch. */
  now?: () => number
  onRequest?: (entry: LogEntry) => void | Promise<void>
  onAnswer?: AnswerHook
}

/** An Okta org on loopback. */
export interface FakeOkta extends FakeServer {
  /** The content of the org, which tests can change. */
  org: Org
  /** `source` of a manifest for the org. */
  source: { type: 'okta'; domain: string; token: string }
  /** Rejects all tokens issued so far. */
  expireTokens(): void
  /** Rejects all cursors issued so far. */
  forgetCursors(): void
}

/** Starts an org with this content. The caller closes it. */
export async function startFakeOkta(data: Partial<OrgData>, settings: OktaSettings = {}): Promise<FakeOkta> {
  const { token = API_TOKEN, now = Date.now, pageCap = 10_000 } = settings
  const org = new Org(data, now)
  const place = { url: '' }
  const app = { clientId: CLIENT_ID, scopes: Object.values(SCOPES), dpop: false, lifetime: 3600, uses: 1e9 }
  const tokens = new Tokens({ ...app, publicKeys: new Map(), ...settings.app }, () => place.url, now)
  const windows = new Map<string, { left: number; resetAt: number }>()
  let age = 'a'
  let concurrent = settings.concurrentRefusals ?? 0

  const spend = (route: string): Record<string, string> => {
    const date = { Date: new Date(now()).toUTCString() }
    const refused = (headers: Record<string, string>) => {
      throw new Refused({ ...wholesaleRefusal(429), headers: { ...date, ...headers } })
    }
    if (concurrent > 0) {
      concurrent -= 1
      refused(rateHeaders(0, 0, Math.ceil(now() / 1000) + 2))
    }
    if (settings.rate === undefined) return date
    const { limit, seconds } = settings.rate
    const known = windows.get(route)
    const present =
      known !== undefined && known.resetAt * 1000 > now()
        ? known
        : { left: limit, resetAt: Math.ceil(now() / 1000) + seconds }
    windows.set(route, present)
    if (present.left === 0) refused(rateHeaders(limit, 0, present.resetAt))
    present.left -= 1
    return { ...date, ...rateHeaders(limit, present.left, present.resetAt) }
  }

  const admit = ({ headers: { authorization = '' }, route }: Call): Record<string, string> => {
    if (route === '/oauth2/v1/token') return {}
    const headers = spend(route)
    const area = Object.keys(SCOPES).find((name) => route.startsWith(`/api/v1/${name}`)) as Area
    const [, scheme, value = ''] = /^(SSWS|Bearer) (.+)$/.exec(authorization) ?? []
    if (scheme === undefined || (scheme === 'SSWS' && value !== token))
      refuse(401, 'E0000011', 'Invalid token provided')
    const allowed =
      scheme === 'Bearer' ? tokens.scopesOf(value).includes(SCOPES[area]) : !settings.denied?.includes(area)
    if (!allowed) refuse(403, 'E0000006', 'You do not have permission to perform the requested action')
    return headers
  }

  /** A page of a list after the cursor, and the Link to the next one. */
  function listed<Item>(call: Call, all: Ordered<Item>, most: number, absent: number, wanted: (item: Item) => boolean) {
    const limit = Math.min(Number(call.query.get('limit') ?? absent), most, pageCap)
    if (!(limit >= 1)) refuse(400, 'E0000001', 'Api validation failed: limit')
    const cursor = call.query.get('after')
    const [, sign, number] =
      cursor === null ? [] : (/^(\w)_(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [])
    if (cursor !== null && sign !== age) refuse(400, 'E0000001', 'Api validation failed: after')
    let from = Number(number ?? 0)
    const page: Item[] = []
    let more = true
    while (more && page.length < limit) {
      const { items, last, more: further } = all.after(from, 1)
      page.push(...items.filter(wanted))
      from = last
      more = further
    }
    const base = settings.linksTo ?? place.url
    const self = new URL(call.target, place.url)
    const links = [`<${self.href}>; rel="self"`]
    if (more) {
      const next = new URL(`${base}${self.pathname}${self.search}`)
      next.searchParams.set('after', Buffer.from(`${age}_${from}`).toString('base64url'))
      links.push(`<${next.href}>; rel="next"`)
    }
    return { page, headers: { Link: links.join(', ') } }
  }

  const list =
    <Item>(all: (call: Call) => Ordered<Item>, most: number, absent: number) =>
    (call: Call): Answer => {
      const { page, headers } = listed(call, all(call), most, absent, () => true)
      return { ...ok(page.map((item) => linked(item))), headers }
    }

  const users = (call: Call): Answer => {
    const search = call.query.get('search')
    const wanted = search === null ? (user: OktaUser) => user.status !== 'DEPROVISIONED' : searched(search)
    const { page, headers } = listed(call, org.users, 200, 200, wanted)
    return { ...ok(page.map((user) => linked(user))), headers }
  }

  const members = (call: Call): Answer => {
    const id = call.params.id ?? ''
    if (!org.groups.has(id)) refuse(404, 'E0000007', `Not found: Resource not found: ${id} (UserGroup)`)
    const { page, headers } = listed(call, org.members(id), 1000, 1000, () => true)
    const found = page.flatMap((user) => org.users.get(user) ?? [])
    return { ...ok(found.map((user) => linked(user))), headers }
  }

  const one = <Item>(found: Item | undefined, what: string): Answer =>
    found === undefined ? oktaError(404, 'E0000007', `Not found: Resource not found: ${what}`) : ok(linked(found))

  const key = ({ params: { kid = '' } }: Call): Answer => {
    const certificate = org.keys.get(kid)
    return one(certificate && { kid, kty: 'RSA', use: 'sig', x5c: [certificate] }, `${kid} (IdpKey)`)
  }

  const metadata = ({ params: { id = '' }, headers }: Call): Answer => {
    const xml = org.metadata.get(id)
    if (xml === undefined || headers.accept !== 'application/xml') return one(undefined, `${id} (AppInstance)`)
    return { status: 200, bytes: Buffer.from(xml), headers: { 'Content-Type': 'application/xml;charset=utf-8' } }
  }

  const endpoints: Endpoint[] = [
    { method: 'POST', path: '/oauth2/v1/token', answer: (call) => tokens.issue(call) },
    { method: 'GET', path: '/api/v1/users', answer: users },
    {
      method: 'GET',
      path: '/api/v1/users/:id',
      answer: ({ params: { id = '' } }) => one(org.users.get(id), `${id} (User)`),
    },
    { method: 'GET', path: '/api/v1/groups', answer: list(() => org.groups, 10_000, 10_000) },
    { method: 'GET', path: '/api/v1/groups/:id/users', answer: members },
    { method: 'GET', path: '/api/v1/idps', answer: list(() => org.idps, 200, 20) },
    { method: 'GET', path: '/api/v1/idps/credentials/keys/:kid', answer: key },
    { method: 'GET', path: '/api/v1/apps', answer: list(() => org.apps, 200, 20) },
    { method: 'GET', path: '/api/v1/apps/:id/sso/saml/metadata', answer: metadata },
  ]
  const { networkErrors, onRequest, onAnswer } = settings
  const server = await startFakeServer({
    endpoints,
    admit,
    refusal: wholesaleRefusal,
    networkErrors,
    onRequest,
    onAnswer,
  })
  place.url = server.url
  return {
    ...server,
    org,
    source: { type: 'okta', domain: server.url, token },
    expireTokens: () => tokens.expire(),
    forgetCursors: () => {
      age = String.fromCharCode(age.charCodeAt(0) + 1)
    },
  }
}

export const CLIENT_ID = '0oafakeServiceApp0h7'

/** Objects have links to others, which are different in every org. */
function linked<Item>(item: Item): Item & { _links: object } {
  return { ...item, _links: { self: { href: 'https://acme.okta.example/api/v1/self' } } }
}

function rateHeaders(limit: number, remaining: number, reset: number): Record<string, string> {
  return {
    'X-Rate-Limit-Limit': String(limit),
    'X-Rate-Limit-Remaining': String(remaining),
    'X-Rate-Limit-Reset': String(reset),
  }
}
