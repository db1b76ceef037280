import { nearest } from '../config/nearest.ts'
import { readSelector, type Scope, type Selector } from '../config/pilot.ts'
import { UsageError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { selectorRules } from '../kinds/registry.ts'
import { globOf, type Population, type SelectorRule } from '../kinds/scope.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { chooseAs, firstNames, isChoosable, leftOutLike, someNames } from '../rundb/scope.ts'

/**
 * Selectors choose the users of a run. In: `email:*@acme.example` and where to look. Out: the
 * chosen resources, in the table `chosen`; or the problem of a selector that matches nothing, with
 * suggestions.
 */

/** @throws UsageError for an invalid selector */
export function selectorsOf({ only }: Scope): Selector[] {
  return only.map((text) => {
    const read = readSelector(text)
    if (!read.ok) throw new UsageError(read.problem)
    return read.selector
  })
}

/**
 * Adds the resources that a selector matches to `chosen`.
 * @returns whether it matches anything
 */
export function choose(rundb: RunDatabase, { kind: by, pattern }: Selector, population: Population): boolean {
  const { kind, found, glob } = ruleOf(by)
  const inserted = chooseAs(rundb, kind, found(population), glob(pattern))
  return inserted > 0 || isChoosable(rundb, found(population), glob(pattern))
}

/** Adds all users to `chosen`. */
export function chooseAll(rundb: RunDatabase, population: Population): void {
  for (const { kind, found, choosesAll } of selectorRules()) {
    if (choosesAll) chooseAs(rundb, kind, found(population), '*')
  }
}

function ruleOf(by: Selector['kind']): SelectorRule & { kind: string } {
  const rule = selectorRules().find((each) => each.by === by)
  if (rule === undefined) throw new RangeError(`there is no selector ${by}`)
  return rule
}

/** Keys that are compared with a misspelled one. More would take too long. */
const COMPARED_AT_MOST = 20_000

/** Matching keys that a hint names. */
const EXAMPLES = 3

/**
 * The problem of a selector that matches nothing, with suggestions.
 * @param where what was searched: `the source`
 */
export function matchesNothing(
  rundb: RunDatabase,
  text: string,
  selector: Selector,
  population: Population,
  where: string,
): Problem {
  return {
    code: 'selects_nothing',
    message: `the selector ${text} matches nothing in ${where}`,
    hint: hintFor(rundb, text, selector, population),
  }
}

function hintFor(rundb: RunDatabase, text: string, selector: Selector, population: Population): string {
  const several = text.split(/\s*,\s*(?=(?:organization|user|email|domain)\s*:)/)
  if (several.length > 1) return `separate selectors with spaces: --only ${several.map(quotedForShell).join(' ')}`
  const { kind: by, pattern } = selector
  const rule = ruleOf(by)
  const path = leftOutLike(rundb, by, globOf(pattern))
  if (path !== undefined) return `${path} leaves out ${by}:${pattern}`
  const known = rule.otherWay?.(rundb, pattern)
  if (known !== undefined) return known
  const near = nearName(rundb, rule, pattern, population)
  if (near !== undefined) return `did you mean ${by}:${near}?`
  const examples = firstNames(rundb, rule.names(population), EXAMPLES)
  return examples.length === 0 ? rule.hint : `${rule.hint}, like ${examples.map((name) => `${by}:${name}`).join(', ')}`
}

/** Without quotes, a shell expands `*` and `?` to file names. */
function quotedForShell(selector: string): string {
  return /[*?\s|&;<>()$`"\\]/.test(selector) ? `'${selector}'` : selector
}

function nearName(rundb: RunDatabase, rule: SelectorRule, pattern: string, population: Population): string | undefined {
  if (/[*?]/.test(pattern)) return undefined
  const names = someNames(rundb, rule.names(population), COMPARED_AT_MOST + 1)
  return names.length > COMPARED_AT_MOST ? undefined : nearest(pattern, names)
}
