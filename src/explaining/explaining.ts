import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import type { Plan } from '../planning/plan.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { TracedRecord } from './trace-record.ts'

/** What explaining one resource works with. */
export interface Explaining {
  plan: Plan
  loaded: LoadedManifest
  state: StateStore
  /** Undefined: WorkOS is not asked. */
  api: Api | undefined
  mapping: CompiledMapping
  /** Kinds that are planned. */
  planned: ReadonlySet<string>
  /** The records that concern what is explained, by their positions. */
  records: ReadonlyMap<number, TracedRecord>
}
