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

/** Problems of the manifest that are told one by one. */
const TOLD = 3

/** Where the manifest is, and whether it is sound. */
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
        'workos-migrate validate shows all of them',
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

/** Which references are set. Their values are nobody's business. */
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
  return findings.length === 0 ? [ok('references', 'the manifest refers to nothing')] : findings
}

/** As problems call it. */
function nameOf(reference: string): string {
  return reference.replace(/^file:/, '')
}

/** The limits of the manifest against those that WorkOS documents. */
export function lookAtLimits(patient: Patient): Finding[] {
  const loaded = soundIn(patient, 'run')
  if (loaded === undefined) return [skipped('limits', 'needs the manifest')]
  const written = loaded.manifest.run.limits
  // A share of what is documented is never beyond it.
  if (typeof written === 'string') return [ok('limits', `${written} of what WorkOS documents`)]
  const limits = limitsOf(written)
  const names = ['writes', 'reads', 'requests'] as const
  const over = names.filter((name) => rate(limits[name]) > rate(parseLimit(DOCUMENTED_LIMITS[name])))
  const shown = names.map((name) => `${name} ${written[name]}`).join(', ')
  if (over.length === 0) return [ok('limits', shown)]
  const beyond = over.map((name) => `${name} ${written[name]} (documented: ${DOCUMENTED_LIMITS[name]})`).join(', ')
  const hint =
    'unless WorkOS has raised them for you, take run.limits out of the manifest: what is beyond is refused and repeated'
  return [warning('limits', `more than WorkOS documents: ${beyond}`, hint)]
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

/** Milliseconds until a live source counts as out of reach. */
const PATIENCE = 15_000

/** A snapshot that is older than this says little of today. Milliseconds. */
const OLD = 7 * 24 * 60 * 60_000

/** The files of the source: there, readable, and in a form that their format has. */
export async function lookAtFiles(patient: Patient): Promise<Finding[]> {
  const loaded = readable(patient)
  if (loaded === undefined) return [skipped('source', 'needs the source of the manifest')]
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
    findings.push(problem('source', `${name} may not be read by this user`, `check its permissions: ls -l ${path}`))
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

/** The files of the source that are there. */
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

/** One small request with the credentials of a source that is read over a network. */
export async function lookAtLive(patient: Patient): Promise<Finding[]> {
  const { context, options } = patient
  const loaded = readable(patient)
  const live = loaded && (await liveReading(loaded.manifest.source))
  if (loaded === undefined || live === undefined) return []
  const { source } = loaded.manifest
  const missing = unsetIn(loaded, 'source')
  if (missing.length > 0) return [skipped('live', 'its credentials are not set')]
  if (options.offline) return [skipped('live', 'not asked: --offline')]
  if (live.tryCredentials === undefined) return [skipped('live', `${source.type} has no small request to try`)]
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
        `${source.type} has not answered within ${PATIENCE / 1000} s`,
        'check the network and the address of the source',
      ),
    ]
  }
}

/** The snapshot that plan and apply work from. */
export async function lookAtSnapshot(patient: Patient): Promise<Finding[]> {
  const loaded = readable(patient)
  const live = loaded && (await liveReading(loaded.manifest.source))
  if (loaded === undefined || live === undefined) return []
  const folder = snapshotFolder(loaded.manifest.source, loaded.directory, live)
  try {
    const { startedAt } = await readSnapshot(resolve(folder))
    const now = patient.context.now()
    const said = `the source was read at ${startedAt}: ${ageOf(startedAt, now)}`
    if (now - Date.parse(startedAt) < OLD) return [ok('snapshot', said)]
    return [warning('snapshot', said, 'read it again: workos-migrate plan --fresh')]
  } catch (error) {
    const isNone = error instanceof SourceError && error.problems[0]?.code === 'no_snapshot'
    return isNone ? [ok('snapshot', 'none yet: the next plan reads the source')] : ofError('snapshot', error)
  }
}

/** The manifest, if its source is known: what it lacks may be credentials alone. */
function readable(patient: Patient): LoadedManifest | undefined {
  const loaded = soundIn(patient, 'source')
  const unset = loaded?.unresolved.filter((path) => path[0] === 'source' && !isSourceSecret(path)) ?? []
  return unset.length > 0 ? undefined : loaded
}
