import type { PlanWarning } from '../../planning/plan.ts'
import { describeWarning } from '../remarks.ts'
import type { Block, Tone } from './report.ts'
import type { Shown } from './shown.ts'

/** Something to look at, with what helps. */
export function alertOf(
  { message, hint }: { message: string; hint?: string | undefined },
  tone: Tone,
  label: string,
  shown: Shown,
): Block {
  return {
    type: 'alert',
    tone,
    label,
    text: shown.text(message),
    hint: hint === undefined ? undefined : shown.text(hint),
  }
}

/** Warnings with the codes by which the manifest accepts them; those that it accepts last and without their hints. */
export function warningAlerts(warnings: readonly PlanWarning[], shown: Shown): Block[] {
  const told = (warning: PlanWarning) => `${describeWarning(warning)} [${warning.code}]`
  const accepted = (warning: PlanWarning) => warning.accepted === true
  return [
    ...warnings
      .filter((warning) => !accepted(warning))
      .map((warning) => alertOf({ message: told(warning), hint: warning.hint }, 'warn', 'Warning:', shown)),
    ...warnings.filter(accepted).map((warning) => alertOf({ message: told(warning) }, 'plain', 'Accepted:', shown)),
  ]
}
