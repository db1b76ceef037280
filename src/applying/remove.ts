import type { KindDefinition } from '../kinds/kind.ts'
import { address, type DeleteAction } from '../planning/action.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { type ApplyContext, ATTEMPTS, backOff, fail, leaveOpen, withdrawIntent } from './apply-context.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { ActionOutcome } from './outcome.ts'
import { missingEndpoint } from './references.ts'

/** Deletes something that this state created; what is gone already counts as deleted. */
export async function remove(
  context: ApplyContext,
  definition: KindDefinition,
  action: DeleteAction,
): Promise<ActionOutcome> {
  const { kind, key, id } = action
  if (action.with) return removeWith(context, action, action.with)
  const before = await context.state.get(kind, key)
  const request = definition.remove(id)
  if (before === undefined || request === undefined) {
    throw new RangeError(`${address(action)} is to be deleted and cannot be`)
  }
  const idempotency = idempotencyKey(context.lineage, address(action), request)
  const { attributes, digests, refs } = before
  const startedAt = new Date().toISOString()
  await context.journal.intend({ kind, key, action: 'delete', startedAt, attributes, digests, refs })
  for (let attempt = 1; ; attempt += 1) {
    try {
      await context.api.write(request, idempotency)
      return forget(context, action)
    } catch (error) {
      if (error instanceof ApiRefusal) {
        if (error.status !== 404) return fail(context, action, error)
        if ((await definition.get(context.api, id)) === undefined) return forget(context, action)
        return fail(context, action, missingEndpoint(request, id))
      }
      if (!(error instanceof OutcomeUnknown)) {
        await withdrawIntent(context, action, attempt, error)
        throw error
      }
      if ((await definition.get(context.api, id)) === undefined) return forget(context, action)
      if (attempt === ATTEMPTS) return leaveOpen(error)
      await backOff(context, attempt)
    }
  }
}

/** WorkOS has deleted it together with what it belonged to. */
async function removeWith(
  context: ApplyContext,
  action: DeleteAction,
  holder: { kind: string; key: string },
): Promise<ActionOutcome> {
  if ((await context.state.idOf(holder.kind, holder.key)) === undefined) return forget(context, action)
  return { type: 'blocked', code: 'dependency_blocked', message: `its ${address(holder)} was not deleted` }
}

async function forget({ journal }: ApplyContext, { kind, key }: DeleteAction): Promise<ActionOutcome> {
  await journal.record({ type: 'removed', address: { kind, key } })
  return { type: 'deleted' }
}
