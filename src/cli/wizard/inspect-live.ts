import type { SourceConfig } from '../../config/manifest.ts'
import { CredentialsError, ManifestError } from '../../diagnostics/errors.ts'
import { proxiesOf } from '../../http/proxy.ts'
import type { Inspection } from '../../inspecting/inspection.ts'
import { obtainSnapshot } from '../../sources/snapshot/obtain.ts'
import { liveReading, optionsOf } from '../../sources/snapshot/placement.ts'
import type { Context } from '../context.ts'
import { inspectHere, type Tell } from '../inspect-here.ts'
import type { Prompts } from './prompts.ts'
import { type ProposedSource, withCredentials } from './propose-source.ts'

/** Records that proposals are built on. */
export const HEAD = 10_000

/**
 * Tries the credentials of a live source, reads it into the snapshot that the plan will use, and inspects that. Credentials
 * come from their variables, or are typed and forgotten.
 * @returns undefined where there are none, or nothing is to be read
 * @throws CredentialsError when those of the variables are refused
 */
export async function inspectLive(
  source: ProposedSource,
  { directory, read }: { directory: string; read: boolean },
  prompts: Prompts | undefined,
  context: Context,
): Promise<Inspection | undefined> {
  const { env, now, clock, interrupted: signal } = context
  const proxies = proxiesOf(env)
  const config = await acceptedConfig(source, prompts, context)
  if (config === undefined || !read) return undefined
  const wanted = prompts?.confirm('Read it now? The plan needs it anyway, and may take it from there', true)
  if ((await wanted) === false) return undefined
  const obtain = (tell: Tell) =>
    obtainSnapshot(config, { ...tell, directory, missing: [], now, clock, signal, proxies })
  return inspectHere({ source: config, directory, obtain }, HEAD, context)
}

async function acceptedConfig(
  { effective, variables }: ProposedSource,
  prompts: Prompts | undefined,
  context: Context,
): Promise<SourceConfig | undefined> {
  const { env, redactor, stderr, clock, interrupted: signal } = context
  const asking = { signal, clock, proxies: proxiesOf(env) }
  for (;;) {
    const values = new Map<string, string>()
    let typed = false
    for (const name of variables) {
      const known = env[name]
      const value = known || (await prompts?.secret(`${name}? It is tried, not stored; Enter to do without`))?.trim()
      if (!value) return undefined
      typed ||= !known
      redactor?.register(value)
      values.set(name, value)
    }
    const config = withCredentials(effective, values)
    try {
      await (await liveReading(config))?.tryCredentials?.(optionsOf(config), asking)
      const accepted = `${variables.join(', ')}: accepted.`
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
