import type { Action, AdoptAction, CreateAction, UpdateAction } from '../planning/action.ts'
import { address } from '../planning/action.ts'
import { digestSecrets } from '../planning/digest.ts'
import { compareAdopted } from '../planning/three-way.ts'
import type { Attributes, DesiredResource, KindDefinition, LiveResource, RefIds } from '../resources/kind.ts'
import { sameIdentity } from '../resources/same-identity.ts'
import type { StateResource } from '../state/store.ts'
import { ApiRefusal, OutcomeUnknown } from '../workos/api.ts'
import {
  ATTEMPTS,
  appliedAttributes,
  backOff,
  fail,
  type Hand,
  intend,
  leaveOpen,
  save,
  takeBackUnsent,
  toState,
} from './hand.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { ActionOutcome } from './outcome.ts'
import { ownershipOf } from './ownership.ts'
import { put } from './put.ts'
import { remove } from './remove.ts'

/**
 * Carries out one action: its intent goes into the journal, the write leaves, the outcome goes into the journal. A write
 * whose outcome is open is looked up before it is repeated.
 * @throws CredentialsError, TargetError and errors of the state, which end the run; the intent then stays in the journal
 */
export async function carryOut(hand: Hand, definition: KindDefinition, action: Action): Promise<ActionOutcome> {
  if (action.type === 'blocked') return { type: 'blocked', code: action.code, message: action.message }
  if (action.type === 'delete') return remove(hand, definition, action)
  const desired = hand.set.get(action.kind, action.key)
  if (desired === undefined) throw new RangeError(`${address(action)} is planned and not desired`)
  const missing = await missingMention(hand, definition, desired)
  if (missing) return { type: 'blocked', code: 'dependency_blocked', message: missing }
  switch (action.type) {
    case 'create':
      return create(hand, definition, action, desired)
    case 'update':
      return update(hand, definition, action, desired)
    case 'adopt':
      return adopt(hand, definition, action, desired)
  }
}

async function create(
  hand: Hand,
  definition: KindDefinition,
  action: CreateAction,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  const refIds: RefIds = {}
  for (const [role, kind] of Object.entries(definition.refs)) {
    const key = desired.refs[role] ?? ''
    const id = await hand.state.idOf(kind, key)
    if (id === undefined) {
      return { type: 'blocked', code: 'dependency_blocked', message: `its ${role} ${kind}:${key} does not exist` }
    }
    refIds[role] = id
  }
  const request = definition.create(desired, refIds)
  // What is created again after it was deleted is another request, though it reads the same.
  const former = await hand.state.idOf(action.kind, action.key)
  const key = idempotencyKey(hand.lineage, `${address(action)}\0${former ?? ''}`, request)
  const startedAt = new Date()
  await intend(hand, withoutSeparate(definition, desired), 'create', startedAt)
  for (let attempt = 1; ; attempt += 1) {
    try {
      const live = definition.parse(await hand.api.write(request, key), refIds)
      return finish(hand, definition, action, desired, live)
    } catch (error) {
      const open = error instanceof OutcomeUnknown
      if (!open && !(error instanceof ApiRefusal)) {
        await takeBackUnsent(hand, action, attempt, error)
        throw error
      }
      const exists = !open && definition.exists(error.codes, error.status)
      if (!open && !exists) return fail(hand, action, error)
      const live = await definition.find(hand.api, desired, refIds)
      if (live) return takeFound(hand, definition, desired, live, refIds, attempt > 1 || open ? startedAt : undefined)
      if (!open) return fail(hand, action, error)
      if (attempt === ATTEMPTS) return leaveOpen(error)
      await backOff(hand, attempt)
    }
  }
}

/**
 * A create met something that exists: our own write whose answer was lost, or what somebody else made.
 * @param sentAt when a write of ours may have taken effect; undefined if none can have
 */
async function takeFound(
  hand: Hand,
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
  sentAt: Date | undefined,
): Promise<ActionOutcome> {
  const claimant = await hand.state.keyOf(desired.kind, live.id)
  if (claimant !== undefined && claimant !== desired.key) {
    return fail(hand, desired, {
      code: 'identity_clash',
      message: `${live.id} in WorkOS is ${desired.kind}:${claimant} already: the source has two, WorkOS takes one`,
    })
  }
  if (!sameIdentity(definition, desired, live, refIds)) {
    return fail(hand, desired, {
      code: 'external_id_clash',
      message: `${live.id} in WorkOS has its external id and another identity (${live.natural}): it may be somebody else`,
    })
  }
  if (sentAt && ownershipOf(live, sentAt) === 'created') {
    return finish(hand, definition, desired, desired, live)
  }
  if (hand.adopting.mode === 'never') {
    return fail(hand, desired, {
      code: 'exists_already',
      message: `it exists in WorkOS (${live.id}, made since the plan) and adopt.mode is never`,
    })
  }
  const { changes, send } = compareAdopted(definition, desired.attributes, live.attributes, hand.adopting.fill)
  const { kind, key } = desired
  const label = definition.label(desired)
  return adopt(
    hand,
    definition,
    { type: 'adopt', kind, key, label, id: live.id, matchedBy: 'natural identity', changes, send },
    desired,
  )
}

/** It has been created; what WorkOS takes in requests of their own is sent now. */
async function finish(
  hand: Hand,
  definition: KindDefinition,
  { kind, key }: Pick<CreateAction, 'kind' | 'key'>,
  desired: DesiredResource,
  live: LiveResource,
): Promise<ActionOutcome> {
  const begun = withoutSeparate(definition, desired)
  const resource = { ...toState(hand, desired, live.id, 'created') }
  const attributes = appliedAttributes(definition, begun.attributes, live)
  const created = await save(hand, 'created', { ...resource, attributes })
  const send = separateOf(definition, desired)
  if (Object.keys(send).length === 0) return created
  const label = definition.label(desired)
  const applied = { ...attributes, ...send }
  const refused = await put(
    hand,
    definition,
    { type: 'update', kind, key, label, id: live.id, changes: [], send, applied },
    desired,
  )
  return refused ?? save(hand, 'created', { ...resource, attributes: applied })
}

/** The separate fields that have something in them: see FieldDefinition. */
function separateOf({ fields }: KindDefinition, { attributes }: DesiredResource): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([field, value]) => fields[field]?.separate && !(Array.isArray(value) && value.length === 0),
    ),
  )
}

function withoutSeparate({ fields }: KindDefinition, desired: DesiredResource): DesiredResource {
  const attributes = Object.fromEntries(
    Object.entries(desired.attributes).filter(([field]) => !fields[field]?.separate),
  )
  return { ...desired, attributes }
}

async function adopt(
  hand: Hand,
  definition: KindDefinition,
  action: AdoptAction,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  if (action.former !== undefined) return moveToNewKey(hand, definition, action, desired, action.former)
  const resource = toState(hand, desired, action.id, 'adopted')
  if (Object.keys(action.send).length === 0) return save(hand, 'adopted', resource)
  const refused = await put(hand, definition, action, desired)
  return refused ?? save(hand, 'adopted', resource)
}

/** It stays what it was, created or adopted, with the digests of the secrets that were sent. */
async function moveToNewKey(
  hand: Hand,
  definition: KindDefinition,
  action: AdoptAction,
  desired: DesiredResource,
  former: string,
): Promise<ActionOutcome> {
  const { kind, key } = action
  const before = await hand.state.get(kind, former)
  if (before === undefined) throw new RangeError(`${kind}:${former} is to be moved and not in the state`)
  const after: StateResource = {
    ...before,
    key,
    attributes: action.applied ?? desired.attributes,
    refs: desired.refs,
    run: hand.run,
  }
  const refused = Object.keys(action.send).length === 0 ? undefined : await put(hand, definition, action, desired)
  if (refused) return refused
  // Both entries go into the same commit: they are handed over in one turn.
  const removed = hand.journal.settle({ type: 'removed', address: { kind, key: former } })
  const [outcome] = await Promise.all([save(hand, 'adopted', after), removed])
  return outcome
}

async function update(
  hand: Hand,
  definition: KindDefinition,
  action: UpdateAction,
  desired: DesiredResource,
): Promise<ActionOutcome> {
  const before = await hand.state.get(action.kind, action.key)
  if (before === undefined) throw new RangeError(`${address(action)} is to be updated and not in the state`)
  const sentSecrets = Object.fromEntries(
    Object.entries(digestSecrets(hand.digestKey, desired.secrets)).filter(([field]) => field in action.send),
  )
  const after: StateResource = {
    ...before,
    attributes: action.applied,
    digests: { ...before.digests, ...sentSecrets },
    run: hand.run,
  }
  const refused = Object.keys(action.send).length === 0 ? undefined : await put(hand, definition, action, desired)
  return refused ?? save(hand, 'updated', after)
}

async function missingMention(
  hand: Hand,
  definition: KindDefinition,
  desired: DesiredResource,
): Promise<string | undefined> {
  for (const { kind, key, label } of definition.mentions?.(desired) ?? []) {
    const ours = hand.set.get(kind, key) !== undefined
    if (ours && (await hand.state.idOf(kind, key)) === undefined) {
      return `the ${kind} ${label} that it needs does not exist`
    }
  }
  return undefined
}
