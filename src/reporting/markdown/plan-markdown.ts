/** A plan as Markdown for a pull request. inline.ts escapes data. */

import type { DesiredSet } from '../../desired/desired-set.ts'
import type { Mask } from '../../diagnostics/mask.ts'
import { figure, printable } from '../../diagnostics/printable.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import { describeConnections } from '../../kinds/connection/wording.ts'
import { describeInvitations } from '../../kinds/invitation/wording.ts'
import { membership } from '../../kinds/membership/membership.ts'
import { describeUnmapped, lostRoles, lostRolesCount, unmappedRoles } from '../../kinds/membership/reports.ts'
import { describeLost } from '../../kinds/membership/wording.ts'
import { countedKind } from '../../kinds/registry.ts'
import { describePasswords, passwordsHeading } from '../../kinds/user/passwords/counts.ts'
import {
  describeReasons,
  describeUser,
  sum,
  totpHeading,
  unsupportedTotp,
  unsupportedTotpCounts,
} from '../../kinds/user/totp-factor.ts'
import { user } from '../../kinds/user/user.ts'
import { type Action, actionValues, address } from '../../planning/action.ts'
import type { Plan, PlanWarning } from '../../planning/plan.ts'
import { openWarnings } from '../../planning/warnings.ts'
import {
  describeAllLeftOut,
  describeMerges,
  duplicateRows,
  rejection,
  stateOf,
  whatOf,
  whyOf,
} from '../accounting-text.ts'
import { fieldRows, MATCHED_BY, previously } from '../actions-text.ts'
import { personOf } from '../errors.ts'
import {
  countsOf,
  describeChanges,
  describeEstimate,
  describeLeftBehind,
  describeWhere,
  minute,
  scopeMarkdown,
} from '../heading-text.ts'
import { describeNotes, describeWarning, PARTIAL } from '../remarks.ts'
import { counted, ofSeveral, shortValue, tellingLabel } from '../style.ts'
import { cutToWidth, nonZero } from '../table.ts'
import { clipped, code, fenced, folded, grid, prose, SAMPLE, within } from './inline.ts'

/** GitHub accepts 65,536 characters in a comment. A pipeline adds text above and below. */
const ROOM = 60_000
/** Characters for the actions of one type. */
const ROOM_FOR_ACTIONS = 9_000

/**
 * The changes in one sentence, what to check, the changes, then the details, folded. It fits into a
 * comment on GitHub, and is readable in the log of a job.
 */
export function renderPlanMarkdown(plan: Plan, write: (text: string) => void, mask?: Mask): void {
  let room = ROOM
  let dropped = 0
  for (const section of sections(plan, mask)) {
    if (section === '') continue
    if (section.length + 1 > room) dropped += 1
    else {
      write(room === ROOM ? section : `\n${section}`)
      room -= section.length + 1
    }
  }
  if (dropped > 0) write(`\n${counted(dropped, 'more section')}: \`workos-migrate plan --full\` shows everything.\n`)
}

function* sections(plan: Plan, mask: Mask | undefined): Generator<string> {
  yield headline(plan)
  yield refusals(plan)
  yield warnings(plan)
  yield alert('NOTE', 'Worth a look', plan.summary.notices)
  yield counts(plan)
  yield* actionSections(plan, ROOM_FOR_ACTIONS, mask)
  yield fieldsSection(plan, mask)
  yield rejectSection(plan.set, SAMPLE)
  yield list('Left out', leftOutRows(plan, SAMPLE), plan.set.leftOutCount())
  yield drift(plan)
  yield spared(plan)
  yield list('No longer in the source; kept in WorkOS', orphanRows(plan, SAMPLE), plan.orphanCount())
  yield remarks(plan)
  yield passwords(plan)
  yield lost(plan)
  yield totp(plan)
  yield connections(plan)
  yield invitations(plan)
  yield duplicates(plan)
  yield accounting(plan)
}

function headline({ where, summary, set }: Plan): string {
  const behind = describeLeftBehind({ summary, set })
  const { snapshot, partial } = set.reading
  const change = describeChanges(summary.kinds)
  return [
    `## Migration plan: ${prose(describeWhere(where))}\n`,
    `**${change === '' ? 'Nothing to do.' : change}**${summary.changes ? ` ${describeEstimate(summary.estimate)}.` : ''}${behind === '' ? '' : ` **Not in WorkOS: ${behind}.**`}\n`,
    ...(set.scope === undefined ? [] : [scopeMarkdown(set.scope, prose)]),
    ...(snapshot === undefined ? [] : [`Uses a snapshot of the source from ${minute(snapshot.startedAt)}.\n`]),
    ...(partial ? [`> ${prose(PARTIAL)}.\n`] : []),
  ].join('\n')
}

function refusals({ summary }: Plan): string {
  return alert('CAUTION', 'Refused', summary.refusals)
}

function warnings({ summary }: Plan): string {
  const written = (some: readonly PlanWarning[]) =>
    some.map((warning) => ({ message: describeWarning(warning), hint: warning.hint, code: warning.code }))
  const accepted = summary.warnings.filter((warning) => warning.accepted === true)
  const boxes = [
    alert('WARNING', 'Warning', written(openWarnings(summary.warnings))),
    alert('NOTE', 'Accepted', written(accepted.map(({ hint: _hint, ...warning }) => warning))),
  ]
  return boxes.filter((box) => box !== '').join('\n')
}

/** A box that GitHub colors. Elsewhere it is a quotation. */
function alert(
  type: string,
  word: string,
  items: readonly { message: string; hint?: string | undefined; code?: string }[],
): string {
  if (items.length === 0) return ''
  const lines = items.map(({ message, hint, code: name }) => {
    const help = hint === undefined ? '' : `>   ${prose(clipped(hint))}\n`
    // Two spaces break the line in renderers other than GitHub.
    const stop = help === '' ? '' : '  '
    return `> - **${word}**: ${prose(clipped(message))}${name === undefined ? '' : ` (${code(name)})`}${stop}\n${help}`
  })
  return `> [!${type}]\n${within(lines, items.length, '> - ')}`
}

function counts({ summary, purpose }: Plan): string {
  const { kinds, columns } = countsOf(summary, purpose)
  if (kinds.length === 0 || columns.length === 0) return ''
  return grid(
    ['', ...columns],
    kinds.map((kind) => [kind.plural, ...columns.map((column) => figure(kind[column]))]),
  )
}

function drift(plan: Plan): string {
  const total = plan.driftCount()
  const rows = [...plan.drift(SAMPLE)].map(({ kind, key, field, live, desired, reason }) => {
    const values =
      field === '*'
        ? ''
        : ` ${code(field)}: ${code(shortValue(live))} in WorkOS, ${code(shortValue(desired))} in the source`
    return `- ${code(address({ kind, key }))}${values} (${reason})\n`
  })
  return list('Different in WorkOS; kept as it is', rows, total)
}

function spared(plan: Plan): string {
  const total = plan.skippedDeletionCounts().reduce((all, { count }) => all + count, 0)
  const rows = [...plan.skippedDeletions(SAMPLE)].map(({ kind, key, message }) => {
    return `- ${code(address({ kind, key }))}: ${prose(clipped(message))}\n`
  })
  return list('Not deleted', rows, total)
}

function remarks({ summary }: Plan): string {
  const rows = describeNotes(summary.notes).map((line) => `- ${prose(clipped(line))}\n`)
  return list('Remarks', rows, rows.length)
}

function passwords({ summary }: Plan): string {
  const lines = describePasswords(summary.passwords)
  if (lines.length === 0) return ''
  const rows = lines.slice(0, SAMPLE).map(({ algorithm, fate }) => [code(algorithm), prose(clipped(fate))])
  return folded(
    'Passwords',
    `${prose(passwordsHeading(summary.passwords))}.\n\n${grid(['algorithm', ''], rows, [0, 1])}`,
  )
}

function lost({ set }: Plan): string {
  const rows = [...lostRoles(set, SAMPLE)].map(
    (role) => `- ${code(address({ kind: membership.name, key: role.key }))} ${prose(describeLost(role))}\n`,
  )
  return list('Reduced to one role', rows, lostRolesCount(set))
}

function totp({ set }: Plan): string {
  const reasons = unsupportedTotpCounts(set)
  const total = sum(reasons)
  if (total === 0) return ''
  const rows = [...unsupportedTotp(set, SAMPLE)].map((one) => {
    return `- ${code(address({ kind: user.name, key: one.key }))}${prose(describeUser(one))}\n`
  })
  const why = `${prose(totpHeading(total))}: ${prose(clipped(describeReasons(reasons)))}\n\n`
  return folded(`Authenticator apps not migrated (${figure(total)})`, `${why}${within(rows, total)}`)
}

function connections({ summary }: Plan): string {
  const line = describeConnections(summary.handoff)
  return line === undefined ? '' : folded('Connections', `${prose(line)}.\n`)
}

function invitations({ summary }: Plan): string {
  const line = describeInvitations(summary.invitations)
  return line === undefined ? '' : folded('Invitations', `${prose(line)}.\n`)
}

function duplicates(plan: Plan): string {
  const rows = duplicateRows(plan).map(({ what, users, records }) => [prose(what), figure(users), figure(records)])
  const merges = describeMerges(plan.set)
  if (rows.length === 0 && merges === '') return ''
  const table = rows.length === 0 ? '' : grid(['', 'users', 'records'], rows)
  return folded(
    'Duplicates',
    [table, merges === '' ? '' : `${prose(merges)}.\n`].filter((part) => part !== '').join('\n'),
  )
}

function accounting({ set }: Plan): string {
  const { streams, kinds } = set.accounting
  const ofStreams = ['read', ...nonZero(['passed', 'rejected'] as const, streams)] as const
  const read = streams.map((stream) => {
    return [`${prose(stream.stream)} (${code(stream.file)})`, ...ofStreams.map((column) => figure(stream[column]))]
  })
  const yielded = kinds.filter((kind) => kind.yielded > 0)
  const ofKinds = ['yielded', ...nonZero(['distinct', 'merged', 'rejected', 'leftOut'] as const, yielded)] as const
  const made = yielded.map((kind) => [kind.plural, ...ofKinds.map((column) => figure(kind[column]))])
  const leftOut = describeAllLeftOut(set).map((line) => `- ${prose(clipped(line))}\n`)
  const heads = ofKinds.slice(1).map((column) => (column === 'leftOut' ? 'left out' : column))
  return folded(
    'Where every record went',
    [
      grid(['records', ...ofStreams], read),
      ...(leftOut.length === 0 ? [] : [within(leftOut, leftOut.length)]),
      grid(['resources', 'described', ...heads], made),
    ].join('\n'),
  )
}

function list(heading: string, rows: readonly string[], total: number): string {
  return total === 0 ? '' : folded(`${heading} (${figure(total)})`, within(rows, total))
}

const MARKS = { empty: '⚠ empty', constant: '= always' } as const

/** Columns of an example and of a field name. */
const SHORT = 60

function fieldsSection(plan: Plan, mask: Mask | undefined): string {
  if (!plan.summary.changes) return ''
  const tables = plan.fields.map((table) => {
    const rows = fieldRows(table, mask).map(({ field, filled, distinct, mark, example }) => [
      filled === '' ? field : code(cutToWidth(field, SHORT)),
      filled,
      distinct,
      [code(cutToWidth(example, SHORT)), ...(mark === null ? [] : [MARKS[mark]])]
        .filter((part) => part !== '')
        .join(' '),
    ])
    return grid([table.plural, 'filled', 'distinct', 'example'], rows, [0, 3])
  })
  return tables.length === 0 ? '' : folded('Fields', tables.join('\n'))
}

function leftOutRows({ set }: Plan, limit: number): string[] {
  return [...set.leftOut(limit)].map((item) => `- ${code(item.origin)} ${code(whatOf(item))} ${prose(whyOf(item))}\n`)
}

function orphanRows(plan: Plan, limit: number): string[] {
  return [...plan.orphans(limit)].map((orphan) => {
    const label = orphan.label === orphan.key ? '' : ` ${code(orphan.label)}`
    return `- ${code(address(orphan))}${label}: ${prose(stateOf(orphan))}\n`
  })
}

function rejectSection(set: DesiredSet, limit: number): string {
  const total = set.rejectCount()
  if (total === 0) return ''
  const rows: string[] = []
  let named = 0
  for (const reject of set.rejects()) {
    if (rows.length === limit) break
    const { origin, records } = reject
    const what = personOf(reject).split('  ').map(code).join(' ')
    rows.push(`- ${code(origin)} ${what}${ofSeveral(records)}: ${prose(clipped(rejection(reject)))}\n`)
    named += records
  }
  const causes = set.rejectCounts().map(({ code: cause, count }) => `${figure(count)} ${code(cause)}`)
  const rest =
    total > named ? `- … ${figure(total - named)} more; by cause: ${causes.slice(0, limit).join(', ')}\n` : ''
  const unmapped = describeUnmapped(unmappedRoles(set)).map((line) => `- ${prose(line)}\n`)
  return folded(`Rejected (${figure(total)})`, `${within(rows, rows.length)}${rest}${unmapped.join('')}`)
}

/** In the order of a review: deletions first. */
const TYPES = ['delete', 'blocked', 'update', 'adopt', 'create'] as const

const HEADINGS = {
  delete: 'Deleted',
  blocked: 'Blocked',
  update: 'Updated',
  adopt: 'Adopted',
  create: 'Created',
} as const

/** Marks that a `diff` block colors. */
const DIFF_MARKS = { delete: '-', blocked: '#', update: '!', adopt: '!', create: '+' } as const

/** Up to this many actions of one type are shown open. */
const FEW = 25
/** Actions of each kind that are shown if there are more. */
const ACTIONS_SHOWN = 10
/** Fields of one action that are shown. */
const FIELDS = 30

/** Few actions are shown open. Of many, some of each kind are shown, folded. */
function actionSections(plan: Plan, room: number, mask?: Mask): string[] {
  return TYPES.flatMap((type) => {
    const kinds = plan.summary.kinds.filter((kind) => kind[type] > 0)
    const total = kinds.reduce((sum, kind) => sum + kind[type], 0)
    if (total === 0) return []
    const heading = `### ${HEADINGS[type]} (${figure(total)})\n\n`
    if (total <= FEW) {
      const lines = kinds.flatMap(({ kind }) =>
        plan.sample(kind, type, FEW).flatMap((action) => linesOf(plan, action, mask)),
      )
      return [`${heading}${fenced(withinRoom(lines, room), 'diff')}`]
    }
    const blocks = kinds.map((kind) => {
      const lines = plan.sample(kind.kind, type, ACTIONS_SHOWN).flatMap((action) => linesOf(plan, action, mask))
      const rest = kind[type] - ACTIONS_SHOWN
      const more = rest > 0 ? [`# … ${figure(rest)} more`] : []
      return folded(
        countedKind(kind[type], kind.kind),
        fenced([...withinRoom(lines, Math.floor(room / kinds.length)), ...more], 'diff'),
      )
    })
    return [`${heading}${blocks.join('\n')}`]
  })
}

function withinRoom(lines: readonly string[], room: number): string[] {
  let left = room
  const kept: string[] = []
  for (const line of lines) {
    left -= line.length + 1
    if (left < 0) return [...kept, `# … ${counted(lines.length - kept.length, 'more line')}`]
    kept.push(line)
  }
  return kept
}

function linesOf(plan: Plan, action: Action, mask: Mask | undefined): string[] {
  // A create shows its name or email address among its values.
  const name = action.type === 'create' ? undefined : tellingLabel(action)
  const label = name === undefined ? '' : `  ${printable(mask?.value(name) ?? name)}`
  const head = `${DIFF_MARKS[action.type]} ${printable(address(action))}${label}`
  if (action.type === 'blocked') {
    const hint = action.hint === undefined ? [] : [`#   ${printable(action.hint)}`]
    const why = mask?.about(action.message, action.key) ?? action.message
    return [head, `#   ${printable(plan.set.origin(action.kind, action.key))}: ${printable(why)}`, ...hint]
  }
  if (action.type === 'delete') {
    return [action.with === undefined ? head : `${head}  deleted with ${printable(address(action.with))}`]
  }
  const { before, after, secrets } = actionValues(plan, action)
  const hidden = Object.entries(secrets).map(([field, said]) => {
    return `+   ${printable(field)}: (secret${said === null ? '' : `, ${printable(said)}`})`
  })
  const found =
    action.type === 'adopt'
      ? `  matches ${printable(action.id)} by ${MATCHED_BY[action.matchedBy]}${previously(action)}`
      : ''
  const values = [...(before === null ? created(after ?? {}) : changed(before, after ?? {})), ...hidden]
  const more = values.length > FIELDS ? [`#   … ${counted(values.length - FIELDS, 'more line')}`] : []
  return [`${head}${found}`, ...values.slice(0, FIELDS), ...more]
}

function created(after: JsonObject): string[] {
  return [...flat(after)].map(([field, value]) => `+   ${printable(field)}: ${shortValue(value)}`)
}

function changed(before: JsonObject, after: JsonObject): string[] {
  const old = new Map(flat(before))
  return [...flat(after)].flatMap(([field, value]) => {
    const was = old.get(field) ?? null
    const name = printable(field)
    return [
      ...(was === null ? [] : [`-   ${name}: ${shortValue(was)}`]),
      ...(value === null ? [] : [`+   ${name}: ${shortValue(value)}`]),
    ]
  })
}

/** Members of objects are listed singly: `metadata.plan`. */
function* flat(values: JsonObject): Generator<[string, Json]> {
  for (const [field, value] of Object.entries(values)) {
    if (!isObject(value)) yield [field, value]
    else for (const [member, inner] of Object.entries(value)) yield [`${field}.${member}`, inner ?? null]
  }
}
