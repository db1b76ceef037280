import type { Manifest } from '../config/manifest.ts'
import { readSelector, type Scope } from '../config/pilot.ts'
import { UsageError } from '../diagnostics/errors.ts'
import type { limited, OptionsOf } from './definitions/options.ts'

/** Of whom a command is to speak. */
export interface ScopeOptions extends OptionsOf<typeof limited<[], Record<never, never>, Record<never, never>>> {
  /** The scope of a saved plan, in place of what the manifest says; null: everybody. */
  savedScope?: Scope | null
}

/**
 * Of whom to speak: what the command line says replaces all that the manifest says. Undefined: of everybody.
 * @throws UsageError for what is no selector
 */
export function scopeOf(
  { only, limit, everybody, savedScope }: ScopeOptions,
  { pilot }: Pick<Manifest, 'pilot'>,
): Scope | undefined {
  if (savedScope !== undefined) return savedScope ?? undefined
  if (everybody) {
    if (only === undefined && limit === undefined) return undefined
    throw new UsageError({
      code: 'options_contradict',
      message: `--everybody speaks of everybody, and ${only === undefined ? '--limit' : '--only'} of some`,
      hint: 'leave one of them out',
    })
  }
  const given = only === undefined && limit === undefined ? pilot : { only, limit }
  if (given === undefined) return undefined
  const scope = { only: given.only ?? [], limit: given.limit ?? null }
  const problems = scope.only.flatMap((text) => {
    const read = readSelector(text)
    return read.ok ? [] : [read.problem]
  })
  if (problems.length > 0) throw new UsageError(problems)
  return scope
}

/** @throws UsageError where a saved plan, which knows of whom it speaks, is to speak of others */
export function checkNoScope({ only, limit, everybody }: ScopeOptions): void {
  const given = [only && '--only', limit && '--limit', everybody && '--everybody'].find((option) => option)
  if (given === undefined) return
  throw new UsageError({
    code: 'options_contradict',
    message: `a saved plan is carried out as it is, and ${given} speaks of others`,
    hint: `leave ${given} out, or make a new plan with: workos-migrate plan ${given}${everybody ? '' : ' …'} --out`,
  })
}
