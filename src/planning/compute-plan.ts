import type { LoadedManifest } from '../config/manifest.ts'
import { account, countYielded } from '../desired/accounting.ts'
import { assembleDesired } from '../desired/assemble.ts'
import { DesiredSet } from '../desired/desired-set.ts'
import { rejectRecord, stageRecords } from '../desired/stage.ts'
import { Staging } from '../desired/staging.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { createMapperPool } from '../mapping/pool.ts'
import { kindDefinitions } from '../resources/registry.ts'
import { openSource } from '../sources/registry.ts'
import type { StateStore } from '../state/store.ts'
import { toolVersion } from '../version.ts'
import type { Target } from '../workos/target.ts'
import { checkBinding } from './binding.ts'
import { Plan } from './plan.ts'
import { planKind } from './plan-kind.ts'
import { createPlanTables, indexActions } from './plan-tables.ts'
import { summarise } from './summarise.ts'

export interface ComputePlanOptions {
  loaded: LoadedManifest
  state: StateStore
  target: Target
  /** The run's scratch folder. */
  scratch: string
  /** Compare with all of WorkOS, not only with the state. */
  refresh: boolean
  signal?: AbortSignal
  onProgress?: (message: string) => void
  /** Warnings about the source. */
  onWarning?: (problem: Problem) => void
}

/** Chunks on their way per worker: one in work, one waiting. */
const CHUNKS_PER_WORKER = 2

/** Reads the source and compares it with the state and with WorkOS. Writes nothing to either. */
export async function computePlan(options: ComputePlanOptions): Promise<Plan> {
  const { loaded, state, target, refresh, onProgress = () => {} } = options
  const { manifest } = loaded
  await checkBinding(state, target.identity, target.client)
  const { set, sourceDigest } = await computeDesired(options)
  createPlanTables(set.staging)
  for (const definition of kindDefinitions) {
    options.signal?.throwIfAborted()
    onProgress(`comparing ${definition.plural}`)
    await planKind({ set, state, api: target.client, manifest, refresh, onProgress }, definition)
  }
  indexActions(set.staging)
  const summary = summarise(set, manifest.safety, target.limits, refresh)
  const inputs = {
    manifest: loaded.digest,
    environment: loaded.environment ?? null,
    source: sourceDigest,
    target: { type: target.identity.type, baseUrl: target.identity.baseUrl },
    state: state.serial === 0 ? { lineage: null, serial: 0 } : { lineage: state.lineage, serial: state.serial },
    toolVersion,
  }
  return new Plan(manifest.name, inputs, summary, set)
}

async function computeDesired(options: ComputePlanOptions): Promise<{ set: DesiredSet; sourceDigest: string }> {
  const { loaded, scratch, signal, onProgress = () => {}, onWarning = () => {} } = options
  const { manifest, directory } = loaded
  const staging = new Staging(scratch)
  const source = openSource(manifest.source, {
    directory,
    scratch,
    reject: (record) => rejectRecord(staging, record),
    warn: onWarning,
    signal,
  })
  const { workers, chunkSize } = manifest.run
  const mapper = createMapperPool(manifest, { workers, mainStream: source.streams[0] })
  try {
    const records = await stageRecords({
      staging,
      source,
      mapper,
      chunkSize,
      chunksInFlight: workers * CHUNKS_PER_WORKER,
      signal,
      onProgress: (count) => onProgress(`reading the source: ${count} records`),
    })
    const yielded = countYielded(staging)
    onProgress('merging duplicates')
    const assigned = assembleDesired(staging, manifest)
    const set = new DesiredSet(staging, account(staging, yielded, source.counts(), records, assigned))
    return { set, sourceDigest: source.digest() }
  } finally {
    await mapper.close()
  }
}
