import type { ExitCode } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import { painter } from '../../reporting/style.ts'
import { renderVerifyJson, renderVerifyText } from '../../reporting/verify.ts'
import { compare } from '../../running/compare.ts'
import { outputPlaces } from '../../running/output-places.ts'
import { withSession } from '../../running/session.ts'
import { verifyExitCode } from '../../running/verdict.ts'
import type { Context } from '../context.ts'
import type { defineVerify } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { buffered } from '../output.ts'
import { htmlFile } from '../output-files.ts'

export type VerifyCommandOptions = OptionsOf<typeof defineVerify>

/** `verify`: compares WorkOS with the source and the state. Writes nothing. */
export async function verify(options: VerifyCommandOptions, context: Context): Promise<ExitCode> {
  return withSession({ ...options, readsSource: true, leaveOpenWrites: true }, context, undefined, async (session) => {
    const { loaded, statePath } = session
    await outputPlaces(loaded, statePath, { '--events': options.events, '--html': options.html }, context.cwd)
    const html = htmlFile(options.html, options, context)
    const verification = await compare(session, context)
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
    return verifyExitCode(verification, options.strict ?? false)
  })
}
