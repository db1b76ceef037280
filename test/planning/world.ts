import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { onTestFinished } from 'vitest'
import { applyPlan } from '../../src/applying/apply.ts'
import type { ApplyResult } from '../../src/applying/apply-result.ts'
import { type LoadedManifest, loadManifest } from '../../src/config/load.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { createScratch } from '../../src/files/scratch.ts'
import { computePlan } from '../../src/planning/compute-plan.ts'
import type { Plan } from '../../src/planning/plan.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { OpenState } from '../../src/state/store.ts'
import { openTarget, type Target } from '../../src/workos/target.ts'
import { temporaryFolder } from '../temporary-folder.ts'

export type Row = Record<string, string>

const LIMITS = { writes: '100000/s', reads: '100000/s', requests: '100000/s' }

/** A project in its own folder: a CSV file, a manifest, a state and a sandbox. */
export interface World {
  folder: string
  loaded: LoadedManifest
  state: OpenState
  target: Target
  /** Writes the rows of users.csv, or of another file. */
  rows(rows: readonly Row[], file?: string): void
  /** Writes the manifest: the given options and the required ones. */
  manifest(more: object): Promise<void>
  plan(refresh?: boolean): Promise<Plan>
  apply(plan: Plan): Promise<ApplyResult>
  /** Removes the state. */
  loseState(): Promise<void>
  /** Changes a user in WorkOS, as another program would. */
  changeUser(key: string, body: { [field: string]: string | boolean | Record<string, string | null> }): Promise<void>
}

export async function createWorld(rows: readonly Row[], more: object = {}): Promise<World> {
  const folder = temporaryFolder()
  const file = join(folder, 'migrate.config.yaml')
  const statePath = join(folder, '.workos-migrate', 'state.sqlite')
  const writeRows = (content: readonly Row[], file = 'users.csv') => {
    const columns = [...new Set(content.flatMap((row) => Object.keys(row)))]
    writeFileSync(join(folder, file), stringify([...content], { header: true, columns }))
  }
  const load = async (changes: object) => {
    const least = {
      source: { type: 'csv', path: './users.csv' },
      target: { type: 'sandbox' },
      run: { workers: 1, limits: LIMITS },
    }
    writeFileSync(file, JSON.stringify({ ...least, ...changes }))
    return loadManifest({ path: file, cwd: folder, env: {}, redactor: new Redactor() })
  }
  writeRows(rows)
  const loaded = await load(more)
  const world: World = {
    folder,
    loaded,
    state: openStateFile(statePath),
    target: await openTarget({ manifest: loaded.manifest, directory: folder }),
    rows: writeRows,
    manifest: async (changes) => {
      world.loaded = await load(changes)
    },
    plan: async (refresh = false) => {
      const scratch = createScratch(folder)
      const plan = await computePlan({ ...world, scratch: scratch.path, refresh })
      onTestFinished(() => {
        plan.set.close()
        scratch.remove()
      })
      return plan
    },
    apply: (plan) => applyPlan({ ...world, plan, manifest: world.loaded.manifest, command: 'apply' }),
    loseState: async () => {
      await world.state.close()
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${statePath}${suffix}`, { force: true })
      world.state = openStateFile(statePath)
    },
    changeUser: async (key, body) => {
      const id = await world.state.idOf('user', key)
      await world.target.client.write({ method: 'PUT', path: `/user_management/users/${id}`, body })
    },
  }
  onTestFinished(async () => {
    await world.target.close()
    await world.state.close()
  })
  return world
}

/** Plain users, each in one organization. */
export function people(count: number): Row[] {
  return Array.from({ length: count }, (_, n) => ({
    email: `person${n}@example.com`,
    first_name: `First${n}`,
    external_id: `ext-${n}`,
    org_external_id: 'acme',
    org_name: 'Acme',
  }))
}

/** `kind:key type` of every action, in order. */
export function actionsOf(plan: Plan): string[] {
  return [...plan.actions()].map(({ kind, key, type }) => `${kind}:${key} ${type}`)
}
