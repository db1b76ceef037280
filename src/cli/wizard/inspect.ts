import type { SourceConfig } from '../../config/manifest.ts'
import { CredentialsError, ManifestError } from '../../diagnostics/errors.ts'
import { proxiesOf } from '../../http/proxy.ts'
import type { Inspection } from '../../inspecting/inspection.ts'
import type { Only } from '../../inspecting/recognise.ts'
import { describePasswords } from '../../kinds/user/passwords/counts.ts'
import { counted } from '../../reporting/style.ts'
import { obtainSnapshot } from '../../sources/snapshot/obtain.ts'
import { liveReading, optionsOf } from '../../sources/snapshot/placement.ts'
import type { Snapshot } from '../../sources/snapshot/snapshot.ts'
import { nullsOption } from '../../sources/source.ts'
import { nullValues, type WrittenNull } from '../../sources/text/written-nulls.ts'
import { inspectHere, type Tell } from '../commands/inspect.ts'
import type { Context } from '../context.ts'
import { conditionsIn, type Forecast, MAX_PLANNED } from './forecast.ts'
import type { Prompts } from './prompts.ts'
import { type ProposedSource, withCredentials } from './propose-source.ts'

/** Records to inspect for a proposal. */
const HEAD = 10_000

/**
 * Tries the credentials of a live source, reads it into the snapshot that plan will use, and
 * inspects the snapshot. Credentials come from variables or prompts and are not stored.
 * @returns an empty object without credentials, or if the source is not read
 * @throws CredentialsError if the source rejects the credentials from variables
 */
export async function inspectLive(
  source: ProposedSource,
  { directory, read }: { directory: string; read: boolean },
  prompts: Prompts | undefined,
  context: Context,
): Promise<{ inspection?: Inspection; obtainSnapshot?: () => Promise<Snapshot | undefined> }> {
  const { env, now, clock, interrupted: signal } = context
  const proxies = proxiesOf(env)
  const config = await acceptedConfig(source, directory, prompts, context)
  if (config === undefined || !read) return {}
  const wanted = prompts?.confirm('Read the source now? The next plan can use the snapshot', true)
  if ((await wanted) === false) return {}
  const obtain = (tell: Tell) =>
    obtainSnapshot(config, { ...tell, directory, missing: [], now, clock, signal, proxies })
  const inspection = await inspectHere({ source: config, directory, obtain }, HEAD, context)
  const quiet = { onProgress: () => {}, onWarning: () => {}, onWait: () => {}, onFailedRequest: () => {} }
  return { inspection, obtainSnapshot: () => obtain(quiet) }
}

async function acceptedConfig(
  { effective, variables }: ProposedSource,
  directory: string,
  prompts: Prompts | undefined,
  context: Context,
): Promise<SourceConfig | undefined> {
  const { env, redactor, stderr, clock, interrupted: signal } = context
  const asking = { directory, signal, clock, proxies: proxiesOf(env) }
  for (;;) {
    const values = new Map<string, string>()
    let typed = false
    for (const name of variables) {
      const known = env[name]
      const value = known || (await prompts?.secret(`${name}? It is tried but not stored. Press Enter to skip`))?.trim()
      if (!value) return undefined
      typed ||= !known
      // A value inside a longer text, such as a name in a query, is not a secret.
      if (Object.values(effective).includes(`\${${name}}`)) redactor?.register(value)
      values.set(name, value)
    }
    const config = withCredentials(effective, values)
    try {
      await (await liveReading(config))?.tryCredentials?.(optionsOf(config), asking)
      const accepted =
        variables.length === 0 ? 'The source accepts the credentials.' : `${variables.join(', ')}: accepted.`
      if (prompts === undefined) stderr.write(`${accepted}\n`)
      else prompts.say(accepted)
      return config
    } catch (error) {
      const again =
        typed && prompts !== undefined && (error instanceof CredentialsError || error instanceof ManifestError)
      if (!again) throw error
      prompts.warn(error.message)
    }
  }
}

/**
 * Inspects a source of files. If cells look like written nulls, adds them to `nulls` and inspects
 * again, so that the proposal ignores them.
 * @param isAnother whether the files were inspected before and their warnings shown
 */
export async function inspectFiles(
  source: ProposedSource,
  { directory, only, isAnother = false }: { directory: string; only?: Only; isAnother?: boolean },
  context: Context,
): Promise<{ source: ProposedSource; inspection: Inspection; nulls: readonly WrittenNull[] }> {
  const untold = isAnother ? 'all' : 'nulls'
  const first = await inspectHere({ source: source.effective, directory, only, untold }, HEAD, context)
  const found = first.writtenNulls
  if (found.length === 0) return { source, inspection: first, nulls: [] }
  const all = withNulls(source, nullValues(found))
  const second = await inspectHere({ source: all.effective, directory, only, untold: 'all' }, HEAD, context)
  // JSON keeps its strings; plan warns about them.
  const nulls = found.filter((one) => !second.writtenNulls.some((other) => isSameColumn(one, other)))
  if (nulls.length === 0) return { source, inspection: first, nulls }
  return { source: withNulls(source, nullValues(nulls)), inspection: second, nulls }
}

function withNulls(source: ProposedSource, values: readonly string[]): ProposedSource {
  const nulls = [...new Set([...nullsOption(source.effective.nulls), ...values])]
  return { ...source, written: { ...source.written, nulls }, effective: { ...source.effective, nulls } }
}

function isSameColumn(one: WrittenNull, other: WrittenNull): boolean {
  return one.stream === other.stream && one.column === other.column
}

/** The findings and the forecast in words. Only counts, because users commit the manifest. */
export function findingsInWords({ records, complete, people }: Inspection, forecast?: Forecast): string[] {
  const { email, organizations } = people
  const lines = [
    `Found in ${complete ? '' : 'the first '}${counted(records, 'record')} (\`workos-migrate inspect\` shows more):`,
  ]
  const add = (line: string) => lines.push(`  - ${line}`)
  if (email.duplicated > 0) {
    add(
      `${counted(email.duplicated, 'email address', 'email addresses')} in several records: the records merge into one user, and the first record wins (dedupe)`,
    )
  }
  if (records > 0 && email.with + email.invalid === 0) add('no column name suggests email addresses')
  if (email.unverified !== null && email.unverified > 0)
    add(`${counted(email.unverified, 'email address', 'email addresses')} not verified`)
  if (organizations !== null) {
    const { distinct, memberships, usersWithout } = organizations
    add(
      `${counted(distinct, 'organization')}, ${counted(memberships, 'membership')}, ${counted(usersWithout, 'user')} without an organization`,
    )
  }
  if (people.totp > 0) add(`${counted(people.totp, 'user')} with a TOTP secret`)
  const found = lines.length === 1 ? [] : lines
  return forecast === undefined ? found : [...found, ...forecastInWords(forecast)]
}

/** The forecast in words. */
function forecastInWords(forecast: Forecast): string[] {
  const { complete, users, leftOut, leftOutBy, rejected, passwords } = forecast
  const lines = [`Plan${complete ? '' : ` of the first ${counted(MAX_PLANNED, 'record')}`}:`]
  lines.push(`  - ${counted(users, 'user')}`)
  if (leftOut > 0) lines.push(`  - ${counted(leftOut, 'record')} left out${conditionsIn(leftOutBy)}`)
  if (rejected > 0)
    lines.push(`  - ${counted(rejected, 'record or resource', 'records and resources')} rejected${causesOf(forecast)}`)
  for (const { algorithm, fate } of describePasswords(passwords)) lines.push(`  - passwords, ${algorithm}: ${fate}`)
  return lines
}

/** Causes to list. */
const MAX_CAUSES = 4

/** The causes of rejects, by count: `: 2 user (missing_email)`. */
export function causesOf({ causes }: Pick<Forecast, 'causes'>): string {
  const named = causes.slice(0, MAX_CAUSES).map(({ kind, code, count }) => `${count} ${kind} (${code})`)
  const rest = causes.length - MAX_CAUSES
  const more = rest > 0 ? [counted(rest, 'other cause')] : []
  return named.length === 0 ? '' : `: ${[...named, ...more].join(', ')}`
}
