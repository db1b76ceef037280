import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { figure } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { describeCondition, locateLeftOut, shownFile } from './locate-left-out.ts'
import type { PlanWarning } from './plan.ts'

/** So many users, all of them verified, are worth a word where the source says so itself. */
const MANY = 10
/** And so many where an expression concludes it from the presence of something: any text will do then. */
const SEVERAL = 2

/** A warning where the source has records of users and no user comes of any of them, since conditions leave them all out. */
export function everybodyLeftOut(set: DesiredSet, loaded: LoadedManifest, mainStream: string): Problem[] {
  const { user } = loaded.manifest.map
  if (user === undefined || set.reading.partial) return []
  const { streams, kinds, records } = set.accounting
  const read = user.from === undefined ? [mainStream] : [user.from].flat()
  const passed = streams
    .filter(({ stream, role }) => role === 'main' && read.includes(stream))
    .reduce((sum, count) => sum + count.passed, 0)
  if (passed === 0 || kinds.some(({ kind, yielded }) => kind === 'user' && yielded > 0)) return []
  const found = records.leftOutBy.filter(({ stream, path }) => read.includes(stream) && path !== null)
  // Where other rules made something of the records, it is the condition of the user's rule all the same.
  const path = user.each === undefined ? 'map.user.when' : 'map.user.each'
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

/** So many records, and this share of them, that one condition leaves out are worth a look. */
const MANY_LEFT_OUT = 10
const SHARE_LEFT_OUT = 0.3

/** A warning for each condition that leaves out much of a stream, or many users of it, without leaving out everybody. */
export function manyLeftOut(set: DesiredSet, loaded: LoadedManifest, mainStream: string): Problem[] {
  const { streams, kinds, records } = set.accounting
  const passedOf = (names: readonly string[]) =>
    streams
      .filter(({ stream, role }) => role === 'main' && names.includes(stream))
      .reduce((sum, { passed }) => sum + passed, 0)
  const found = records.leftOutBy
    .filter(({ stream, path, records: left }) => path !== null && isMuch(left, passedOf([stream])))
    .map(({ stream, path, records: left }) => ({ stream, path: path ?? '', left, of: passedOf([stream]) }))
  const { user } = loaded.manifest.map
  // Who is left out as a user may still be an organization's record, which then counts as mapped.
  if (user?.when !== undefined && user.each === undefined) {
    const read = user.from === undefined ? [mainStream] : [user.from].flat()
    const of = passedOf(read)
    const left = of - (kinds.find(({ kind }) => kind === 'user')?.yielded ?? 0)
    const path = 'map.user.when'
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

function isMuch(left: number, of: number): boolean {
  return left >= MANY_LEFT_OUT && left >= of * SHARE_LEFT_OUT
}

/**
 * A warning where all users are verified, and no constant says so: WorkOS lets whoever signs in by another way with a verified address into its
 * account. Many sources have verified users alone, so that this asks for a look and for nothing else.
 */
export function everybodyVerified({ rundb }: DesiredSet, { manifest, locate }: LoadedManifest): Problem[] {
  const expression = manifest.map.user?.emailVerified
  if (typeof expression !== 'string' || isConstant(expression)) return []
  const row = rundb
    .statement(
      // Of all users, also of those out of scope: the first ten may all be verified.
      `SELECT count(*) AS users, sum(attributes ->> 'emailVerified' = 1) AS verified FROM (
         SELECT attributes FROM desired WHERE kind = 'user' UNION ALL SELECT attributes FROM out_of_scope WHERE kind = 'user')`,
    )
    .get()
  const users = Number(row?.users ?? 0)
  if (Number(row?.verified ?? 0) < users || users < (concludes(expression) ? SEVERAL : MANY)) return []
  return [
    {
      code: 'everybody_verified',
      severity: 'warning',
      message: `the addresses of all ${users} users count as verified`,
      hint: 'if that is right, do nothing; else look at the columns that map.user.emailVerified reads: it may take any text for yes, NULL too',
      at: locate(['map', 'user', 'emailVerified']),
      path: 'map.user.emailVerified',
    },
  ]
}

/** Whoever writes it has decided it. */
function isConstant(expression: string): boolean {
  return /^\s*(["']?)(true|yes|1)\1\s*$/i.test(expression)
}

/** Whether it makes a yes of the mere presence of something. A column as it is, or a comparison, says yes or no itself. */
function concludes(expression: string): boolean {
  return /\?|\$(exists|boolean|not)\b|\b(and|or)\b/.test(expression)
}

/** A warning as the plan shows it: the same on every machine. */
export function shownWarning({ code, message, hint, at }: Problem, { directory }: LoadedManifest): PlanWarning {
  return { code, message, hint, ...(at && { at: { ...at, file: shownFile(at.file, directory) } }) }
}
