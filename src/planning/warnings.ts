import { basename, dirname, isAbsolute, relative, sep } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { accepts, type Manifest, type MapRule } from '../config/manifest.ts'
import { shippedRecipes } from '../config/recipes.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { figure } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { LeftOut } from '../rundb/left-out.ts'
import { environmentSort, type Where } from './binding.ts'
import type { Plan, PlanWarning } from './plan.ts'

/**
 * Warnings of a plan: what is odd about it as a whole and refuses nothing. In: what was read, or
 * the key and the environment. Out: problems, and what the plan shows of them. What is odd about
 * values: see column-warnings.ts, and the remarks of the kinds.
 */

/**
 * A warning where the source has records of users and no user comes of any of them, since
 * conditions leave them all out.
 */
export function everybodyLeftOut(set: DesiredSet, loaded: LoadedManifest, mainStream: string): Problem[] {
  const main = mainRule(loaded)
  if (main === undefined || set.reading.partial) return []
  const { streams, kinds, records } = set.accounting
  const read = streamsOf(main.mapped, mainStream)
  const passed = streams
    .filter(({ stream, role }) => role === 'main' && read.includes(stream))
    .reduce((sum, count) => sum + count.passed, 0)
  if (passed === 0 || kinds.some(({ kind, yielded }) => kind === main.kind && yielded > 0)) return []
  const found = records.leftOutBy.filter(({ stream, path }) => read.includes(stream) && path !== null)
  // Where other rules made something of the records, it is the condition of the main rule all the
  // same.
  const path = `map.${main.rule}.${main.mapped.each === undefined ? 'when' : 'each'}`
  const own = locateLeftOut({ stream: read.join(', '), path, records: passed }, loaded)
  const conditions = found.length > 0 ? found.toSorted((a, b) => b.records - a.records) : [own]
  const [first = own] = conditions
  const by =
    conditions.length === 1
      ? `by ${first.path}`
      : conditions.map((one) => `${one.records} ${describeCondition(one)}`).join(', ')
  const place = (first.path ?? path).split('.')
  return [
    {
      code: 'everybody_left_out',
      severity: 'warning',
      message: `nobody is migrated: ${passed === 1 ? 'the only record' : `all ${passed} records`} of ${read.join(', ')} ${passed === 1 ? 'is' : 'are'} left out ${by}`,
      hint: 'compare the condition with the values of the columns that it reads: any text counts as a value, NULL and f too',
      at: loaded.originOf(place) ?? loaded.locate(place),
      path: place.join('.'),
    },
  ]
}

/**
 * The kind that a migration is about before all else, and how it is mapped; undefined: it is not.
 */
function mainRule({ manifest }: LoadedManifest): { kind: string; rule: string; mapped: MapRule } | undefined {
  for (const { name, rule, review } of kindDefinitions) {
    const mapped = review?.main && rule !== undefined ? manifest.map[rule] : undefined
    if (mapped !== undefined && rule !== undefined) return { kind: name, rule, mapped }
  }
  return undefined
}

/** So many records, and this share of them, that one condition leaves out are worth a look. */
const MANY_LEFT_OUT = 10
const SHARE_LEFT_OUT = 0.3

/**
 * A warning for each condition that leaves out much of a stream, or many users of it, without
 * leaving out everybody.
 */
export function manyLeftOut(set: DesiredSet, loaded: LoadedManifest, mainStream: string): Problem[] {
  const { streams, kinds, records } = set.accounting
  const passedOf = (names: readonly string[]) =>
    streams
      .filter(({ stream, role }) => role === 'main' && names.includes(stream))
      .reduce((sum, { passed }) => sum + passed, 0)
  const found = records.leftOutBy
    .filter(({ stream, path, records: left }) => path !== null && isMuch(left, passedOf([stream])))
    .map(({ stream, path, records: left }) => ({ stream, path: path ?? '', left, of: passedOf([stream]) }))
  const main = mainRule(loaded)
  // Who is left out as a user may still be an organization's record, which then counts as mapped.
  if (main?.mapped.when !== undefined && main.mapped.each === undefined) {
    const read = streamsOf(main.mapped, mainStream)
    const of = passedOf(read)
    const left = of - (kinds.find(({ kind }) => kind === main.kind)?.yielded ?? 0)
    const path = `map.${main.rule}.when`
    const isTold = found.some((one) => one.path === path)
    if (!isTold && left < of && isMuch(left, of)) found.push({ stream: read.join(', '), path, left, of })
  }
  return found.map(({ stream, path, left, of }) => ({
    code: 'many_left_out',
    severity: 'warning',
    message: `${figure(left)} of ${figure(of)} records of ${stream} are left out by ${path}`,
    hint: 'if that is right, do nothing; else compare the condition with the values of the columns that it reads',
    at: loaded.originOf(path.split('.')) ?? loaded.locate(path.split('.')),
    path,
  }))
}

function streamsOf({ from }: MapRule, mainStream: string): string[] {
  return from === undefined ? [mainStream] : [from].flat()
}

function isMuch(left: number, of: number): boolean {
  return left >= MANY_LEFT_OUT && left >= of * SHARE_LEFT_OUT
}

/** A warning as the plan shows it: the same on every machine. */
export function shownWarning({ code, message, hint, at }: Problem, { directory }: LoadedManifest): PlanWarning {
  return { code, message, hint, ...(at && { at: { ...at, file: shownFile(at.file, directory) } }) }
}

/**
 * Says where the condition is written that left records out; nothing where none did, or where it is
 * a default.
 */
export function locateLeftOut(by: LeftOut, loaded: LoadedManifest): LeftOut {
  const at = by.path === null ? undefined : loaded.originOf(by.path.split('.'))
  return at === undefined ? by : { ...by, at: { ...at, file: shownFile(at.file, loaded.directory) } }
}

/** By which condition, and where it is written: `by map.user.when (recipes/okta.yaml:24)`. */
export function describeCondition({ path, at }: Pick<LeftOut, 'path' | 'at'>): string {
  const where = at === undefined ? '' : ` (${at.file}${at.line === undefined ? '' : `:${at.line}`})`
  return `by ${path}${where}`
}

/** The same on every machine for what lies beside the manifest or is shipped. */
export function shownFile(file: string, directory: string): string {
  if (!isAbsolute(file)) return file
  if (dirname(file) === shippedRecipes) return `recipes/${basename(file)}`
  const path = relative(directory, file)
  return isAbsolute(path) || path.startsWith(`..${sep}`) ? file : path.replaceAll(sep, '/')
}

/**
 * A warning where the key and the name of the environment contradict each other: one of them is
 * another's.
 */
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

/** Marks the warnings that the manifest accepts: they are shown, and `--strict` passes them. */
export function markAccepted(warnings: readonly PlanWarning[], accepted: Manifest['warnings']): PlanWarning[] {
  return warnings.map((warning) => (accepts(accepted, warning.code) ? { ...warning, accepted: true } : warning))
}

/** The warnings that nobody has accepted. */
export function openWarnings(warnings: readonly PlanWarning[]): PlanWarning[] {
  return warnings.filter(({ accepted }) => accepted !== true)
}
