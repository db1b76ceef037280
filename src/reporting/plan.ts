/**
 * reporting/ renders the results of the other folders. In: a plan, the result of an apply, a
 * verification, an explanation, the errors of a run, progress. Out: text, JSON, Markdown
 * (markdown/), HTML (html/) and events. It decides nothing, and each kind brings its own words.
 * `<document>.ts` renders one document, `<part>-text.ts` a part that several documents share. This
 * file renders a plan for a terminal.
 */

import type { Mask } from '../diagnostics/mask.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { describeConnections } from '../kinds/connection/wording.ts'
import { describeInvitations } from '../kinds/invitation/wording.ts'
import { membership } from '../kinds/membership/membership.ts'
import { describeUnmapped, lostRoles, lostRolesCount, unmappedRoles } from '../kinds/membership/reports.ts'
import { describeLost } from '../kinds/membership/wording.ts'
import { countedKind } from '../kinds/registry.ts'
import { describePasswords, passwordsHeading } from '../kinds/user/passwords/counts.ts'
import {
  describeReasons,
  describeUser,
  sum,
  totpHeading,
  unsupportedTotp,
  unsupportedTotpCounts,
} from '../kinds/user/totp-factor.ts'
import { user } from '../kinds/user/user.ts'
import { address } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import {
  rejection,
  renderAccounting,
  renderLeftOut,
  renderLeftOutWith,
  renderMerges,
  renderOrphans,
} from './accounting-text.ts'
import { renderAllActions, renderFieldTables, renderHint, renderSamples, SAMPLE } from './actions-text.ts'
import { personOf } from './errors.ts'
import {
  countsOf,
  describeEstimate,
  describeWhere,
  nothingToDo,
  type ReadingTextOptions,
  renderReading,
  renderScope,
} from './heading-text.ts'
import { describeNotes, PARTIAL, renderOddities } from './remarks.ts'
import { counted, ofSeveral, shortValue } from './style.ts'
import { definitions, table } from './table.ts'

interface PlanTextOptions extends ReadingTextOptions {
  /** Show every action and every rejected record. */
  full: boolean
  /** Default: shows everything. */
  mask?: Mask
  /** Receives the text in pieces: a plan can have millions of lines. */
  write: (text: string) => void
}

/** Reasons that are shown: there can be one for each resource. */
const REASONS = 10

export function renderPlanText(plan: Plan, options: PlanTextOptions): void {
  const { paint, write } = options
  write(`${paint('bold', describeWhere(plan.where))}\n`)
  const scope = renderScope(plan.set.scope, paint)
  if (scope !== '') write(`\n${scope.trimEnd()}\n`)
  renderOddities(plan.summary, options)
  write('\n')
  if (plan.purpose === 'apply') {
    write(renderReading(plan.set.reading, options))
    write(renderAccounting(plan.set.accounting, paint))
    renderRejects(plan, options)
    renderLeftOutWith(plan, options)
    renderLeftOut(plan, options)
    renderMerges(plan, options)
  }
  if (plan.purpose === 'apply') {
    renderLostRoles(plan, options)
  }
  renderCounts(plan, options)
  if (plan.purpose === 'apply' && (plan.summary.changes || options.full)) renderFieldTables(plan.fields, options)
  if (options.full) renderAllActions(plan, options)
  else renderSamples(plan, options)
  renderBlocked(plan, options)
  renderDrift(plan, options)
  renderSpared(plan, options)
  renderOrphans(plan, options)
  renderPasswords(plan, options)
  if (plan.purpose === 'apply') {
    renderUnsupportedTotp(plan, options)
  }
  renderConnections(plan, options)
  renderInvitations(plan, options)
  renderRemarks(plan, options)
  renderConclusion(plan, options)
}

function renderRejects({ set }: Plan, { paint, full, write }: PlanTextOptions): void {
  const total = set.rejectCount()
  if (total === 0) return
  write(`\n${paint('bold', `Rejected (${figure(total)})`)}\n`)
  let shown = 0
  let named = 0
  const limit = full ? Number.POSITIVE_INFINITY : SAMPLE * 2
  for (const reject of set.rejects()) {
    if (shown === limit) break
    shown += 1
    named += reject.records
    const what = printable(personOf(reject))
    const why = printable(rejection(reject))
    write(`  ${paint('red', '✗')} ${printable(reject.origin)}  ${what}${ofSeveral(reject.records)}: ${why}\n`)
    write(renderHint(reject.hint ?? undefined, paint))
  }
  if (total > named) {
    const rest = set.rejectCounts().map(({ code, count }) => `${count} ${code}`)
    write(`  … (--full shows all); by cause: ${rest.join(', ')}\n`)
  }
  for (const line of describeUnmapped(unmappedRoles(set))) write(`  ${printable(line)}\n`)
}

function renderCounts({ summary, purpose }: Plan, { paint, write }: PlanTextOptions): void {
  const { kinds, columns } = countsOf(summary, purpose)
  if (kinds.length === 0) return
  const rows = kinds.map((kind) => [kind.plural, ...columns.map((column) => figure(kind[column]))])
  write(`\n${paint('bold', 'Plan')}\n${table([['', ...columns], ...rows])}`)
}

function renderDrift(plan: Plan, { paint, full, write }: PlanTextOptions): void {
  const total = plan.driftCount()
  if (total === 0) return
  write(`\n${paint('bold', `Different in WorkOS; kept as it is (${figure(total)})`)}\n`)
  for (const drift of plan.drift(full ? undefined : SAMPLE)) {
    const what =
      drift.field === '*'
        ? ''
        : `  ${printable(drift.field)}: ${shortValue(drift.live)} in WorkOS, ${shortValue(drift.desired)} in the source`
    write(`  ${paint('yellow', '≠')} ${printable(address(drift))}${what}  ${paint('dim', drift.reason)}\n`)
  }
  if (!full && total > SAMPLE) write(`  … ${total - SAMPLE} more\n`)
}

function renderBlocked(plan: Plan, { paint, write }: PlanTextOptions): void {
  const reasons = plan.blockedReasons()
  if (reasons === 0) return
  write(`\n${paint('bold', 'Blocked, by reason')}\n`)
  const counts = [...plan.blockedCounts(REASONS)].map(({ kind, message, code, count }) => {
    const they = count === 1 ? 'what it depends on is blocked' : 'what they depend on is blocked'
    return { what: countedKind(count, kind), why: code === 'dependency_blocked' ? they : message }
  })
  const width = Math.max(...counts.map(({ what }) => what.length))
  for (const { what, why } of counts) write(`  ${paint('red', '!')} ${what.padEnd(width)}  ${printable(why)}\n`)
  if (reasons > REASONS) write(`  … ${counted(reasons - REASONS, 'more reason')}\n`)
}

function renderSpared(plan: Plan, { paint, full, write }: PlanTextOptions): void {
  const counts = plan.skippedDeletionCounts()
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return
  write(`\n${paint('bold', `Not deleted (${figure(total)})`)}\n`)
  for (const { kind, key, message } of plan.skippedDeletions(full ? undefined : SAMPLE)) {
    write(`  ${paint('cyan', '·')} ${printable(address({ kind, key }))}  ${paint('dim', printable(message))}\n`)
  }
  if (!full && total > SAMPLE) {
    write(`  … by reason: ${counts.map(({ kind, code, count }) => `${countedKind(count, kind)} ${code}`).join(', ')}\n`)
  }
}

function renderLostRoles({ set }: Plan, { paint, full, write }: PlanTextOptions): void {
  const total = lostRolesCount(set)
  if (total === 0) return
  write(`\n${paint('bold', `Reduced to one role (${figure(total)})`)}\n`)
  let shown = 0
  for (const lost of lostRoles(set, full ? undefined : SAMPLE)) {
    shown += 1
    const what = printable(address({ kind: membership.name, key: lost.key }))
    write(`  ${paint('yellow', '≠')} ${what} (${printable(lost.origin)})\n`)
    write(`      ${paint('dim', printable(describeLost(lost)))}\n`)
  }
  if (total > shown) write(`  … ${figure(total - shown)} more (--full shows all)\n`)
}

function renderUnsupportedTotp({ set }: Plan, { paint, full, write }: PlanTextOptions): void {
  const reasons = unsupportedTotpCounts(set)
  const total = sum(reasons)
  if (total === 0) return
  write(`\n${paint('bold', 'Authenticator apps not migrated')}  ${paint('dim', totpHeading(total))}\n`)
  write(`  ${printable(describeReasons(reasons))}\n`)
  let shown = 0
  for (const one of unsupportedTotp(set, full ? undefined : SAMPLE)) {
    shown += 1
    const what = printable(address({ kind: user.name, key: one.key }))
    write(`  ${paint('yellow', '≠')} ${what}${printable(describeUser(one))}\n`)
  }
  if (total > shown) write(`  … ${figure(total - shown)} more (--full shows all)\n`)
}

function renderPasswords({ summary, purpose }: Plan, { paint, write }: PlanTextOptions): void {
  const lines = describePasswords(summary.passwords)
  if (purpose === 'destroy' || lines.length === 0) return
  write(`\n${paint('bold', 'Passwords')}  ${paint('dim', passwordsHeading(summary.passwords))}\n`)
  write(definitions(lines.map(({ algorithm, fate }) => [printable(algorithm), printable(fate)])))
}

function renderConnections({ summary, purpose }: Plan, { paint, write }: PlanTextOptions): void {
  const line = describeConnections(summary.handoff)
  if (purpose === 'destroy' || line === undefined) return
  write(`\n${paint('bold', 'Connections')}\n  ${printable(line)}\n`)
}

function renderInvitations({ summary, purpose }: Plan, { paint, write }: PlanTextOptions): void {
  const line = describeInvitations(summary.invitations)
  if (purpose === 'destroy' || line === undefined) return
  write(`\n${paint('bold', 'Invitations')}\n  ${line}\n`)
}

function renderRemarks(plan: Plan, { paint, write }: PlanTextOptions): void {
  const { summary } = plan
  const { partial } = plan.set.reading
  const remarks = describeNotes(summary.notes)
  if (remarks.length === 0 && !partial) return
  write(`\n${paint('bold', 'Remarks')}\n`)
  if (partial) write(`  ${PARTIAL}\n`)
  for (const line of remarks) write(`  ${printable(line)}\n`)
}

function renderConclusion(plan: Plan, { paint, write }: PlanTextOptions): void {
  const { estimate, refusals } = plan.summary
  if (!plan.summary.changes) write(`\n${nothingToDo(plan, paint)}\n`)
  else write(`\n${describeEstimate(estimate)}.\n`)
  for (const refusal of refusals) {
    write(`${paint('red', 'Refused:')} ${refusal.message}\n  ${paint('dim', refusal.hint)}\n`)
  }
}
