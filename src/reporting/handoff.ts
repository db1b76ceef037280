import { join } from 'node:path'
import type { DesiredSet } from '../desired/desired-set.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { jsonText } from '../json.ts'
import { connection } from '../kinds/connection/connection.ts'
import type { Handoff } from '../kinds/connection/handoff.ts'
import { describeSecrets } from '../kinds/connection/wording.ts'
import { invitation } from '../kinds/invitation/invitation.ts'
import { organization } from '../kinds/organization/organization.ts'
import { countedKind } from '../kinds/registry.ts'
import { renderScope } from './heading-text.ts'
import { counted, ofSeveral, type Paint } from './style.ts'
import { table } from './table.ts'

const SAMPLE = 10

const HANDED_OVER: readonly string[] = [connection.name, invitation.name]

/** The count of rejected connections and invitations, which are in no file. */
export function rejectedFromFiles(set: DesiredSet): number {
  return set.rejectCounts().reduce((sum, { kind, count }) => (HANDED_OVER.includes(kind) ? sum + count : sum), 0)
}

/** The count of connection records that could not be read, so their connections are unknown. */
export function unreadConnections(set: DesiredSet, streams: readonly string[]): number {
  const own = set.accounting.streams.filter(({ stream }) => streams.includes(stream))
  return own.reduce((sum, { rejected }) => sum + rejected, 0)
}

/** @param unread the count of connection records that could not be read */
export function renderHandoffText(handoff: Handoff, set: DesiredSet, unread: number, paint: Paint): string {
  const { folder, files, notes, invitations, withSecrets, includeSecrets } = handoff
  const rows = files.map(({ file, connections, organizations }) => [
    file,
    countedKind(connections, connection.name),
    `of ${countedKind(organizations, organization.name)}`,
  ])
  const secrets = describeSecrets(withSecrets, includeSecrets)
  return [
    renderScope(set.scope, paint),
    `${paint('bold', 'Connections handed over')}\n${table(rows)}`,
    ...(invitations === null
      ? []
      : [
          `\n${paint('bold', 'Invitations handed over')}\n${table([[invitations.file, countedKind(invitations.invitations, invitation.name)]])}`,
        ]),
    ...renderRejected(set, paint),
    ...(unread === 0
      ? []
      : [
          `\n${counted(unread, 'connection record')} cannot be read and ${unread === 1 ? 'is' : 'are'} not in any file: workos-migrate plan lists ${unread === 1 ? 'it' : 'them'}.\n`,
        ]),
    '\n',
    ...(secrets === undefined ? [] : [`${secrets}\n`]),
    `Check before you import: ${printable(join(folder, notes))}\n`,
  ].join('')
}

function renderRejected(set: DesiredSet, paint: Paint): string[] {
  const total = rejectedFromFiles(set)
  if (total === 0) return []
  const lines = [`\n${paint('bold', `Rejected (${figure(total)}), not in any file`)}\n`]
  let shown = 0
  let named = 0
  for (const { kind, key, origin, message, hint, records } of set.rejects()) {
    if (!HANDED_OVER.includes(kind)) continue
    if (shown === SAMPLE) break
    shown += 1
    named += records
    const what = `${printable(key ?? kind)}${ofSeveral(records)}`
    lines.push(`  ${paint('red', '✗')} ${printable(origin)}  ${what}: ${printable(message)}\n`)
    if (hint !== null) lines.push(`      ${printable(hint)}\n`)
  }
  if (total > named) lines.push(`  … ${figure(total - named)} more (--json lists all)\n`)
  return lines
}

export function renderHandoffJson(handoff: Handoff, set: DesiredSet, unread: number): string {
  const rejects = [...set.rejects()].filter(({ kind }) => HANDED_OVER.includes(kind))
  return `${jsonText({ format: 'workos-migrate-handoff', version: 1, scope: set.scope ?? null, ...handoff, rejects, unread }, 2)}\n`
}
