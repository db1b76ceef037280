import type { AdoptAction, UpdateAction } from '../planning/action.ts'
import { address } from '../planning/action.ts'
import { diffField } from '../resources/compare.ts'
import type { Changes, DesiredResource, KindDefinition, LiveResource, Reduction } from '../resources/kind.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { ATTEMPTS, backOff, fail, type Hand, intend, leaveOpen, reduction, takeBackUnsent } from './hand.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { ActionOutcome } from './outcome.ts'

/** How sending went: they are in WorkOS, perhaps without something that it did not take; or it refused them. */
export interface Sent {
  refused?: ActionOutcome
  reduced?: Reduction
}

/** Sends the changed fields; nothing where none changed. */
export async function put(
  hand: Hand,
  definition: KindDefinition,
  action: UpdateAction | AdoptAction,
  desired: DesiredResource,
): Promise<Sent> {
  if (Object.keys(action.send).length === 0) return {}
  let reduced = reduction(hand, definition, action.send)
  let send = reduced?.attributes ?? action.send
  let requests = definition.update(action.id, send, desired)
  await intend(hand, desired, 'update')
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A repetition begins with the one whose outcome is open.
      for (let request = requests[0]; request !== undefined; request = requests[0]) {
        await hand.api.write(request, idempotencyKey(hand.lineage, address(action), request))
        requests.shift()
      }
      return { ...(reduced && { reduced }) }
    } catch (error) {
      if (error instanceof ApiRefusal) {
        const less = reduced ? undefined : reduction(hand, definition, action.send, error)
        if (less === undefined) return { refused: await fail(hand, action, error) }
        reduced = less
        send = less.attributes
        requests = definition.update(action.id, send, desired)
        continue
      }
      if (!(error instanceof OutcomeUnknown)) {
        await takeBackUnsent(hand, action, attempt, error)
        throw error
      }
      const live = await definition.get(hand.api, action.id)
      if (live && holds(definition, live, send)) return { ...(reduced && { reduced }) }
      if (attempt === ATTEMPTS) return { refused: leaveOpen(error) }
      await backOff(hand, attempt)
    }
  }
}

/** Whether WorkOS holds everything that was sent. Secrets cannot be read back: what holds one is sent again. */
function holds(definition: KindDefinition, live: LiveResource, sent: Changes): boolean {
  return Object.entries(sent).every(([field, value]) => {
    const rule = definition.fields[field]
    if (rule === undefined || rule.secret) return false
    const held = live.attributes[field] ?? null
    if (rule.compare !== 'map') return diffField(rule, value, held) === undefined
    const members = typeof held === 'object' && held !== null && !Array.isArray(held) ? held : {}
    return Object.entries(value ?? {}).every(([member, want]) => (members[member] ?? null) === want)
  })
}
