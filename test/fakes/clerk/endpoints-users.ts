import { type Call, type Endpoint, ok } from '../http/exchange.ts'
import type { Instance } from './instance.ts'
import type { ClerkUser } from './objects.ts'
import { ordered, page } from './paging.ts'
import { refuse, refuseParameter } from './refusals.ts'

const ORDERS = [
  'created_at',
  'updated_at',
  'email_address',
  'web3wallet',
  'first_name',
  'last_name',
  'phone_number',
  'username',
  'last_active_at',
  'last_sign_in_at',
]
const TIMES = ['created_at', 'last_active_at', 'last_sign_in_at'] as const

export function userEndpoints(instance: Instance): Endpoint[] {
  const list = (call: Call) => ok(page(call, ordered(call, matching(call), ORDERS)))

  const matching = (call: Call): ClerkUser[] => {
    const tests = testsOf(call, instance)
    return [...instance.users.values()].filter((user) => tests.every((holds) => holds(user)))
  }

  const get = ({ params }: Call) =>
    ok(
      instance.users.get(params.id ?? '') ??
        refuse(404, 'resource_not_found', `No user was found with id ${params.id}.`),
    )

  return [
    { method: 'GET', path: '/v1/users', answer: list },
    {
      method: 'GET',
      path: '/v1/users/count',
      answer: (call) => ok({ object: 'total_count', total_count: matching(call).length }),
    },
    { method: 'GET', path: '/v1/users/:id', answer: get },
  ]
}

function testsOf({ query }: Call, instance: Instance): ((user: ClerkUser) => boolean)[] {
  const tests: ((user: ClerkUser) => boolean)[] = []
  for (const field of TIMES) {
    for (const [name, value] of query) {
      if (!name.startsWith(`${field}_`)) continue
      if (!/^\d+$/.test(value)) refuseParameter(name, 'must be a Unix timestamp in milliseconds')
      const [border, relation] = [Number(value), name.slice(field.length + 1)]
      if (relation === 'before') tests.push((user) => (user[field] ?? Number.POSITIVE_INFINITY) < border)
      else tests.push((user) => (user[field] ?? Number.NEGATIVE_INFINITY) >= border)
    }
  }
  const ids = query.getAll('user_id')
  if (ids.length > 0) tests.push(({ id }) => ids.includes(id))
  const addresses = query.getAll('email_address')
  if (addresses.length > 0) {
    tests.push((user) => user.email_addresses.some(({ email_address }) => addresses.includes(email_address)))
  }
  const organizations = query.getAll('organization_id')
  if (organizations.length > 0) {
    tests.push(({ id }) => organizations.some((organization) => instance.memberships.has(`${organization}/${id}`)))
  }
  return tests
}
