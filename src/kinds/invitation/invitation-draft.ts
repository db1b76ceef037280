import type { Json, JsonObject } from '../../json.ts'
import { leaveOutThose } from '../../rundb/left-out.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { DraftDefinition, FieldDefinition, NormaliseResult, ValueProblem, ValueRules } from '../draft.ts'
import { mapRoleSlug, parseRoleNames } from '../role/roles.ts'
import { belongs, isChosen } from '../scope.ts'
import { accept, type Check, optionalText, refuse, shown, take } from '../values/check.ts'
import { normaliseEmail } from '../values/email.ts'
import { isoTime } from '../values/time.ts'
import { invitationRemedies, PRESENT_BY } from './wording.ts'

/**
 * Invitations as records describe them: checks the mapped fields of an invitation that is still
 * open.
 */

/** An invitation cannot be changed once sent. What happens to it is up to its recipient. */
const SENT: FieldDefinition = { compare: 'value', merge: 'first', updatable: false, compared: false }

/** Days that WorkOS accepts: https://workos.com/docs/reference/authkit/invitation/send */
const DAYS = { least: 1, most: 30 }

/**
 * An invitation to an organization, or to an account. Two invitations of one address to one
 * organization are one. The key is `address@organization`, with nothing after the last @ if there
 * is no organization.
 */
export const invitationDraft: DraftDefinition = {
  name: 'invitation',
  plural: 'invitations',
  remedies: invitationRemedies,
  rule: 'invitation',
  refs: { organization: 'organization' },
  keyRefs: [null, 'organization'],
  fields: {
    email: { ...SENT, caseless: true },
    role: SENT,
    expiresAt: SENT,
    expiresInDays: SENT,
  },
  mapped: ['email', 'organization', 'role', 'expiresAt', 'expiresInDays'],
  // A message to a user who does not exist yet: no choice of organizations or users includes it.
  scope: {
    selectors: [
      {
        by: 'invitation',
        found: ({ invitations }) => `SELECT key AS chosen FROM (${invitations}) WHERE lower(email) GLOB ?1`,
        glob: (pattern) => pattern.replaceAll('[', '[[]').toLowerCase(),
        names: ({ invitations }) => `SELECT DISTINCT email AS name FROM (${invitations}) WHERE email IS NOT NULL`,
        hint: 'choose the address that map.invitation.email returns',
      },
    ],
    findInScope: (rundb) =>
      void rundb.run(
        `INSERT INTO in_scope SELECT DISTINCT 'organization', d.refs ->> '$.organization' FROM desired d
         WHERE d.kind = 'invitation' AND ${isChosen('invitation', 'd.key')} AND d.refs ->> '$.organization' IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM in_scope s WHERE s.kind = 'organization' AND s.key = d.refs ->> '$.organization')`,
      ),
    desired: isChosen('invitation', 'd.key'),
    refused: (_item, { by }) => (by.invitation ? 'unknown' : belongs(false)),
  },
  // Nothing is wrong with them: as rejects they would count as errors.
  lifecycle: { accepted: leaveOutPresent },
  normalise,
}

/**
 * Leaves out invitations whose recipient is already a member of the organization, or already has an
 * account, according to the source.
 */
function leaveOutPresent(rundb: RunDatabase): void {
  if (rundb.count("SELECT EXISTS (SELECT 1 FROM desired WHERE kind = 'invitation')") === 0) return
  // There are few invitations; one pass reads users and memberships.
  leaveOutThose(
    rundb,
    'invitation',
    `WITH invited AS MATERIALIZED (SELECT key, attributes ->> '$.email' AS email, refs ->> '$.organization' AS organization
         FROM desired WHERE kind = ?1 AND file IS NOT NULL),
       people AS MATERIALIZED (SELECT key, attributes ->> '$.email' AS email FROM desired
         WHERE kind = 'user' AND attributes ->> '$.email' IN (SELECT email FROM invited)),
       members AS MATERIALIZED (SELECT p.email, m.refs ->> '$.organization' AS organization
         FROM desired m JOIN people p ON p.key = m.refs ->> '$.user' WHERE m.kind = 'membership')
     SELECT key, iif(organization IS NULL, ?2, ?3) FROM invited
     WHERE (organization IS NULL AND email IN (SELECT email FROM people))
       OR (email, organization) IN (SELECT email, organization FROM members)`,
    PRESENT_BY.user,
    PRESENT_BY.membership,
  )
}

function normalise(fields: Record<string, unknown>, rules: ValueRules): NormaliseResult {
  const problems: ValueProblem[] = []
  const email = take('email', normaliseEmail(fields.email), problems)
  const organization = take('organization', optionalText(fields.organization), problems)
  const key = email === undefined ? null : `${email}@${organization ?? ''}`
  const notes: { code: string; detail: string }[] = []
  const roles: string[] = []
  for (const name of take('role', parseRoleNames(fields.role), problems) ?? []) {
    const mapped = take('role', mapRoleSlug(name, rules.roles, organization ?? null), problems)
    if (mapped?.kind === 'role') roles.push(mapped.slug)
    if (mapped?.kind === 'drop') notes.push({ code: 'role_dropped', detail: name })
  }
  const [role, another] = roles
  if (another !== undefined) {
    problems.push({
      code: 'invitation_with_roles',
      field: 'role',
      message: `the invitation has several roles: ${roles.join(', ')}`,
      hint: 'map one role: WorkOS accepts one for each invitation',
    })
  }
  const expiresAt = take('expiresAt', timeOf(fields.expiresAt), problems)
  const expiresInDays = take('expiresInDays', daysOf(fields.expiresInDays), problems)
  if (problems.length > 0 || email === undefined || key === null) return { ok: false, key, problems }
  // A role needs an organization.
  const attributes = present({ email, role: organization === undefined ? undefined : role, expiresAt, expiresInDays })
  const refs: Record<string, string> = organization === undefined ? {} : { organization }
  return { ok: true, value: { key, attributes, secrets: null, refs, notes } }
}

function timeOf(value: unknown): Check<string | undefined> {
  if (value === undefined || value === null || value === '') return accept(undefined)
  const time = typeof value === 'string' || typeof value === 'number' ? isoTime(value) : undefined
  if (time !== undefined) return accept(time)
  return refuse(
    'invalid_time',
    `${shown(value)} is not a time`,
    'expected ISO 8601, or seconds or milliseconds since 1970',
  )
}

function daysOf(value: unknown): Check<number | undefined> {
  if (value === undefined || value === null || value === '') return accept(undefined)
  const days = typeof value === 'string' ? Number(value) : value
  const fits = typeof days === 'number' && Number.isInteger(days) && days >= DAYS.least && days <= DAYS.most
  if (fits) return accept(days)
  return refuse('invalid_days', `${shown(value)} is not a number of days`, `expected ${DAYS.least} to ${DAYS.most}`)
}

function present(values: Record<string, Json | undefined>): JsonObject {
  const kept: JsonObject = {}
  for (const [field, value] of Object.entries(values)) if (value !== undefined) kept[field] = value
  return kept
}
