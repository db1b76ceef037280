import { type ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { counted, figure, printable } from '../../diagnostics/printable.ts'
import type { LeftOut, SqlWriter } from '../../exporting/statements.ts'
import { jsonText } from '../../json.ts'
import { kindDefinitions } from '../../kinds/registry.ts'
import type { StateResource, StateStore } from '../../state/store.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateExport } from '../definitions/state.ts'
import { buffered, type Output } from '../output.ts'
import { checkKind, type OpenedState, withState } from '../with-state.ts'

type ExportOptions = OptionsOf<typeof defineStateExport>

/** `state export`: prints the map from source keys to WorkOS IDs as CSV, NDJSON or SQL. */
export async function stateExport(options: ExportOptions, context: Context): Promise<ExitCode> {
  if (options.kind !== undefined) checkKind(options.kind)
  checkOptions(options)
  return withState(options, context, async (opened) => {
    if (options.to !== undefined) return writeTable(opened, options, context)
    // Not masked: programs look up users by these keys. See docs/how-to/masking.md.
    const output = buffered((context.unmasked ?? context).stdout)
    if (options.format === 'sql') await writeSql(opened, options, { output, context })
    else if (options.format === 'ndjson') await writeLines(opened.state, options.kind, output)
    else await writeCsv(opened.state, options.kind, output)
    await output.end()
  })
}

const SQL_OPTIONS = ['template', 'dialect', 'batch'] as const

function checkOptions(options: ExportOptions): void {
  if (options.force && options.to === undefined) throw contradiction('--force needs --to', 'add --to postgres')
  const isSql = options.format === 'sql'
  if (options.to !== undefined && options.format !== undefined) {
    throw contradiction('--to writes to a database and --format prints text', 'remove --to or --format')
  }
  const stray = isSql ? undefined : SQL_OPTIONS.find((name) => options[name] !== undefined)
  if (stray !== undefined) throw contradiction(`--${stray} needs --format sql`, 'add --format sql')
}

function contradiction(message: string, hint: string): UsageError {
  return new UsageError({ code: 'options_contradict', message, hint })
}

async function writeCsv(state: StateStore, kind: string | undefined, output: Output): Promise<void> {
  const { stringify } = await import('csv-stringify/sync')
  const csv = (row: (string | number)[]) => stringify([row], { escape_formulas: true })
  output.write(csv(['kind', 'key', 'external_id', 'workos_id', 'ownership', 'run']))
  for await (const batch of batches(state, kind)) {
    for (const resource of batch) {
      const { kind, key, external_id, workos_id, ownership, run } = exported(resource)
      output.write(csv([kind, key, external_id ?? '', workos_id, ownership, run]))
    }
    await output.room()
  }
}

async function writeLines(state: StateStore, kind: string | undefined, output: Output): Promise<void> {
  for await (const batch of batches(state, kind)) {
    for (const resource of batch) output.write(`${jsonText(exported(resource))}\n`)
    await output.room()
  }
}

async function writeSql(
  { state, loaded }: OpenedState,
  options: ExportOptions,
  { output, context }: { output: Output; context: Context },
): Promise<void> {
  const [{ sqlOptions }, { SqlWriter }] = await Promise.all([
    import('../../exporting/rules.ts'),
    import('../../exporting/statements.ts'),
  ])
  const sql = sqlOptions(loaded, options)
  const writer = new SqlWriter(sql)
  output.write(writer.start(state))
  for (const { name } of kindDefinitions) {
    if (!sql.rules.has(name)) continue
    for await (const batch of state.resources(name)) {
      for (const resource of batch) output.write(writer.add(resource))
      await output.room()
    }
  }
  output.write(writer.end())
  context.stderr.write(told(writer))
}

async function writeTable({ state, loaded }: OpenedState, options: ExportOptions, context: Context): Promise<void> {
  const { exportTable } = await import('../../exporting/export-table.ts')
  const { place, result } = await exportTable(state, loaded, options)
  const { added, changed, unchanged, removed, unfit } = result
  const sums = `${figure(added)} added, ${figure(changed)} changed, ${figure(unchanged)} unchanged, ${figure(removed)} removed`
  context.stdout.write(`${printable(place)}: ${sums}\n`)
  if (unfit === undefined) return
  context.stderr.write(leftOut(WHY.unfit, unfit))
}

function leftOut(why: string, { count, first }: { count: number; first: string }): string {
  return `Skipped ${counted(count, 'resource')}, such as ${printable(first)}: ${why}.\n`
}

const WHY: Readonly<Record<LeftOut, string>> = {
  gone: 'no longer in WorkOS',
  no_value: 'no value for a column of where',
  unfit: 'PostgreSQL does not allow the NUL character in text',
}

function told(writer: SqlWriter): string {
  const left = [...writer.leftOut].map(([why, found]) => leftOut(WHY[why], found))
  return `${counted(writer.written, 'statement')}.\n${left.join('')}`
}

/** A resource as `state list` and `state export` print it. */
export function exported({ kind, key, id, attributes, ownership, run }: StateResource) {
  const external_id = typeof attributes.externalId === 'string' ? attributes.externalId : null
  return { kind, key, external_id, workos_id: id, ownership, run }
}

/** The resources of all kinds or of one, ordered by kind and key. */
export async function* batches(state: StateStore, only: string | undefined): AsyncGenerator<StateResource[]> {
  for (const { name } of kindDefinitions) {
    if (only === undefined || only === name) yield* state.resources(name)
  }
}
