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

/** A create on its way. */
interface Creation {
  context: ApplyContext
  definition: KindDefinition
  desired: DesiredResource
  refIds: RefIds
}

/** Creates it, or takes over what turns out to exist already. @throws as carryOut */
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
  // What is created again after it was deleted is another request, though it reads the same.
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
      if (created === undefined) throw new RangeError(`${address(action)} was created without an answer`)
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

/** Whether something like it may be there that a create would not be refused for. */
async function looksFirst({ context: { state, run }, definition, desired }: Creation): Promise<boolean> {
  if (definition.answersExisting) return true
  if (!definition.sparse) return false
  const { within = '', refs } = definition
  const holder = await state.get(refs[within] ?? '', desired.refs[within] ?? '')
  // There is nothing yet in what this run has created.
  return !(holder?.ownership === 'created' && holder.run === run)
}

/**
 * A create met something that exists: our own write whose answer was lost, or what somebody else
 * made.
 * @param sent whether a write of ours may have taken effect
 * @param reduced what that write went without
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
  // Planning compares without what others give it: a membership without the roles of its groups.
  // Only what is sent counts here, and `adopt.fill` knows no roles: with or without those of
  // groups, nothing of a membership is sent.
  const { send } = compareAdopted(definition, desired.attributes, live.attributes, adopting.fill, policy)
  const { kind, key } = desired
  return adopt(context, definition, { kind, key, id: live.id, send }, desired)
}

/** Our own write is in WorkOS now; what WorkOS takes in requests of their own is sent now. */
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

/** The separate fields that have something in them: see FieldDefinition. */
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
 * Whether the answer to a create is about what was sent. It is not ours if it has another identity,
 * or an id that stands for another resource already; it is a failure if it tells another secret.
 * Its intent then stays open: the write may have taken effect, and the next run looks for it.
 * @returns why it is not; undefined: it is
 */
async function refuseAnswer(creation: Creation, body: JsonObject, live: LiveResource): Promise<NotDone | undefined> {
  const { context, definition, desired, refIds } = creation
  const other = otherIdentity(definition, desired, live, refIds)
  if (other !== undefined) {
    const message = `WorkOS answered the creation with another object, ${live.id} (${other}): it is not recorded as this one`
    return { type: 'failed', code: 'answer_of_another', message }
  }
  const id = answeredId(creation, live)
  const holder = await context.state.keyOf(desired.kind, live.id)
  // Asked after that wait, in which another answer may have come.
  const claimant = context.answered.get(id) ?? holder
  if (claimant !== undefined && claimant !== desired.key) {
    const message = `WorkOS answered the creation with ${live.id}, which is ${desired.kind}:${claimant} already`
    return { type: 'failed', code: 'id_answered_twice', message }
  }
  context.answered.set(id, desired.key)
  const refuted = definition.refuted?.(body, desired)
  if (refuted === undefined) return undefined
  context.answered.delete(id)
  return withdrawCreated(creation, live.id, refuted)
}

/**
 * The state knows the answered id by now: nobody has to remember it for the actions that are under
 * way.
 */
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
 * Deletes what has just been created and cannot serve: a factor with a secret that nobody has would
 * lock its user out.
 *
 * This DELETE goes past `attempt`. It has no intent of its own: the journal holds one intent for
 * each address, that of the create is still open here, and only the end of this withdrawal closes
 * it. An intent to delete would take its place, and the state has no id that it could be looked up
 * by. It has no idempotency key either: a deletion by id comes to the same however often it
 * arrives. It is sent once, and where its outcome is unknown the id is looked up.
 */
async function withdrawCreated(
  { context, definition, desired }: Creation,
  id: string,
  refuted: { code: string; message: string },
): Promise<NotDone> {
  const away = await isRemoved(context, definition, id)
  const rest = away ? 'it was deleted again' : `it could not be deleted again: delete ${id} in WorkOS`
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

/** What cannot be read counts as there. */
async function isGone(api: ApplyContext['api'], definition: KindDefinition, id: string): Promise<boolean> {
  try {
    return (await definition.get(api, id)) === undefined
  } catch (error) {
    if (error instanceof ApiRefusal) return false
    throw error
  }
}
