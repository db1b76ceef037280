import { dirname, resolve } from 'node:path'
import { removeAbandonedFiles } from '../files/temporary-file.ts'
import type { Purpose } from '../files/whole-file.ts'
import { checkFresh } from '../planning/check-fresh.ts'
import type { Plan } from '../planning/plan.ts'
import { checkSeal, readPlanHeader, type SavedPlan, writePlanFile } from '../planning/plan-file.ts'
import type { Session, SessionOptions } from './session.ts'

/**
 * Plans on their way into a file and out of it. In: a plan and a session. Out: the file; later the
 * same plan, made anew and held against it.
 */

/** A saved plan and its file. */
export interface OpenedPlan {
  path: string
  saved: SavedPlan
}

/** Saves a plan at `path`. @throws FileError with `purpose` */
export function savePlan(
  plan: Plan,
  path: string,
  { loaded, target }: Pick<Session, 'loaded' | 'target'>,
  purpose: Purpose,
): void {
  const { file: manifestFile, manifest } = loaded
  writePlanFile(plan, path, { manifestFile, manifest, apiKey: target.identity.apiKey, purpose })
}

/**
 * Reads what a saved plan says of itself. @throws ManifestError if it is damaged or of another
 * version
 */
export async function openSavedPlan(path: string): Promise<OpenedPlan> {
  removeAbandonedFiles(dirname(path))
  return { path, saved: await readPlanHeader(path) }
}

/**
 * The manifest, the environment and the snapshot that a saved plan was made with, unless others are
 * named; and of whom it speaks.
 */
export function asSaved<Options extends SessionOptions>({ path, saved }: OpenedPlan, options: Options): Options {
  return {
    ...options,
    config: options.config ?? resolve(dirname(path), saved.manifestFile),
    savedScope: saved.scope ?? null,
    env: options.env ?? saved.inputs.environment ?? undefined,
    ...(saved.snapshot !== undefined && !options.fresh && { remembered: resolve(dirname(path), saved.snapshot) }),
  }
}

/**
 * Makes a saved plan anew, and makes sure that it is the one of the file.
 * @param file as it was named
 * @throws StalePlanError when something has changed since, ManifestError for a file that was
 *   changed
 */
export async function computeSaved(
  session: Session,
  { path, saved }: OpenedPlan,
  file: string,
  showsWarnings: boolean,
): Promise<Plan> {
  const { apiKey } = session.target.identity
  const plan = await session.computePlan(saved.summary.refreshed, showsWarnings)
  checkFresh(saved, plan, { apiKey, manifest: session.loaded.manifest, file })
  checkSeal(path, saved, apiKey)
  return plan
}
