import { checkImport, type Import, importResource } from '../../applying/import-resource.ts'
import { compareFields } from '../../comparing/field-differences.ts'
import type { DesiredSet } from '../../desired/desired-set.ts'
import { ExitCode, ManifestError, SourceError } from '../../diagnostics/errors.ts'
import { printable } from '../../diagnostics/printable.ts'
import { kindDefinition } from '../../kinds/registry.ts'
import { bindingFor, checkBinding } from '../../planning/binding.ts'
import { shortValue } from '../../reporting/style.ts'
import { toolVersion } from '../../version.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateImport } from '../definitions/state.ts'
import { type Session, withSession } from '../session.ts'
import { parseAddress } from '../with-state.ts'

export type StateImportOptions = OptionsOf<typeof defineStateImport>

/** `state import ADDRESS WORKOS_ID`: adopts by hand what the tool would not recognise. Writes to the state alone. */
export async function stateImport(
  address: string,
  id: string,
  options: StateImportOptions,
  context: Context,
): Promise<ExitCode> {
  const wanted = parseAddress(address)
  const command = 'state import'
  return withSession(options, context, command, async (session) => {
    const { state, target, loaded } = session
    await checkBinding(state, target.identity, target.client)
    const set = await readSource(session)
    const force = options.force ?? false
    const imported = await checkImport({ state, api: target.client, set, force }, wanted, id)
    const now = () => new Date(context.now()).toISOString()
    await state.bind(bindingFor(state, target.identity))
    const run = await state.startRun({ command, startedAt: now(), toolVersion, manifestDigest: loaded.digest })
    await importResource({ state, api: target.client, manifest: loaded.manifest, run }, imported)
    await state.finishRun(run, now(), 'completed', { imported: 1 })
    context.stdout.write(
      `${printable(address)} is ${printable(imported.live.id)} now: adopted, never deleted by this tool.\n`,
    )
    context.stdout.write(differences(imported))
    return ExitCode.done
  })
}

/** The desired set; undefined, with a warning, when the source cannot be read. */
async function readSource({ computeDesired, warn }: Session): Promise<DesiredSet | undefined> {
  try {
    return (await computeDesired()).set
  } catch (error) {
    if (!(error instanceof SourceError) && !(error instanceof ManifestError)) throw error
    for (const problem of error.problems) warn(problem)
    warn({
      code: 'source_not_read',
      message: "the source cannot be read: WorkOS's values count as those last applied",
      hint: 'the next plan shows what the source says differently, and apply sends it',
    })
    return undefined
  }
}

/** What the source and WorkOS disagree on: it stays as it is. */
function differences({ desired, live }: Import): string {
  if (desired === undefined) return ''
  const found = compareFields(kindDefinition(desired.kind), desired.attributes, undefined, live.attributes)
  const lines = found.map(
    ({ field, live: held, desired: said }) =>
      `  ≠ ${printable(field)}: ${shortValue(held)} in WorkOS, ${shortValue(said)} in the source\n`,
  )
  return lines.length === 0 ? '' : `What differs stays as it is in WorkOS:\n${lines.join('')}`
}
