import { type Identity, identify } from '../comparing/identify.ts'
import { referencesOf } from '../comparing/references.ts'
import type { Manifest } from '../config/manifest.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import type { AdoptAction } from '../planning/action.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { StateResource, StateStore } from '../state/store.ts'
import { type ApplyContext, save, toState } from './apply-context.ts'
import type { ActionOutcome } from './apply-result.ts'
import { sendUpdate } from './update.ts'

/** Adopts a resource in WorkOS and fills in what the plan sets. @throws as carryOut */
export async function adopt(
  context: ApplyContext,
  definition: KindDefinition,
  action: Pick<AdoptAction, 'kind' | 'key' | 'id' | 'send' | 'former' | 'applied'>,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  if (action.former !== undefined) return moveToNewKey(context, definition, action, desired, action.former)
  const sent = await sendUpdate(context, definition, action, desired)
  if (sent.type !== 'sent') return sent
  return save(context, 'adopted', toState(context, desired, action.id, 'adopted'), sent)
}

/** It stays created or adopted as it was, and keeps the digests of the secrets that were sent. */
async function moveToNewKey(
  context: ApplyContext,
  definition: KindDefinition,
  action: Pick<AdoptAction, 'kind' | 'key' | 'id' | 'send' | 'applied'>,
  desired: DesiredResource,
  former: string,
): Promise<ActionOutcome> {
  const { kind, key } = action
  const before = await context.state.get(kind, former)
  if (before === undefined) throw new RangeError(`${kind}:${former} must move, but is not in the state`)
  const after: StateResource = {
    ...before,
    key,
    attributes: action.applied ?? desired.attributes,
    refs: desired.refs,
    run: context.run,
  }
  const sent = await sendUpdate(context, definition, action, desired, after)
  if (sent.type !== 'sent') return sent
  // Both entries are queued in one turn, so they go into the same commit.
  const removed = context.journal.record({ type: 'removed', address: { kind, key: former } })
  const [outcome] = await Promise.all([save(context, 'adopted', after, sent), removed])
  return outcome
}

/**
 * Decides whose a resource in WorkOS is that is in the place of a desired one.
 * @param sent whether a write of ours might have succeeded
 */
export async function identifyFound(
  state: Pick<StateStore, 'get' | 'keyOf'>,
  adopting: Manifest['adopt'],
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
  sent: boolean,
): Promise<Identity> {
  const holder = await state.keyOf(desired.kind, live.id)
  const known = holder === desired.key
  const claimant = known ? undefined : holder
  const openCreate = sent ? { holderCreated: await hangsOnCreated(state, definition, desired) } : undefined
  return identify({ definition, desired, live, refIds, claimant, known, openCreate }, adopting)
}

/** Whether the state created the user or organization that a resource belongs to. */
async function hangsOnCreated(
  state: Pick<StateStore, 'get'>,
  definition: KindDefinition,
  desired: DesiredResource,
): Promise<boolean> {
  for (const { kind, key } of referencesOf(definition, desired)) {
    if (!kindDefinition(kind).holder) continue
    if ((await state.get(kind, key))?.ownership === 'created') return true
  }
  return false
}
