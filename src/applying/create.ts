import { compareAdopted } from '../comparing/adoption.ts'
import { identify } from '../comparing/identify.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import type { CreateAction } from '../planning/action.ts'
import { address } from '../planning/action.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { adopt } from './adopt.ts'
import { createdDifferences, forgetAnswered, refuseAnswer } from './answer.ts'
import {
  type ApplyContext,
  ATTEMPTS,
  appliedAttributes,
  backOff,
  block,
  fail,
  fallbackFor,
  intend,
  leaveOpen,
  save,
  toState,
  withdrawIntent,
} from './apply-context.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { ActionOutcome } from './outcome.ts'
import { hangsOnCreated } from './ownership.ts'
import { explainNotFound, refIdsOf } from './references.ts'
import { sendUpdate } from './send-update.ts'
import { separateOf, withoutSeparate } from './separate-fields.ts'

/** Creates it, or takes over what turns out to exist already. @throws as carryOut */
export async function create(
  context: ApplyContext,
  definition: KindDefinition,
  action: CreateAction,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  const { ids: refIds, blocked } = await refIdsOf(context, definition, desired)
  if (blocked) return blocked
  const looks = definition.answersExisting || (definition.sparse && !(await isFresh(context, definition, desired)))
  if (looks) {
    const live = await definition.find(context.api, desired, refIds)
    if (live) return adoptExisting(context, definition, desired, live, refIds, false)
  }
  const requestFor = (less: Fallback | undefined) =>
    definition.create(less === undefined ? desired : { ...desired, attributes: less.attributes }, refIds)
  let reduced = fallbackFor(context, definition, desired.attributes)
  let request = requestFor(reduced)
  // What is created again after it was deleted is another request, though it reads the same.
  const former = await context.state.idOf(action.kind, action.key)
  await intend(context, withoutSeparate(definition, desired), 'create')
  for (let attempt = 1; ; attempt += 1) {
    try {
      const key = idempotencyKey(context.lineage, `${address(action)}\0${former ?? ''}`, request)
      const body = await context.api.write(request, key)
      const live = definition.parse(body, refIds)
      const refused = await refuseAnswer(context, definition, desired, body, live, refIds)
      if (refused) return refused
      const saved = definition.answersExisting
        ? adoptExisting(context, definition, desired, live, refIds, true, reduced)
        : finish(context, definition, desired, live, reduced)
      return forgetAnswered(context, desired, live, saved)
    } catch (error) {
      const open = error instanceof OutcomeUnknown
      if (!open && !(error instanceof ApiRefusal)) {
        await withdrawIntent(context, action, attempt, error)
        throw error
      }
      const exists = !open && definition.exists(error.codes, error.status)
      if (!open && !exists) {
        const less = reduced ? undefined : fallbackFor(context, definition, desired.attributes, error)
        if (less === undefined) {
          const said = definition.refused?.(error)
          if (said || error.status !== 404) return fail(context, action, said ?? error)
          return explainNotFound(context, definition, desired, request, error)
        }
        reduced = less
        request = requestFor(less)
        continue
      }
      const live = await definition.find(context.api, desired, refIds)
      if (live) return adoptExisting(context, definition, desired, live, refIds, attempt > 1 || open, reduced)
      if (!open) return fail(context, action, error)
      if (attempt === ATTEMPTS) return leaveOpen(error)
      await backOff(context, attempt)
    }
  }
}

/** Whether this run has created what the resource is within: then there is nothing in it yet. */
async function isFresh(
  { state, run }: ApplyContext,
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
async function adoptExisting(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
  sent: boolean,
  reduced?: Fallback,
): Promise<ActionOutcome> {
  const holder = await context.state.keyOf(desired.kind, live.id)
  const known = holder === desired.key
  const identity = identify(
    {
      definition,
      desired,
      live,
      refIds,
      claimant: known ? undefined : holder,
      known,
      openCreate: sent ? { holderCreated: await hangsOnCreated(context.state, definition, desired.refs) } : undefined,
    },
    context.adopting,
  )
  if (identity.type === 'ours') return finish(context, definition, desired, live, reduced)
  if (identity.type === 'clash') return fail(context, desired, identity)
  if (identity.type === 'blocked') return block(context, desired, identity)
  const { changes, send } = compareAdopted(
    definition,
    desired.attributes,
    live.attributes,
    context.adopting.fill,
    definition.onConflict?.({ roles: context.roles }),
  )
  const { kind, key } = desired
  const label = definition.label(desired)
  return adopt(
    context,
    definition,
    { type: 'adopt', kind, key, label, id: live.id, matchedBy: identity.matchedBy, changes, send },
    desired,
  )
}

/** Our own write is in WorkOS now; what WorkOS takes in requests of their own is sent now. */
async function finish(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  reduced?: Fallback,
): Promise<ActionOutcome> {
  const begun = withoutSeparate(definition, desired)
  const attributes = appliedAttributes(definition, begun.attributes, live)
  const resource = { ...toState(context, desired, live.id, 'created'), attributes }
  const differences = createdDifferences(definition, begun.attributes, live, reduced)
  const created = await save(context, 'created', resource, { reduced, differences })
  const send = separateOf(definition, desired)
  if (Object.keys(send).length === 0) return created
  const { kind, key } = desired
  const applied = { ...attributes, ...send }
  const label = definition.label(desired)
  const sent = await sendUpdate(
    context,
    definition,
    { type: 'update', kind, key, label, id: live.id, changes: [], send, applied },
    desired,
  )
  const all = [...differences, ...sent.differences]
  return sent.refused ?? save(context, 'created', { ...resource, attributes: applied }, { reduced, differences: all })
}
