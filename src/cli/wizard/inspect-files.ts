import type { Inspection } from '../../inspecting/inspection.ts'
import { nullsOption } from '../../sources/source.ts'
import { nullValues, type WrittenNull } from '../../sources/text/written-nulls.ts'
import type { Context } from '../context.ts'
import { inspectHere } from '../inspect-here.ts'
import { HEAD } from './inspect-live.ts'
import type { ProposedSource } from './propose-source.ts'

/**
 * Inspects a source of files. Where cells look like a written null, the source is given `nulls` that read them as nothing, and is inspected
 * again: what else is proposed must not rest on them.
 */
export async function inspectFiles(
  source: ProposedSource,
  directory: string,
  context: Context,
): Promise<{ source: ProposedSource; inspection: Inspection; nulls: readonly WrittenNull[] }> {
  const first = await inspectHere({ source: source.effective, directory, untold: 'nulls' }, HEAD, context)
  const found = first.writtenNulls
  if (found.length === 0) return { source, inspection: first, nulls: [] }
  const all = withNulls(source, nullValues(found))
  const second = await inspectHere({ source: all.effective, directory, untold: 'all' }, HEAD, context)
  // JSON keeps its texts: of these the plan warns.
  const nulls = found.filter((one) => !second.writtenNulls.some((other) => isSameColumn(one, other)))
  if (nulls.length === 0) return { source, inspection: first, nulls }
  return { source: withNulls(source, nullValues(nulls)), inspection: second, nulls }
}

function withNulls(source: ProposedSource, values: readonly string[]): ProposedSource {
  const nulls = [...new Set([...nullsOption(source.effective), ...values])]
  return { ...source, written: { ...source.written, nulls }, effective: { ...source.effective, nulls } }
}

function isSameColumn(one: WrittenNull, other: WrittenNull): boolean {
  return one.stream === other.stream && one.column === other.column
}
