import type { Manifest } from '../../config/manifest.ts'
import { counted, figure } from '../../diagnostics/printable.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { DesiredResource, LiveResource, RefIds } from '../../resource.ts'
import { changeDesired, type Derivation, deriveAll } from '../../rundb/desired.ts'
import { originOf, type RunDatabase, textIn } from '../../rundb/run-database.ts'
import type { KindDefinition } from '../kind.ts'
import { isInScope, refOf } from '../scope.ts'
import { decode } from '../values/encodings.ts'
import { pages, pick, requiredText, textOf } from '../wire.ts'
import { parseKeyUri } from './totp-secret.ts'

const FACTORS = '/auth/factors'

/**
 * Codes, in addition to a plain 409, for a user who already has a factor. WorkOS does not document
 * one.
 */
const EXISTS: ReadonlySet<string> = new Set([
  'authentication_factor_already_exists',
  'entity_already_exists',
  'conflict',
])

/**
 * The TOTP factor of a user, made from the user's secret after records merge, and enrolled once.
 * WorkOS never returns a secret, so nothing can be compared: a user who has any factor in WorkOS
 * gets no other.
 */
export const totpFactor: KindDefinition = {
  name: 'totp-factor',
  plural: 'TOTP factors',
  refs: { user: 'user' },
  fields: {
    totpSecret: { secret: true, compare: 'value', merge: 'first', updatable: false },
    issuer: { compare: 'value', merge: 'first', compared: false },
    account: { compare: 'value', merge: 'first', compared: false },
  },
  mapped: [],
  normalise: () => {
    throw new TypeError('no record describes a TOTP factor')
  },
  keyFromRefs: ({ user = '' }) => user,
  scope: { desired: isInScope('user', refOf('user')) },
  rateClass: 'write',
  within: 'user',
  sparse: true,
  deletion: { undoneAlone: true },
  stateScope: { is: 'hanging', on: 'user', of: ['user'] },
  whyNotCreatable: () => undefined,
  naturalKey: (_desired, { user }) => user ?? null,
  natural: (ref) => ref('user'),
  list: async function* (api, parentIds) {
    for await (const id of parentIds) yield* factorsOf(api, id)
  },
  find: async (api, _desired, { user }) => {
    if (user === undefined) return undefined
    for await (const [first] of factorsOf(api, user)) if (first !== undefined) return first
    return undefined
  },
  get: async (api, id) => {
    const body = await api.read(`${FACTORS}/${encodeURIComponent(id)}`)
    return body !== undefined && textOf(body, 'type') === 'totp' ? parse(body, {}) : undefined
  },
  create: ({ key, attributes, secrets }, { user }) => {
    if (user === undefined) throw new TypeError(`totp-factor ${key} cannot be created before its user`)
    const issuer = textOf(attributes, 'issuer')
    const account = textOf(attributes, 'account')
    return {
      method: 'POST',
      path: pathOf(user),
      body: {
        type: 'totp',
        totp_secret: requiredText(secrets ?? {}, 'totpSecret'),
        ...(issuer !== null && { totp_issuer: issuer }),
        ...(account !== null && { totp_user: account }),
      },
    }
  },
  update: () => [],
  remove: (id) => ({ method: 'DELETE', path: `${FACTORS}/${encodeURIComponent(id)}` }),
  parse,
  refuted,
  exists: (codes, status) => status === 409 || codes.some((code) => EXISTS.has(code)),
  label: ({ key, attributes }) => textOf(attributes, 'account') ?? key,
  planned: {
    plain: { label: "coalesce(d.attributes ->> '$.account', d.key)" },
    adoptedNote: { code: 'totp_left_alone', detail: 'totpSecret' },
    secretNotes: { changed: 'totp_changed_in_source' },
  },
}

function pathOf(user: string): string {
  return `/user_management/users/${encodeURIComponent(user)}/auth_factors`
}

/** The TOTP factors of a user, page by page. None if the user is gone. */
async function* factorsOf(api: Parameters<KindDefinition['list']>[0], user: string): AsyncGenerator<LiveResource[]> {
  for await (const page of pages(api, pathOf(user), { order: 'asc' }, (body) => parse(body, { user }))) {
    yield page.filter(({ attributes }) => attributes.type === 'totp')
  }
}

/**
 * Only the response to enrolling contains the secret. If it differs from the sent one, its codes
 * match no app.
 */
function refuted(body: JsonObject, { secrets }: DesiredResource): { code: string; message: string } | undefined {
  const { totp } = factorOf(body)
  if (!isObject(totp)) return undefined
  const fault = enrolledFault(totp as JsonObject, requiredText(secrets ?? {}, 'totpSecret'))
  return fault === undefined ? undefined : { code: 'totp_answered_otherwise', message: fault }
}

function factorOf(body: JsonObject): JsonObject {
  const enrolled = body.authentication_factor
  return isObject(enrolled) ? (enrolled as JsonObject) : body
}

/** The response to enrolling contains the secret: only the fields named here are read. */
function parse(body: JsonObject, { user }: RefIds): LiveResource {
  const factor = factorOf(body)
  const totp = isObject(factor.totp) ? (factor.totp as JsonObject) : {}
  return {
    id: requiredText(factor, 'id'),
    externalId: null,
    naturalKey: textOf(factor, 'user_id') ?? user ?? null,
    attributes: {
      type: textOf(factor, 'type'),
      ...pick(totp, 'issuer', 'issuer'),
      ...pick(totp, 'user', 'account'),
    },
  }
}

/** The defaults of authenticator apps, and all that WorkOS supports. */
const ORDINARY = { algorithm: 'SHA1', digits: '6', period: '30' } as const

/**
 * How `totp` in the response differs from what was sent: the secret, alone or in the key URI, or
 * the parameters of codes. The text contains neither secret. Undefined: it agrees, or shows
 * neither.
 */
function enrolledFault(totp: JsonObject, sent: string): string | undefined {
  const secret = textOf(totp, 'secret') ?? ''
  if (secret !== '' && !sameSecret(secret, sent)) return 'WorkOS returned a different secret than was sent'
  const uri = parseKeyUri(textOf(totp, 'uri') ?? '')
  if (uri === undefined) return undefined
  if (!sameSecret(uri.secret, sent)) return 'WorkOS returned a key URI with a different secret than was sent'
  for (const name of ['algorithm', 'digits', 'period'] as const) {
    const value = uri[name]?.toUpperCase().replace('SHA-', 'SHA')
    if (value !== undefined && value !== ORDINARY[name]) {
      return `WorkOS returned a factor whose ${name} ${name === 'digits' ? 'are' : 'is'} not ${ORDINARY[name]}`
    }
  }
  return undefined
}

function sameSecret(one: string, other: string): boolean {
  const [a, b] = [bytesOf(one), bytesOf(other)]
  return a === undefined || b === undefined ? one === other : a.equals(b)
}

/** Case, padding, and the spaces and hyphens that apps show between groups have no meaning. */
function bytesOf(secret: string): Buffer | undefined {
  return decode(secret.replace(/[\s-]/g, '').replace(/=+$/, ''), 'base32')
}

/**
 * Makes a factor from each merged user's secret and removes the secret from the user. The factor
 * has the user's key; its account is the source's name for it, otherwise the email address.
 */
export function deriveTotpFactors(rundb: RunDatabase, { totp }: Pick<Manifest, 'totp'>): void {
  const having = "kind = 'user' AND secrets ->> '$.totpSecret.secret' IS NOT NULL"
  const factors: Derivation = {
    kind: 'totp-factor',
    from: 'desired',
    where: having,
    key: 'key',
    refs: "json_object('user', key)",
    // A merge patch omits null; the names are in the order of canonical JSON.
    attributes: `json_patch('{}', json_object('account', coalesce(secrets ->> '$.totpSecret.account', attributes ->> '$.email'),
      'issuer', coalesce(secrets ->> '$.totpSecret.issuer', ?1)))`,
    secrets: "json_object('totpSecret', secrets ->> '$.totpSecret.secret')",
    at: 'desired',
  }
  deriveAll(rundb, factors, totp.issuer ?? null)
  const remove = `UPDATE desired SET secrets = nullif(json_remove(secrets, '$.totpSecret'), '{}') WHERE ${having}`
  changeDesired(rundb, 'user', remove)
}

/** A remark on a secret does not apply if a merge replaced or removed the secret. */
const UNSUPPORTED = `notes n LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
  JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
  WHERE n.code = 'totp_unsupported'
    AND NOT EXISTS (SELECT 1 FROM desired t WHERE t.kind = 'totp-factor' AND t.key = d.key)`

/**
 * How many users each reason leaves without a factor, the most frequent first. A user with several
 * reasons counts for that of the first record.
 */
export function unsupportedTotpCounts({ rundb }: { rundb: RunDatabase }): { reason: string; count: number }[] {
  return rundb
    .statement(
      `SELECT detail, count(*) AS n FROM (SELECT d.key, min(n.seq), n.detail FROM ${UNSUPPORTED} GROUP BY d.key)
       GROUP BY detail ORDER BY n DESC, detail`,
    )
    .all()
    .map(({ detail, n }) => ({ reason: String(detail), count: Number(n) }))
}

/** These users, ordered by key. */
export function* unsupportedTotp(
  { rundb }: { rundb: RunDatabase },
  limit = Number.MAX_SAFE_INTEGER,
): Generator<UnsupportedTotp> {
  const rows = rundb.iterate(
    `SELECT u.key, u.reason, u.email, ${originOf('u')} FROM
         (SELECT d.key, min(n.seq), n.detail AS reason, d.attributes ->> '$.email' AS email, d.file, d.line
          FROM ${UNSUPPORTED} GROUP BY d.key ORDER BY d.key LIMIT ?) u JOIN files f ON f.id = u.file ORDER BY u.key`,
    limit,
  )
  for (const { key, email, reason, origin } of rows) {
    yield {
      key: String(key),
      email: textIn(email),
      reason: String(reason),
      origin: String(origin),
    }
  }
}

/** A user whose authenticator app WorkOS does not support, and who must enroll again. */
interface UnsupportedTotp {
  key: string
  email: string | null
  /** `SHA256`, `8 digits, 60 s`. */
  reason: string
  /** Such as `users.csv:12`. */
  origin: string
}

/** How many reasons to name: parameters can differ from user to user. */
const REASONS = 10

/** The heading of the list. */
export function totpHeading(total: number): string {
  return `${counted(total, 'user')} migrated without a factor, to enroll again`
}

/** `3 SHA256, 1 8 digits` as `SHA256 (3), 8 digits (1)`. */
export function describeReasons(reasons: readonly { reason: string; count: number }[]): string {
  const named = reasons.slice(0, REASONS).map(({ reason, count }) => `${reason} (${figure(count)})`)
  const rest = reasons.length - named.length
  return [...named, ...(rest > 0 ? [`and ${counted(rest, 'more reason')}`] : [])].join(', ')
}

/** The rest of a line that begins with the user's address. */
export function describeUser({ key, email, reason, origin }: UnsupportedTotp): string {
  return `${email === null || email === key ? '' : `  ${email}`} (${origin}): ${reason}`
}

/** How many users the reasons affect. */
export function sum(reasons: readonly { count: number }[]): number {
  return reasons.reduce((total, { count }) => total + count, 0)
}
