import type { JsonObject } from '../../json.ts'
import type { DesiredResource, LiveResource, RefIds } from '../../resource.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { KindDefinition } from '../kind.ts'
import { roleMention } from '../role/role-mention.ts'
import { createBody, pages, requiredText, type Spelling, textOf } from '../wire.ts'
import { invitationDraft } from './invitation-draft.ts'

/**
 * Invitations as WorkOS stores them: the requests that send them and the responses. Unless the
 * manifest sets invitations.send, handoff.ts writes them into a file instead.
 */

const PATH = '/user_management/invitations'

const SPELLING: Spelling = { email: 'email', role: 'role_slug', expiresInDays: 'expires_in_days' }

const INVITED: ReadonlySet<string> = new Set(['email_already_invited', 'email_already_invited_to_organization'])

/**
 * https://workos.com/docs/reference/authkit/invitation. Creating one sends an email. WorkOS rejects
 * a second open invitation of an address to the same organization. An invitation in the state is
 * never sent again.
 */
export const invitation: KindDefinition = {
  ...invitationDraft,
  mentions: ({ attributes: { role }, refs }) =>
    typeof role === 'string' ? [roleMention(role, refs.organization ?? '')] : [],
  rateClass: 'write',
  whyNotCreatable: () => undefined,
  naturalKey,
  list: (api) => pages(api, PATH, {}, parse),
  find: async (api, desired, refIds) => {
    const natural = naturalKey(desired, refIds)
    const query = { email: textOf(desired.attributes, 'email') ?? undefined, organization_id: refIds.organization }
    if (natural === null) return undefined
    for await (const page of pages(api, PATH, query, parse)) {
      const found = page.find((one) => one.naturalKey === natural)
      if (found) return found
    }
    return undefined
  },
  get: async (api, id) => {
    const body = await api.read(`${PATH}/${encodeURIComponent(id)}`)
    return body === undefined ? undefined : parse(body)
  },
  create: ({ key, attributes, refs }, { organization }) => {
    if (refs.organization !== undefined && organization === undefined) {
      throw new TypeError(`invitation ${key} cannot be sent before its organization`)
    }
    const place: JsonObject = organization === undefined ? {} : { organization_id: organization }
    return { method: 'POST', path: PATH, body: { ...createBody(attributes, SPELLING), ...place } }
  },
  update: () => [],
  remove: (id) => ({ method: 'POST', path: `${PATH}/${encodeURIComponent(id)}/revoke` }),
  parse,
  exists: (codes) => codes.some((code) => INVITED.has(code)),
  slugsInBody: ['role_slug'],
  label: ({ attributes, key }) => textOf(attributes, 'email') ?? key,
  stateScope: { is: 'hanging', on: 'organization', of: ['organization'] },
  review: { summary: (rundb, planned) => (planned ? {} : { invitations: countInvitations(rundb) }) },
}

/**
 * Only an open invitation blocks another. An accepted, revoked or expired one is found by its ID
 * only.
 */
function naturalKey({ attributes, refs }: DesiredResource, { organization }: RefIds): string | null {
  if (refs.organization !== undefined && organization === undefined) return null
  return `${textOf(attributes, 'email')}@${organization ?? ''}`
}

function parse(body: JsonObject): LiveResource {
  const email = requiredText(body, 'email').toLowerCase()
  const isOpen = textOf(body, 'state') === 'pending'
  return {
    id: requiredText(body, 'id'),
    externalId: null,
    naturalKey: isOpen ? `${email}@${textOf(body, 'organization_id') ?? ''}` : null,
    attributes: { email },
  }
}

function countInvitations(rundb: RunDatabase): number {
  return rundb.count("SELECT count(*) FROM desired WHERE kind = 'invitation'")
}
