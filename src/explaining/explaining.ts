import type { LoadedManifest } from '../config/load.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import type { Plan } from '../planning/plan.ts'
import { shownFile } from '../planning/warnings.ts'
import type { Origin } from '../sources/source.ts'
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

/** Where a path of the manifest is written: `migrate.config.yaml:12`; null for a default. */
export function writtenAt(loaded: LoadedManifest, path: readonly (string | number)[]): string | null {
  const at = loaded.originOf(path)
  if (at === undefined) return null
  const file = shownFile(at.file, loaded.directory)
  return at.line === undefined ? file : `${file}:${at.line}`
}

/** `users.csv:12`. */
export function placeOf({ file, line }: Origin): string {
  return line === undefined ? file : `${file}:${line}`
}
