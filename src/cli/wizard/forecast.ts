/**
 * Plans a proposed manifest against an empty sandbox, before `init` writes anything. In: the text
 * of the manifest. Out: the counts that `plan` will show.
 */
import { dirname, join, resolve } from 'node:path'
import { type LoadedManifest, loadManifest } from '../../config/load.ts'
import type { Manifest } from '../../config/manifest.ts'
import { OperatorError } from '../../diagnostics/errors.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { staging } from '../../files/disk.ts'
import { writeWholeFile } from '../../files/whole-file.ts'
import { PEOPLE, plannedKinds, unplannedKinds } from '../../kinds/registry.ts'
import type { PasswordCounts } from '../../kinds/user/passwords/counts.ts'
import { computePlan } from '../../planning/compute-plan.ts'
import type { Plan } from '../../planning/plan.ts'
import { openListeners } from '../../running/listeners.ts'
import { OTHER_TEMPORARY, scratchAmongTemporary } from '../../running/scratch-place.ts'
import { isSourceSecret } from '../../running/source.ts'
import type { Snapshot } from '../../sources/snapshot/snapshot.ts'
import { peekState } from '../../state/open.ts'
import { openTarget } from '../../workos/target.ts'
import type { Context } from '../context.ts'

/** The most records of the main stream to plan; these take one or two seconds. */
export const MAX_PLANNED = 20_000

export interface Forecast {
  /** User records that reached the mapping. */
  records: number
  /** False if only the first MAX_PLANNED records were planned. */
  complete: boolean
  users: number
  /** Rejected or blocked, as safety.maxRejects counts them. */
  rejected: number
  /** Sorted by count, descending. */
  causes: { kind: string; code: string; count: number }[]
  /** Records that a condition of the mapping skips. */
  leftOut: number
  /** The conditions, sorted by count, descending. */
  leftOutBy: { path: string | null; records: number }[]
  passwords: PasswordCounts
}

/** Why the manifest could not be planned. */
export interface NoForecast {
  problems: readonly Problem[]
}

export interface Foreseen {
  /** The text of the manifest. */
  text: string
  /** Its future path, absolute. */
  file: string
  /** Its variables. Unset ones get a stand-in value. */
  variables: readonly string[]
  obtainSnapshot?: () => Promise<Snapshot | undefined>
  /** Whether the target is empty, like the sandbox of the forecast. */
  isEmpty: boolean
}

/** The length of a Firebase signer key: 64 bytes. The forecast uses no other secret. */
const STAND_IN = Buffer.alloc(64, 1).toString('base64')

/** Plans a manifest without writing it or sending anything. */
export async function forecastOf(foreseen: Foreseen, context: Context): Promise<Forecast | NoForecast> {
  const scratch = scratchAmongTemporary()
  try {
    return await staging(scratch.path, OTHER_TEMPORARY, () => planned(foreseen, scratch.path, context))
  } catch (error) {
    if (error instanceof OperatorError && !context.interrupted.aborted) return { problems: error.problems }
    throw error
  } finally {
    scratch.remove()
  }
}

async function planned(foreseen: Foreseen, scratch: string, context: Context): Promise<Forecast> {
  const loaded = await loadForeseen(foreseen, scratch, context)
  const { manifest, directory } = loaded
  const { interrupted, killed, clock } = context
  const { progress, ...listeners } = openListeners({ quiet: true }, context)
  const target = await openTarget({ manifest, directory, interrupted, killed, clock, ...listeners })
  const state = await peekState({ type: 'file', path: join(scratch, 'state.sqlite') })
  try {
    const { obtainSnapshot } = foreseen
    const signal = interrupted
    const from = { loaded, scratch, obtainSnapshot, signal, limit: MAX_PLANNED }
    const plan = await computePlan({ ...from, state, target, refresh: false, showsWarnings: true })
    try {
      return summed(plan, manifest, foreseen.isEmpty)
    } finally {
      plan.set.close()
    }
  } finally {
    progress.clear()
    state.close()
    await target.close()
  }
}

/** Loads the manifest as if it were at its future path, with an empty sandbox as its target. */
async function loadForeseen(
  { text, file, variables }: Foreseen,
  scratch: string,
  { env, mask }: Context,
): Promise<LoadedManifest> {
  const place = join(scratch, 'migrate.config.yaml')
  writeWholeFile(place, [text], {
    message: `${place} cannot be written`,
    code: 'scratch_unwritable',
    hint: OTHER_TEMPORARY,
  })
  const standIns = Object.fromEntries(variables.filter((name) => !env[name]).map((name) => [name, STAND_IN]))
  const loaded = await loadManifest({
    path: place,
    cwd: scratch,
    mask,
    env: { ...env, ...standIns },
    defer: isSourceSecret,
    // A separate redactor, because the stand-ins are not secrets.
    redactor: new Redactor(),
  })
  const target = { ...loaded.manifest.target, type: 'sandbox' as const, data: resolve(scratch, 'sandbox.sqlite') }
  const { apiKey: _apiKey, baseUrl: _baseUrl, ...empty } = target
  return { ...loaded, directory: dirname(file), manifest: { ...loaded.manifest, target: empty } }
}

/** The most causes to distinguish. */
const MAX_REASONS = 100

function blockedCauses(plan: Plan): Forecast['causes'] {
  return Array.from(plan.blockedCounts(MAX_REASONS), ({ kind, code, count }) => ({ kind, code, count }))
}

function summed(plan: Plan, manifest: Manifest, isEmpty: boolean): Forecast {
  const { set, summary } = plan
  const { records, streams } = set.accounting
  const main = streams.filter(({ role }) => role === 'main')
  const blocked = isEmpty ? summary.kinds.reduce((sum, kind) => sum + kind.blocked, 0) : 0
  return {
    records: main[0] === undefined ? 0 : passedOf(main[0].stream, main),
    complete: !set.reading.partial,
    users: set.count(PEOPLE),
    rejected: set.plannedRejectCount(unplannedKinds(plannedKinds(manifest))) + blocked,
    causes: [...set.rejectCounts(), ...(isEmpty ? blockedCauses(plan) : [])].sort((a, b) => b.count - a.count),
    leftOut: records.leftOut,
    leftOutBy: records.leftOutBy.map(({ path, records }) => ({ path, records })).sort((a, b) => b.records - a.records),
    passwords: summary.passwords,
  }
}

function passedOf(stream: string, counts: readonly { stream: string; passed: number }[]): number {
  return counts.filter((count) => count.stream === stream).reduce((sum, { passed }) => sum + passed, 0)
}

/** Names one condition, or counts the records of several. */
export function conditionsIn(leftOutBy: Forecast['leftOutBy']): string {
  const [by, ...others] = leftOutBy
  if (others.length === 0) return by?.path ? ` by ${by.path}` : ''
  return `: ${leftOutBy.map(({ path, records }) => `${figure(records)} by ${path ?? 'no rule'}`).join(', ')}`
}
