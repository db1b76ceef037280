import type { KindDefinition } from '../kinds/kind.ts'
import { address, type DeleteAction } from '../planning/action.ts'
import { type ApplyContext, fail } from './apply-context.ts'
import type { ActionOutcome } from './apply-result.ts'
import { attempt } from './attempt.ts'
import { missingEndpoint } from './references.ts'

/**
 * Deletes a resource that this state created. A missing resource counts as deleted. @throws as
 * carryOut
 */
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
    throw new RangeError(`${address(action)} must be deleted, but cannot be`)
  }
  const { attributes, digests, refs } = before
  const forgetIfGone = async () =>
    (await definition.get(context.api, id)) === undefined ? forget(context, action) : undefined
  return attempt<ActionOutcome>(context, {
    intent: { kind, key, action: 'delete', attributes, digests, refs },
    subject: address(action),
    requests: () => [request],
    done: () => forget(context, action),
    lookUp: forgetIfGone,
    refused: async (refusal) => {
      if (refusal.status !== 404) return fail(context, action, refusal)
      return (await forgetIfGone()) ?? fail(context, action, missingEndpoint(request, id))
    },
  })
}

/** WorkOS deleted it together with the resource it belongs to. */
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
