import type { RejectedItem } from '../desired/desired-set.ts'
import { printable } from '../diagnostics/printable.ts'
import type { Action, FieldChange } from '../planning/action.ts'
import { address } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import { renderAccounting } from './accounting-text.ts'
import { describeNote } from './remarks.ts'
import { counted, duration, type Paint, shortValue, table } from './style.ts'

export interface PlanTextOptions {
  paint: Paint
  /** Show every action and every rejected record instead of the first few. */
  full: boolean
  /** Receives the text piece by piece: a plan may have millions of lines. */
  write: (text: string) => void
}

/** How many of a kind are shown unless all are asked for. */
const SAMPLE = 5

const SHOWN_TYPES = ['create', 'update', 'adopt', 'delete', 'blocked'] as const

const MARKS = { create: '+', update: '~', adopt: '=', delete: '-', blocked: '!' } as const
const COLORS = { create: 'green', update: 'yellow', adopt: 'cyan', delete: 'red', blocked: 'red' } as const

/** A plan for people: where the records went, the counts, a sample of the actions, and what stands in the way. */
export function renderPlanText(plan: Plan, options: PlanTextOptions): void {
  const { paint, write } = options
  const { target } = plan.inputs
  write(`${paint('bold', printable(plan.name))} → ${target.type === 'sandbox' ? 'sandbox' : target.baseUrl}\n\n`)
  write(renderAccounting(plan.set.accounting, paint))
  renderRejects(plan, options)
  renderMerges(plan, options)
  renderCounts(plan, options)
  if (options.full) renderAllActions(plan, options)
  else renderSamples(plan, options)
  renderDrift(plan, options)
  renderSpared(plan, options)
  renderRemarks(plan, options)
  renderConclusion(plan, options)
}

function renderRejects({ set }: Plan, { paint, full, write }: PlanTextOptions): void {
  const total = set.rejectCount()
  if (total === 0) return
  write(`\n${paint('bold', `Rejected (${total.toLocaleString('en-US')})`)}\n`)
  let shown = 0
  const limit = full ? Number.POSITIVE_INFINITY : SAMPLE * 2
  for (const reject of set.rejects()) {
    if (shown === limit) break
    shown += 1
    const what = reject.key === null ? reject.kind : address({ kind: reject.kind, key: reject.key })
    write(`  ${paint('red', '✗')} ${printable(reject.origin)}  ${printable(what)}: ${printable(rejection(reject))}\n`)
    write(renderHint(reject.hint ?? undefined, paint))
  }
  if (total > shown) {
    const rest = set.rejectCounts().map(({ code, count }) => `${count} ${code}`)
    write(`  … all of them with --full; by cause: ${rest.join(', ')}\n`)
  }
}

/** Why something was rejected, beginning with the field where the message does not name it. */
function rejection({ kind, field, message }: RejectedItem): string {
  return kind === 'record' || field === null || message.includes(field) ? message : `${field}: ${message}`
}

function renderMerges({ set }: Plan, { paint, full, write }: PlanTextOptions): void {
  const counts = set.mergeCounts()
  if (counts.length === 0) return
  write(`\n${paint('bold', 'Merged duplicates')}\n`)
  for (const { kind, resources, records } of counts) {
    write(`  ${counted(records, 'record')} merged into ${counted(resources, kind)}\n`)
  }
  let shown = 0
  for (const merge of set.merges()) {
    if (merge.merged === merge.key) continue
    if (!full && shown === SAMPLE) {
      write('  … all of them with --full\n')
      break
    }
    shown += 1
    const conflicts = printable(merge.conflicts.map(({ field }) => field).join(', '))
    const note = conflicts === '' ? '' : `  (the first record's ${conflicts} kept)`
    write(
      `  ${printable(`${merge.kind}:${merge.merged}`)} (${printable(merge.origin)}) → ${printable(merge.key)}${note}\n`,
    )
  }
}

function renderCounts({ summary }: Plan, { paint, write }: PlanTextOptions): void {
  const deletes = summary.kinds.some((kind) => kind.delete > 0)
  const columns = [
    ...(['create', 'update', 'adopt', 'unchanged', 'blocked'] as const),
    ...(deletes ? (['delete'] as const) : []),
    'orphaned' as const,
  ]
  const kinds = summary.kinds.filter((kind) => kind.desired + kind.delete + kind.orphaned > 0)
  const rows = kinds.map((kind) => [kind.plural, ...columns.map((column) => kind[column].toLocaleString('en-US'))])
  write(`\n${paint('bold', 'Plan')}\n${table([['', ...columns], ...rows])}`)
}

function renderSamples(plan: Plan, options: PlanTextOptions): void {
  for (const kind of plan.summary.kinds) {
    for (const type of SHOWN_TYPES) {
      const count = kind[type]
      if (count === 0) continue
      options.write('\n')
      for (const action of plan.sample(kind.kind, type, SAMPLE))
        options.write(renderAction(action, plan, options.paint))
      if (count > SAMPLE) options.write(`  … ${count - SAMPLE} more to ${type === 'blocked' ? 'block' : type}\n`)
    }
  }
  const total = plan.summary.kinds
    .flatMap((kind) => SHOWN_TYPES.map((type) => kind[type]))
    .reduce((sum, n) => sum + n, 0)
  if (total > SAMPLE) options.write(`\n${options.paint('dim', 'All of them with --full.')}\n`)
}

function renderAllActions(plan: Plan, { paint, write }: PlanTextOptions): void {
  write('\n')
  for (const action of plan.actions()) write(renderAction(action, plan, paint))
}

/** One action: a line, and below it a line for each field it changes, or what blocks it and where it was read. */
function renderAction(action: Action, { set }: Plan, paint: Paint): string {
  const head = `  ${paint(COLORS[action.type], MARKS[action.type])} ${printable(address(action))}`
  const label = action.label === action.key ? '' : `  ${paint('dim', printable(action.label))}`
  switch (action.type) {
    case 'create':
      return `${head}${label}\n`
    case 'update':
      return `${head}${label}\n${action.changes.map((change) => renderChange(change, paint)).join('')}`
    case 'adopt': {
      const known = action.former === undefined ? '' : `, until now ${printable(action.former)}`
      const found = `  ${paint('dim', `is ${printable(action.id)}, by its ${action.matchedBy}${known}`)}`
      return `${head}${label}${found}\n${action.changes.map((change) => renderChange(change, paint)).join('')}`
    }
    case 'delete': {
      const holder = action.with ? `  ${paint('dim', `goes with its ${printable(address(action.with))}`)}` : ''
      return `${head}${label}${holder}\n`
    }
    case 'blocked': {
      const origin = printable(set.origin(action.kind, action.key))
      return `${head}${label}\n      ${origin}: ${printable(action.message)}\n${renderHint(action.hint, paint)}`
    }
  }
}

function renderHint(hint: string | undefined, paint: Paint): string {
  return hint === undefined ? '' : `      ${paint('dim', printable(hint))}\n`
}

function renderChange(change: FieldChange, paint: Paint): string {
  const name = `      ${printable(change.field)}: `
  if ('secret' in change) return `${name}${paint('dim', '(secret) changed')}\n`
  const before = change.before === undefined ? 'nothing' : shortValue(change.before)
  const after = change.after === undefined ? 'removed' : shortValue(change.after)
  return `${name}${paint('dim', before)} → ${after}\n`
}

function renderDrift(plan: Plan, { paint, full, write }: PlanTextOptions): void {
  const total = plan.driftCount()
  if (total === 0) return
  write(`\n${paint('bold', `Different in WorkOS, and left as it is (${total.toLocaleString('en-US')})`)}\n`)
  for (const drift of plan.drift(full ? undefined : SAMPLE)) {
    const what =
      drift.field === '*'
        ? ''
        : ` ${printable(drift.field)}: ${shortValue(drift.live)}, the source says ${shortValue(drift.desired)}`
    write(`  ${paint('yellow', '≠')} ${printable(address(drift))}${what}  ${paint('dim', drift.reason)}\n`)
  }
  if (!full && total > SAMPLE) write(`  … ${total - SAMPLE} more\n`)
}

function renderSpared(plan: Plan, { paint, full, write }: PlanTextOptions): void {
  const counts = plan.sparedCounts()
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return
  write(`\n${paint('bold', `Not deleted (${total.toLocaleString('en-US')})`)}\n`)
  for (const { kind, key, message } of plan.spared(full ? undefined : SAMPLE)) {
    write(`  ${paint('cyan', '·')} ${printable(address({ kind, key }))}  ${paint('dim', printable(message))}\n`)
  }
  if (!full && total > SAMPLE) {
    write(`  … by reason: ${counts.map(({ kind, code, count }) => `${count} ${kind} ${code}`).join(', ')}\n`)
  }
}

function renderRemarks({ summary }: Plan, { paint, write }: PlanTextOptions): void {
  const orphaned = summary.kinds.filter((kind) => kind.orphaned > 0)
  if (summary.notes.length + orphaned.length === 0) return
  write(`\n${paint('bold', 'Remarks')}\n`)
  for (const note of summary.notes) write(`  ${printable(describeNote(note))}\n`)
  for (const { orphaned: count, kind, plural } of orphaned) {
    write(`  ${counted(count, kind, plural)} no longer in the source: left alone in WorkOS\n`)
  }
}

function renderConclusion({ summary, set }: Plan, { paint, write }: PlanTextOptions): void {
  const { estimate, kinds, refusals } = summary
  const blocked = kinds.reduce((sum, kind) => sum + kind.blocked, 0)
  if (!summary.changes) {
    const rejected = set.rejectCount()
    const without = [
      ...(rejected > 0 ? [`${counted(rejected, 'record')} rejected`] : []),
      ...(blocked > 0 ? [`${counted(blocked, 'resource')} blocked`] : []),
    ]
    const rest = without.length > 0 ? ` Not in WorkOS: ${without.join(', ')}.` : ''
    write(`\n${paint('green', 'Nothing to do.')}${rest || ' WorkOS is up to date with the source.'}\n`)
  } else {
    const time = estimate.seconds < 1 ? 'without waiting' : `in ${duration(estimate.seconds)} at least`
    write(`\n${counted(estimate.writes, 'write')} to WorkOS, ${time} at the configured limits.\n`)
  }
  for (const refusal of refusals) {
    write(`${paint('red', 'Refused:')} ${refusal.message}\n  ${paint('dim', refusal.hint)}\n`)
  }
}
