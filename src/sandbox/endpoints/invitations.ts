import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { type Call, type Endpoint, notFound, pathParameter, Refusal, type Reply } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { findOrganization } from './organizations.ts'
import { DEFAULT_ROLE, roleAppliesTo } from './role-store.ts'

interface InvitationRow {
  id: string
  email: string
  organization_id: string | null
  role_slug: string | null
  state: string
  revoked_at: string | null
  expires_at: string
  created_at: string
  updated_at: string
}

export const invitationEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/user_management/invitations', handle: sendInvitation },
  { method: 'GET', path: '/user_management/invitations', handle: listInvitations },
  { method: 'GET', path: '/user_management/invitations/:id', handle: getInvitation },
  { method: 'POST', path: '/user_management/invitations/:id/revoke', handle: revokeInvitation },
]

const DAY = 86_400_000

/** Bad requests have only a code. */
function bad(code: string): Refusal {
  return new Refusal(400, { code, message: 'Request could not be processed.' })
}

/** https://workos.com/docs/reference/authkit/invitation/send: the sandbox sends no message. */
function sendInvitation(call: Call): Reply {
  const fields = new Fields(call.body)
  const email = fields.requiredText('email').toLowerCase()
  const organization = fields.text('organization_id') ?? null
  const role = fields.text('role_slug') ?? null
  const days = fields.raw('expires_in_days') ?? 7
  if (!Number.isInteger(days)) fields.refuse('expires_in_days', 'must_be_an_integer', 'must be an integer')
  fields.check()
  if (Number(days) < 1) throw bad('expires_in_days_too_short')
  if (Number(days) > 30) throw bad('expires_in_days_too_long')
  if (organization !== null) findOrganization(call, organization)
  refuseWhoIsThere(call, email, organization)
  if (role !== null && !roleAppliesTo(call, organization ?? '', role)) throw bad('invalid_role')
  const invitation: InvitationRow = {
    id: call.newId('invitation'),
    email,
    organization_id: organization,
    role_slug: role ?? (organization === null ? null : DEFAULT_ROLE),
    state: 'pending',
    revoked_at: null,
    expires_at: new Date(Date.parse(call.timestamp) + Number(days) * DAY).toISOString(),
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  call.database.run(
    `INSERT INTO invitations (environment, id, email, organization_id, role_slug, state, expires_at, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?)`,
    call.environment,
    invitation.id,
    email,
    organization,
    invitation.role_slug,
    invitation.expires_at,
    invitation.created_at,
    invitation.updated_at,
  )
  return { status: 201, body: present(invitation) }
}

function refuseWhoIsThere(call: Call, email: string, organization: string | null): void {
  const { database, environment } = call
  const found = (sql: string, ...parameters: string[]) => database.one(sql, environment, ...parameters) !== undefined
  const open = "SELECT 1 FROM invitations WHERE environment = ? AND email = ? AND state = 'pending'"
  if (organization === null) {
    if (found('SELECT 1 FROM users WHERE environment = ? AND email_key = ?', email)) throw bad('user_already_exists')
    if (found(`${open} AND organization_id IS NULL`, email)) throw bad('email_already_invited')
    return
  }
  const member = `SELECT 1 FROM users u JOIN memberships m ON m.environment = u.environment AND m.user_id = u.id
    WHERE u.environment = ? AND u.email_key = ? AND m.organization_id = ?`
  if (found(member, email, organization)) throw bad('user_already_organization_member')
  if (found(`${open} AND organization_id = ?`, email, organization)) throw bad('email_already_invited_to_organization')
}

function listInvitations(call: Call): Reply {
  const where = ['environment = ?']
  const parameters: string[] = []
  for (const name of ['organization_id', 'email']) {
    const value = call.query.get(name)
    if (value === null) continue
    where.push(`${name} = ?`)
    parameters.push(name === 'email' ? value.toLowerCase() : value)
  }
  return listPage<InvitationRow>(call, {
    select: 'SELECT * FROM invitations',
    idColumn: 'id',
    where,
    parameters: [call.environment, ...parameters],
    idOf: (invitation) => invitation.id,
    present,
  })
}

function getInvitation(call: Call): Reply {
  return { status: 200, body: present(find(call)) }
}

function revokeInvitation(call: Call): Reply {
  const invitation = find(call)
  if (invitation.state !== 'pending') throw bad('invite_not_pending')
  call.database.run(
    "UPDATE invitations SET state = 'revoked', revoked_at = ?1, updated_at = ?1 WHERE environment = ?2 AND id = ?3",
    call.timestamp,
    call.environment,
    invitation.id,
  )
  return { status: 200, body: present(find(call)) }
}

function find(call: Call): InvitationRow {
  const id = pathParameter(call, 'id')
  const sql = 'SELECT * FROM invitations WHERE environment = ? AND id = ?'
  const invitation = call.database.one<InvitationRow>(sql, call.environment, id)
  if (invitation === undefined) throw notFound('Invitation', id)
  return invitation
}

function present({
  id,
  email,
  organization_id,
  role_slug,
  state,
  revoked_at,
  expires_at,
  ...times
}: InvitationRow): JsonObject {
  const token = randomUUID()
  return {
    object: 'invitation',
    id,
    email,
    state,
    accepted_at: null,
    revoked_at,
    expires_at,
    organization_id,
    inviter_user_id: null,
    accepted_user_id: null,
    role_slug,
    created_at: times.created_at,
    updated_at: times.updated_at,
    token,
    accept_invitation_url: `https://sandbox.example/invite?invitation_token=${token}`,
  }
}
