import { identify } from '../comparing/identify.ts'
import type { DesiredResource, KindDefinition, LiveResource, Reduction, RefIds } from '../kinds/kind.ts'
import type { CreateAction } from '../planning/action.ts'
import { address } from '../planning/action.ts'
import { compareAdopted } from '../planning/compare-adopted.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { adopt } from './adopt.ts'
import { createdDifferences, refuseAnswer, settled } from './answer.ts'
import {
  ATTEMPTS,
  appliedAttributes,
  backOff,
  block,
  fail,
  type Hand,
  intend,
  leaveOpen,
  reduction,
  save,
  takeBackUnsent,
  toState,
} from './apply-context.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { ActionOutcome } from './outcome.ts'
import { hangsOnCreated } from './ownership.ts'
import { explainNotFound, refIdsOf } from './references.ts'
import { put } from './send-update.ts'
import { separateOf, withoutSeparate } from './separate-fields.ts'

/** Creates it, or takes over what turns out to exist already. @throws as carryOut */
export async function create(
  hand: Hand,
  definition: KindDefinition,
  action: CreateAction,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  const { ids: refIds, blocked } = await refIdsOf(hand, definition, desired)
  if (blocked) return blocked
  const looks = definition.answersExisting || (definition.sparse && !(await isFresh(hand, definition, desired)))
  if (looks) {
    const live = await definition.find(hand.api, desired, refIds)
    if (live) return takeFound(hand, definition, desired, live, refIds, false)
  }
  const requestFor = (less: Reduction | undefined) =>
    definition.create(less === undefined ? desired : { ...desired, attributes: less.attributes }, refIds)
  let reduced = reduction(hand, definition, desired.attributes)
  let request = requestFor(reduced)
  // What is created again after it was deleted is another request, though it reads the same.
  const former = await hand.state.idOf(action.kind, action.key)
  await intend(hand, withoutSeparate(definition, desired), 'create')
  for (let attempt = 1; ; attempt += 1) {
    try {
      const key = idempotencyKey(hand.lineage, `${address(action)}\0${former ?? ''}`, request)
      const body = await hand.api.write(request, key)
      const live = definition.parse(body, refIds)
      const refused = await refuseAnswer(hand, definition, desired, body, live, refIds)
      if (refused) return refused
      const saved = definition.answersExisting
        ? takeFound(hand, definition, desired, live, refIds, true, reduced)
        : finish(hand, definition, desired, live, reduced)
      return settled(hand, desired, live, saved)
    } catch (error) {
      const open = error instanceof OutcomeUnknown
      if (!open && !(error instanceof ApiRefusal)) {
        await takeBackUnsent(hand, action, attempt, error)
        throw error
      }
      const exists = !open && definition.exists(error.codes, error.status)
      if (!open && !exists) {
        const less = reduced ? undefined : reduction(hand, definition, desired.attributes, error)
        if (less === undefined) {
          const said = definition.refused?.(error)
          if (said || error.status !== 404) return fail(hand, action, said ?? error)
          return explainNotFound(hand, definition, desired, request, error)
        }
        reduced = less
        request = requestFor(less)
        continue
      }
      const live = await definition.find(hand.api, desired, refIds)
      if (live) return takeFound(hand, definition, desired, live, refIds, attempt > 1 || open, reduced)
      if (!open) return fail(hand, action, error)
      if (attempt === ATTEMPTS) return leaveOpen(error)
      await backOff(hand, attempt)
    }
  }
}

/** Whether this run has created what the resource is within: then there is nothing in it yet. */
async function isFresh(
  { state, run }: Hand,
  { within = '', refs }: KindDefinition,
  desired: DesiredResource,
): Promise<boolean> {
  const holder = await state.get(refs[within] ?? '', desired.refs[within] ?? '')
  return holder?.ownership === 'created' && holder.run === run
}

/**
 * A create met something that exists: our own write whose answer was lost, or what somebody else made.
 * @param sent whether a write of ours may have taken effect
 * @param reduced what that write went without
 */
async function takeFound(
  hand: Hand,
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
  sent: boolean,
  reduced?: Reduction,
): Promise<ActionOutcome> {
  const holder = await hand.state.keyOf(desired.kind, live.id)
  const known = holder === desired.key
  const identity = identify(
    {
      definition,
      desired,
      live,
      refIds,
      claimant: known ? undefined : holder,
      known,
      openCreate: sent ? { holderCreated: await hangsOnCreated(hand.state, definition, desired.refs) } : undefined,
    },
    hand.adopting,
  )
  if (identity.type === 'ours') return finish(hand, definition, desired, live, reduced)
  if (identity.type === 'clash') return fail(hand, desired, identity)
  if (identity.type === 'blocked') return block(hand, desired, identity)
  const { changes, send } = compareAdopted(
    definition,
    desired.attributes,
    live.attributes,
    hand.adopting.fill,
    definition.onConflict?.({ roles: hand.roles }),
  )
  const { kind, key } = desired
  const label = definition.label(desired)
  return adopt(
    hand,
    definition,
    { type: 'adopt', kind, key, label, id: live.id, matchedBy: identity.matchedBy, changes, send },
    desired,
  )
}

/** Our own write is in WorkOS now; what WorkOS takes in requests of their own is sent now. */
async function finish(
  hand: Hand,
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  reduced?: Reduction,
): Promise<ActionOutcome> {
  const begun = withoutSeparate(definition, desired)
  const attributes = appliedAttributes(definition, begun.attributes, live)
  const resource = { ...toState(hand, desired, live.id, 'created'), attributes }
  const differences = createdDifferences(definition, begun.attributes, live, reduced)
  const created = await save(hand, 'created', resource, { reduced, differences })
  const send = separateOf(definition, desired)
  if (Object.keys(send).length === 0) return created
  const { kind, key } = desired
  const applied = { ...attributes, ...send }
  const label = definition.label(desired)
  const sent = await put(
    hand,
    definition,
    { type: 'update', kind, key, label, id: live.id, changes: [], send, applied },
    desired,
  )
  const all = [...differences, ...sent.differences]
  return sent.refused ?? save(hand, 'created', { ...resource, attributes: applied }, { reduced, differences: all })
}
