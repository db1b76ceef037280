import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { LoadedManifest } from '../../config/load.ts'
import { type Limit, parseLimit } from '../../config/manifest.ts'
import { ExitCode, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import { someOf } from '../../diagnostics/printable.ts'
import { proxiesOf } from '../../http/proxy.ts'
import { checkExpressions } from '../../mapping/check.ts'
import { ageOf } from '../../reporting/heading-text.ts'
import { counted } from '../../reporting/style.ts'
import { withSourceLocation } from '../../running/manifest-places.ts'
import { isSourceSecret } from '../../running/source.ts'
import { sourceDefinition } from '../../sources/registry.ts'
import { liveReading, optionsOf, snapshotFolder } from '../../sources/snapshot/placement.ts'
import { readSnapshot } from '../../sources/snapshot/read-snapshot.ts'
import { expandPaths } from '../../sources/text/file.ts'
import { DOCUMENTED_LIMITS, limitsOf } from '../../workos/limiter.ts'
import {
  bytes,
  type Finding,
  ofError,
  ofProblem,
  ok,
  type Patient,
  problem,
  referencesIn,
  shownPath,
  skipped,
  soundIn,
  unsetIn,
  warning,
} from './patient.ts'

/** Problems of the manifest to show; the rest is counted. */
const TOLD = 3

/** Checks the manifest and its expressions. */
export function lookAtManifest(patient: Patient): Finding[] {
  const { loaded, problems } = patient
  const sound = soundIn(patient, 'map', 'dedupe')
  const ofExpressions = sound && !problems.some(({ path }) => /^(vars|secrets)\b/.test(path ?? ''))
  const all = [...problems, ...(ofExpressions ? checkExpressions(sound) : [])]
  const errors = all.filter(({ severity }) => severity !== 'warning')
  const place = loaded === undefined ? '' : shownPath(loaded.file, patient)
  if (errors.length > 0) {
    const told = errors
      .slice(0, TOLD)
      .map((one) =>
        ofProblem('manifest', { ...one, message: `${place}${place && ': '}${one.message}` }, ExitCode.usage),
      )
    const rest = errors.length - told.length
    if (rest === 0) return told
    return [
      ...told,
      problem(
        'manifest',
        `${counted(rest, 'more problem')}`,
        'run workos-migrate validate to see all problems',
        ExitCode.usage,
      ),
    ]
  }
  const environment = loaded?.environment === undefined ? '' : ` with environment ${loaded.environment}`
  return [ok('manifest', `${place}${environment}`), ...lookForSecrets(patient)]
}

function lookForSecrets({ loaded }: Patient): Finding[] {
  const literal = loaded?.warnings.filter(({ code }) => code === 'literal_secret') ?? []
  return literal.map((one) => ofProblem('manifest', one, ExitCode.usage))
}

/** Checks which references are set. Never shows their values. */
export function lookAtReferences(patient: Patient): Finding[] {
  const { loaded, context } = patient
  if (loaded === undefined) return [skipped('references', 'needs the manifest')]
  const { env } = context
  const missing = new Map(loaded.deferred.map(({ message, hint }) => [message, hint ?? 'set it']))
  const isMissing = (name: string) => [...missing.keys()].some((message) => message.includes(` ${nameOf(name)} `))
  const there = referencesIn(patient).filter((name) => !isMissing(name))
  const named = there.map((name) => {
    if (name.startsWith('file:') || env[name]) return name
    return env[name] === undefined ? `${name} (by its default)` : `${name} (empty)`
  })
  const findings = [...missing].map(([message, hint]) => problem('references', message, hint, ExitCode.usage))
  if (named.length > 0) {
    const list = someOf(named, { limit: 10 })
    findings.unshift(ok('references', `${list} ${named.length === 1 ? 'is' : 'are'} set`))
  }
  return findings.length === 0 ? [ok('references', 'the manifest has no references')] : findings
}

/** The reference as problems name it. */
function nameOf(reference: string): string {
  return reference.replace(/^file:/, '')
}

/** Compares the limits with those that WorkOS documents. */
export function lookAtLimits(patient: Patient): Finding[] {
  const loaded = soundIn(patient, 'run')
  if (loaded === undefined) return [skipped('limits', 'needs the manifest')]
  const written = loaded.manifest.run.limits
  if (typeof written === 'string') return [ok('limits', `${written} of the documented limits`)]
  const limits = limitsOf(written)
  const names = ['writes', 'reads', 'requests'] as const
  const over = names.filter((name) => rate(limits[name]) > rate(parseLimit(DOCUMENTED_LIMITS[name])))
  const shown = names.map((name) => `${name} ${written[name]}`).join(', ')
  if (over.length === 0) return [ok('limits', shown)]
  const beyond = over.map((name) => `${name} ${written[name]} (documented: ${DOCUMENTED_LIMITS[name]})`).join(', ')
  const hint =
    'remove run.limits, unless WorkOS raised your limits: WorkOS rejects excess requests, and each is sent again'
  return [warning('limits', `above the documented limits: ${beyond}`, hint)]
}

function rate({ count, perMs }: Limit): number {
  return count / perMs
}

/** A file of the source. */
interface SourceFileSize {
  name: string
  path: string
  size: number
}

/** Time to wait for a live source. Milliseconds. */
const PATIENCE = 15_000

/** An older snapshot is a warning. Milliseconds. */
const OLD = 7 * 24 * 60 * 60_000

/** Checks that the source files exist, are readable and have the right format. */
export async function lookAtFiles(patient: Patient): Promise<Finding[]> {
  const loaded = readable(patient)
  if (loaded === undefined) return [skipped('source', 'needs the source from the manifest')]
  const { source } = loaded.manifest
  const definition = await sourceDefinition(source)
  const wrong = await definition.check(optionsOf(source), loaded.directory)
  const findings = wrong.map((one) => {
    const { message, ...rest } = withSourceLocation(one, loaded)
    const file = one.at?.file
    return ofProblem(
      'source',
      { ...rest, message: file && !message.includes(file) ? `${file}: ${message}` : message },
      ExitCode.usage,
    )
  })
  const files = await filesOf(loaded)
  for (const { name, path } of files) {
    if (
      await access(path, constants.R_OK).then(
        () => true,
        () => false,
      )
    )
      continue
    if (wrong.some(({ at }) => at?.file === name)) continue
    findings.push(problem('source', `this user cannot read ${name}`, `check its permissions: ls -l ${path}`))
  }
  if (findings.some(({ status }) => status === 'problem')) return findings
  if (files.length === 0) return findings
  const total = files.reduce((sum, { size }) => sum + size, 0)
  const named = someOf(
    files.map(({ name }) => name),
    { limit: 3 },
  )
  return [ok('source', `${source.type}, ${counted(files.length, 'file')} of ${bytes(total)}: ${named}`), ...findings]
}

/** The existing files of the source. */
export async function filesOf({ manifest, directory }: LoadedManifest): Promise<SourceFileSize[]> {
  const definition = await sourceDefinition(manifest.source)
  const paths = definition.files(optionsOf(manifest.source))
  const expanded = await Promise.all(paths.map((path) => expandPaths([path], directory, '').catch(() => [])))
  const found = await Promise.all(
    expanded.flat().map(async ({ name, path }) => {
      const stats = await stat(path).catch(() => undefined)
      return stats?.isFile() ? [{ name, path, size: stats.size }] : []
    }),
  )
  return found.flat()
}

/** Tries the credentials of a live source with one small request. */
export async function lookAtLive(patient: Patient): Promise<Finding[]> {
  const { context, options } = patient
  const loaded = readable(patient)
  const live = loaded && (await liveReading(loaded.manifest.source))
  if (loaded === undefined || live === undefined) return []
  const { source } = loaded.manifest
  const missing = unsetIn(loaded, 'source')
  if (missing.length > 0) return [skipped('live', 'the credentials are not set')]
  if (options.offline) return [skipped('live', 'no request: --offline')]
  if (live.tryCredentials === undefined) return [skipped('live', `${source.type} has no request for a small test`)]
  const signal = AbortSignal.any([context.interrupted, AbortSignal.timeout(PATIENCE)])
  try {
    const asking = { directory: loaded.directory, signal, clock: context.clock, proxies: proxiesOf(context.env) }
    await live.tryCredentials(optionsOf(source), asking)
    return [ok('live', `${source.type} accepts the credentials`)]
  } catch (error) {
    context.interrupted.throwIfAborted()
    if (error instanceof OperatorError || !signal.aborted) return ofError('live', error)
    return [
      problem(
        'live',
        `${source.type} did not respond within ${PATIENCE / 1000} s`,
        'check the network and the URL of the source',
      ),
    ]
  }
}

/** Checks the snapshot that plan and apply use. */
export async function lookAtSnapshot(patient: Patient): Promise<Finding[]> {
  const loaded = readable(patient)
  const live = loaded && (await liveReading(loaded.manifest.source))
  if (loaded === undefined || live === undefined) return []
  const folder = snapshotFolder(loaded.manifest.source, loaded.directory, live)
  try {
    const { startedAt } = await readSnapshot(resolve(folder))
    const now = patient.context.now()
    const said = `the source was read at ${startedAt} (${ageOf(startedAt, now)})`
    if (now - Date.parse(startedAt) < OLD) return [ok('snapshot', said)]
    return [warning('snapshot', said, 'read the source again: workos-migrate plan --fresh')]
  } catch (error) {
    const isNone = error instanceof SourceError && error.problems[0]?.code === 'no_snapshot'
    return isNone ? [ok('snapshot', 'none yet: the next plan reads the source')] : ofError('snapshot', error)
  }
}

/** The manifest, if its source is known, with or without credentials. */
function readable(patient: Patient): LoadedManifest | undefined {
  const loaded = soundIn(patient, 'source')
  const unset = loaded?.unresolved.filter((path) => path[0] === 'source' && !isSourceSecret(path)) ?? []
  return unset.length > 0 ? undefined : loaded
}
