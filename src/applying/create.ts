import { compareAdopted } from '../comparing/adoption.ts'
import { appliedAttributes, createdDifferences, otherIdentity } from '../comparing/answer.ts'
import type { JsonObject } from '../json.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import { address, type CreateAction } from '../planning/action.ts'
import type { Attributes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { adopt, identifyFound } from './adopt.ts'
import { type ApplyContext, block, fail, intentOf, save, toState } from './apply-context.ts'
import type { ActionOutcome, NotDone } from './apply-result.ts'
import { attempt, fallbackFor } from './attempt.ts'
import { explainNotFound, refIdsOf } from './references.ts'
import { sendUpdate } from './update.ts'

/** A create in progress. */
interface Creation {
  context: ApplyContext
  definition: KindDefinition
  desired: DesiredResource
  refIds: RefIds
}

/** Creates a resource, or adopts it if it already exists. @throws as carryOut */
export async function create(
  context: ApplyContext,
  definition: KindDefinition,
  action: Pick<CreateAction, 'kind' | 'key'>,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  const { ids: refIds, blocked } = await refIdsOf(context, definition, desired)
  if (blocked) return blocked
  const creation: Creation = { context, definition, desired, refIds }
  const find = () => definition.find(context.api, desired, refIds)
  if (await looksFirst(creation)) {
    const live = await find()
    if (live) return adoptExisting(creation, live, false)
  }
  // A create after a deletion needs another idempotency key, although the request is the same.
  const former = await context.state.idOf(action.kind, action.key)
  let created: LiveResource | undefined
  return attempt<ActionOutcome>(context, {
    intent: intentOf(context, withoutSeparate(definition, desired), 'create'),
    subject: `${address(action)}\0${former ?? ''}`,
    requests: (reduced) => [
      definition.create(reduced === undefined ? desired : { ...desired, attributes: reduced.attributes }, refIds),
    ],
    fallback: (refusal) => fallbackFor(context, definition, desired.attributes, refusal),
    answered: (body) => {
      created = definition.parse(body, refIds)
      return refuseAnswer(creation, body, created)
    },
    done: (reduced) => {
      if (created === undefined) throw new RangeError(`${address(action)} was created without a response`)
      const saved = definition.answersExisting
        ? adoptExisting(creation, created, true, reduced)
        : finish(creation, created, reduced)
      return forgetAnswered(creation, created, saved)
    },
    exists: ({ codes, status }) => definition.exists(codes, status),
    lookUp: async (sent, reduced) => {
      const live = await find()
      return live && adoptExisting(creation, live, sent, reduced)
    },
    refused: (refusal, request) => {
      const said = definition.refused?.(refusal)
      if (said || refusal.status !== 404) return fail(context, action, said ?? refusal)
      return explainNotFound(context, definition, desired, request, refusal)
    },
  })
}

/** Whether a similar resource might exist for which WorkOS would not reject the create. */
async function looksFirst({ context: { state, run }, definition, desired }: Creation): Promise<boolean> {
  if (definition.answersExisting) return true
  if (!definition.sparse) return false
  const { within = '', refs } = definition
  const holder = await state.get(refs[within] ?? '', desired.refs[within] ?? '')
  // A resource that this run created is still empty.
  return !(holder?.ownership === 'created' && holder.run === run)
}

/**
 * Handles a resource that a create found: our own write with a lost response, or someone else's.
 * @param sent whether a write of ours might have succeeded
 * @param reduced what that write left out
 */
async function adoptExisting(
  creation: Creation,
  live: LiveResource,
  sent: boolean,
  reduced?: Fallback,
): Promise<ActionOutcome> {
  const { context, definition, desired, refIds } = creation
  const { state, adopting, roles } = context
  const identity = await identifyFound(state, adopting, definition, desired, live, refIds, sent)
  if (identity.type === 'ours') return finish(creation, live, reduced)
  if (identity.type === 'clash') return fail(context, desired, identity)
  if (identity.type === 'blocked') return block(context, desired, identity)
  const policy = definition.onConflict?.({ roles })
  // Planning compares a membership without the roles of its groups. Here they do not matter:
  // `adopt.fill` has no roles, so nothing of a membership is sent.
  const { send } = compareAdopted(definition, desired.attributes, live.attributes, adopting.fill, policy)
  const { kind, key } = desired
  return adopt(context, definition, { kind, key, id: live.id, send }, desired)
}

/** Records our own write, then sends the fields that need separate requests. */
async function finish(
  { context, definition, desired }: Creation,
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
  const sent = await sendUpdate(context, definition, { kind, key, id: live.id, send }, desired)
  if (sent.type !== 'sent') return sent
  const whole = { ...resource, attributes: { ...attributes, ...send } }
  return save(context, 'created', whole, { reduced, differences: [...differences, ...sent.differences] })
}

/** The separate fields that are not empty: see FieldDefinition. */
export function separateOf({ fields }: KindDefinition, { attributes }: DesiredResource): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([field, value]) => fields[field]?.separate && !(Array.isArray(value) && value.length === 0),
    ),
  )
}

/** The resource as its create sends it. */
export function withoutSeparate({ fields }: KindDefinition, desired: DesiredResource): DesiredResource {
  const attributes = Object.fromEntries(
    Object.entries(desired.attributes).filter(([field]) => !fields[field]?.separate),
  )
  return { ...desired, attributes }
}

/**
 * Checks that the response to a create is about what was sent. It is someone else's if it has
 * another identity or an ID that already belongs to another resource. A different secret is a
 * failure. The intent then stays open: the write might have succeeded, and the next run looks for
 * it.
 * @returns why it is not; undefined: it is
 */
async function refuseAnswer(creation: Creation, body: JsonObject, live: LiveResource): Promise<NotDone | undefined> {
  const { context, definition, desired, refIds } = creation
  const other = otherIdentity(definition, desired, live, refIds)
  if (other !== undefined) {
    const message = `WorkOS responded to the creation with a different object, ${live.id} (${other}), which is not recorded`
    return { type: 'failed', code: 'answer_of_another', message }
  }
  const id = answeredId(creation, live)
  const holder = await context.state.keyOf(desired.kind, live.id)
  // Read after the await above, during which another response can arrive.
  const claimant = context.answered.get(id) ?? holder
  if (claimant !== undefined && claimant !== desired.key) {
    const message = `WorkOS responded to the creation with ${live.id}, which is already ${desired.kind}:${claimant}`
    return { type: 'failed', code: 'id_answered_twice', message }
  }
  context.answered.set(id, desired.key)
  const refuted = definition.refuted?.(body, desired)
  if (refuted === undefined) return undefined
  context.answered.delete(id)
  return withdrawCreated(creation, live.id, refuted)
}

/** The state has the ID now, so parallel actions no longer need it in memory. */
async function forgetAnswered<T>(creation: Creation, live: LiveResource, saved: Promise<T>): Promise<T> {
  try {
    return await saved
  } finally {
    creation.context.answered.delete(answeredId(creation, live))
  }
}

function answeredId({ desired: { kind } }: Creation, { id }: LiveResource): string {
  return `${kind}\0${id}`
}

/**
 * Deletes a resource that was just created but is unusable: a factor with an unknown secret would
 * lock its user out.
 *
 * This DELETE bypasses `attempt`. The journal has one intent for each address: that of the create,
 * which is still open and is closed only when this ends. An intent to delete would replace it, and
 * the state has no ID to look up. No idempotency key is needed, because repeating a deletion by ID
 * changes nothing. The request is sent once. If its outcome is unknown, the ID is looked up.
 */
async function withdrawCreated(
  { context, definition, desired }: Creation,
  id: string,
  refuted: { code: string; message: string },
): Promise<NotDone> {
  const away = await isRemoved(context, definition, id)
  const rest = away ? 'it was deleted again' : `it could not be deleted again; delete ${id} in WorkOS`
  return fail(context, desired, { code: refuted.code, message: `${refuted.message}: ${rest}` })
}

async function isRemoved({ api }: ApplyContext, definition: KindDefinition, id: string): Promise<boolean> {
  const request = definition.remove(id)
  if (request === undefined) return false
  try {
    await api.write(request)
    return true
  } catch (error) {
    if (!(error instanceof ApiRefusal || error instanceof OutcomeUnknown)) throw error
    return isGone(api, definition, id)
  }
}

/** A resource that cannot be read counts as existing. */
async function isGone(api: ApplyContext['api'], definition: KindDefinition, id: string): Promise<boolean> {
  try {
    return (await definition.get(api, id)) === undefined
  } catch (error) {
    if (error instanceof ApiRefusal) return false
    throw error
  }
}
