import type { Scope } from '../config/pilot.ts'
import { StalePlanError } from '../diagnostics/errors.ts'
import { shellWord, someOf } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Plan, PlanInputs } from './plan.ts'
import { changedNames, digestPlan, type PlanBasis, type PlanHeader, planBasis } from './plan-file.ts'

/** What a saved plan is compared with, in addition to the plan that was just computed. */
export interface FreshOptions {
  apiKey: string
  /** The effective manifest. */
  manifest: object
  /** The plan file, as the user named it. Absent: the plan is not in a file. */
  file?: string
}

/** Something that changed, and what helps other than a new plan. */
type Difference = Pick<Problem, 'message' | 'hint'>

/** Maximum number of names in one sentence. */
const NAMED = 10

/**
 * Compares a plan that was just computed with a saved one.
 * @throws StalePlanError that names every difference
 */
export function checkFresh(saved: PlanHeader, plan: Plan, { apiKey, manifest, file }: FreshOptions): void {
  const now = planBasis(plan, manifest, apiKey)
  // With another key every digest differs, whatever changed.
  const then = saved.basis?.key === now.key ? saved.basis : undefined
  const differences = differencesOf(saved.inputs, plan.inputs, then, now)
  if (differences.length === 0 && then?.desired !== undefined) {
    const kinds = changedNames(then.desired, now.desired ?? {})
    if (kinds.length > 0) {
      const what = someOf(kinds, { limit: NAMED })
      differences.push({
        message: `the same source and manifest now produce different ${what}`,
        hint: 'or restore the secrets that expressions read',
      })
    }
  }
  if (differences.length === 0 && saved.digest !== digestPlan(plan, apiKey)) {
    differences.push(
      then !== undefined
        ? { message: 'WorkOS has changed, so a new plan would differ' }
        : { message: 'WorkOS or the API key has changed', hint: 'or set the API key that the plan was made with' },
    )
  }
  if (differences.length === 0) return
  const environment = plan.inputs.environment === null ? '' : ` -e ${plan.inputs.environment}`
  const command = `workos-migrate plan${environment}${scopeOptions(saved.scope, manifest)}`
  const again =
    file === undefined ? 'make a new plan' : `make a new plan and have it reviewed: ${command} --out ${shellWord(file)}`
  throw new StalePlanError(
    differences.map(
      ({ message, hint }): Problem => ({
        code: 'stale_plan',
        message: `the saved plan is out of date: ${message}`,
        hint: hint === undefined ? again : `${again}; ${hint}`,
      }),
    ),
  )
}

/** The options that give a plan the same scope. */
function scopeOptions(scope: Scope | undefined, manifest: object): string {
  if (scope === undefined) return 'pilot' in manifest ? ' --everybody' : ''
  const only = scope.only.length === 0 ? '' : ` --only ${scope.only.map(shellWord).join(' ')}`
  return `${only}${scope.limit === null ? '' : ` --limit ${scope.limit}`}`
}

function differencesOf(then: PlanInputs, now: PlanInputs, was: PlanBasis | undefined, is: PlanBasis): Difference[] {
  const differences: Difference[] = []
  if (then.environment !== now.environment) differences.push(otherEnvironment(then, now))
  // In another environment every value can differ, so values are not named.
  if (then.manifest !== now.manifest) {
    const keys = was && then.environment === now.environment ? changedNames(was.manifest, is.manifest) : []
    differences.push({
      message: `the manifest has changed${keys.length === 0 ? '' : `: ${someOf(keys, { limit: NAMED })}`}`,
      hint: 'or undo the change',
    })
  }
  if (saysOther(then, now, was, is)) differences.push(otherSource(was, is))
  const { target } = now
  if (then.target.type !== target.type || then.target.baseUrl !== target.baseUrl) {
    differences.push({
      message: `the target has changed: it is ${target.type} at ${target.baseUrl}, but the plan is for ${then.target.type} at ${then.target.baseUrl}`,
      hint: 'or restore target',
    })
  }
  if (JSON.stringify(then.state) !== JSON.stringify(now.state)) differences.push(otherState(then.state, now.state))
  if (then.toolVersion !== now.toolVersion) {
    differences.push({
      message: `this is version ${now.toolVersion} of workos-migrate, but version ${then.toolVersion} made the plan`,
      hint: `or apply it with version ${then.toolVersion}`,
    })
  }
  return differences
}

function otherEnvironment(then: PlanInputs, now: PlanInputs): Difference {
  const named = ({ environment }: PlanInputs) =>
    environment === null ? 'no environment' : `environment ${environment}`
  return {
    message: `this command is for ${named(now)}, but the plan is for ${named(then)}`,
    hint: 'or omit --env to use the environment of the plan',
  }
}

/**
 * Whether the records of the source changed. Its bytes can change in columns that nothing maps; if
 * the records cannot be compared, the bytes decide.
 */
function saysOther(then: PlanInputs, now: PlanInputs, was: PlanBasis | undefined, is: PlanBasis): boolean {
  const moved = then.source !== now.source
  if (was?.desired === undefined || is.desired === undefined) return moved
  // If the bytes are the same, the manifest or the version changed, which is reported separately.
  return moved && changedNames(was.desired, is.desired).length > 0
}

function otherSource(was: PlanBasis | undefined, is: PlanBasis): Difference {
  const kinds = changedNames(was?.desired ?? {}, is.desired ?? {})
  const about = was?.desired === undefined ? '' : ` in ${someOf(kinds, { limit: NAMED })}`
  if (was?.snapshot !== undefined && is.snapshot !== undefined && was.snapshot !== is.snapshot) {
    return {
      message: `the source has changed${about}: it was read again at ${is.snapshot}, but the plan uses the snapshot of ${was.snapshot}`,
      hint: 'or pass the folder of the earlier snapshot with --snapshot',
    }
  }
  const files = was === undefined ? [] : changedNames(was.files, is.files)
  return {
    message: `the source has changed${about}${files.length === 0 ? '' : `: ${someOf(files, { limit: NAMED })}`}`,
    ...(files.length > 0 && {
      hint: files.length === 1 ? 'or restore the file' : 'or restore the files',
    }),
  }
}

function otherState(then: PlanInputs['state'], now: PlanInputs['state']): Difference {
  if (then.lineage !== null && now.lineage !== null && then.lineage !== now.lineage) {
    return {
      message: 'the plan was made with another state',
      hint: 'or correct state in the manifest',
    }
  }
  if (then.serial > now.serial) {
    return {
      message: `the state is older than the plan: it has serial ${now.serial}, but the plan was made at serial ${then.serial}`,
      hint: 'or restore the newer state',
    }
  }
  return {
    message: `the state has changed: another run was applied after the plan was made (serial ${then.serial} then, ${now.serial} now)`,
    hint: 'list the runs with: workos-migrate state show',
  }
}
