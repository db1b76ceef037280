import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { SourceOptions } from '../../../src/config/manifest.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { firebaseSource } from '../../../src/sources/firebase/open.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import type { Asking } from '../../../src/sources/source.ts'
import { type FakeFirebase, type FirebaseSettings, startFakeFirebase } from '../../fakes/firebase/fake-firebase.ts'
import type { ProjectData } from '../../fakes/firebase/objects.ts'
import { folderWith, readAll } from '../reading.ts'
import { rowsOf } from '../snapshot/directory.ts'
import { stepText } from '../step-text.ts'

export { rowsOf }

type Options = SourceOptions<'firebase'>

/** A fake project that is closed after the test. */
export async function fakeFirebase(data: Partial<ProjectData>, settings: FirebaseSettings = {}): Promise<FakeFirebase> {
  const fake = await startFakeFirebase(data, settings)
  onTestFinished(() => fake.close())
  return fake
}

/** The options of a source for the fake, without `type`. */
export function optionsOf({ source }: FakeFirebase, more: Partial<Options> = {}): Options {
  const { type: _type, ...options } = source
  return { ...options, ...more }
}

export interface Captured {
  snapshot: Snapshot
  warnings: Problem[]
  progress: string[]
}

function live() {
  if (firebaseSource.live === undefined) throw new Error('the source can be read live')
  return firebaseSource.live
}

/** Reads a project into a snapshot in `folder`, or continues one. */
export async function capture(
  config: Options,
  folder = folderWith({}),
  asking: Partial<Asking> = {},
): Promise<Captured> {
  const warnings: Problem[] = []
  const progress: string[] = []
  const writer = await openSnapshotWriter(
    join(folder, 'snapshot'),
    { source: 'firebase', identity: live().identity(config) },
    { checkpoint: { characters: 1, milliseconds: 0 } },
  )
  try {
    await live().capture(config, writer, {
      directory: folder,
      warn: (problem) => warnings.push(problem),
      progress: (step) => progress.push(stepText(step)),
      ...asking,
    })
    return { snapshot: await writer.finish(), warnings, progress }
  } finally {
    await writer.close()
  }
}

/** Tries the credentials. */
export async function trial(config: Options, directory = '.'): Promise<void> {
  await live().tryCredentials?.(config, { directory })
}

/** IDs of the users, in reading order. */
export async function idsOf(snapshot: Snapshot): Promise<string[]> {
  return (await rowsOf(snapshot, 'users')).map(({ localId }) => String(localId))
}

/** Reads a project and its records. */
export async function read(fake: FakeFirebase, more: Partial<Options> = {}) {
  const config = optionsOf(fake, more)
  const { snapshot, warnings: told } = await capture(config)
  const reading = await readAll({ type: 'firebase', ...config }, folderWith({}), 1000, snapshot)
  const recordsOf = (stream: string) => reading.records.filter((one) => one.stream === stream).map(({ data }) => data)
  return { ...reading, snapshot, told, users: recordsOf('users'), recordsOf }
}
