import type { JsonObject } from '../../src/json.ts'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { OF_CHOSEN_ORGANIZATION } from '../../src/kinds/scope.ts'
import { pages, requiredText } from '../../src/kinds/wire.ts'
import type { LiveResource } from '../../src/resource.ts'
import { deriveAll } from '../../src/rundb/desired.ts'
import type { WriteRequest } from '../../src/workos/api.ts'
/**
 * The name of an organization in Stripe: a field of the organization in WorkOS that is never
 * deleted.
 */
export const stripeCustomer: KindDefinition = {
  name: 'stripe-customer',
  plural: 'Stripe customers',
  refs: { organization: 'organization' },
  fields: { customer: { compare: 'value', merge: 'first' } },
  mapped: [],
  normalise: () => {
    throw new TypeError('no record describes a Stripe customer')
  },
  lifecycle: {
    accepted: (rundb) =>
      deriveAll(rundb, {
        kind: 'stripe-customer',
        from: 'desired',
        where: "kind = 'organization' AND attributes ->> '$.metadata.stripe' IS NOT NULL",
        key: 'key',
        refs: "json_object('organization', key)",
        attributes: "json_object('customer', attributes ->> '$.metadata.stripe')",
        at: 'desired',
      }),
  },
  keyFromRefs: ({ organization = '' }) => organization,
  scope: { desired: OF_CHOSEN_ORGANIZATION },
  rateClass: 'other',
  whyNotCreatable: () => undefined,
  naturalKey: (_desired, { organization }) => organization ?? null,
  list: async function* (api) {
    for await (const page of pages(api, '/organizations', {}, customerOf)) yield page.filter(isCustomer)
  },
  find: (api, _desired, { organization = '' }) => stripeCustomer.get(api, organization),
  get: async (api, id) => {
    const body = await api.read(`/organizations/${id}`)
    return body && [customerOf(body)].find(isCustomer)
  },
  create: ({ attributes }, { organization = '' }) => setCustomer(organization, attributes),
  update: (id, changes) => [setCustomer(id, changes)],
  remove: () => undefined,
  parse: customerOf,
  exists: () => false,
  label: ({ attributes }) => String(attributes.customer),
  stateScope: { is: 'hanging', on: 'organization', of: ['organization'] },
}

function customerOf(body: JsonObject): LiveResource {
  const id = requiredText(body, 'id')
  return { id, externalId: null, naturalKey: id, attributes: { customer: body.stripe_customer_id ?? null } }
}

function isCustomer({ attributes }: LiveResource): boolean {
  return attributes.customer !== null
}

function setCustomer(organization: string, { customer = null }: JsonObject): WriteRequest {
  return { method: 'PUT', path: `/organizations/${organization}`, body: { stripe_customer_id: customer } }
}
