import type { Scope } from '../config/pilot.ts'
import { StalePlanError } from '../diagnostics/errors.ts'
import { shellWord, someOf } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Plan, PlanInputs } from './plan.ts'
import { changedNames, digestPlan, type PlanBasis, type PlanHeader, planBasis } from './plan-file.ts'

/** What a saved plan is held against, besides the plan that was just computed. */
export interface FreshOptions {
  apiKey: string
  /** The effective one. */
  manifest: object
  /** The plan file, as it was named. Absent: the plan is in no file. */
  file?: string
}

/** Something that is not as it was, and what helps besides a new plan. */
type Difference = Pick<Problem, 'message' | 'hint'>

/** Names in one sentence at most. */
const NAMED = 10

/**
 * Holds a plan that was just computed against a saved one.
 * @throws StalePlanError naming everything that differs
 */
export function checkFresh(saved: PlanHeader, plan: Plan, { apiKey, manifest, file }: FreshOptions): void {
  const now = planBasis(plan, manifest, apiKey)
  // Under another key every digest is another one, whatever has changed.
  const then = saved.basis?.key === now.key ? saved.basis : undefined
  const differences = differencesOf(saved.inputs, plan.inputs, then, now)
  if (differences.length === 0 && then?.desired !== undefined) {
    const kinds = changedNames(then.desired, now.desired ?? {})
    if (kinds.length > 0) {
      const what = someOf(kinds, { limit: NAMED })
      differences.push({
        message: `the same source and manifest yield other ${what}`,
        hint: 'or set the secrets that expressions read to what they were',
      })
    }
  }
  if (differences.length === 0 && saved.digest !== digestPlan(plan, apiKey)) {
    differences.push(
      then !== undefined
        ? { message: 'WorkOS has changed: the plan would do something else now' }
        : { message: 'WorkOS or the API key has changed', hint: 'or set the key that it was made with' },
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
        message: `the saved plan no longer holds: ${message}`,
        hint: hint === undefined ? again : `${again}; ${hint}`,
      }),
    ),
  )
}

/** The options that make a plan speak of the same. */
function scopeOptions(scope: Scope | undefined, manifest: object): string {
  if (scope === undefined) return 'pilot' in manifest ? ' --everybody' : ''
  const only = scope.only.length === 0 ? '' : ` --only ${scope.only.map(shellWord).join(' ')}`
  return `${only}${scope.limit === null ? '' : ` --limit ${scope.limit}`}`
}

function differencesOf(then: PlanInputs, now: PlanInputs, was: PlanBasis | undefined, is: PlanBasis): Difference[] {
  const differences: Difference[] = []
  if (then.environment !== now.environment) differences.push(otherEnvironment(then, now))
  // Of another environment everything is said with it: each of its values would be another one.
  if (then.manifest !== now.manifest) {
    const keys = was && then.environment === now.environment ? changedNames(was.manifest, is.manifest) : []
    differences.push({
      message: `the manifest has changed${keys.length === 0 ? '' : `: ${someOf(keys, { limit: NAMED })}`}`,
      hint: 'or take the change back',
    })
  }
  if (saysOther(then, now, was, is)) differences.push(otherSource(was, is))
  const { target } = now
  if (then.target.type !== target.type || then.target.baseUrl !== target.baseUrl) {
    differences.push({
      message: `the target is another one: ${target.type} at ${target.baseUrl}, and the plan is for ${then.target.type} at ${then.target.baseUrl}`,
      hint: 'or set target to what it was',
    })
  }
  if (JSON.stringify(then.state) !== JSON.stringify(now.state)) differences.push(otherState(then.state, now.state))
  if (then.toolVersion !== now.toolVersion) {
    differences.push({
      message: `workos-migrate has another version, ${now.toolVersion}, and the plan was made by ${then.toolVersion}`,
      hint: `or apply it with ${then.toolVersion}`,
    })
  }
  return differences
}

function otherEnvironment(then: PlanInputs, now: PlanInputs): Difference {
  const named = ({ environment }: PlanInputs) => (environment === null ? 'no environment' : environment)
  return {
    message: `the environment is another one: ${named(now)}, and the plan is for ${named(then)}`,
    hint: 'or leave --env out, the plan knows its environment',
  }
}

/**
 * Whether the source says something else. Its bytes may be others all the same, in what nothing
 * maps; where it cannot be told what they say, they decide.
 */
function saysOther(then: PlanInputs, now: PlanInputs, was: PlanBasis | undefined, is: PlanBasis): boolean {
  const moved = then.source !== now.source
  if (was?.desired === undefined || is.desired === undefined) return moved
  // Where the bytes are the same, the manifest or the version says something else of them, and that
  // is told.
  return moved && changedNames(was.desired, is.desired).length > 0
}

function otherSource(was: PlanBasis | undefined, is: PlanBasis): Difference {
  const kinds = changedNames(was?.desired ?? {}, is.desired ?? {})
  const about = was?.desired === undefined ? '' : ` in ${someOf(kinds, { limit: NAMED })}`
  if (was?.snapshot !== undefined && is.snapshot !== undefined && was.snapshot !== is.snapshot) {
    return {
      message: `the source has changed${about}: it was read again at ${is.snapshot}, and the plan is made from what was read at ${was.snapshot}`,
      hint: 'or name the folder of the former snapshot with --snapshot',
    }
  }
  const files = was === undefined ? [] : changedNames(was.files, is.files)
  return {
    message: `the source has changed${about}${files.length === 0 ? '' : `: ${someOf(files, { limit: NAMED })}`}`,
    ...(files.length > 0 && {
      hint: files.length === 1 ? 'or put the file back as it was' : 'or put the files back as they were',
    }),
  }
}

function otherState(then: PlanInputs['state'], now: PlanInputs['state']): Difference {
  if (then.lineage !== null && now.lineage !== null && then.lineage !== now.lineage) {
    return {
      message: 'the state is another one',
      hint: 'or check state in the manifest: the plan was made with another one',
    }
  }
  if (then.serial > now.serial) {
    return {
      message: `the state has changed: it is an older one, of serial ${now.serial}, and the plan was made at ${then.serial}`,
      hint: 'or put the newer state back',
    }
  }
  return {
    message: `the state has changed: something was applied since (serial ${then.serial} then, ${now.serial} now)`,
    hint: 'workos-migrate state show lists what ran',
  }
}
