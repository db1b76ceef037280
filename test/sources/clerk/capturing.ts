import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { clerkSource } from '../../../src/sources/clerk/open.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import type { RejectedRecord, SourceRecord, StreamCount } from '../../../src/sources/source.ts'
import { type ClerkSettings, type FakeClerk, startFakeClerk } from '../../fakes/clerk/fake-clerk.ts'
import type { InstanceData } from '../../fakes/clerk/objects.ts'
import { folderWith } from '../reading.ts'
import { rowsOf } from '../snapshot/directory.ts'
import { stepText } from '../step-text.ts'

export { rowsOf }

/** Requests leave at once: other tests check the pace. */
const UNPACED = '100000/1s'

export type Config = Record<string, unknown>

/** A fake instance that is closed after the test. */
export async function fakeClerk(data: Partial<InstanceData>, settings: ClerkSettings = {}): Promise<FakeClerk> {
  const fake = await startFakeClerk(data, settings)
  onTestFinished(() => fake.close())
  return fake
}

/** The options of a source that reads the fake, without `type`. */
export function optionsOf(fake: { source: { secretKey: string; baseUrl: string } }, more: Config = {}): Config {
  const { secretKey, baseUrl } = fake.source
  return { secretKey, baseUrl, rate: UNPACED, ...more }
}

export interface Captured {
  snapshot: Snapshot
  warnings: Problem[]
  progress: string[]
}

/** Reads an instance into a snapshot in `folder`, or continues there. */
export async function capture(config: Config, folder = folderWith({}), signal?: AbortSignal): Promise<Captured> {
  const { live } = clerkSource
  if (live === undefined) throw new Error('the source can be read live')
  const warnings: Problem[] = []
  const progress: string[] = []
  const writer = await openSnapshotWriter(
    join(folder, 'snapshot'),
    { source: 'clerk', identity: live.identity(config) },
    { checkpoint: { characters: 1, milliseconds: 0 } },
  )
  try {
    await live.capture(config, writer, {
      directory: folder,
      warn: (problem) => warnings.push(problem),
      progress: (step) => progress.push(stepText(step)),
      signal,
    })
    return { snapshot: await writer.finish(), warnings, progress }
  } finally {
    await writer.close()
  }
}

/** IDs of a stream, in order. */
export async function idsOf(snapshot: Snapshot, stream: string): Promise<string[]> {
  return (await rowsOf(snapshot, stream)).map(({ id }) => String(id))
}

export interface LiveReadingResult {
  records: SourceRecord[]
  rejected: RejectedRecord[]
  warnings: Problem[]
  counts: StreamCount[]
  digest: string
  partial: boolean | undefined
  streams: readonly string[]
}

/** Reads the records of a snapshot, joined with files. */
export async function readLive(
  config: Config,
  snapshot: Snapshot,
  files: Record<string, string> = {},
  chunkSize = 1000,
): Promise<LiveReadingResult> {
  const directory = folderWith(files)
  const [rejected, warnings, records]: [RejectedRecord[], Problem[], SourceRecord[]] = [[], [], []]
  const source = clerkSource.open(config, {
    directory,
    scratch: join(directory, 'scratch'),
    reject: (record) => rejected.push(record),
    warn: (problem) => warnings.push(problem),
    snapshot,
  })
  for await (const chunk of source.read(chunkSize)) records.push(...chunk)
  const { partial, streams } = source
  return { records, rejected, warnings, counts: source.counts(), digest: source.digest(), partial, streams }
}
