import { type Call, type Endpoint, ok } from '../http/exchange.ts'
import type { Instance } from './instance.ts'
import { ordered, page } from './paging.ts'
import { refuseParameter } from './refusals.ts'

export function connectionEndpoints(instance: Instance): Endpoint[] {
  const connections = (call: Call) => {
    // The API documents no order and no option for one.
    if (call.query.has('order_by')) refuseParameter('order_by', 'is not a parameter of this list')
    const [organization, active] = [call.query.get('organization_id'), call.query.get('active')]
    const all = ordered(call, instance.connections.values(), ['created_at']).filter(
      (one) =>
        (organization === null || one.organization_id === organization) &&
        (active === null || String(one.active) === active),
    )
    return ok({ data: page(call, all), total_count: all.length })
  }
  const invitations = (object: string) => (call: Call) => {
    const status = call.query.get('status')
    const all = ordered(call, instance.invitations.values(), ['created_at']).filter(
      (one) => one.object === object && (status === null || one.status === status),
    )
    const data = page(call, all)
    return ok(object === 'invitation' ? data : { data, total_count: all.length })
  }
  return [
    { method: 'GET', path: '/v1/enterprise_connections', answer: connections },
    { method: 'GET', path: '/v1/invitations', answer: invitations('invitation') },
    { method: 'GET', path: '/v1/organization_invitations', answer: invitations('organization_invitation') },
  ]
}
