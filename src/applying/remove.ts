import type { KindDefinition } from '../kinds/kind.ts'
import type { DeleteAction } from '../planning/action.ts'
import { address } from '../planning/action.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { ATTEMPTS, backOff, fail, type Hand, leaveOpen, takeBackUnsent } from './apply-context.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { ActionOutcome } from './outcome.ts'
import { missingEndpoint } from './references.ts'

/** Deletes something that this state created; what is gone already counts as deleted. */
export async function remove(hand: Hand, definition: KindDefinition, action: DeleteAction): Promise<ActionOutcome> {
  const { kind, key, id } = action
  if (action.with) return removeWith(hand, action, action.with)
  const before = await hand.state.get(kind, key)
  const request = definition.remove(id)
  if (before === undefined || request === undefined) {
    throw new RangeError(`${address(action)} is to be deleted and cannot be`)
  }
  const idempotency = idempotencyKey(hand.lineage, address(action), request)
  const { attributes, digests, refs } = before
  const startedAt = new Date().toISOString()
  await hand.journal.intend({ kind, key, action: 'delete', startedAt, attributes, digests, refs })
  for (let attempt = 1; ; attempt += 1) {
    try {
      await hand.api.write(request, idempotency)
      return forget(hand, action)
    } catch (error) {
      if (error instanceof ApiRefusal) {
        if (error.status !== 404) return fail(hand, action, error)
        if ((await definition.get(hand.api, id)) === undefined) return forget(hand, action)
        return fail(hand, action, missingEndpoint(request, id))
      }
      if (!(error instanceof OutcomeUnknown)) {
        await takeBackUnsent(hand, action, attempt, error)
        throw error
      }
      if ((await definition.get(hand.api, id)) === undefined) return forget(hand, action)
      if (attempt === ATTEMPTS) return leaveOpen(error)
      await backOff(hand, attempt)
    }
  }
}

/** WorkOS has deleted it together with what it belonged to. */
async function removeWith(
  hand: Hand,
  action: DeleteAction,
  holder: { kind: string; key: string },
): Promise<ActionOutcome> {
  if ((await hand.state.idOf(holder.kind, holder.key)) === undefined) return forget(hand, action)
  return { type: 'blocked', code: 'dependency_blocked', message: `its ${address(holder)} was not deleted` }
}

async function forget({ journal }: Hand, { kind, key }: DeleteAction): Promise<ActionOutcome> {
  await journal.settle({ type: 'removed', address: { kind, key } })
  return { type: 'deleted' }
}
