import { accepts, type Manifest } from '../config/manifest.ts'
import type { PlanWarning } from './plan.ts'

/** Marks the warnings that the manifest accepts: they are shown, and `--strict` passes them. */
export function markAccepted(warnings: readonly PlanWarning[], accepted: Manifest['warnings']): PlanWarning[] {
  return warnings.map((warning) => (accepts(accepted, warning.code) ? { ...warning, accepted: true } : warning))
}

/** The warnings that nobody has accepted. */
export function openWarnings(warnings: readonly PlanWarning[]): PlanWarning[] {
  return warnings.filter(({ accepted }) => accepted !== true)
}
