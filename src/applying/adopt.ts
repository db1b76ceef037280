import type { KindDefinition } from '../kinds/kind.ts'
import type { AdoptAction } from '../planning/action.ts'
import type { DesiredResource } from '../resource.ts'
import type { StateResource } from '../state/store.ts'
import { type ApplyContext, save, toState } from './apply-context.ts'
import type { ActionOutcome } from './outcome.ts'
import { sendUpdate } from './send-update.ts'

/** Takes over something that is in WorkOS, and fills in what the plan says. @throws as carryOut */
export async function adopt(
  context: ApplyContext,
  definition: KindDefinition,
  action: AdoptAction,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  if (action.former !== undefined) return moveToNewKey(context, definition, action, desired, action.former)
  const resource = toState(context, desired, action.id, 'adopted')
  const { refused, ...sent } = await sendUpdate(context, definition, action, desired)
  return refused ?? save(context, 'adopted', resource, sent)
}

/** It stays what it was, created or adopted, with the digests of the secrets that were sent. */
async function moveToNewKey(
  context: ApplyContext,
  definition: KindDefinition,
  action: AdoptAction,
  desired: DesiredResource,
  former: string,
): Promise<ActionOutcome> {
  const { kind, key } = action
  const before = await context.state.get(kind, former)
  if (before === undefined) throw new RangeError(`${kind}:${former} is to be moved and not in the state`)
  const after: StateResource = {
    ...before,
    key,
    attributes: action.applied ?? desired.attributes,
    refs: desired.refs,
    run: context.run,
  }
  const { refused, ...sent } = await sendUpdate(context, definition, action, desired, after)
  if (refused) return refused
  // Both entries go into the same commit: they are handed over in one turn.
  const removed = context.journal.record({ type: 'removed', address: { kind, key: former } })
  const [outcome] = await Promise.all([save(context, 'adopted', after, sent), removed])
  return outcome
}
