import { printable } from '../diagnostics/printable.ts'
import { formatLocation } from '../diagnostics/problem.ts'
import { countedKind, kindRemarks } from '../kinds/registry.ts'
import { SUMMED_UP } from '../kinds/user/passwords/counts.ts'
import type { Remarks } from '../kinds/wording.ts'
import type { PlanSummary, PlanWarning } from '../planning/plan.ts'
import type { NoteCount } from '../rundb/notes.ts'
import { renderHint } from './actions-text.ts'
import { counted, type Paint } from './style.ts'

/** The remark on a source that was read only in part. */
export const PARTIAL =
  'only part of the source was read (source.updatedSince): everything else stays as it is and does not count as removed'

export function describeWarning({ message, at }: PlanWarning): string {
  return at === undefined ? message : `${message} (${formatLocation({ ...at, column: undefined })})`
}

/**
 * Remarks of one kind and code that are shown singly: there can be as many metadata keys as users.
 */
const SHOWN = 20

/**
 * Remarks on accepted resources. For more than SHOWN of one kind and code, a count of the others.
 */
export function describeNotes(all: readonly NoteCount[]): string[] {
  const notes = all.filter(({ code }) => !SUMMED_UP.has(code))
  const sorts = Map.groupBy(notes, ({ kind, code }) => `${kind} ${code}`)
  const last = new Map([...sorts.values()].map((sort) => [sort[SHOWN - 1], sort.length - SHOWN]))
  const shown = new Set([...sorts.values()].flatMap((sort) => sort.slice(0, SHOWN)))
  return notes
    .filter((note) => shown.has(note))
    .flatMap((note) => {
      const others = last.get(note) ?? 0
      return others > 0 ? [describeNote(note), `and ${counted(others, 'more remark')} like this`] : [describeNote(note)]
    })
}

export function describeNote({ kind, code, detail, count }: NoteCount): string {
  const resources = countedKind(count, kind)
  const remark = kindRemarks()[code] ?? GENERAL[code]
  return (
    remark?.({ resources, count, detail }) ??
    `${resources}: ${code.replaceAll('_', ' ')}${detail === '' ? '' : ` (${detail})`}`
  )
}

/** Remarks for any kind of resource. */
const GENERAL: Remarks = {
  metadata_key_renamed: ({ resources, detail }) =>
    `${resources}: reserved metadata key ${detail} renamed with metadata.prefix`,
  metadata_key_cut: ({ resources, detail }) => `${resources}: metadata key cut to ${detail}`,
  metadata_value_cut: ({ resources, detail }) => `${resources}: metadata value of ${detail}`,
  metadata_value_dropped: ({ resources, detail }) =>
    `${resources}: metadata value of ${detail} dropped, because it is too long (metadata.tooLong: drop)`,
  metadata_non_ascii_dropped: ({ resources, detail }) =>
    `${resources}: metadata of ${detail} dropped, because it is not ASCII (metadata.nonAscii: drop)`,
  metadata_keys_above_limit: ({ resources, detail }) =>
    `${resources}: only the first ${detail} metadata keys kept (metadata.tooManyKeys: drop)`,
  metadata_key_dropped: ({ resources, detail }) =>
    `${resources}: metadata key ${detail} dropped, because there are too many keys`,
  external_ids_cut: ({ resources, detail }) =>
    `${resources}: the metadata key ${detail} has no room for the external IDs of all merged records`,
  external_ids_left_out: ({ resources, detail }) =>
    `${resources}: external IDs of the merged records not kept, because the metadata has no room for the key ${detail}`,
  external_ids_shared: ({ resources, detail }) =>
    `${resources}: an external ID of a merged record is not in the metadata key ${detail}, because another resource in the source has it too`,
  still_answered: ({ resources, detail }) =>
    `${resources}: WorkOS returned other values than were sent (${detail}); compare with workos-migrate verify, or check again with plan --refresh`,
  guessed_time: ({ resources, detail }) => `${resources}: ${detail}`,
  unreadable_json: ({ resources, detail }) =>
    `${resources}: text that looks like JSON is not valid JSON and is not in ${detail}`,
  nul_in_text: ({ resources, detail }) => `${resources}: NUL characters in JSON text removed from ${detail}`,
  secret_changed_in_source: ({ resources, detail }) =>
    `${resources}: ${detail} changed in the source but is not sent, because WorkOS cannot update it`,
}

interface Output {
  paint: Paint
  write: (text: string) => void
}

/** Warnings and notices. They come first, because the rest of a plan can depend on them. */
export function renderOddities({ warnings, notices }: Pick<PlanSummary, 'warnings' | 'notices'>, output: Output): void {
  const { paint, write } = output
  renderWarnings(warnings, output)
  if (notices.length > 0) write(`\n${paint('bold', 'Worth a look')}\n`)
  for (const [index, notice] of notices.entries()) {
    write(`  ${paint('cyan', '·')} ${printable(notice.message)}\n`)
    // Consecutive notices with the same hint share it.
    if (notices[index + 1]?.hint !== notice.hint) write(renderHint(notice.hint, paint))
  }
}

/** Warnings of a plan or a verification. Accepted ones come last, without hints. */
export function renderWarnings(warnings: readonly PlanWarning[], { paint, write }: Output): void {
  if (warnings.length === 0) return
  write(`\n${paint('bold', 'Warnings')}\n`)
  for (const warning of warnings) {
    if (warning.accepted) continue
    write(`  ${paint('yellow', '!')} ${printable(describeWarning(warning))} ${paint('dim', `[${warning.code}]`)}\n`)
    write(renderHint(warning.hint, paint))
  }
  for (const warning of warnings) {
    if (!warning.accepted) continue
    write(`  ${paint('dim', `· accepted: ${printable(describeWarning(warning))} [${warning.code}]`)}\n`)
  }
}
