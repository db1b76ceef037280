import { ExitCode } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import { explain as explainIdentity } from '../../explaining/explain.ts'
import { withoutValues } from '../../explaining/masking.ts'
import { renderExplanationJson, renderExplanationText } from '../../reporting/explain.ts'
import { painter } from '../../reporting/style.ts'
import { locatingSourceErrors } from '../../running/manifest-places.ts'
import { withSession } from '../../running/session.ts'
import type { Context } from '../context.ts'
import type { defineExplain } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { buffered } from '../output.ts'

export type ExplainCommandOptions = OptionsOf<typeof defineExplain>

/** `explain`: shows what a plan decided for one identity, and why. Writes nothing. */
export async function explain(what: string, options: ExplainCommandOptions, context: Context): Promise<ExitCode> {
  // Includes identities outside of the pilot.
  const all = { ...options, readsSource: true, savedScope: null, leaveOpenWrites: true }
  return withSession(all, context, undefined, async (session) => {
    const { loaded, state, target, scratch, progress } = session
    const plan = await session.computePlan(false)
    const explained = await locatingSourceErrors(loaded, async () =>
      explainIdentity({
        what,
        plan,
        loaded,
        state,
        ...(options.live && { api: target.client }),
        scratch,
        snapshot: await session.obtainSnapshot(),
        cwd: context.cwd,
        signal: context.interrupted,
        onProgress: (step) => progress.step(step),
      }),
    ).finally(() => progress.clear())
    const { mask, unmasked } = context
    const isHidden = mask?.mode === 'all'
    // The values are already removed; masking the text would also hide field names.
    const { write: print, end } = buffered(isHidden ? (unmasked ?? context).stdout : context.stdout)
    const write = isHidden ? (text: string) => print(mask.ownText(text)) : print
    const shown = isHidden ? withoutValues(explained, mask) : explained
    if (options.json) renderExplanationJson(shown, write)
    else renderExplanationText(shown, { paint: painter(wantsColor(context.stdout, context.env)), write })
    await end()
    return ExitCode.done
  })
}
