import type { StateResource } from '../state/store.ts'

/**
 * The values of a resource in the state that another system might keep, by their names in the
 * manifest.
 */

/**
 * Facts of every resource. Each reference of a kind adds another: `user_key`, `organization_key`.
 */
export const FACTS = ['kind', 'key', 'workos_id', 'external_id', 'email', 'ownership', 'run'] as const

/** Names of facts that a manifest can use. Keep the schema equal. */
export const FACT_NAMES: readonly string[] = [...FACTS, 'user_key', 'organization_key', 'group_key']

/** By name. Null: the resource does not have the value. */
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
