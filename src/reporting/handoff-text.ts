import { join } from 'node:path'
import type { DesiredSet } from '../desired/desired-set.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import type { Handoff } from '../handoff/write-handoff.ts'
import { jsonText } from '../json.ts'
import { renderScope } from './scope-text.ts'
import { counted, ofSeveral, type Paint } from './style.ts'
import { table } from './table.ts'

/** How many rejected connections are shown. */
const SAMPLE = 10

/** Rejected connections: they are in no file. */
export function rejectedConnections(set: DesiredSet): number {
  return set.rejectCounts().reduce((sum, { kind, count }) => (kind === 'connection' ? sum + count : sum), 0)
}

/** What was handed over, for people. */
export function renderHandoffText(handoff: Handoff, set: DesiredSet, paint: Paint): string {
  const { folder, files, notes, withSecrets, includeSecrets } = handoff
  const rows = files.map(({ file, connections, organizations }) => [
    file,
    counted(connections, 'connection'),
    `of ${counted(organizations, 'organization')}`,
  ])
  const secrets =
    withSecrets === 0
      ? []
      : includeSecrets
        ? [
            `They hold the secrets of ${counted(withSecrets, 'connection')}: keep them private, and delete them when they have been imported.`,
          ]
        : [`The secrets of ${counted(withSecrets, 'connection')} are left out; --include-secrets writes them.`]
  return [
    renderScope(set.scope, paint),
    `${paint('bold', 'Connections handed over')}\n${table(rows)}`,
    ...renderRejected(set, paint),
    '\n',
    ...secrets.map((line) => `${line}\n`),
    `What to look at before they are imported: ${printable(join(folder, notes))}\n`,
  ].join('')
}

function renderRejected(set: DesiredSet, paint: Paint): string[] {
  const total = rejectedConnections(set)
  if (total === 0) return []
  const lines = [`\n${paint('bold', `Rejected (${figure(total)}), and in no file`)}\n`]
  let shown = 0
  let told = 0
  for (const { kind, key, origin, message, hint, records } of set.rejects()) {
    if (kind !== 'connection') continue
    if (shown === SAMPLE) break
    shown += 1
    told += records
    const what = `${printable(key ?? 'connection')}${ofSeveral(records)}`
    lines.push(`  ${paint('red', '✗')} ${printable(origin)}  ${what}: ${printable(message)}\n`)
    if (hint !== null) lines.push(`      ${printable(hint)}\n`)
  }
  if (total > told) lines.push(`  … ${figure(total - told)} more, all of them with --json\n`)
  return lines
}

/** The same for programs, as one JSON document. */
export function renderHandoffJson(handoff: Handoff, set: DesiredSet): string {
  const rejects = [...set.rejects()].filter(({ kind }) => kind === 'connection')
  return `${jsonText({ format: 'workos-migrate-handoff', version: 1, scope: set.scope ?? null, ...handoff, rejects }, 2)}\n`
}
