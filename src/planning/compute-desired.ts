import { breathe } from '../clock.ts'
import type { LoadedManifest } from '../config/load.ts'
import { hasNamedStreams } from '../config/main-stream.ts'
import type { Scope } from '../config/pilot.ts'
import { recipeAt } from '../config/recipes.ts'
import { account, countYielded, type Yielded } from '../desired/accounting.ts'
import { assembleDesired } from '../desired/assemble.ts'
import { DesiredSet } from '../desired/desired-set.ts'
import { countWhole, narrow as narrowTo, reportScope, type ScopeReport } from '../desired/scope.ts'
import { onlyKindOf, rejectRecord, type StagedRecords, stageRecords } from '../desired/stage.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Step } from '../diagnostics/step.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { checkStreams, columnsRead } from '../mapping/check.ts'
import { createMapperPool } from '../mapping/pool.ts'
import type { MappingThreads } from '../mapping/threads.ts'
import { lastDraftId } from '../rundb/drafts.ts'
import { insertIgnored } from '../rundb/left-out.ts'
import { RunDatabase } from '../rundb/run-database.ts'
import { type FirstRecords, firstRecords } from '../sources/first-records.ts'
import { openSource } from '../sources/registry.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import type { Source } from '../sources/source.ts'
import { RecordTally } from '../sources/tally.ts'
import { writtenNullWarnings } from '../sources/text/written-nulls.ts'
import { missingColumns, type SourceColumns, sourceColumns } from './column-warnings.ts'
import { saidOfValues } from './said-of-values.ts'
import { everybodyLeftOut, locateLeftOut, manyLeftOut } from './warnings.ts'

export interface ComputeDesiredOptions {
  loaded: LoadedManifest
  /** The run's scratch folder. */
  scratch: string
  /** Returns the snapshot, and reads it if necessary. Called after all other checks. */
  obtainSnapshot?: () => Promise<Snapshot | undefined>
  /**
   * Threads for mapping that have started already. They end once the source is read; after an
   * earlier error, the caller ends them. Default: its own.
   */
  threads?: MappingThreads | undefined
  /** The users of the run. Default: all of the source. */
  scope?: Scope
  /**
   * Maximum number of records of the main stream, with their joined rows. If there are more, the
   * reading is partial. Default: all.
   */
  limit?: number
  signal?: AbortSignal
  onProgress?: (step: Step) => void
  /** Called with the number of drafts, before duplicates are merged. */
  onStaged?: (drafts: number) => void | Promise<void>
  /** Called often while duplicates are merged, with the run's database, when nothing is written. */
  onMerging?: (rundb: RunDatabase) => Promise<void>
  /** Called once the desired set no longer changes, with the run's database. */
  onSettled?: (rundb: RunDatabase) => Promise<void>
  /** Called with warnings that are reported nowhere else. */
  onWarning?: (problem: Problem) => void
}

/** A desired set, with what was found while reading it. */
export interface DesiredReading {
  set: DesiredSet
  sourceDigest: string
  /** Warnings about the whole source. They are not shown yet. */
  warnings: Problem[]
  columns: SourceColumns
  /** The stream of rules that do not name one. */
  mainStream: string
}

/** Chunks per worker: one in work, one waiting. */
const CHUNKS_PER_WORKER = 2

/**
 * Reads the whole source and makes the desired set, in a new database in the scratch folder. The
 * caller closes the set. Make one set at a time: the database always has the same name.
 */
export async function computeDesired(options: ComputeDesiredOptions): Promise<DesiredReading> {
  const { loaded, scratch, signal, onProgress = () => {}, onWarning = () => {} } = options
  const { manifest, directory } = loaded
  const snapshot = await options.obtainSnapshot?.()
  const rundb = new RunDatabase(scratch)
  let share: Pick<Step, 'share'> = {}
  /** Not known while the source opens: rejects until then belong to a joined stream. */
  let mainStream: string | undefined
  const opened = await openSource(manifest.source, {
    directory,
    scratch,
    snapshot,
    reject: (record) => rejectRecord(rundb, record, mainStream && onlyKindOf(manifest.map, record.stream, mainStream)),
    ignore: (row) => insertIgnored(rundb, row),
    warn: onWarning,
    signal,
    onBytes: (read, of) => {
      share = { share: read / of }
    },
  })
  const { source, isWhole } = wholeOrFirst(opened, options.limit, hasNamedStreams(manifest.source.type))
  mainStream = source.streams[0]
  if (source.parts !== undefined) rundb.expectMany()
  onProgress({ phase: 'reading the source' })
  const streams = checkStreams(manifest.map, source.streams, (path) => recipeAt(loaded.originOf(path)))
  if (streams.some(({ severity }) => severity !== 'warning')) throw new ManifestError(streams)
  const { workers, chunkSize } = manifest.run
  const columns = columnsRead(manifest, source.streams)
  const tally = new RecordTally(columns)
  const mapper = createMapperPool(manifest, {
    workers,
    mainStream: source.streams[0],
    database: rundb.staging,
    threads: options.threads,
    ...(source.parts && { columns }),
  })
  let records: StagedRecords
  try {
    records = await stageRecords({
      rundb,
      source,
      mapper,
      chunkSize,
      chunksInFlight: workers * CHUNKS_PER_WORKER,
      signal,
      onRecords: (chunk) => tally.add(chunk),
      onTally: (part) => tally.merge(part),
      onProgress: (done) => onProgress({ phase: 'reading the source', done, unit: 'records', ...share }),
    })
  } catch (error) {
    await mapper.close()
    throw error
  }
  let yielded: Yielded
  // The workers end, and free their memory, while this thread goes on.
  const closed = mapper.close()
  try {
    await breathe()
    await options.onStaged?.(lastDraftId(rundb))
    rundb.keepToItself()
    yielded = countYielded(rundb)
  } finally {
    await closed
  }
  onProgress({ phase: 'merging duplicates' })
  const { onMerging } = options
  const assigned = await assembleDesired(rundb, manifest, {
    signal,
    // A scope leaves only part of the users, so drafts say nothing about the result.
    onKind: async () => (options.scope === undefined ? onMerging?.(rundb) : undefined),
  })
  await breathe(signal)
  if (options.scope === undefined) await options.onSettled?.(rundb)
  records.leftOutBy = records.leftOutBy.map((by) => locateLeftOut(by, loaded))
  const accounting = account(rundb, yielded, source.counts(), records, assigned)
  const reading = {
    partial: source.partial === true || !isWhole(),
    ...(snapshot && { snapshot: { folder: snapshot.folder, startedAt: snapshot.startedAt } }),
  }
  const set = new DesiredSet(rundb, accounting, reading, source.fileDigests?.())
  const found = await sourceColumns(loaded, source, tally.columns, snapshot !== undefined)
  const warnings = [
    ...streams.map((problem) => ({ ...problem, at: loaded.locate((problem.path ?? '').split('.')) })),
    ...everybodyLeftOut(set, loaded, mainStream ?? ''),
    ...(reading.partial ? [] : missingColumns(loaded, source, found)),
    ...writtenNullWarnings(tally.nulls.found(), { mapped: true, source: manifest.source }),
    ...manyLeftOut(set, loaded, mainStream ?? ''),
    ...saidOfValues(rundb),
    ...kindDefinitions.flatMap(({ review }) => {
      return review?.sourceWarnings?.({ rundb, loaded, partial: reading.partial }) ?? []
    }),
  ]
  await breathe(signal)
  const scope = options.scope && narrowed(rundb, options.scope)
  if (scope !== undefined) await options.onSettled?.(rundb)
  const narrow = new DesiredSet(rundb, accounting, reading, set.files, scope)
  return { set: narrow, sourceDigest: source.digest(), warnings, columns: found, mainStream: mainStream ?? '' }
}

function wholeOrFirst(source: Source, limit: number | undefined, others: boolean): FirstRecords {
  return limit === undefined ? { source, isWhole: () => true } : firstRecords(source, limit, others)
}

function narrowed(rundb: RunDatabase, scope: Scope): ScopeReport {
  const whole = countWhole(rundb)
  narrowTo(rundb, scope)
  return reportScope(rundb, scope, whole)
}
