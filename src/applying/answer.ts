import { type AnswerDifference, compareAnswer, otherIdentity, sentBeside } from '../comparing/answer.ts'
import { TargetError } from '../diagnostics/errors.ts'
import type { JsonObject } from '../json.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import type { Attributes, Changes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { StateResource } from '../state/store.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import { type ApplyContext, fail } from './apply-context.ts'
import type { ActionOutcome } from './outcome.ts'

/**
 * Whether the answer to a create is about what was sent. It is not ours if it has another identity, or an id that stands for another
 * resource already; it is a failure if it tells another secret. Its intent then stays open: the write may have taken effect, and the
 * next run looks for it.
 * @returns why it is not; undefined: it is
 */
export async function refuseAnswer(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
  body: JsonObject,
  live: LiveResource,
  refIds: RefIds,
): Promise<ActionOutcome | undefined> {
  const other = otherIdentity(definition, desired, live, refIds)
  if (other !== undefined) {
    const message = `WorkOS answered the creation with another object, ${live.id} (${other}): it is not recorded as this one`
    return { type: 'failed', code: 'answer_of_another', message }
  }
  const id = `${desired.kind}\0${live.id}`
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
  return takeBack(context, definition, desired, live.id, refuted)
}

/** The state knows the answered id by now: nobody has to remember it for the actions that are under way. */
export async function forgetAnswered<T>(
  context: ApplyContext,
  { kind }: DesiredResource,
  { id }: LiveResource,
  saved: Promise<T>,
): Promise<T> {
  try {
    return await saved
  } finally {
    context.answered.delete(`${kind}\0${id}`)
  }
}

/** Deletes what has just been created and cannot serve: a factor with a secret that nobody has would lock its user out. */
async function takeBack(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
  id: string,
  refuted: { code: string; message: string },
): Promise<ActionOutcome> {
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
    return (await definition.get(api, id)) === undefined
  }
}

/** What a create sent, of what an answer can be compared with. */
export function createdDifferences(
  definition: KindDefinition,
  attributes: Attributes,
  live: LiveResource,
  reduced: Fallback | undefined,
): AnswerDifference[] {
  const sent = reduced?.attributes ?? definition.sent?.(attributes) ?? attributes
  return compareAnswer(definition, { ...definition.inForce, ...sent }, live.attributes)
}

/** What an update's answers tell of the object: the last one of what it has separately, the first one of all else. */
export interface Answered {
  attributes: Attributes
  /** The id of another object, where one answered. */
  other?: string
}

/**
 * Reads the answer to an update. Where the answer is not an object of that kind, the object itself is read instead.
 */
export async function readAnswer(
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
    // The write has taken effect: that it cannot be read back is no refusal of it.
    if (error instanceof ApiRefusal) return undefined
    throw error
  }
}

/** Several answers as one: a separate field counts as the last one tells it. */
export function joined({ fields }: KindDefinition, answers: readonly Attributes[]): Attributes {
  const last = answers.at(-1) ?? {}
  const first = Object.entries(answers[0] ?? {}).filter(([field]) => answers.length === 1 || !fields[field]?.separate)
  return { ...last, ...Object.fromEntries(first) }
}

/**
 * The differences that remain after an update: of what was sent now, and of what an earlier answer told otherwise and this one does not
 * tell right.
 * @param before what the state held, and holds of the source from now on
 */
export function updatedDifferences(
  definition: KindDefinition,
  sent: Changes,
  live: Attributes,
  before: { answered?: StateResource['answered']; attributes: Attributes } | undefined,
): AnswerDifference[] {
  const now = compareAnswer(definition, sent, live)
  if (before?.answered === undefined) return now
  const watched = withoutSent(sentBeside(before.answered, { ...definition.inForce, ...before.attributes }), sent)
  return [...now, ...compareAnswer(definition, watched, { ...before.answered, ...live })]
}

/** Of the watched fields, and members of fields, those that were not sent just now. */
function withoutSent(watched: Changes, sent: Changes): Changes {
  const rest: Changes = {}
  for (const [field, value] of Object.entries(watched)) {
    const now = sent[field]
    if (now === undefined) rest[field] = value
    else if (isMembers(value) && isMembers(now)) {
      rest[field] = Object.fromEntries(Object.entries(value).filter(([member]) => !Object.hasOwn(now, member)))
    }
  }
  return rest
}

function isMembers(value: Changes[string] | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
