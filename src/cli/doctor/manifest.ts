import { parseLimit } from '../../config/limits.ts'
import type { LimitText } from '../../config/manifest.ts'
import { ExitCode } from '../../diagnostics/errors.ts'
import { someOf } from '../../diagnostics/some-of.ts'
import { checkExpressions } from '../../mapping/check.ts'
import { counted } from '../../reporting/style.ts'
import { type Finding, ofProblem, ok, problem, skipped, warning } from './finding.ts'
import { type Patient, referencesIn, shownPath, soundIn } from './patient.ts'

/** Problems of the manifest that are told one by one. */
const TOLD = 3

/** https://workos.com/docs/reference/rate-limits */
const DOCUMENTED = { writes: '500/10s', reads: '1000/10s', requests: '6000/60s' } as const

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
  const { limits } = loaded.manifest.run
  const over = (['writes', 'reads', 'requests'] as const).filter((name) => rate(limits[name]) > rate(DOCUMENTED[name]))
  const shown = `writes ${limits.writes}, reads ${limits.reads}, requests ${limits.requests}`
  if (over.length === 0) return [ok('limits', shown)]
  const beyond = over.map((name) => `${name} ${limits[name]} (documented: ${DOCUMENTED[name]})`).join(', ')
  const hint =
    'unless WorkOS has raised them for you, take run.limits out of the manifest: what is beyond is refused and repeated'
  return [warning('limits', `more than WorkOS documents: ${beyond}`, hint)]
}

function rate(limit: LimitText): number {
  const { count, perMs } = parseLimit(limit)
  return count / perMs
}
