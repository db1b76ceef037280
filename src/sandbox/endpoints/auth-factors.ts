import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { type Call, type Endpoint, notFound, pathParameter, type Reply } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { findUser } from './users.ts'

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

/** The answer to an enrolment is the only place where the secret is ever seen; what is stored is a digest. */
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

/** The key URI format that authenticator apps read. */
function otpUri(factor: FactorRow, secret: string): string {
  const label = `${encodeURIComponent(factor.issuer)}:${encodeURIComponent(factor.account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(factor.issuer)}`
}

function generateSecret(): string {
  return Array.from(randomBytes(GENERATED_SECRET_DIGITS), (byte) => BASE32_ALPHABET[byte & 31]).join('')
}

/** The sandbox draws no QR codes: the picture says so. Use `uri`. */
const NO_QR_CODE = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="40"><text x="8" y="24">Sandbox: use the uri</text></svg>',
)}`
