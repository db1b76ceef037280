import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../../src/clock.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import type { FailedRequest } from '../../../src/http/retry.ts'
import { cognitoSource } from '../../../src/sources/cognito/open.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import { type CognitoSettings, type FakeCognito, startFakeCognito } from '../../fakes/cognito/fake-cognito.ts'
import { cognitoUser, type PoolData } from '../../fakes/cognito/objects.ts'
import { folderWith } from '../reading.ts'
import { rowsOf } from '../snapshot/directory.ts'
import { stepText } from '../step-text.ts'

export { rowsOf }

/** Requests do not wait: other tests cover the rate. */
const UNPACED = '100000/1s'

export const POOL = 'eu-west-1_Example01'
export const OTHER = 'us-east-1_Example02'

export type Config = Record<string, unknown>

/** Fake user pools that are closed after the test. */
export async function fakeCognito(data: PoolData[], settings: CognitoSettings = {}): Promise<FakeCognito> {
  const fake = await startFakeCognito(data, settings)
  onTestFinished(() => fake.close())
  return fake
}

/** This number of users, numbered from 1. */
export function people(count: number, pool = 1) {
  return Array.from({ length: count }, (_, index) => cognitoUser(index + 1, { pool }))
}

/** The options of a source for the fake, without `type`. */
export function optionsOf(fake: FakeCognito, more: Config = {}): Config {
  const { type: _type, ...options } = fake.source
  return { ...options, rate: UNPACED, ...more }
}

export interface Captured {
  snapshot: Snapshot
  warnings: Problem[]
  progress: string[]
  failed: FailedRequest[]
}

export interface Asking {
  folder?: string
  signal?: AbortSignal
  clock?: Clock
}

/** Reads user pools into a snapshot in `folder`, or continues one. */
export async function capture(
  config: Config,
  { folder = folderWith({}), signal, clock }: Asking = {},
): Promise<Captured> {
  const { live } = cognitoSource
  if (live === undefined) throw new Error('the source can be read live')
  const warnings: Problem[] = []
  const progress: string[] = []
  const failed: FailedRequest[] = []
  const writer = await openSnapshotWriter(
    join(folder, 'snapshot'),
    { source: 'cognito', identity: live.identity(config) },
    { checkpoint: { characters: 1, milliseconds: 0 } },
  )
  try {
    await live.capture(config, writer, {
      directory: folder,
      warn: (problem) => warnings.push(problem),
      progress: (step) => progress.push(stepText(step)),
      onFailedRequest: (request) => failed.push(request),
      signal,
      clock,
    })
    return { snapshot: await writer.finish(), warnings, progress, failed }
  } finally {
    await writer.close()
  }
}

/** Names of the users in a snapshot, sorted. */
export async function namesOf(snapshot: Snapshot): Promise<string[]> {
  return (await rowsOf(snapshot, 'users')).map(({ pool, Username }) => `${pool}/${Username}`).sort()
}

/** Names of the users in the fake, sorted. */
export function namesIn(fake: FakeCognito): string[] {
  return [...fake.pools.values()].flatMap(({ id, users }) => [...users.keys()].map((name) => `${id}/${name}`)).sort()
}
