import { Bucket, type Rate } from '../http/bucket.ts'
import { type Answer, type Call, type LogEntry, ok } from '../http/exchange.ts'
import type { NetworkErrorSettings } from '../http/network-errors.ts'
import { Refused } from '../http/refused.ts'
import { type FakeServer, startFakeServer } from '../http/server.ts'
import type { Account, Directory, ProjectData, Provider, TenantData } from './objects.ts'
import { refuse, wholesaleRefusal } from './refusals.ts'
import { keyFile, Tokens } from './tokens.ts'

export const PROJECT = 'my-project'

/** Every permission that an endpoint needs. */
export const ALL_PERMISSIONS = [
  'firebaseauth.users.get',
  'firebaseauth.configs.get',
  'firebaseauth.configs.getHashConfig',
  'identitytoolkit.tenants.list',
  'identitytoolkit.tenants.get',
]

export interface FirebaseSettings {
  permissions?: readonly string[]
  /** Lifetime of a token, seconds; default 3600. */
  tokenLifetime?: number
  /** Number of requests before a token expires; default unlimited. */
  tokenUses?: number
  /** Whether the API accepts `Bearer owner`, as the emulator does. */
  isEmulator?: boolean
  /** Whether the API returns counts of users; default true. */
  counts?: boolean
  /** Added to the returned counts. */
  countsOff?: number
  /** Tenants per page; default 100. */
  tenantsPage?: number
  /**
   * A defect of page tokens: each page repeats the last user of the previous one, or all tokens
   * lead to the first page.
   */
  places?: 'overlap' | 'circle'
  /** Whether the project has no Authentication. */
  isBare?: boolean
  rate?: Rate
  networkErrors?: NetworkErrorSettings
  now?: () => number
  onRequest?: (entry: LogEntry) => void | Promise<void>
}

/** A Firebase project on loopback. */
export interface FakeFirebase extends FakeServer {
  /** The content of the project. */
  data: ProjectData
  /** `source` of a manifest for the project. */
  source: { type: 'firebase'; project: string; baseUrl: string; serviceAccount: string }
  tokens: Tokens
  /** Rejects all page tokens issued so far. */
  forgetPlaces(): void
}

/** Starts a project with this content. The caller closes it. */
export async function startFakeFirebase(
  given: Partial<ProjectData>,
  settings: FirebaseSettings = {},
): Promise<FakeFirebase> {
  const data: ProjectData = { users: [], saml: [], oidc: [], ...given }
  const { now = Date.now, permissions = ALL_PERMISSIONS, tenantsPage = 100 } = settings
  const bucket = settings.rate && new Bucket(settings.rate, now)
  const { tokenLifetime: lifetime = 3600, tokenUses: uses = Number.POSITIVE_INFINITY } = settings
  const tokens = new Tokens({ lifetime, uses, now })

  let epoch = 0

  const admit = ({ route, headers, params }: Call): Record<string, string> => {
    if (route === '/token') return {}
    if (settings.isEmulator !== true) tokens.check(headers.authorization)
    else if (headers.authorization !== 'Bearer owner') refuse(401, 'Not the owner')
    if (params.project !== PROJECT) refuse(403, `The caller does not have permission on ${params.project}`)
    if (bucket !== undefined && !bucket.take()) throw new Refused(wholesaleRefusal(429))
    return {}
  }
  const may = (permission: string) => permissions.includes(permission)
  const need = (permission: string) => {
    if (!may(permission)) refuse(403, 'The caller does not have permission')
  }
  const directory = ({ params }: Call): Directory => {
    if (params.tenant === undefined) return data
    return data.tenants?.find(({ id }) => id === params.tenant) ?? refuse(400, 'TENANT_NOT_FOUND')
  }
  const hashConfig = ({ hashConfig }: Directory) =>
    may('firebaseauth.configs.getHashConfig') && hashConfig !== undefined ? { hashConfig } : {}

  const batchGet = (call: Call): Answer => {
    need('firebaseauth.users.get')
    const size = Number(call.query.get('maxResults') ?? 20)
    if (!(size >= 1 && size <= 1000)) refuse(400, 'INVALID_MAX_RESULTS')
    const after = placeOf(call, epoch)
    const { users } = directory(call)
    const { places } = settings
    const all = users
      .toSorted((a, b) => (a.localId < b.localId ? -1 : 1))
      .filter(({ localId }) => places === 'circle' || localId > after || (places === 'overlap' && localId === after))
    const page = all.slice(0, size)
    const kind = 'identitytoolkit#DownloadAccountResponse'
    const last = page.at(-1)
    // As in the real API, a full last page has a page token.
    if (last === undefined) return ok({ kind })
    return ok({
      kind,
      users: page.map((user) => shown(user, call.params.tenant, may('firebaseauth.configs.getHashConfig'))),
      ...(page.length === size && { nextPageToken: place(last.localId, call, epoch) }),
    })
  }
  const count = (call: Call): Answer => {
    need('firebaseauth.users.get')
    if (settings.counts === false) refuse(403, 'The caller does not have permission')
    if (JSON.parse(call.text).returnUserInfo !== false) refuse(400, 'Nobody asks for the users here')
    return ok({ recordsCount: String(directory(call).users.length + (settings.countsOff ?? 0)) })
  }
  const config = (): Answer => {
    need('firebaseauth.configs.get')
    if (settings.isBare) refuse(404, 'CONFIGURATION_NOT_FOUND')
    return ok({
      name: `projects/${PROJECT}/config`,
      signIn: { email: { enabled: true, passwordRequired: true }, ...hashConfig(data) },
      ...(data.tenants !== undefined && { multiTenant: { allowTenants: true } }),
    })
  }
  const tenantOf = ({ id, displayName, disableAuth }: TenantData) => ({
    name: `projects/${PROJECT}/tenants/${id}`,
    displayName,
    allowPasswordSignup: true,
    ...(disableAuth && { disableAuth }),
    testPhoneNumbers: { '+15550100000': '123456' },
  })
  const tenants = ({ query }: Call): Answer => {
    need('identitytoolkit.tenants.list')
    if (data.tenants === undefined) refuse(400, 'MULTI_TENANCY_NOT_ENABLED')
    const from = Number(query.get('pageToken') ?? 0)
    const page = data.tenants.slice(from, from + tenantsPage)
    const isLast = from + tenantsPage >= data.tenants.length
    return ok({ tenants: page.map(tenantOf), ...(isLast ? {} : { nextPageToken: String(from + tenantsPage) }) })
  }
  const tenant = ({ params }: Call): Answer => {
    need('identitytoolkit.tenants.get')
    const found = data.tenants?.find(({ id }) => id === params.tenant) ?? refuse(404, 'TENANT_NOT_FOUND')
    return ok({ ...tenantOf(found), ...hashConfig(found) })
  }
  const providers =
    (list: 'inboundSamlConfigs' | 'oauthIdpConfigs') =>
    (call: Call): Answer => {
      need('firebaseauth.configs.get')
      const { saml, oidc } = directory(call)
      const found = list === 'inboundSamlConfigs' ? saml : oidc
      const parent = call.params.tenant === undefined ? '' : `/tenants/${call.params.tenant}`
      const named = ({ id, ...own }: Provider) => ({ name: `projects/${PROJECT}${parent}/${list}/${id}`, ...own })
      return ok(found.length === 0 ? {} : { [list]: found.map(named) })
    }

  const both = (method: 'GET' | 'POST', version: string, rest: string, answer: (call: Call) => Answer) => [
    { method, path: `/${version}/projects/:project/${rest}`, answer },
    { method, path: `/${version}/projects/:project/tenants/:tenant/${rest}`, answer },
  ]
  const server = await startFakeServer({
    endpoints: [
      { method: 'POST', path: '/token', answer: (call) => tokens.issue(call) },
      ...both('GET', 'v1', 'accounts:batchGet', batchGet),
      ...both('POST', 'v1', 'accounts:query', count),
      // The emulator only has the older address.
      { method: 'GET', path: `/${settings.isEmulator ? '' : 'admin/'}v2/projects/:project/config`, answer: config },
      { method: 'GET', path: '/v2/projects/:project/tenants', answer: tenants },
      { method: 'GET', path: '/v2/projects/:project/tenants/:tenant', answer: tenant },
      ...both('GET', 'v2', 'inboundSamlConfigs', providers('inboundSamlConfigs')),
      ...both('GET', 'v2', 'oauthIdpConfigs', providers('oauthIdpConfigs')),
    ],
    admit,
    refusal: wholesaleRefusal,
    networkErrors: settings.networkErrors,
    onRequest: settings.onRequest,
  })
  const serviceAccount = keyFile(`${server.url}/token`)
  return {
    ...server,
    data,
    tokens,
    forgetPlaces: () => {
      epoch += 1
    },
    source: { type: 'firebase', project: PROJECT, baseUrl: server.url, serviceAccount },
  }
}

/** A user in the form of the API: hashes are redacted without the permission. */
function shown(user: Account, tenantId: string | undefined, mayHashes: boolean): Record<string, unknown> {
  const { passwordHash, salt, version = 0, ...own } = user
  const tenant = tenantId === undefined ? own : { ...own, tenantId }
  if (passwordHash === undefined) return tenant
  return mayHashes ? { ...tenant, passwordHash, salt, version } : { ...tenant, passwordHash: 'UkVEQUNURUQ=' }
}

/** A page token is valid only for its own list. */
function place(localId: string, { params }: Call, epoch: number): string {
  return Buffer.from(JSON.stringify([epoch, params.tenant ?? null, localId])).toString('base64url')
}

function placeOf({ query, params }: Call, epoch: number): string {
  const token = query.get('nextPageToken')
  if (token === null) return ''
  const text = Buffer.from(token, 'base64url').toString()
  const [since, tenant, localId] = text.startsWith('[') ? JSON.parse(text) : []
  if (since !== epoch || tenant !== (params.tenant ?? null) || typeof localId !== 'string')
    refuse(400, 'INVALID_PAGE_SELECTION')
  return localId
}
