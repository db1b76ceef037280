import { figure, printable } from '../diagnostics/printable.ts'
import { type Redactor, redactedValue } from '../diagnostics/redactor.ts'
import { jsonText } from '../json.ts'
import { isRecorded, recordingOf } from '../sources/snapshot/recorded.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import { minute } from './heading-text.ts'
import { duration, type Paint } from './style.ts'
import { sums, table } from './table.ts'

interface ExportTextOptions {
  paint: Paint
  /** Whether plan, apply and verify use this snapshot by default. */
  isItsOwn: boolean
}

export function renderExportText(snapshot: Snapshot, { paint, isItsOwn }: ExportTextOptions): string {
  const { folder, source, startedAt, finishedAt, streams, digest } = snapshot
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
  const rows = streams.map(({ name, records, bytes, sha256 }) => [
    printable(name),
    figure(records),
    figure(bytes),
    sha256.slice(0, 16),
  ])
  const use = isItsOwn
    ? 'plan, apply and verify use it until --fresh or export reads the source again.'
    : `To use it, here or elsewhere: workos-migrate plan --snapshot ${printable(folder)}`
  return [
    `${paint('bold', `Snapshot of the source ${printable(source)}`)}, read ${minute(startedAt)} in ${duration(seconds)}\n\n`,
    table([['', 'rows', 'bytes', 'SHA-256'], ...rows]),
    isRecorded(snapshot) ? `\n${renderCounts(snapshot)}` : '',
    `\ndigest ${digest}\n${printable(folder)}\n${use}\n`,
  ].join('')
}

function renderCounts(snapshot: Snapshot): string {
  const rows = recordingOf(snapshot).counts.map(({ stream, file, read, passed, rejected, role }) => ({
    name: printable(`${stream} (${file})`),
    total: read,
    parts: [
      { count: passed, what: role !== 'main' ? 'joined' : passed === 1 ? 'record' : 'records' },
      { count: rejected, what: 'rejected' },
    ],
  }))
  return sums(rows)
}

/** The same as JSON. A snapshot of files also has `counts`. */
export function renderExportJson(snapshot: Snapshot, redactor: Redactor): string {
  const { folder, source, identity, startedAt, finishedAt, streams, digest } = snapshot
  const counts = isRecorded(snapshot) ? { counts: recordingOf(snapshot).counts } : {}
  const head = { format: 'workos-migrate-export', version: 1, folder, source, identity, startedAt, finishedAt }
  return `${jsonText(redactedValue({ ...head, digest, streams, ...counts }, redactor), 2)}\n`
}
