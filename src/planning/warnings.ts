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
 * Warnings about a whole plan that do not refuse it. In: what was read, or the key and the
 * environment. Out: problems, and how the plan shows them. For warnings about values see
 * column-warnings.ts and the kinds.
 */

/** A warning if the source has user records but conditions leave all of them out. */
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
  // If other rules used the records, the condition of the main rule still left out the users.
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
      message: `no user is migrated: ${passed === 1 ? 'the only record' : `all ${passed} records`} of ${read.join(', ')} ${passed === 1 ? 'is' : 'are'} left out ${by}`,
      hint: 'compare the condition with the columns that it reads: any text counts as a value, even NULL and f',
      at: loaded.originOf(place) ?? loaded.locate(place),
      path: place.join('.'),
    },
  ]
}

/** The main kind of a migration and how it is mapped. Undefined: it is not mapped. */
function mainRule({ manifest }: LoadedManifest): { kind: string; rule: string; mapped: MapRule } | undefined {
  for (const { name, rule, review } of kindDefinitions) {
    const mapped = review?.main && rule !== undefined ? manifest.map[rule] : undefined
    if (mapped !== undefined && rule !== undefined) return { kind: name, rule, mapped }
  }
  return undefined
}

/** A condition that leaves out this many records, and this share of them, is worth a look. */
const MANY_LEFT_OUT = 10
const SHARE_LEFT_OUT = 0.3

/** A warning for each condition that leaves out many records of a stream, or many of its users. */
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
  // A record left out as a user can be an organization's record, which then counts as mapped.
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
    message: `${path} leaves out ${figure(left)} of ${figure(of)} records of ${stream}`,
    hint: 'compare the condition with the values of its columns; if it is right, do nothing',
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

/** Adds the place of the condition that left out records, unless it is a default. */
export function locateLeftOut(by: LeftOut, loaded: LoadedManifest): LeftOut {
  const at = by.path === null ? undefined : loaded.originOf(by.path.split('.'))
  return at === undefined ? by : { ...by, at: { ...at, file: shownFile(at.file, loaded.directory) } }
}

/** The condition and its place: `by map.user.when (recipes/okta.yaml:24)`. */
export function describeCondition({ path, at }: Pick<LeftOut, 'path' | 'at'>): string {
  const where = at === undefined ? '' : ` (${at.file}${at.line === undefined ? '' : `:${at.line}`})`
  return `by ${path}${where}`
}

/** A path that is the same on every machine, for files next to the manifest and shipped ones. */
export function shownFile(file: string, directory: string): string {
  if (!isAbsolute(file)) return file
  if (dirname(file) === shippedRecipes) return `recipes/${basename(file)}`
  const path = relative(directory, file)
  return isAbsolute(path) || path.startsWith(`..${sep}`) ? file : path.replaceAll(sep, '/')
}

/** A warning if the API key and the name of the environment contradict each other. */
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
        message: `the environment is called ${environment}, but its API key is a live key: changes go to production`,
        hint: 'use the sk_test_ key of the staging environment, or choose the right environment with -e',
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
        message: `the environment is called ${environment}, but its API key is a test key: nothing goes to production`,
        hint: 'use the sk_live_ key of the production environment, or choose the right environment with -e',
        at,
        path: 'target.apiKey',
      },
    ]
  }
  return []
}

/** Adds that warning to a plan and reports it. */
export function warnOfKey(plan: Plan, loaded: LoadedManifest, onWarning: (problem: Problem) => void = () => {}): void {
  for (const problem of keyOfAnotherEnvironment(plan.where, loaded)) {
    onWarning(problem)
    plan.summary.warnings.push(shownWarning(problem, loaded))
  }
}

/** Marks the warnings that the manifest accepts. They are shown, and `--strict` ignores them. */
export function markAccepted(warnings: readonly PlanWarning[], accepted: Manifest['warnings']): PlanWarning[] {
  return warnings.map((warning) => (accepts(accepted, warning.code) ? { ...warning, accepted: true } : warning))
}

/** The warnings that the manifest does not accept. */
export function openWarnings(warnings: readonly PlanWarning[]): PlanWarning[] {
  return warnings.filter(({ accepted }) => accepted !== true)
}
