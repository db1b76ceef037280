import { wantsColor } from '../../diagnostics/color.ts'
import { ExitCode } from '../../diagnostics/errors.ts'
import { painter } from '../../reporting/style.ts'
import { emitVerification } from '../../reporting/verify-events.ts'
import { renderVerifyJson } from '../../reporting/verify-json.ts'
import { renderVerifyText } from '../../reporting/verify-text.ts'
import { plannedKinds } from '../../resources/registry.ts'
import type { Verification } from '../../verifying/verification.ts'
import { verify as compare } from '../../verifying/verify.ts'
import type { Context } from '../context.ts'
import { buffered } from '../output.ts'
import type { SessionOptions } from '../session.ts'
import { withSession } from '../with-session.ts'

export interface VerifyCommandOptions extends SessionOptions {
  /** Differences fail as well. */
  strict?: boolean
  full?: boolean
  json?: boolean
}

/** `verify`: reads WorkOS back and compares it with the source and the state. Writes to neither. */
export async function verify(options: VerifyCommandOptions, context: Context): Promise<ExitCode> {
  return withSession({ ...options, leaveOpenWrites: true }, context, undefined, async (session) => {
    const { loaded, state, target, progress } = session
    const verification = await compare({
      name: loaded.manifest.name,
      state,
      target,
      kinds: plannedKinds(loaded.manifest),
      manifest: loaded.manifest,
      readSource: session.computeDesired,
      signal: context.interrupted,
      onProgress: (step) => progress.step(step),
    }).finally(() => progress.clear())
    if (context.events) emitVerification(context.events, verification)
    const { write, end } = buffered(context.stdout)
    if (options.json) renderVerifyJson(verification, options.full ?? false, write)
    else {
      const paint = painter(wantsColor(context.stdout, context.env))
      const { full = false, snapshot } = options
      renderVerifyText(verification, { paint, full, write, now: context.now(), isNamed: snapshot !== undefined })
    }
    await end()
    return exitCode(verification, options.strict ?? false)
  })
}

function exitCode({ outcome }: Verification, strict: boolean): ExitCode {
  return outcome === 'lost' || (strict && outcome === 'different') ? ExitCode.incomplete : ExitCode.done
}
