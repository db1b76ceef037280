import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { capture } from '../../../src/sources/auth0/capture/capture.ts'
import { auth0Source } from '../../../src/sources/auth0/open.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import { type FakeAuth0, startFakeAuth0 } from '../../fakes/auth0/fake-auth0.ts'
import type { TenantData } from '../../fakes/auth0/objects.ts'
import type { Auth0Settings } from '../../fakes/auth0/settings.ts'
import { folderWith, type Reading, readAll } from '../reading.ts'
import { stepText } from '../step-text.ts'

/** A tenant that is closed after the test. */
export async function tenantWith(data: Partial<TenantData>, settings: Auth0Settings = {}): Promise<FakeAuth0> {
  const fake = await startFakeAuth0(data, settings)
  onTestFinished(() => fake.close())
  return fake
}

export interface CaptureOptions {
  signal?: AbortSignal
  /** Progress messages of the capture. */
  told?: string[]
}

/** Reads a tenant into a snapshot in the folder. Continues an earlier attempt there. */
export async function captureInto(
  folder: string,
  { type: _type, ...config }: { type: string; [option: string]: unknown },
  { signal, told = [] }: CaptureOptions = {},
): Promise<Snapshot> {
  const identity = auth0Source.live?.identity(config) ?? {}
  const writer = await openSnapshotWriter(join(folder, 'snapshot'), { source: 'auth0', identity })
  try {
    await capture(config, writer, {
      directory: folder,
      warn: () => {},
      progress: (step) => told.push(stepText(step)),
      signal,
    })
    return await writer.finish()
  } finally {
    await writer.close()
  }
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

export interface TenantReading extends Reading {
  snapshot: Snapshot
  users: JsonObject[]
  organizations: JsonObject[]
}

/** Reads a tenant and its records. `files` are next to the manifest. */
export async function readTenant(
  fake: FakeAuth0,
  options: JsonObject = {},
  files: Record<string, string> = {},
): Promise<TenantReading> {
  const folder = folderWith(files)
  const source = { ...fake.source, ...options }
  const snapshot = await captureInto(folder, source)
  return readSnapshotOf(snapshot, source, folder)
}

/** Reads the records of a snapshot. */
export async function readSnapshotOf(
  snapshot: Snapshot,
  source: { type: string; [option: string]: unknown },
  folder: string,
): Promise<TenantReading> {
  const reading = await readAll(source, folder, 1000, snapshot)
  const of = (stream: string) => reading.records.filter((record) => record.stream === stream).map(({ data }) => data)
  return { ...reading, snapshot, users: of('users'), organizations: of('organizations') }
}

/** Every membership as `user@organization`, with the sorted names of its roles. */
export function memberships(reading: TenantReading): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const user of reading.users) {
    for (const membership of user.memberships as JsonObject[]) {
      const { organization, roles } = membership as { organization: JsonObject; roles: JsonObject[] }
      found[`${user.user_id}@${organization.id}`] = roles.map(({ name }) => String(name))
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The memberships of the fake tenant, in the same form. */
export function membershipsOf({ tenant }: FakeAuth0): Record<string, string[]> {
  const found = tenant
    .members()
    .map(({ organization, user, roles }): [string, string[]] => [
      `${user}@${organization}`,
      roles.map((id) => String(tenant.roles.get(id)?.name)),
    ])
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}
