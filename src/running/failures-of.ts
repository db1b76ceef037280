import { resolve } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { peekState } from '../state/open.ts'
import type { Failure } from '../state/store.ts'

/** What a run of the manifest could not do, read from its state. */
export async function* failuresOf({ directory, manifest }: LoadedManifest, run: number): AsyncGenerator<Failure> {
  const state = peekState(resolve(directory, manifest.state.path))
  try {
    for await (const batch of state.failures(run)) yield* batch
  } finally {
    await state.close()
  }
}
