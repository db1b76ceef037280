import type { DesiredSet } from '../desired/desired-set.ts'
import type { DesiredResource, KindDefinition } from '../resources/kind.ts'
import type { BlockedAction } from './action.ts'
import { findMention } from './references.ts'

/** Blocks a resource that needs something which is neither desired nor in WorkOS: the role of a membership. */
export function blockedByMention(
  set: DesiredSet,
  definition: KindDefinition,
  desired: DesiredResource,
): Pick<BlockedAction, 'type' | 'code' | 'message' | 'hint'> | undefined {
  const missing = definition
    .mentions?.(desired)
    .find((mention) => !findMention(set.staging, definition, desired, mention))
  if (missing === undefined) return undefined
  return {
    type: 'blocked',
    code: `unknown_${missing.kind.replaceAll('-', '_')}`,
    message: `the ${missing.kind.replaceAll('-', ' ')} ${missing.label} is neither declared in the manifest nor in WorkOS`,
    hint: 'declare it under roles.define, or correct it in the source',
  }
}
