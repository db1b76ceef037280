import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Step } from '../diagnostics/step.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'

/** What planning one kind works with. */
export interface PlanningContext {
  set: DesiredSet
  state: StateStore
  api: Api
  manifest: Manifest
  /** Read everything back from WorkOS, not only what is needed. */
  refresh: boolean
  onProgress: (step: Step) => void
}
