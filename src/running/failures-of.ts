import type { LoadedManifest } from '../config/load.ts'
import { stateLocation } from '../state/location.ts'
import { peekState } from '../state/open.ts'
import type { Failure } from '../state/store.ts'

/** The failures of a run of the manifest, read from its state. */
export async function* failuresOf(loaded: LoadedManifest, run: number): AsyncGenerator<Failure> {
  const state = await peekState(stateLocation(loaded))
  try {
    for await (const batch of state.failures(run)) yield* batch
  } finally {
    await state.close()
  }
}
