import { resolve } from 'node:path'
import { type ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { counted, printable } from '../../diagnostics/printable.ts'
import { jsonText } from '../../json.ts'
import { kindDefinitions } from '../../kinds/registry.ts'
import { renderState } from '../../reporting/state.ts'
import { outputPlaces } from '../../running/output-places.ts'
import { backupPath } from '../../state/open.ts'
import type { StateResource, StateStore } from '../../state/store.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateBackup, defineStateExport, defineStateList, defineStateShow } from '../definitions/state.ts'
import { buffered } from '../output.ts'
import { htmlFile } from '../output-files.ts'
import { checkKind, parseAddress, unknownAddress, withState } from '../with-state.ts'

/** `state list`: every resource with its WorkOS id. */
export async function stateList(options: OptionsOf<typeof defineStateList>, context: Context): Promise<ExitCode> {
  if (options.kind !== undefined) checkKind(options.kind)
  return withState(options, context, async ({ state }) => {
    const output = buffered(context.stdout)
    for await (const resource of resources(state, options.kind)) {
      const line = options.json
        ? jsonText(exported(resource))
        : `${printable(`${resource.kind}:${resource.key}`)}  ${printable(resource.id)}  ${resource.ownership}`
      output.write(`${line}\n`)
    }
    await output.end()
  })
}

/** `state show [address]`: what the state is bound to, what it holds and its runs; or one resource. */
export async function stateShow(
  target: string | undefined,
  options: OptionsOf<typeof defineStateShow>,
  context: Context,
): Promise<ExitCode> {
  if (options.html !== undefined && target !== undefined) {
    const hint = 'leave one of the two out'
    throw new UsageError({
      code: 'options_contradict',
      message: '--html writes the state as a whole, not one resource of it',
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

/** `state export`: the map from the source's keys to WorkOS's ids, as CSV or NDJSON. */
export async function stateExport(options: OptionsOf<typeof defineStateExport>, context: Context): Promise<ExitCode> {
  if (options.kind !== undefined) checkKind(options.kind)
  const { stringify } = await import('csv-stringify/sync')
  return withState(options, context, async ({ state }) => {
    // Data for programs, which look people up by these keys: see docs/how-to/masking.md.
    const output = buffered((context.unmasked ?? context).stdout)
    const csv = (row: (string | number)[]) => stringify([row], { escape_formulas: true })
    if (options.format !== 'ndjson') output.write(csv(['kind', 'key', 'external_id', 'workos_id', 'ownership', 'run']))
    for await (const resource of resources(state, options.kind)) {
      const { kind, key, external_id, workos_id, ownership, run } = exported(resource)
      if (options.format === 'ndjson') output.write(`${jsonText(exported(resource))}\n`)
      else output.write(csv([kind, key, external_id ?? '', workos_id, ownership, run]))
    }
    await output.end()
  })
}

function exported({ kind, key, id, attributes, ownership, run }: StateResource) {
  const external_id = typeof attributes.externalId === 'string' ? attributes.externalId : null
  return { kind, key, external_id, workos_id: id, ownership, run }
}

async function* resources(state: StateStore, only: string | undefined): AsyncGenerator<StateResource> {
  for (const { name } of kindDefinitions) {
    if (only !== undefined && only !== name) continue
    for await (const batch of state.resources(name)) yield* batch
  }
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

/** `state backup [file]`: copies the state, also while a run writes to it. Never replaces a file. */
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
        'It holds personal data and the key of the digests: keep it like the state.\n',
    )
  })
}
