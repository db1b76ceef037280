import type { KindDefinition } from '../kinds/kind.ts'
import { unplannedKinds } from '../kinds/registry.ts'
import { copyKnown, forgetKnown, insertKnown } from '../rundb/known.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'

/**
 * Copies the state into the run's database: the table `known`.
 * @param kinds the kinds to copy
 */
export async function loadKnown(
  rundb: RunDatabase,
  state: StateStore,
  kinds: readonly KindDefinition[],
): Promise<void> {
  if (await state.inFile(rundb.folder, (file) => copyKnown(rundb, file, state))) {
    for (const kind of unplannedKinds(kinds)) forgetKnown(rundb, kind)
  } else {
    for (const { name } of kinds) {
      for await (const batch of state.resources(name)) insertKnown(rundb, name, batch)
    }
  }
}
