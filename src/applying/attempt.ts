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

// The one way in which an action writes to WorkOS. What goes in: a Write, which says what to send
// and how to look it up. What comes out: what the write came to, once its intent was on the disk
// before the first request left and its outcome is known, or once nobody can tell it. Create,
// update, adopt and delete are descriptions of such writes. One request goes past it: create.ts
// deletes what it has just created and cannot use, under the intent of that create, which is still
// open.

/** How often one write is tried whose outcome stays open. */
const ATTEMPTS = 5

/** How long an attempt waits for the next. */
const PAUSES = { first: 250, longest: 8_000 }

/** Something to write to WorkOS. `Done` is what it comes to when it is there. */
export interface Write<Done> {
  /** What the journal holds while the outcome is open. */
  intent: Omit<Intent, 'startedAt'>
  /** With the request it makes the idempotency key. */
  subject: string
  /**
   * The requests that bring it there, in order; none where there is nothing to send. They differ
   * where WorkOS takes a smaller form.
   */
  requests(reduced: Fallback | undefined): WriteRequest[]
  /**
   * The smaller form that WorkOS accepts, if known. Undefined: no smaller form.
   * @param refusal of this write; undefined: before anything is sent
   */
  fallback?(refusal?: ApiRefusal): Fallback | undefined
  /**
   * Reads the answer to one of the requests. @returns why it is not about what was sent: the intent
   * then stays open
   */
  answered?(body: JsonObject): Promise<NotDone | undefined>
  /** Every request was answered. */
  done(reduced: Fallback | undefined): Promise<Done>
  /** Whether a refusal means that it is there already: then it is looked up. */
  exists?(refusal: ApiRefusal): boolean
  /**
   * Looks up in WorkOS whether it is there. Undefined: it is not.
   * @param sent whether a write of ours may have taken effect
   */
  lookUp(sent: boolean, reduced: Fallback | undefined): Promise<Done | undefined>
  /** What a refusal comes to that no smaller form answers. */
  refused(refusal: ApiRefusal, request: WriteRequest): Promise<Done | NotDone>
}

/**
 * Carries out a write until its outcome is known:
 *
 *   intent ─► send ─┬─ answered ─► the next request, or done
 *                   ├─ refused ──► look it up if it exists, send a smaller form, or refused
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
    // A repetition begins with the request whose outcome is open.
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
 * After Ctrl-C, a first attempt that was still waiting for its turn never left: its intent is taken
 * back, so that the next run has nothing to look up. Anything else leaves the intent where it is.
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

/** The intent stays in the journal: the next run looks it up before anything else. */
function leaveOpen(error: OutcomeUnknown): NotDone {
  return { type: 'failed', code: 'outcome_unknown', message: `no answer after ${ATTEMPTS} attempts: ${error.message}` }
}

/**
 * What is sent in place of something that WorkOS refused, in this request or in an earlier one of
 * the run.
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
 * state, another one as soon as anything in the request differs. WorkOS documents such keys for few
 * endpoints: nothing relies on them.
 */
export function idempotencyKey(lineage: string, subject: string, request: WriteRequest): string {
  return createHash('sha256')
    .update(`${lineage}\0${subject}\0${canonicalJson(request)}`)
    .digest('base64url')
}
