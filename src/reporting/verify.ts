/** A verification as text, JSON and events. */

import type { ChangedBy } from '../comparing/field-differences.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { jsonText } from '../json.ts'
import { describeGiven } from '../kinds/group/group-roles.ts'
import { describeUnreadable } from '../kinds/user/passwords/counts.ts'
import { address } from '../planning/action.ts'
import {
  countFindings,
  type Finding,
  type FindingType,
  findingsOf,
  type Verification,
} from '../verifying/verification.ts'
import { renderAccounting } from './accounting-text.ts'
import type { EventSink } from './events.ts'
import { describeWhere, type ReadingTextOptions, renderReading, renderScope } from './heading-text.ts'
import { PARTIAL, renderWarnings } from './remarks.ts'
import { counted, type Paint, shortValue } from './style.ts'
import { nonZero, table } from './table.ts'

interface VerifyTextOptions extends ReadingTextOptions {
  /** Show every finding. */
  full: boolean
  write: (text: string) => void
}

/** Findings of a type that are shown without `--full`. */
const SAMPLE = 5

export const SECTIONS: readonly [FindingType, string, 'red' | 'yellow' | 'cyan'][] = [
  ['deleted', 'Missing: in the state, but deleted in WorkOS', 'red'],
  ['not_applied', 'Missing: not applied yet', 'red'],
  ['clash', 'Missing: something else is in its place', 'red'],
  ['other_id', 'Under a different ID than in the state', 'red'],
  ['different', 'Fields that differ', 'yellow'],
  ['not_in_state', 'In WorkOS, but not in the state: apply adopts them', 'yellow'],
  ['extra', 'Created by earlier runs; no longer in the source', 'yellow'],
  ['role_of_group', 'Roles from groups, in addition to those of the source', 'cyan'],
]

/** Which side differs from the last apply. */
export const CHANGED: Record<ChangedBy, string> = {
  source: 'changed in the source since the last apply',
  WorkOS: 'changed in WorkOS, or different when adopted',
  both: 'changed in the source and in WorkOS',
  reduced: 'WorkOS did not accept all of it at the last apply',
  answered: 'WorkOS returned this value at the last apply',
  unknown: 'never applied',
}

export function renderVerifyText(verification: Verification, options: VerifyTextOptions): void {
  const { paint, write } = options
  write(`${paint('bold', describeWhere(verification.where))}\n\n`)
  write(renderScope(verification.set.scope, paint))
  write(renderReading(verification.set.reading, options))
  write(renderAccounting(verification.accounting, paint))
  renderCounts(verification, options)
  for (const [type, title, color] of SECTIONS) {
    const count = countFindings(verification, type)
    if (count === 0) continue
    write(`\n${paint(color, `${title} (${figure(count)})`)}\n`)
    const limit = options.full ? Number.POSITIVE_INFINITY : SAMPLE
    for (const finding of findingsOf(verification, type, limit)) write(`  ${describe(finding, verification)}\n`)
    if (count > limit) write(`  … ${figure(count - limit)} more (--full shows all)\n`)
  }
  renderRemarks(verification, options)
  renderWarnings(verification.warnings, options)
  write(`\n${conclusion(verification, paint)}\n`)
}

function renderCounts({ kinds }: Verification, { paint, write }: VerifyTextOptions): void {
  const some = kinds.filter(({ desired, extra, others }) => desired + extra + others > 0)
  if (some.length === 0) return
  const parts = nonZero(['verified', 'different', 'missing'] as const, some)
  const beside = nonZero(['extra', 'others'] as const, some)
  const rows = some.map((kind) => [
    kind.plural,
    figure(kind.desired),
    ...parts.map((part, index) => `${index === 0 ? '=' : '+'} ${figure(kind[part])}`),
    ...beside.map((column) => figure(kind[column])),
  ])
  write(`${paint('bold', 'In WorkOS')}\n${table([['', 'desired', ...parts, ...beside], ...rows])}`)
}

function describe(finding: Finding, { set }: Verification): string {
  const what = printable(`${finding.kind}:${finding.key}`)
  const origin = printable(set.origin(finding.kind, finding.key))
  switch (finding.type) {
    case 'deleted':
      return `✗ ${what} (${origin}) was ${printable(finding.id)}`
    case 'not_applied':
      return `✗ ${what} (${origin})`
    case 'clash':
      return `✗ ${what} (${origin}): ${printable(finding.message)}`
    case 'other_id':
      return `✗ ${what} (${origin}) is ${printable(finding.liveId)} in WorkOS, ${printable(finding.id)} in the state`
    case 'different': {
      const values = `${shortValue(finding.live)} in WorkOS, ${shortValue(finding.desired)} in the source`
      return `≠ ${what}  ${printable(finding.field)}: ${values} (${CHANGED[finding.changed]})`
    }
    case 'not_in_state':
      return `+ ${what} (${origin}) is ${printable(finding.id)}`
    case 'role_of_group':
      return `· ${what} has the role ${printable(describeGiven(finding))}`
    case 'extra':
      return `- ${what} is ${printable(finding.id)}`
  }
}

function renderRemarks(verification: Verification, { paint, write }: VerifyTextOptions): void {
  const lines = verifyRemarks(verification)
  if (lines.length > 0) write(`\n${paint('bold', 'Remarks')}\n${lines.map((line) => `  ${line}\n`).join('')}`)
}

/** Remarks on what the comparison cannot see. */
export function verifyRemarks({ secrets, rejected, openWrites, set }: Verification): string[] {
  const lines: string[] = set.reading.partial ? [PARTIAL] : []
  if (secrets.inSource + secrets.sent + secrets.leftAlone > 0) {
    lines.push(describeUnreadable(secrets))
  }
  if (rejected > 0) {
    lines.push(`${counted(rejected, 'record')} rejected and not in WorkOS: workos-migrate errors shows why`)
  }
  if (openWrites > 0) {
    lines.push(
      `${counted(openWrites, 'write')} of an interrupted run might have taken effect: the next plan or apply checks`,
    )
  }
  return lines
}

/** The result of a verification in one sentence. */
export function conclusion({ outcome, kinds, rejected }: Verification, paint: Paint): string {
  const sum = (field: 'desired' | 'different' | 'missing' | 'otherId' | 'extra' | 'notInState') =>
    kinds.reduce((total, kind) => total + kind[field], 0)
  const desired = sum('desired')
  const all = desired === 1 ? '1 resource' : `all ${counted(desired, 'resource')}`
  const verified = `Verified: WorkOS has ${all}, with the values of the source`
  const without = rejected === 0 ? '' : `, except for the ${counted(rejected, 'rejected record')}`
  switch (outcome) {
    case 'verified':
      return paint('green', `${verified}.`)
    case 'different': {
      const unlike = sum('different') + sum('extra') + sum('notInState') > 0
      if (!unlike) return paint('green', `${verified}${without}.`)
      return paint('yellow', `Nothing is missing: WorkOS has ${all}${without}. The differences are listed above.`)
    }
    case 'lost': {
      const other = sum('otherId') === 0 ? '' : `, ${figure(sum('otherId'))} under another ID`
      return paint(
        'red',
        `Not verified: ${figure(sum('missing'))} missing${other}. To see what apply would do, run plan --refresh.`,
      )
    }
  }
}

export const FINDING_TYPES: readonly FindingType[] = [
  'deleted',
  'not_applied',
  'clash',
  'other_id',
  'different',
  'not_in_state',
  'extra',
  'role_of_group',
]

/**
 * One JSON document, in pieces. `counts` has the number of findings of each type; `findings` has
 * the first few of each, or all if `full`.
 */
export function renderVerifyJson(verification: Verification, full: boolean, write: (text: string) => void): void {
  const { set, ...shown } = verification
  const counts = Object.fromEntries(FINDING_TYPES.map((type) => [type, countFindings(verification, type)]))
  const head = {
    format: 'workos-migrate-verification',
    version: 1,
    ...shown,
    scope: set.scope ?? null,
    reading: set.reading,
    counts,
  }
  write(`${jsonText(head).slice(0, -1)},"findings":[`)
  let separator = ''
  for (const type of FINDING_TYPES) {
    for (const finding of findingsOf(verification, type, full ? Number.POSITIVE_INFINITY : SAMPLE)) {
      const origin = type === 'extra' ? null : set.origin(finding.kind, finding.key)
      write(`${separator}\n${jsonText({ ...finding, origin })}`)
      separator = ','
    }
  }
  write(']}\n')
}

/** Emits every finding and the sums, without values. */
export async function emitVerification(events: EventSink, verification: Verification): Promise<void> {
  for (const type of FINDING_TYPES) {
    for (const finding of findingsOf(verification, type, Number.POSITIVE_INFINITY)) {
      const { kind, key } = finding
      events.emit({
        type: 'difference',
        finding: type,
        address: address(finding),
        kind,
        key,
        ...('id' in finding && { id: finding.id }),
        ...('field' in finding && { field: finding.field, changed: finding.changed }),
      })
      await events.room()
    }
  }
  const { outcome, kinds, secrets, rejected, openWrites, set } = verification
  const scope = set.scope && { scope: set.scope }
  events.emit({ type: 'verify_summary', outcome, kinds, secrets, rejected, openWrites, ...scope })
  events.check()
}
