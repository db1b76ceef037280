import type { KindDefinition } from '../kinds/kind.ts'
import type { StateStore } from '../state/store.ts'

/** Kinds that prove what hangs on them: before the state created one of these, nothing could hang on it. */
const HOLDERS: ReadonlySet<string> = new Set(['user', 'organization'])

/** Whether the state has created the user or the organization that a resource hangs on. */
export async function hangsOnCreated(
  state: StateStore,
  definition: KindDefinition,
  refs: Record<string, string>,
): Promise<boolean> {
  for (const [role, kind] of Object.entries(definition.refs)) {
    if (!HOLDERS.has(kind)) continue
    const holder = await state.get(kind, refs[role] ?? '')
    if (holder?.ownership === 'created') return true
  }
  return false
}
