import { type Clock, sleep } from '../clock.ts'
import { type AnswerDifference, besides, describeAnswer } from '../comparing/answer.ts'
import { digestSecrets } from '../comparing/digest.ts'
import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import type { Attributes, DesiredResource, LiveResource } from '../resource.ts'
import type { StateResource, StateStore } from '../state/store.ts'
import { type Api, ApiRefusal, type OutcomeUnknown } from '../workos/api.ts'
import type { Journal } from './journal.ts'
import type { ActionOutcome } from './outcome.ts'

/** What carrying out an action works with. */
export interface ApplyContext {
  set: DesiredSet
  state: StateStore
  journal: Journal
  api: Api
  clock: Clock
  run: number
  lineage: string
  digestKey: Uint8Array
  /** Whether what exists may be adopted, and the fields that may then be filled in. */
  adopting: Manifest['adopt']
  roles: Manifest['roles']
  /** Codes of refusals of this run that a smaller wish was the answer to: see `reduce` of KindDefinition. */
  refusals: Set<string>
  /** Answered by WorkOS and not in the state yet: `kind\0id` of what is being created, with the key that it stands for. */
  answered: Map<string, string>
  interrupted?: AbortSignal
}

/** How often one write is tried whose outcome stays open. */
export const ATTEMPTS = 5

/** Writes down that a write is about to leave; it may leave when this resolves. */
export function intend(context: ApplyContext, desired: DesiredResource, action: 'create' | 'update'): Promise<void> {
  const { kind, key, attributes, refs } = desired
  return context.journal.intend({
    kind,
    key,
    action,
    startedAt: new Date().toISOString(),
    attributes,
    digests: digestSecrets(context.digestKey, desired.secrets),
    refs,
  })
}

/** A desired resource as the state keeps it: secrets as digests alone. */
export function toState(
  context: ApplyContext,
  desired: DesiredResource,
  id: string,
  ownership: StateResource['ownership'],
): StateResource {
  const { kind, key, attributes, refs } = desired
  const digests = digestSecrets(context.digestKey, desired.secrets)
  return { kind, key, id, attributes, digests, refs, ownership, run: context.run }
}

/** The attributes of something just created: what was sent, and what WorkOS gave it where nothing was. */
export function appliedAttributes(definition: KindDefinition, sent: Attributes, live: LiveResource): Attributes {
  const attributes = { ...sent }
  for (const [field, { assigned }] of Object.entries(definition.fields)) {
    const given = live.attributes[field]
    if (assigned && attributes[field] === undefined && given !== undefined) attributes[field] = given
  }
  return attributes
}

/** What an action that took effect left out. */
export interface Shortfall {
  reduced?: Fallback | undefined
  /** Code of what an earlier run went without, where nothing was sent now. */
  former?: string | undefined
  differences: readonly AnswerDifference[]
}

/** The action took effect. */
export async function save(
  context: ApplyContext,
  type: 'created' | 'updated' | 'adopted',
  resource: StateResource,
  { reduced, former, differences }: Shortfall,
): Promise<ActionOutcome> {
  const { reduced: _less, answered: _before, gone: _gone, ...own } = resource
  const answered = besides(differences)
  const saved: StateResource = {
    ...own,
    ...((reduced ?? former) && { reduced: reduced?.code ?? former }),
    ...(answered && { answered }),
  }
  await context.journal.record({ type: 'saved', resource: saved })
  return {
    type,
    resource: saved,
    ...(reduced && { reduced: { code: reduced.code, message: reduced.message } }),
    ...(answered && { answered: { code: 'answered_otherwise', message: describeAnswer(differences) } }),
  }
}

/** What is sent in place of something that WorkOS refused, in this request or in an earlier one of the run. */
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

/** The action was refused, and had no effect. */
export async function fail(
  context: ApplyContext,
  { kind, key }: { kind: string; key: string },
  error: ApiRefusal | { code: string; message: string },
): Promise<ActionOutcome> {
  await context.journal.record({ type: 'cleared', address: { kind, key } })
  if (!(error instanceof ApiRefusal)) return { type: 'failed', code: error.code, message: error.message }
  return { type: 'failed', code: error.codes.join(', ') || `http_${error.status}`, message: error.message }
}

/** What is there is not let in, and nothing of it was changed. */
export async function block(
  { journal }: ApplyContext,
  { kind, key }: { kind: string; key: string },
  { code, message }: { code: string; message: string },
): Promise<ActionOutcome> {
  await journal.record({ type: 'cleared', address: { kind, key } })
  return { type: 'blocked', code, message }
}

/**
 * After Ctrl-C, a first attempt that was still waiting for its turn never left: its intent is taken back, so that the next
 * run has nothing to look up. Anything else leaves the intent where it is.
 */
export async function withdrawIntent(
  { journal, interrupted }: ApplyContext,
  { kind, key }: { kind: string; key: string },
  attempt: number,
  error: unknown,
): Promise<void> {
  if (attempt > 1 || !interrupted?.aborted || error !== interrupted.reason) return
  await journal.record({ type: 'cleared', address: { kind, key } })
}

/** The intent stays in the journal: the next run looks it up before anything else. */
export function leaveOpen(error: OutcomeUnknown): ActionOutcome {
  return { type: 'failed', code: 'outcome_unknown', message: `no answer after ${ATTEMPTS} attempts: ${error.message}` }
}

/** Waits longer from attempt to attempt, half of it by chance; at most 8 s. */
export function backOff({ clock, interrupted }: ApplyContext, attempt: number): Promise<void> {
  const ceiling = Math.min(8_000, 250 * 2 ** (attempt - 1))
  return sleep(clock, ceiling / 2 + (Math.random() * ceiling) / 2, interrupted)
}
