import { resolve } from 'node:path'
import { type ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { counted, printable } from '../../diagnostics/printable.ts'
import { jsonText } from '../../json.ts'
import { kindDefinitions } from '../../kinds/registry.ts'
import { renderState } from '../../reporting/state.ts'
import { outputPlaces } from '../../running/output-places.ts'
import { backupPath } from '../../state/open.ts'
import type { StateStore } from '../../state/store.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateBackup, defineStateList, defineStateShow } from '../definitions/state.ts'
import { buffered } from '../output.ts'
import { htmlFile } from '../output-files.ts'
import { checkKind, parseAddress, unknownAddress, withState } from '../with-state.ts'
import { batches, exported } from './state-export.ts'

/** `state list`: prints the resources with their WorkOS IDs. */
export async function stateList(options: OptionsOf<typeof defineStateList>, context: Context): Promise<ExitCode> {
  if (options.kind !== undefined) checkKind(options.kind)
  return withState(options, context, async ({ state }) => {
    const output = buffered(context.stdout)
    for await (const batch of batches(state, options.kind)) {
      for (const resource of batch) {
        const line = options.json
          ? jsonText(exported(resource))
          : `${printable(`${resource.kind}:${resource.key}`)}  ${printable(resource.id)}  ${resource.ownership}`
        output.write(`${line}\n`)
      }
      await output.room()
    }
    await output.end()
  })
}

/** `state show [address]`: prints the target, counts and runs of the state, or one resource. */
export async function stateShow(
  target: string | undefined,
  options: OptionsOf<typeof defineStateShow>,
  context: Context,
): Promise<ExitCode> {
  if (options.html !== undefined && target !== undefined) {
    const hint = 'remove the address or --html'
    throw new UsageError({
      code: 'options_contradict',
      message: '--html writes the whole state, not one resource',
      hint,
    })
  }
  return withState(options, context, async ({ state, loaded, statePath }) => {
    await outputPlaces(loaded, statePath, { '--html': options.html }, context.cwd)
    const html = htmlFile(options.html, {}, context)
    const shown = target === undefined ? await overview(state) : await single(state, target)
    context.stdout.write(options.json ? `${jsonText(shown)}\n` : renderState(shown, context.mask))
    if (html === undefined) return
    const { stateReport } = await import('../../reporting/html/state-report.ts')
    const of = { name: loaded.manifest.name, environment: loaded.environment ?? null }
    await html.write(await stateReport(state, of, html.options))
  })
}

async function overview(state: StateStore) {
  const resourceCounts: Record<string, number> = {}
  for (const { name, plural } of kindDefinitions) resourceCounts[plural] = await state.count(name)
  const { binding } = state
  return {
    location: state.location,
    lineage: state.lineage,
    serial: state.serial,
    target: binding ? `${binding.type} ${binding.baseUrl}` : null,
    resources: resourceCounts,
    openWrites: (await state.intents()).length,
    runs: await state.runs(),
  }
}

async function single(state: StateStore, text: string) {
  const address = parseAddress(text)
  const resource = await state.get(address.kind, address.key)
  if (resource === undefined) throw await unknownAddress(state, address)
  const { digests, ...shown } = resource
  return { ...shown, secrets: Object.keys(digests) }
}

/** `state backup [file]`: copies the state, even during a run. Never replaces a file. */
export async function stateBackup(
  file: string | undefined,
  options: OptionsOf<typeof defineStateBackup>,
  context: Context,
): Promise<ExitCode> {
  return withState(options, context, async ({ state, statePath }) => {
    const path = file === undefined ? backupPath(statePath, new Date(context.now())) : resolve(context.cwd, file)
    await state.backUp(path)
    let resources = 0
    for (const { name } of kindDefinitions) resources += await state.count(name)
    context.stdout.write(`${printable(path)}\n`)
    context.stderr.write(
      `Copied and checked: ${counted(resources, 'resource')}, serial ${state.serial}. ` +
        'It contains personal data and the digest key: protect it like the state.\n',
    )
  })
}
