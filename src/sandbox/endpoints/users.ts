/**
 * The sandbox's endpoints, one file for each group; this one has users and their second factors.
 * routes.ts lists all. In: a Call with path, query and body. Out: a Reply in the form of the
 * OpenAPI document, or a thrown Refusal. The rows are in the sandbox's database.
 */

import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { type Call, type Endpoint, type FieldError, notFound, pathParameter, type Reply, refusal } from '../call.ts'
import { EXTERNAL_ID, Fields, mergeMetadata, parseMetadata, readMetadata } from '../fields.ts'
import { listPage } from '../paging.ts'
import { deleteMemberships } from './cascade.ts'
import { readCredential, type StoredCredential, storeCredential } from './credential.ts'

export interface UserRow {
  id: string
  email: string
  email_verified: number
  first_name: string | null
  last_name: string | null
  name: string | null
  external_id: string | null
  locale: string | null
  metadata: string
  credential_type: string | null
  credential_digest: string | null
  created_at: string
  updated_at: string
}

/**
 * One part before the @ and a domain after it, without blanks. Enough to reject what is not an
 * address.
 */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

export const userEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/user_management/users', handle: createUser },
  { method: 'GET', path: '/user_management/users', handle: listUsers },
  { method: 'GET', path: '/user_management/users/external_id/:external_id', handle: getUserByExternalId },
  {
    method: 'GET',
    path: '/user_management/users/:id',
    handle: (call) => reply(200, findUser(call, pathParameter(call, 'id'))),
  },
  { method: 'PUT', path: '/user_management/users/:id', handle: updateUser },
  { method: 'DELETE', path: '/user_management/users/:id', handle: deleteUser },
]

/** @throws Refusal 404 */
export function findUser(call: Call, id: string): UserRow {
  const user = call.database.one<UserRow>('SELECT * FROM users WHERE environment = ? AND id = ?', call.environment, id)
  if (user === undefined) throw notFound('User', id)
  return user
}

/** The columns of a response. */
type ShownUser = Omit<UserRow, 'credential_type' | 'credential_digest'>

const SHOWN =
  'id, email, email_verified, first_name, last_name, name, external_id, locale, metadata, created_at, updated_at'

export function presentUser(user: ShownUser): JsonObject {
  return {
    object: 'user',
    id: user.id,
    email: user.email,
    email_verified: user.email_verified === 1,
    first_name: user.first_name,
    last_name: user.last_name,
    name: user.name,
    profile_picture_url: null,
    last_sign_in_at: null,
    locale: user.locale,
    external_id: user.external_id,
    metadata: parseMetadata(user.metadata),
    created_at: user.created_at,
    updated_at: user.updated_at,
  }
}

function createUser(call: Call): Reply {
  const fields = new Fields(call.body)
  const email = fields.requiredText('email')
  const firstName = fields.nullableText('first_name') ?? null
  const lastName = fields.nullableText('last_name') ?? null
  const name = fields.nullableText('name') ?? null
  const emailVerified = fields.nullableBoolean('email_verified') ?? false
  const externalId = fields.nullableText('external_id', EXTERNAL_ID) ?? null
  const metadataChange = readMetadata(fields, false)
  const sent = readCredential(fields, true)
  fields.check()

  const metadata = mergeMetadata('{}', metadataChange)
  const credential = storeCredential(sent, call.database)
  const errors: FieldError[] = []
  if (!EMAIL.test(email)) errors.push({ code: 'invalid_email', message: 'The email address is not valid.' })
  else if (emailTaken(call, email, ''))
    errors.push({ code: 'email_not_available', message: 'This email is not available.' })
  if (externalId !== null && externalIdTaken(call, externalId, '')) {
    errors.push({ code: 'external_id_already_used', message: 'This external ID is already used by another user.' })
  }
  if (errors.length > 0) throw refusal(400, 'user_creation_error', 'Could not create user.', errors)

  const user: UserRow = {
    id: call.newId('user'),
    email,
    email_verified: Number(emailVerified),
    first_name: firstName,
    last_name: lastName,
    name,
    external_id: externalId,
    locale: null,
    metadata,
    ...credentialColumns(credential),
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  call.database.run(
    `INSERT INTO users (environment, id, email, email_key, email_verified, first_name, last_name, name, external_id, locale,
      metadata, credential_type, credential_digest, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    call.environment,
    user.id,
    user.email,
    emailKey(user.email),
    user.email_verified,
    user.first_name,
    user.last_name,
    user.name,
    user.external_id,
    user.locale,
    user.metadata,
    user.credential_type,
    user.credential_digest,
    user.created_at,
    user.updated_at,
  )
  return reply(201, user)
}

function updateUser(call: Call): Reply {
  const fields = new Fields(call.body)
  const email = fields.text('email')
  const firstName = fields.text('first_name')
  const lastName = fields.text('last_name')
  const name = fields.text('name')
  const emailVerified = fields.boolean('email_verified')
  const externalId = fields.nullableText('external_id', EXTERNAL_ID)
  const locale = fields.nullableText('locale')
  const metadataChange = readMetadata(fields, true)
  const sent = readCredential(fields, false)
  fields.check()

  const before = findUser(call, pathParameter(call, 'id'))
  const metadata = mergeMetadata(before.metadata, metadataChange)
  const credential = storeCredential(sent, call.database)
  if (email !== undefined) {
    if (!EMAIL.test(email)) throw refusal(400, 'invalid_email', 'The email address is not valid.')
    if (emailTaken(call, email, before.id)) throw refusal(400, 'email_not_available', 'This email is not available.')
  }
  if (typeof locale === 'string' && !isLocale(locale)) {
    throw refusal(400, 'invalid_locale', 'The locale is not valid.')
  }
  if (typeof externalId === 'string' && externalIdTaken(call, externalId, before.id)) {
    throw refusal(400, 'external_id_already_used', 'This external ID is already used by another user.')
  }

  const user: UserRow = {
    ...before,
    email: email ?? before.email,
    email_verified: emailVerified === undefined ? before.email_verified : Number(emailVerified),
    first_name: firstName ?? before.first_name,
    last_name: lastName ?? before.last_name,
    name: name ?? before.name,
    external_id: externalId === undefined ? before.external_id : externalId,
    locale: locale === undefined ? before.locale : locale,
    metadata,
    ...(credential === undefined ? {} : credentialColumns(credential)),
    updated_at: call.timestamp,
  }
  call.database.run(
    `UPDATE users SET email = ?, email_key = ?, email_verified = ?, first_name = ?, last_name = ?, name = ?, external_id = ?,
      locale = ?, metadata = ?, credential_type = ?, credential_digest = ?, updated_at = ? WHERE environment = ? AND id = ?`,
    user.email,
    emailKey(user.email),
    user.email_verified,
    user.first_name,
    user.last_name,
    user.name,
    user.external_id,
    user.locale,
    user.metadata,
    user.credential_type,
    user.credential_digest,
    user.updated_at,
    call.environment,
    user.id,
  )
  return reply(200, user)
}

/** A BCP 47 language tag, in WorkOS's form `en-US`. */
function isLocale(text: string): boolean {
  // BCP 47 reserves longer language names.
  if (!/^[a-z]{2,3}(-|$)/i.test(text)) return false
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

function listUsers(call: Call): Reply {
  const where = ['environment = ?']
  const parameters: (string | number)[] = [call.environment]
  const email = call.query.get('email')
  if (email !== null) {
    where.push('email_key = ?')
    parameters.push(emailKey(email))
  }
  const organization = call.query.get('organization_id')
  if (organization !== null) {
    where.push(`id IN (SELECT user_id FROM memberships WHERE environment = ? AND organization_id = ?)`)
    parameters.push(call.environment, organization)
  }
  return listPage<ShownUser>(call, {
    select: `SELECT ${SHOWN} FROM users`,
    idColumn: 'id',
    where,
    parameters,
    idOf: (user) => user.id,
    present: presentUser,
  })
}

function getUserByExternalId(call: Call): Reply {
  const externalId = pathParameter(call, 'external_id')
  const sql = 'SELECT * FROM users WHERE environment = ? AND external_id = ?'
  const user = call.database.one<UserRow>(sql, call.environment, externalId)
  if (user === undefined) throw notFound('User', externalId)
  return reply(200, user)
}

function deleteUser(call: Call): Reply {
  const { id } = findUser(call, pathParameter(call, 'id'))
  deleteMemberships(call, 'user_id', id)
  call.database.run('DELETE FROM auth_factors WHERE environment = ? AND user_id = ?', call.environment, id)
  call.database.run('DELETE FROM users WHERE environment = ? AND id = ?', call.environment, id)
  return { status: 200 }
}

/** Email addresses are unique regardless of case. */
function emailKey(email: string): string {
  return email.toLowerCase()
}

function emailTaken(call: Call, email: string, exceptId: string): boolean {
  const sql = 'SELECT id FROM users WHERE environment = ? AND email_key = ? AND id <> ?'
  return call.database.one(sql, call.environment, emailKey(email), exceptId) !== undefined
}

function externalIdTaken(call: Call, externalId: string, exceptId: string): boolean {
  const sql = 'SELECT id FROM users WHERE environment = ? AND external_id = ? AND id <> ?'
  return call.database.one(sql, call.environment, externalId, exceptId) !== undefined
}

function credentialColumns(credential: StoredCredential | undefined) {
  return { credential_type: credential?.type ?? null, credential_digest: credential?.digest ?? null }
}

function reply(status: number, user: UserRow): Reply {
  return { status, body: presentUser(user) }
}

interface FactorRow {
  id: string
  user_id: string
  issuer: string
  account: string
  created_at: string
  updated_at: string
}

const BASE32_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE32 = { pattern: /^[A-Z2-7]+=*$/i }
const GENERATED_SECRET_DIGITS = 32
const CHALLENGE_MS = 10 * 60_000

const PATH = '/user_management/users/:id/auth_factors'
const SINGLE = '/auth/factors/:id'
const COLUMNS = 'id, user_id, issuer, account, created_at, updated_at'

export const authFactorEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: PATH, handle: enrolFactor },
  { method: 'GET', path: PATH, handle: listFactors },
  { method: 'GET', path: SINGLE, handle: (call) => ({ status: 200, body: presentFactor(findFactor(call)) }) },
  { method: 'DELETE', path: SINGLE, handle: deleteFactor },
]

/** Only the response to an enrollment contains the secret. The database has a digest. */
function enrolFactor(call: Call): Reply {
  const fields = new Fields(call.body)
  const type = fields.requiredText('type')
  if (type !== '' && type !== 'totp') fields.refuse('type', 'invalid', 'must be totp')
  const issuer = fields.text('totp_issuer') ?? 'WorkOS sandbox'
  const account = fields.text('totp_user')
  const secret = fields.text('totp_secret', BASE32) ?? generateSecret()
  fields.check()

  const user = findUser(call, pathParameter(call, 'id'))
  const factor: FactorRow = {
    id: call.newId('auth_factor'),
    user_id: user.id,
    issuer,
    account: account ?? user.email,
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  call.database.run(
    `INSERT INTO auth_factors (environment, id, user_id, issuer, account, secret_digest, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    call.environment,
    factor.id,
    factor.user_id,
    factor.issuer,
    factor.account,
    call.database.digest(secret),
    factor.created_at,
    factor.updated_at,
  )
  const enrolled = {
    ...presentFactor(factor),
    totp: { issuer, user: factor.account, secret, uri: otpUri(factor, secret), qr_code: NO_QR_CODE },
  }
  const challenge = {
    object: 'authentication_challenge',
    id: call.newId('auth_challenge'),
    authentication_factor_id: factor.id,
    expires_at: new Date(call.at + CHALLENGE_MS).toISOString(),
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  return { status: 201, body: { authentication_factor: enrolled, authentication_challenge: challenge } }
}

function listFactors(call: Call): Reply {
  const user = findUser(call, pathParameter(call, 'id'))
  return listPage<FactorRow>(call, {
    select: `SELECT ${COLUMNS} FROM auth_factors`,
    idColumn: 'id',
    where: ['environment = ?', 'user_id = ?'],
    parameters: [call.environment, user.id],
    idOf: (factor) => factor.id,
    present: presentFactor,
  })
}

/** @throws Refusal 404 */
function findFactor(call: Call): FactorRow {
  const id = pathParameter(call, 'id')
  const sql = `SELECT ${COLUMNS} FROM auth_factors WHERE environment = ? AND id = ?`
  const factor = call.database.one<FactorRow>(sql, call.environment, id)
  if (factor === undefined) throw notFound('AuthenticationFactor', id)
  return factor
}

function deleteFactor(call: Call): Reply {
  const { id } = findFactor(call)
  call.database.run('DELETE FROM auth_factors WHERE environment = ? AND id = ?', call.environment, id)
  return { status: 204 }
}

function presentFactor(factor: FactorRow): JsonObject {
  return {
    object: 'authentication_factor',
    id: factor.id,
    type: 'totp',
    user_id: factor.user_id,
    totp: { issuer: factor.issuer, user: factor.account },
    created_at: factor.created_at,
    updated_at: factor.updated_at,
  }
}

/** The key URI format of authenticator apps. */
function otpUri(factor: FactorRow, secret: string): string {
  const label = `${encodeURIComponent(factor.issuer)}:${encodeURIComponent(factor.account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(factor.issuer)}`
}

function generateSecret(): string {
  return Array.from(randomBytes(GENERATED_SECRET_DIGITS), (byte) => BASE32_ALPHABET[byte & 31]).join('')
}

/** The sandbox draws no QR codes; the picture says to use `uri`. */
const NO_QR_CODE = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="40"><text x="8" y="24">Sandbox: use the uri</text></svg>',
)}`
