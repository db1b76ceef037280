import { type AnswerDifference, holdsAll } from '../comparing/answer.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import { type AdoptAction, address, type UpdateAction } from '../planning/action.ts'
import type { Attributes, DesiredResource } from '../resource.ts'
import type { StateResource } from '../state/store.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { joined, readAnswer, updatedDifferences } from './answer.ts'
import {
  type ApplyContext,
  ATTEMPTS,
  backOff,
  fail,
  fallbackFor,
  intend,
  leaveOpen,
  withdrawIntent,
} from './apply-context.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { ActionOutcome } from './outcome.ts'
import { withoutRolesOfGroups } from './own-roles.ts'
import { explainNotFound, refIdsOf } from './references.ts'

/** How sending went: they are in WorkOS, perhaps without something that it did not take; or it refused them. */
export interface Sent {
  refused?: ActionOutcome
  reduced?: Fallback
  /** What WorkOS answered otherwise than it was sent, now or in an earlier run. */
  differences: AnswerDifference[]
}

/**
 * Sends the changed fields; nothing where none changed.
 * @param before what WorkOS answered otherwise earlier, and what the state holds of the source from now on
 */
export async function sendUpdate(
  context: ApplyContext,
  definition: KindDefinition,
  action: UpdateAction | AdoptAction,
  desired: DesiredResource,
  before?: Pick<StateResource, 'answered' | 'attributes'>,
): Promise<Sent> {
  if (Object.keys(action.send).length === 0) {
    return { differences: updatedDifferences(definition, {}, {}, before) }
  }
  let reduced = fallbackFor(context, definition, action.send)
  let send = reduced?.attributes ?? action.send
  let requests = definition.update(action.id, send, desired)
  const { ids } = await refIdsOf(context, definition, desired)
  const answers: Attributes[] = []
  const done = async (): Promise<Sent> => {
    const told = joined(definition, answers)
    const live = await withoutRolesOfGroups(context.api, definition.name, action.id, send, told)
    return { ...(reduced && { reduced }), differences: updatedDifferences(definition, send, live, before) }
  }
  await intend(context, desired, 'update')
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A repetition begins with the one whose outcome is open.
      for (let request = requests[0]; request !== undefined; request = requests[0]) {
        const body = await context.api.write(request, idempotencyKey(context.lineage, address(action), request))
        const { attributes, other } = await readAnswer(context, definition, action.id, body, ids)
        if (other !== undefined) return { refused: answeredByAnother(action.id, other), differences: [] }
        answers.push(attributes)
        requests.shift()
      }
    } catch (error) {
      if (error instanceof ApiRefusal) {
        const less = reduced ? undefined : fallbackFor(context, definition, action.send, error)
        if (less === undefined) {
          return { refused: await refuse(context, definition, action, desired, requests[0], error), differences: [] }
        }
        reduced = less
        send = less.attributes
        requests = definition.update(action.id, send, desired)
        continue
      }
      if (!(error instanceof OutcomeUnknown)) {
        await withdrawIntent(context, action, attempt, error)
        throw error
      }
      const live = await definition.get(context.api, action.id)
      if (live === undefined || !holdsAll(definition, send, live.attributes)) {
        if (attempt === ATTEMPTS) return { refused: leaveOpen(error), differences: [] }
        await backOff(context, attempt)
        continue
      }
      answers.splice(0, answers.length, live.attributes)
    }
    return done()
  }
}

async function refuse(
  context: ApplyContext,
  definition: KindDefinition,
  action: UpdateAction | AdoptAction,
  desired: DesiredResource,
  request: ReturnType<KindDefinition['update']>[number] | undefined,
  refusal: ApiRefusal,
): Promise<ActionOutcome> {
  if (refusal.status !== 404 || request === undefined) return fail(context, action, refusal)
  return explainNotFound(context, definition, desired, request, refusal, action.id)
}

/** Its intent stays open: nobody knows what became of the write. */
function answeredByAnother(id: string, other: string): ActionOutcome {
  const message = `WorkOS answered the update of ${id} with another object, ${other}`
  return { type: 'failed', code: 'answer_of_another', message }
}
