import { ExitCode } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import { plannedKinds } from '../../kinds/registry.ts'
import { openWarnings } from '../../planning/warnings.ts'
import { painter } from '../../reporting/style.ts'
import { emitVerification, renderVerifyJson, renderVerifyText } from '../../reporting/verify.ts'
import { withSession } from '../../running/session.ts'
import type { Verification } from '../../verifying/verification.ts'
import { verify as compare } from '../../verifying/verify.ts'
import type { Context } from '../context.ts'
import type { defineVerify } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { buffered } from '../output.ts'
import { htmlFile, outputPlaces } from '../output-files.ts'

export type VerifyCommandOptions = OptionsOf<typeof defineVerify>

/** `verify`: reads WorkOS back and compares it with the source and the state. Writes to neither. */
export async function verify(options: VerifyCommandOptions, context: Context): Promise<ExitCode> {
  return withSession({ ...options, leaveOpenWrites: true }, context, undefined, async (session) => {
    const { loaded, state, target, progress, statePath } = session
    await outputPlaces(loaded, statePath, { '--events': options.events, '--html': options.html }, context.cwd)
    const html = htmlFile(options.html, options, context)
    const verification = await compare({
      loaded,
      state,
      target,
      kinds: plannedKinds(loaded.manifest),
      readSource: session.computeDesired,
      signal: context.interrupted,
      onWarning: (problem) => progress.aside(() => session.warn(problem)),
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
    if (html !== undefined) {
      const { verifyReport } = await import('../../reporting/html/verify-report.ts')
      await html.write(await verifyReport(verification, html.options))
    }
    return exitCode(verification, options.strict ?? false)
  })
}

function exitCode({ outcome, warnings }: Verification, strict: boolean): ExitCode {
  const isClean = outcome === 'verified' && openWarnings(warnings).length === 0
  return outcome === 'lost' || (strict && !isClean) ? ExitCode.incomplete : ExitCode.done
}
