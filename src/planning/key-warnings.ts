import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Plan } from './plan.ts'
import { shownWarning } from './plan-warnings.ts'
import { environmentSort, type Where } from './where.ts'

/** A warning where the key and the name of the environment contradict each other: one of them is another's. */
export function keyOfAnotherEnvironment(
  { environment, key }: Pick<Where, 'environment' | 'key'>,
  { locate }: Pick<LoadedManifest, 'locate'>,
): Problem[] {
  if (environment === null || key === null) return []
  const sort = environmentSort(environment)
  const at = locate(['target', 'apiKey'])
  if (key === 'live' && sort === 'trial') {
    return [
      {
        code: 'live_key_in_staging',
        severity: 'warning',
        message: `the environment is called ${environment}, and its API key is a live one: what is written goes to production`,
        hint: 'use the sk_test_ key of the staging environment, or choose the environment that is meant with -e',
        at,
        path: 'target.apiKey',
      },
    ]
  }
  if (key === 'test' && sort === 'production') {
    return [
      {
        code: 'test_key_in_production',
        severity: 'warning',
        message: `the environment is called ${environment}, and its API key is a test one: nothing goes to production`,
        hint: 'use the sk_live_ key of the production environment, or choose the environment that is meant with -e',
        at,
        path: 'target.apiKey',
      },
    ]
  }
  return []
}

/** Adds that warning to those of a plan, and tells of it. */
export function warnOfKey(plan: Plan, loaded: LoadedManifest, onWarning: (problem: Problem) => void = () => {}): void {
  for (const problem of keyOfAnotherEnvironment(plan.where, loaded)) {
    onWarning(problem)
    plan.summary.warnings.push(shownWarning(problem, loaded))
  }
}
