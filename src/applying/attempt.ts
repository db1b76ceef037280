import { createHash } from 'node:crypto'
import { sleep } from '../clock.ts'
import { backOff } from '../http/retry.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import type { Attributes } from '../resource.ts'
import type { Address, Intent } from '../state/store.ts'
import { ApiRefusal, OutcomeUnknown, type WriteRequest } from '../workos/api.ts'
import { type ApplyContext, fail } from './apply-context.ts'
import type { NotDone } from './apply-result.ts'

// The only way in which an action writes to WorkOS. In: a Write, which describes what to send and
// how to look it up. Out: its result. The intent is on disk before the first request leaves.
// Create, update, adopt and delete are such writes. One request bypasses this: create.ts deletes an
// unusable resource that it has just created, under the still open intent of that create.

/** Attempts at one write whose outcome stays unknown. */
const ATTEMPTS = 5

/** Pauses between attempts. Milliseconds. */
const PAUSES = { first: 250, longest: 8_000 }

/** A write to WorkOS. `Done` is its result. */
export interface Write<Done> {
  /** The journal entry while the outcome is unknown. */
  intent: Omit<Intent, 'startedAt'>
  /** Makes the idempotency key, together with the request. */
  subject: string
  /**
   * The requests in order; empty if there is nothing to send. They differ if WorkOS accepts only a
   * smaller form.
   */
  requests(reduced: Fallback | undefined): WriteRequest[]
  /**
   * The smaller form that WorkOS accepts, if known. Undefined: no smaller form.
   * @param refusal of this write; undefined: before anything is sent
   */
  fallback?(refusal?: ApiRefusal): Fallback | undefined
  /**
   * Reads the response to one request. @returns why the response is about something else; the
   * intent then stays open
   */
  answered?(body: JsonObject): Promise<NotDone | undefined>
  /** Called when every request has a response. */
  done(reduced: Fallback | undefined): Promise<Done>
  /** Whether a rejection means that the resource exists. It is then looked up. */
  exists?(refusal: ApiRefusal): boolean
  /**
   * Looks up the result in WorkOS. Undefined: not there.
   * @param sent whether a write of ours might have succeeded
   */
  lookUp(sent: boolean, reduced: Fallback | undefined): Promise<Done | undefined>
  /** The result of a rejection without a smaller form. */
  refused(refusal: ApiRefusal, request: WriteRequest): Promise<Done | NotDone>
}

/**
 * Carries out a write until its outcome is known:
 *
 *   intent ─► send ─┬─ response ─► the next request, or done
 *                   ├─ rejected ─► look it up if it exists, send a smaller form, or refused
 *                   ├─ open ─────► look it up, send it again; open after ATTEMPTS
 *                   └─ not sent ─► the error ends the run; the intent is withdrawn
 *
 * @throws CredentialsError, TargetError, errors of the state and the reason of an interruption,
 *   which end the run
 */
export async function attempt<Done>(context: ApplyContext, write: Write<Done>): Promise<Done | NotDone> {
  const { intent } = write
  let reduced = write.fallback?.()
  let requests = write.requests(reduced)
  if (requests.length > 0) await context.journal.intend({ ...intent, startedAt: new Date().toISOString() })
  for (let turn = 1; ; ) {
    // A retry begins with the request whose outcome is unknown.
    const [request] = requests
    if (request === undefined) return write.done(reduced)
    const reply = await send(context, write, request, turn)
    if (reply.type === 'answered') {
      const other = await write.answered?.(reply.body)
      if (other !== undefined) return other
      requests = requests.slice(1)
      continue
    }
    if (reply.type === 'refused' && !write.exists?.(reply.error)) {
      const smaller = reduced === undefined ? write.fallback?.(reply.error) : undefined
      if (smaller === undefined) return write.refused(reply.error, request)
      reduced = smaller
      requests = write.requests(smaller)
    } else {
      const found = await write.lookUp(reply.type === 'open' || turn > 1, reduced)
      if (found !== undefined) return found
      if (reply.type === 'refused') return fail(context, intent, reply.error)
      if (turn >= ATTEMPTS) return leaveOpen(reply.error)
      await sleep(context.clock, backOff(turn, PAUSES), context.interrupted)
    }
    turn += 1
  }
}

type Reply =
  | { type: 'answered'; body: JsonObject }
  | { type: 'refused'; error: ApiRefusal }
  | { type: 'open'; error: OutcomeUnknown }

async function send(
  context: ApplyContext,
  { intent, subject }: Pick<Write<unknown>, 'intent' | 'subject'>,
  request: WriteRequest,
  turn: number,
): Promise<Reply> {
  try {
    const body = await context.api.write(request, idempotencyKey(context.lineage, subject, request))
    return { type: 'answered', body }
  } catch (error) {
    if (error instanceof ApiRefusal) return { type: 'refused', error }
    if (error instanceof OutcomeUnknown) return { type: 'open', error }
    await withdrawIntent(context, intent, turn, error)
    throw error
  }
}

/**
 * After Ctrl-C, a first attempt that was still waiting never left. Its intent is withdrawn, so the
 * next run need not look it up. In all other cases, the intent stays.
 */
async function withdrawIntent(
  { journal, interrupted }: ApplyContext,
  { kind, key }: Address,
  turn: number,
  error: unknown,
): Promise<void> {
  if (turn > 1 || !interrupted?.aborted || error !== interrupted.reason) return
  await journal.record({ type: 'cleared', address: { kind, key } })
}

/** The intent stays in the journal. The next run looks it up first. */
function leaveOpen(error: OutcomeUnknown): NotDone {
  return {
    type: 'failed',
    code: 'outcome_unknown',
    message: `no response after ${ATTEMPTS} attempts: ${error.message}`,
  }
}

/**
 * The smaller form to send after WorkOS rejected something in this or an earlier request of the
 * run.
 */
export function fallbackFor(
  { refusals, roles }: ApplyContext,
  definition: KindDefinition,
  attributes: Attributes,
  refused?: ApiRefusal,
): Fallback | undefined {
  const codes = refused === undefined ? refusals : new Set([...refusals, ...refused.codes])
  if (codes.size === 0) return undefined
  const reduced = definition.fallback?.(attributes, codes, { roles })
  if (reduced !== undefined) for (const code of refused?.codes ?? []) refusals.add(code)
  return reduced
}

/**
 * The Idempotency-Key of a write: the same for every attempt at the same request from the same
 * state, and different for any other request. WorkOS documents such keys for few endpoints, so
 * nothing relies on them.
 */
export function idempotencyKey(lineage: string, subject: string, request: WriteRequest): string {
  return createHash('sha256')
    .update(`${lineage}\0${subject}\0${canonicalJson(request)}`)
    .digest('base64url')
}
