import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SourceConfig } from '../config/manifest.ts'
import { ManifestError, OperatorError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { isRecorded, openRecorded } from './snapshot/recorded.ts'
import type { Snapshot, SnapshotRow } from './snapshot/snapshot.ts'
import type { ReadContext, Source, SourceDefinition, Threads } from './source.ts'
import { expandPaths, FileWatch, type SourceFile } from './text/file.ts'
import { Numbering } from './text/numbering.ts'
import { nulWarning } from './text/utf8.ts'

/** Every type of source by `source.type`, loaded on demand. */
export const sourceDefinitions: ReadonlyMap<string, () => Promise<SourceDefinition>> = new Map<
  string,
  () => Promise<SourceDefinition>
>([
  ['csv', async () => (await import('./csv/open.ts')).csvSource],
  ['clerk', async () => (await import('./clerk/open.ts')).clerkSource],
  ['auth0', async () => (await import('./auth0/open.ts')).auth0Source],
  ['okta', async () => (await import('./okta/open.ts')).oktaSource],
  ['cognito', async () => (await import('./cognito/open.ts')).cognitoSource],
  ['firebase', async () => (await import('./firebase/open.ts')).firebaseSource],
  ['file', async () => (await import('./file/open.ts')).fileSource],
  ['postgres', async () => (await import('./postgres/open.ts')).postgresSource],
  ['mysql', async () => (await import('./mysql/open.ts')).mysqlSource],
])

/** @throws ManifestError when there is no such type */
export async function sourceDefinition({ type }: SourceConfig): Promise<SourceDefinition> {
  const load = sourceDefinitions.get(type)
  if (load !== undefined) return load()
  throw new ManifestError({
    code: 'unknown_source_type',
    message: `there is no source type "${type}"`,
    hint: `use one of ${[...sourceDefinitions.keys()].join(', ')}`,
    path: 'source.type',
  })
}

/**
 * Opens the source of the manifest, or its recording. Nothing is read before `read` is iterated.
 * @throws ManifestError when there is no such type
 */
export async function openSource(config: SourceConfig, context: ReadContext): Promise<Source> {
  const definition = await sourceDefinition(config)
  const { type: _type, ...options } = config
  const { snapshot, ...live } = context
  if (snapshot === undefined || !isRecorded(snapshot)) {
    const watch = new FileWatch(context.onBytes)
    const files = () => expandAll(definition.files(options), context.directory)
    const answers = snapshot && { snapshot: warningOfNuls(snapshot, context.warn) }
    const source = definition.open(options, { ...context, ...answers, watch, numbering: new Numbering() })
    const hasParts = context.tap === undefined && (await areLarge(await files(), context.partsFrom))
    return watched(source, watch, files, hasParts)
  }
  const recorded = openRecorded(snapshot, context)
  // A recording can be older than a stream of its type. Then the stream is empty.
  const { streams } = definition.open(options, live)
  return { ...recorded, streams: [...new Set([...recorded.streams, ...streams])] }
}

/** A snapshot whose reader warns once per stream of NUL characters that were left out. */
function warningOfNuls(snapshot: Snapshot, warn: (problem: Problem) => void): Snapshot {
  const warned = new Set<string>()
  async function* read(stream: string, signal?: AbortSignal): AsyncGenerator<SnapshotRow[]> {
    let nuls = 0
    yield* snapshot.read(stream, signal, (count) => {
      nuls += count
    })
    if (nuls === 0 || warned.has(stream)) return
    warned.add(stream)
    const file = snapshot.streams.find(({ name }) => name === stream)?.file ?? stream
    warn(nulWarning({ name: join(snapshot.folder, file) }, nuls))
  }
  return { ...snapshot, read }
}

/** The files of a source that exist. */
export async function sourceFiles(config: SourceConfig, directory: string): Promise<SourceFile[]> {
  const { type: _type, ...options } = config
  return expandAll((await sourceDefinition(config)).files(options), directory)
}

/** Whether several threads will read the files of a source, or map their records. */
export async function isLarge(config: SourceConfig, directory: string): Promise<boolean> {
  return areLarge(await sourceFiles(config, directory))
}

/** Size of all files, in bytes, from which several threads read the source. */
const PARTS_FROM = 2 * 1024 * 1024

async function areLarge(files: readonly SourceFile[], least = PARTS_FROM): Promise<boolean> {
  const sizes = await Promise.all(
    files.map(({ path }) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0) >= least
}

/**
 * A source whose files must not change, and to which no new file can be added, until all files have
 * been read.
 */
function watched(source: Source, watch: FileWatch, files: () => Promise<SourceFile[]>, hasParts: boolean): Source {
  async function* unchanged<T>(reading: AsyncIterable<T>): AsyncGenerator<T> {
    await watch.begin(await files())
    try {
      yield* reading
    } catch (error) {
      // If a change caused the error, report the change.
      if (error instanceof OperatorError) await watch.check([])
      throw error
    }
    await watch.check(await files())
  }
  const { parts, ...rest } = source
  return {
    ...rest,
    fileDigests: () => watch.digests(),
    read: (chunkSize) => unchanged(source.read(chunkSize)),
    ...(parts && hasParts && { parts: (size: number, threads: Threads) => unchanged(parts(size, threads)) }),
  }
}

/** The files that match paths and patterns, if any. */
async function expandAll(paths: readonly string[], directory: string): Promise<SourceFile[]> {
  const none = (error: unknown): SourceFile[] => {
    if (error instanceof ManifestError) return []
    throw error
  }
  const found = await Promise.all(paths.map((path) => expandPaths([path], directory, '').catch(none)))
  return found.flat()
}
