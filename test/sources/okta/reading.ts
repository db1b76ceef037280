import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../../src/clock.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import type { JsonObject } from '../../../src/json.ts'
import { oktaSource } from '../../../src/sources/okta/open.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import { type FakeOkta, type OktaSettings, startFakeOkta } from '../../fakes/okta/fake-okta.ts'
import type { OrgData } from '../../fakes/okta/objects.ts'
import { folderWith, type Reading, readAll } from '../reading.ts'
import { stepText } from '../step-text.ts'

/** An org that is closed after the test. */
export async function orgWith(data: Partial<OrgData>, settings: OktaSettings = {}): Promise<FakeOkta> {
  const fake = await startFakeOkta(data, settings)
  onTestFinished(() => fake.close())
  return fake
}

export interface Asked {
  signal?: AbortSignal
  clock?: Clock
  /** Progress messages of the capture. */
  told?: string[]
}

type Config = { type: string; [option: string]: unknown }

/**
 * Reads an org into a snapshot in the folder. Continues an earlier attempt there. Every row is
 * durable at once.
 */
export async function captureInto(
  folder: string,
  { type: _type, ...config }: Config,
  { signal, clock, told = [] }: Asked = {},
): Promise<Snapshot> {
  const { live } = oktaSource
  if (live === undefined) throw new Error('the source can be read live')
  const writer = await openSnapshotWriter(
    join(folder, 'snapshot'),
    { source: 'okta', identity: live.identity(config) },
    { checkpoint: { characters: 1, milliseconds: 0 } },
  )
  try {
    const progress = (step: Parameters<typeof stepText>[0]) => told.push(stepText(step))
    await live.capture(config, writer, { directory: folder, warn: () => {}, progress, signal, clock })
    return await writer.finish()
  } finally {
    await writer.close()
  }
}

export interface OrgReading extends Reading {
  snapshot: Snapshot
  users: JsonObject[]
}

/** Reads an org and its records. */
export async function readOrg(
  fake: { source: Config },
  options: JsonObject = {},
  asked: Asked = {},
): Promise<OrgReading> {
  const folder = folderWith({})
  const source = { ...fake.source, ...options }
  const snapshot = await captureInto(folder, source, asked)
  const reading = await readAll(source, folder, 1000, snapshot)
  const users = reading.records.filter(({ stream }) => stream === 'users').map(({ data }) => data)
  return { ...reading, snapshot, users }
}

/** The problems at the end of a reading. */
export async function refusal(promise: Promise<unknown>): Promise<readonly Problem[]> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  return error instanceof Error && 'problems' in error ? (error.problems as readonly Problem[]) : []
}

/** Names of the groups of each user, by ID. */
export function groupsByUser(users: readonly JsonObject[]): Record<string, unknown[]> {
  const names = ({ groups }: JsonObject) => (groups as JsonObject[]).map(({ groupName }) => groupName)
  return Object.fromEntries(users.map((user) => [String(user.id), names(user)]))
}

/** Aborts a capture at a progress message with this beginning. */
export function stopAt(start: string): { signal: AbortSignal; told: string[] } {
  const controller = new AbortController()
  const told: string[] = []
  told.push = (message) => {
    if (message.startsWith(start)) controller.abort(new Error('stopped'))
    return 0
  }
  return { signal: controller.signal, told }
}
