import { dirname, resolve } from 'node:path'
import { removeAbandonedFiles } from '../files/temporary-file.ts'
import type { Purpose } from '../files/whole-file.ts'
import { checkFresh } from '../planning/check-fresh.ts'
import type { Plan } from '../planning/plan.ts'
import { checkSeal, readPlanHeader, type SavedPlan, writePlanFile } from '../planning/plan-file.ts'
import type { Session, SessionOptions } from './session.ts'

/**
 * Saving plans and opening them again. In: a plan and a session. Out: the file; later the same
 * plan, computed again and compared with the file.
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
 * Reads the header of a saved plan.
 * @throws ManifestError if it is damaged or of another version
 */
export async function openSavedPlan(path: string): Promise<OpenedPlan> {
  removeAbandonedFiles(dirname(path))
  return { path, saved: await readPlanHeader(path) }
}

/**
 * The options with the manifest, environment and snapshot of a saved plan, unless others are given,
 * and with its scope.
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
 * Computes a saved plan again and checks that it is the same as in the file.
 * @param file as the user named it
 * @throws StalePlanError if something has changed since, ManifestError for a file that was changed
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
