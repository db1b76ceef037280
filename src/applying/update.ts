import { type AnswerDifference, holdsAll, joinAnswers, updatedDifferences } from '../comparing/answer.ts'
import { TargetError } from '../diagnostics/errors.ts'
import { digestSecrets } from '../digest.ts'
import type { JsonObject } from '../json.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import { type AdoptAction, address, type UpdateAction } from '../planning/action.ts'
import type { Attributes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { StateResource } from '../state/store.ts'
import { ApiRefusal } from '../workos/api.ts'
import { type ApplyContext, fail, intentOf, save } from './apply-context.ts'
import type { ActionOutcome, NotDone } from './apply-result.ts'
import { attempt, fallbackFor } from './attempt.ts'
import { explainNotFound, refIdsOf } from './references.ts'

/** Sends what changed in the source for a resource in the state. @throws as carryOut */
export async function update(
  context: ApplyContext,
  definition: KindDefinition,
  action: UpdateAction,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  const before = await context.state.get(action.kind, action.key)
  if (before === undefined) throw new RangeError(`${address(action)} must be updated, but is not in the state`)
  const { blocked } = await refIdsOf(context, definition, desired)
  if (blocked) return blocked
  const sentSecrets = Object.fromEntries(
    Object.entries(digestSecrets(context.digestKey, desired.secrets)).filter(([field]) => field in action.send),
  )
  const after: StateResource = {
    ...before,
    attributes: action.applied,
    digests: { ...before.digests, ...sentSecrets },
    run: context.run,
  }
  const sent = await sendUpdate(context, definition, action, desired, withoutObserved(after, action))
  if (sent.type !== 'sent') return sent
  const nothingSent = Object.keys(action.send).length === 0
  const keepsReduced = nothingSent && !Object.keys(definition.fields).some((field) => action.settled?.includes(field))
  return save(context, 'updated', after, { ...sent, ...(keepsReduced && { former: before.reduced }) })
}

/** Without the differences that planning found settled. */
function withoutObserved({ answered, attributes }: StateResource, { settled }: UpdateAction) {
  if (answered === undefined) return { attributes }
  const left = Object.entries(answered).filter(([field]) => !settled?.includes(field))
  return { attributes, answered: Object.fromEntries(left) }
}

/** The changed fields are in WorkOS, possibly without a part that it did not accept. */
export interface Sent {
  type: 'sent'
  reduced: Fallback | undefined
  /** Values that WorkOS returned differently, now or in an earlier run. */
  differences: AnswerDifference[]
}

/**
 * Sends the changed fields, if any.
 * @param before earlier differences, and the source's values that the state will store
 */
export async function sendUpdate(
  context: ApplyContext,
  definition: KindDefinition,
  action: Pick<UpdateAction | AdoptAction, 'kind' | 'key' | 'id' | 'send'>,
  desired: DesiredResource,
  before?: Pick<StateResource, 'answered' | 'attributes'>,
): Promise<Sent | NotDone> {
  const { id, send } = action
  const { ids } = await refIdsOf(context, definition, desired)
  const wanted = (reduced: Fallback | undefined) => reduced?.attributes ?? send
  const sent = async (reduced: Fallback | undefined, answered: Attributes): Promise<Sent> => {
    const own = (await definition.answered?.(context.api, id, wanted(reduced), answered)) ?? answered
    return { type: 'sent', reduced, differences: updatedDifferences(definition, wanted(reduced), own, before) }
  }
  const answers: Attributes[] = []
  return attempt<Sent>(context, {
    intent: intentOf(context, desired, 'update'),
    subject: address(action),
    requests: (reduced) => (Object.keys(send).length === 0 ? [] : definition.update(id, wanted(reduced), desired)),
    fallback: (refusal) => fallbackFor(context, definition, send, refusal),
    answered: async (body) => {
      const { attributes, other } = await readAnswer(context, definition, id, body, ids)
      if (other !== undefined) return answeredByAnother(id, other)
      answers.push(attributes)
      return undefined
    },
    done: (reduced) => sent(reduced, joinAnswers(definition, answers)),
    lookUp: async (_sent, reduced) => {
      const live = await definition.get(context.api, id)
      const holds = live !== undefined && holdsAll(definition, wanted(reduced), live.attributes)
      return holds ? sent(reduced, live.attributes) : undefined
    },
    refused: (refusal, request) =>
      refusal.status === 404
        ? explainNotFound(context, definition, desired, request, refusal, id)
        : fail(context, action, refusal),
  })
}

/** The intent stays open, since the outcome of the write is unknown. */
function answeredByAnother(id: string, other: string): NotDone {
  const message = `WorkOS responded to the update of ${id} with a different object, ${other}`
  return { type: 'failed', code: 'answer_of_another', message }
}

/** The object in the response to an update. */
interface Answered {
  attributes: Attributes
  /** The ID of a different object in the response. */
  other?: string
}

/**
 * Reads the response to an update. If it is not an object of that kind, reads the object itself.
 */
async function readAnswer(
  context: ApplyContext,
  definition: KindDefinition,
  id: string,
  body: JsonObject,
  refIds: RefIds,
): Promise<Answered> {
  const live = parsed(definition, body, refIds) ?? (await readBack(context, definition, id))
  if (live === undefined) return { attributes: {} }
  return { attributes: live.attributes, ...(live.id !== id && { other: live.id }) }
}

function parsed(definition: KindDefinition, body: JsonObject, refIds: RefIds): LiveResource | undefined {
  try {
    return definition.parse(body, refIds)
  } catch (error) {
    if (error instanceof TargetError) return undefined
    throw error
  }
}

async function readBack(
  { api }: ApplyContext,
  definition: KindDefinition,
  id: string,
): Promise<LiveResource | undefined> {
  try {
    return await definition.get(api, id)
  } catch (error) {
    // The write succeeded. A failed read is not a rejection of it.
    if (error instanceof ApiRefusal) return undefined
    throw error
  }
}
