/**
 * What becomes of a manifest that `init` would write: its plan, into an empty sandbox of its own,
 * before anything is written. In: the text of the manifest. Out: what the plan says of the records,
 * so that `init` announces what `plan` shows.
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

/** Records of the main stream that are planned: as many as take a second or two. */
export const MAX_PLANNED = 20_000

/** What the plan of a manifest says. */
export interface Forecast {
  /** Records of the stream of users that reached the mapping. */
  records: number
  /** False: only the first MAX_PLANNED records were planned. */
  complete: boolean
  users: number
  /** What the plan counts as rejected or blocked, which safety.maxRejects is about. */
  rejected: number
  /** By kind and code, most first. */
  causes: { kind: string; code: string; count: number }[]
  /** Records that a condition of the mapping leaves out. */
  leftOut: number
  /** The conditions, most first. */
  leftOutBy: { path: string | null; records: number }[]
  passwords: PasswordCounts
}

/** Why a manifest has no plan yet. */
export interface NoForecast {
  problems: readonly Problem[]
}

export interface Foreseen {
  /** The manifest as it would be written. */
  text: string
  /** Where it would be written, absolute. */
  file: string
  /** Variables that it refers to. What is unset is stood in for. */
  variables: readonly string[]
  obtainSnapshot?: () => Promise<Snapshot | undefined>
  /**
   * Whether the target is as empty as the sandbox of the forecast. What WorkOS lacks is known to
   * its own plan alone.
   */
  isEmpty: boolean
}

/**
 * A signer key of Firebase has 64 bytes. Every other secret of a proposal goes to a source or a
 * target, which are not asked here.
 */
const STAND_IN = Buffer.alloc(64, 1).toString('base64')

/**
 * Plans a manifest that is not written yet. Nothing is written, and nothing leaves this machine.
 */
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

/** The manifest as if it stood in its place, with an empty sandbox for a target. */
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
    // Its own: what stands in for a secret is none.
    redactor: new Redactor(),
  })
  const target = { ...loaded.manifest.target, type: 'sandbox' as const, data: resolve(scratch, 'sandbox.sqlite') }
  const { apiKey: _apiKey, baseUrl: _baseUrl, ...empty } = target
  return { ...loaded, directory: dirname(file), manifest: { ...loaded.manifest, target: empty } }
}

/** Kinds of reasons that are told apart. */
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

/** One condition is named; of several, how many records each left out. */
export function conditionsIn(leftOutBy: Forecast['leftOutBy']): string {
  const [by, ...others] = leftOutBy
  if (others.length === 0) return by?.path ? ` by ${by.path}` : ''
  return `: ${leftOutBy.map(({ path, records }) => `${figure(records)} by ${path ?? 'no rule'}`).join(', ')}`
}
