import type { StateResource } from '../state/store.ts'

/**
 * What the state says of a resource that another system may want to keep. In: a resource. Out: its
 * facts, by the names that a manifest uses.
 */

/**
 * Facts that any resource has. What a resource refers to adds one each: `user_key`,
 * `organization_key`.
 */
export const FACTS = ['kind', 'key', 'workos_id', 'external_id', 'email', 'ownership', 'run'] as const

/** Names of facts that a manifest may use. The schema lists the same. */
export const FACT_NAMES: readonly string[] = [...FACTS, 'user_key', 'organization_key', 'group_key']

/** By name; null: the resource has no such value. */
export type Facts = Readonly<Record<string, string | null>>

export function factsOf({ kind, key, id, attributes, ownership, run, refs }: StateResource): Facts {
  const facts: Record<string, string | null> = {
    kind,
    key,
    workos_id: id,
    external_id: textOf(attributes.externalId),
    email: textOf(attributes.email),
    ownership,
    run: String(run),
  }
  for (const [role, referred] of Object.entries(refs)) facts[`${role}_key`] = referred
  return facts
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
