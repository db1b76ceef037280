import { digestSecrets } from '../comparing/digest.ts'
import { sourceChanged } from '../comparing/three-way.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import {
  countCandidates,
  insertCandidate,
  insertDependentCandidates,
  insertUnknownCandidates,
  type MaybeChanged,
  maybeChanged,
} from '../rundb/candidates.ts'
import { hasKnown, insertKnown } from '../rundb/known.ts'
import { insertNote } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'
import type { PlanningContext } from './planning-context.ts'

/**
 * Finds what planning has to look at. In: the desired resources of a kind and the copy of the state. Out: the table `candidates`. All that is
 * equal, nearly everything on a second run, never leaves SQLite.
 */

/** Copies one kind of the state into the run's database. */
export async function loadKnown(rundb: RunDatabase, state: StateStore, kind: string): Promise<void> {
  for await (const batch of state.resources(kind)) insertKnown(rundb, kind, batch)
}

/**
 * Candidates are what the state does not know, what the source changed since it was applied, what an earlier run was told is gone and what
 * refers to that, and what was adopted of a kind that has a rule for conflicts; on a refresh everything.
 * @returns how many there are
 */
export function findCandidates(context: PlanningContext, definition: KindDefinition): number {
  const { rundb } = context.set
  rundb.transaction(() => {
    insertUnknownCandidates(rundb, definition.name)
    addChanged(context, definition)
    addDependents(rundb, definition)
  })
  return countCandidates(rundb, definition.name)
}

function addChanged(context: PlanningContext, definition: KindDefinition): void {
  const { rundb } = context.set
  // Nothing in what is looked up one by one can be compared: a refresh does not look at it.
  const all = context.refresh && !definition.sparse
  // The difference to a definition is decided by the rule of today, whatever the rule was when it was adopted.
  const adopted = definition.onConflict !== undefined
  for (const row of maybeChanged(rundb, definition.name, { all, adopted })) {
    const { desired, base, ownership, gone } = row
    const send = secretsToSend(context, definition, row)
    const looked = all || send.length > 0 || gone || (adopted && ownership === 'adopted')
    if (!looked && !sourceChanged(definition, desired.attributes, base)) continue
    insertCandidate(rundb, desired, send)
  }
}

/** The secrets that changed in the source and are sent. Of others a remark tells. A lasting one WorkOS cannot update. */
function secretsToSend(
  { set, state, manifest }: PlanningContext,
  { fields, planned }: KindDefinition,
  { desired: { kind, key, secrets }, digests: before }: MaybeChanged,
): string[] {
  const digests = digestSecrets(state.digestKey, secrets)
  const changed = Object.keys(digests).filter((field) => digests[field] !== before[field])
  if (changed.length === 0) return []
  const lasting = changed.some((field) => fields[field]?.updatable === false)
  if (!lasting && manifest.passwords.onChange === 'send') return changed
  const code = planned?.secretNotes?.changed ?? 'secret_changed_in_source'
  insertNote(set.rundb, { kind, key, code, detail: changed.join(', ') })
  return []
}

function addDependents(rundb: RunDatabase, { name, refs }: KindDefinition): void {
  if (!hasKnown(rundb, name)) return
  for (const [role, kind] of Object.entries(refs)) insertDependentCandidates(rundb, name, role, kind)
}
