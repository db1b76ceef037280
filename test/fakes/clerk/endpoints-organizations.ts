import { type Call, type Endpoint, ok } from '../http/exchange.ts'
import type { Instance } from './instance.ts'
import type { ClerkMembership, ClerkOrganization } from './objects.ts'
import { ordered, page } from './paging.ts'
import { refuse } from './refusals.ts'

export function organizationEndpoints(instance: Instance, totalsOff: { memberships?: number }): Endpoint[] {
  const organizationBody = (organization: ClerkOrganization, call: Call) => {
    if (call.query.get('include_members_count') !== 'true') return organization
    const members = [...instance.memberships.values()].filter((one) => one.organization === organization.id)
    return { ...organization, members_count: members.length }
  }

  const organizations = (call: Call) => {
    const all = ordered(call, instance.organizations.values(), ['name', 'created_at', 'members_count'])
    return ok({ data: page(call, all).map((one) => organizationBody(one, call)), total_count: all.length })
  }

  const roles = (call: Call) => {
    const all = ordered(call, instance.roles.values(), ['created_at', 'name', 'key'])
    return ok({ data: page(call, all), total_count: all.length })
  }

  const memberships = (call: Call, all: ClerkMembership[]) => {
    const data = page(
      call,
      ordered(call, all, ['created_at', 'first_name', 'last_name', 'email_address', 'phone_number', 'username']),
    ).map(membershipBody)
    return ok({ data, total_count: all.length + (totalsOff.memberships ?? 0) })
  }

  const membershipBody = ({ organization, user: id, role, ...membership }: ClerkMembership) => {
    const user = instance.users.get(id)
    const address = user?.email_addresses.find((one) => one.id === user.primary_email_address_id)
    return {
      object: 'organization_membership',
      ...membership,
      role,
      role_name: instance.roles.get(role)?.name ?? role,
      permissions: instance.roles.get(role)?.permissions.map(({ key }) => key) ?? [],
      public_metadata: {},
      private_metadata: {},
      organization: instance.organizations.get(organization),
      public_user_data: {
        user_id: id,
        first_name: user?.first_name ?? null,
        last_name: user?.last_name ?? null,
        image_url: user?.image_url ?? '',
        has_image: false,
        identifier: address?.email_address ?? user?.username ?? '',
      },
    }
  }

  const organizationOf = ({ params }: Call): ClerkOrganization =>
    instance.organizations.get(params.id ?? '') ??
    refuse(404, 'resource_not_found', `Given organization not found: ${params.id}`)

  return [
    { method: 'GET', path: '/v1/organizations', answer: organizations },
    {
      method: 'GET',
      path: '/v1/organizations/:id',
      answer: (call) => ok(organizationBody(organizationOf(call), call)),
    },
    {
      method: 'GET',
      path: '/v1/organizations/:id/memberships',
      answer: (call) => {
        const { id } = organizationOf(call)
        return memberships(
          call,
          [...instance.memberships.values()].filter((one) => one.organization === id),
        )
      },
    },
    { method: 'GET', path: '/v1/organization_roles', answer: roles },
    {
      method: 'GET',
      path: '/v1/organization_memberships',
      answer: (call) => memberships(call, [...instance.memberships.values()]),
    },
  ]
}
