import { printable } from '../diagnostics/printable.ts'
import { formatLocation } from '../diagnostics/problem.ts'
import { countedKind, kindRemarks } from '../kinds/registry.ts'
import { SUMMED_UP } from '../kinds/user/passwords/counts.ts'
import type { Remarks } from '../kinds/wording.ts'
import type { PlanSummary, PlanWarning } from '../planning/plan.ts'
import type { NoteCount } from '../rundb/notes.ts'
import { renderHint } from './actions-text.ts'
import { counted, type Paint } from './style.ts'

/** What holds for a source that was read in part. */
export const PARTIAL =
  'only a part of the source was read (source.updatedSince): what it lacks stays as it is, and does not count as having left'

/** What is odd about a plan as a whole, and where it begins. */
export function describeWarning({ message, at }: PlanWarning): string {
  return at === undefined ? message : `${message} (${formatLocation({ ...at, column: undefined })})`
}

/**
 * Remarks of one kind and code that are shown one by one: metadata keys may be as many as users.
 */
const SHOWN = 20

/**
 * Remarks on accepted resources, in words; where there are many of a sort, the most frequent and
 * how many others there are.
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
      return others > 0
        ? [describeNote(note), `and ${counted(others, 'more remark')} of this sort`]
        : [describeNote(note)]
    })
}

/** What a remark on accepted resources means, in words. */
export function describeNote({ kind, code, detail, count }: NoteCount): string {
  const resources = countedKind(count, kind)
  const remark = kindRemarks()[code] ?? GENERAL[code]
  return (
    remark?.({ resources, count, detail }) ??
    `${resources}: ${code.replaceAll('_', ' ')}${detail === '' ? '' : ` (${detail})`}`
  )
}

/** Remarks on resources of any kind. */
const GENERAL: Remarks = {
  metadata_key_renamed: ({ resources, detail }) =>
    `${resources} with the reserved metadata key ${detail}, renamed with metadata.prefix`,
  metadata_key_cut: ({ resources, detail }) => `${resources} with a metadata key cut to ${detail}`,
  metadata_value_cut: ({ resources, detail }) => `${resources}: metadata value of ${detail}`,
  metadata_value_dropped: ({ resources, detail }) =>
    `${resources} without the metadata value of ${detail}, which is too long (metadata.tooLong is drop)`,
  metadata_non_ascii_dropped: ({ resources, detail }) =>
    `${resources} without the metadata of ${detail}, which is not ASCII (metadata.nonAscii is drop)`,
  metadata_keys_above_limit: ({ resources, detail }) =>
    `${resources} with more than ${detail} metadata keys: the others left out (metadata.tooManyKeys is drop)`,
  metadata_key_dropped: ({ resources, detail }) =>
    `${resources} without the metadata key ${detail}, which is above the number of keys`,
  external_ids_cut: ({ resources, detail }) =>
    `${resources} merged from so many records that not all external ids fit into the metadata key ${detail}`,
  external_ids_left_out: ({ resources, detail }) =>
    `${resources} without the external ids of the records they were merged from: the metadata has no room for the key ${detail}`,
  external_ids_shared: ({ resources, detail }) =>
    `${resources} without an external id of a record they were merged from in the metadata key ${detail}: somebody else in the source has it too`,
  still_answered: ({ resources, detail }) =>
    `${resources} for which WorkOS answered with other values than were sent (${detail}): workos-migrate verify shows what it holds, and plan --refresh looks again`,
  guessed_time: ({ resources, detail }) => `${resources}: ${detail}`,
  unreadable_json: ({ resources, detail }) =>
    `${resources}: text that looks like JSON is not valid JSON, and was left out of ${detail}`,
  nul_in_text: ({ resources, detail }) => `${resources}: NUL characters in JSON text were removed of ${detail}`,
  secret_changed_in_source: ({ resources, detail }) =>
    `${resources} whose ${detail} changed in the source: not sent, since WorkOS offers no update of it`,
}

interface Output {
  paint: Paint
  write: (text: string) => void
}

/**
 * What is odd about a plan, and what is worth a look: it stands above everything else, since all
 * the rest may hang on it.
 */
export function renderOddities({ warnings, notices }: Pick<PlanSummary, 'warnings' | 'notices'>, output: Output): void {
  const { paint, write } = output
  renderWarnings(warnings, output)
  if (notices.length > 0) write(`\n${paint('bold', 'Worth a look')}\n`)
  for (const [index, notice] of notices.entries()) {
    write(`  ${paint('cyan', '·')} ${printable(notice.message)}\n`)
    // One hint for all that share it.
    if (notices[index + 1]?.hint !== notice.hint) write(renderHint(notice.hint, paint))
  }
}

/**
 * The warnings of a plan or a verification, those that the manifest accepts last and without their
 * hints.
 */
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
