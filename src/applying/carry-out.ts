import type { KindDefinition } from '../kinds/kind.ts'
import { type Action, address } from '../planning/action.ts'
import type { DesiredResource } from '../resource.ts'
import { adopt } from './adopt.ts'
import type { ApplyContext } from './apply-context.ts'
import type { ActionOutcome } from './apply-result.ts'
import { create } from './create.ts'
import { remove } from './remove.ts'
import { update } from './update.ts'

/**
 * Carries out one action: its intent goes into the journal, the write leaves, the outcome goes into the journal. A write
 * whose outcome is open is looked up before it is repeated.
 * @throws CredentialsError, TargetError and errors of the state, which end the run; the intent then stays in the journal
 */
export async function carryOut(
  context: ApplyContext,
  definition: KindDefinition,
  action: Action,
): Promise<ActionOutcome> {
  if (action.type === 'blocked') return { type: 'blocked', code: action.code, message: action.message }
  if (action.type === 'delete') return remove(context, definition, action)
  const desired = context.set.get(action.kind, action.key)
  if (desired === undefined) throw new RangeError(`${address(action)} is planned and not desired`)
  const missing = await missingMention(context, definition, desired)
  if (missing) return { type: 'blocked', code: 'dependency_blocked', message: missing }
  switch (action.type) {
    case 'create':
      return create(context, definition, action, desired)
    case 'update':
      return update(context, definition, action, desired)
    case 'adopt':
      return adopt(context, definition, action, desired)
  }
}

async function missingMention(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
): Promise<string | undefined> {
  for (const { candidates, kind, label } of definition.mentions?.(desired) ?? []) {
    const ours = candidates.filter((one) => context.set.get(one.kind, one.key) !== undefined)
    if (ours.length === 0) continue
    const ids = await Promise.all(ours.map((one) => context.state.idOf(one.kind, one.key)))
    if (ids.every((id) => id === undefined)) return `the ${kind} ${label} that it needs does not exist`
  }
  return undefined
}
