import type { ApplyResult } from '../applying/apply-result.ts'
import { figure, printable, someOf } from '../diagnostics/printable.ts'
import { jsonText } from '../json.ts'
import { describeMissingRoles, describeReduced } from '../kinds/membership/reports.ts'
import type { Failure } from '../state/store.ts'
import { renderCameIn } from './accounting-text.ts'
import { describeScope, describeWhere } from './heading-text.ts'
import { counted, duration, type Paint } from './style.ts'
import { nonZero, table } from './table.ts'

const COLUMNS = [
  'desired',
  'toDelete',
  'created',
  'updated',
  'adopted',
  'unchanged',
  'gone',
  'deleted',
  'failed',
  'blocked',
  'pending',
] as const

export function renderApplyText(result: ApplyResult, seconds: number, paint: Paint): string {
  const reduced = result.kinds.reduce((sum, kind) => sum + kind.reduced, 0)
  const answered = answeredOtherwise(result)
  const kinds = result.kinds.filter(({ desired, toDelete }) => desired + toDelete > 0)
  const columns = nonZero(COLUMNS, kinds)
  const rows = kinds.map((kind) => [kind.plural, ...columns.map((column) => figure(kind[column]))])
  const { reads, writes, refused, repeated } = result.requests
  const details = [
    counted(writes, 'write'),
    counted(reads, 'read'),
    ...(refused > 0 ? [`${refused} rate-limited (429)`] : []),
    ...(repeated > 0 ? [`${repeated} retried`] : []),
  ]
  const heads = ['', ...columns.map((column) => (column === 'toDelete' ? 'to delete' : column))]
  return [
    `${paint('bold', `Run ${result.run}`)}  ${describeWhere(result.where)}\n`,
    rows.length === 0 ? '' : table([heads, ...rows]),
    ...(result.purpose === 'apply' ? [renderCameIn(result.accounting, paint)] : []),
    `\n${details.join(', ')} in ${duration(seconds)}\n`,
    ...(reduced > 0 ? [`${describeReduced(reduced)}; workos-migrate errors lists them\n`] : []),
    ...(answered > 0
      ? [
          `WorkOS returned other values than were sent for ${counted(answered, 'resource')}; workos-migrate errors lists them\n`,
        ]
      : []),
    `${conclusion(result, paint)}\n`,
  ].join('')
}

/** In this run and in earlier ones. */
function answeredOtherwise({ kinds, stillAnswered }: ApplyResult): number {
  return kinds.reduce((sum, { answered }) => sum + answered, stillAnswered)
}

/** The result of an apply in one sentence. */
export function conclusion(result: ApplyResult, paint: Paint): string {
  const { outcome, stopped, kinds, rejected, leftOut, stillReduced, purpose, scope } = result
  const sum = (field: 'failed' | 'blocked' | 'pending' | 'gone' | 'reduced') =>
    kinds.reduce((total, kind) => total + kind[field], 0)
  const left = absent({ rejected, blocked: sum('blocked'), gone: sum('gone') })
  switch (outcome) {
    case 'completed':
      if (purpose === 'destroy') return paint('green', 'Done: WorkOS no longer has what the plan deletes.')
      if (answeredOtherwise(result) > 0) {
        const without = left === '' ? '' : `, except for ${left} (see the plan)`
        const what = counted(answeredOtherwise(result), 'resource')
        return paint('yellow', `Done${without}, but WorkOS returned other values than were sent for ${what}.`)
      }
      if (left === '') {
        const reduced = sum('reduced') + stillReduced
        const but = [
          ...(leftOut > 0 && scope === undefined ? [`${counted(leftOut, 'record')} that the manifest leaves out`] : []),
          ...(reduced > 0 ? [describeMissingRoles(reduced)] : []),
        ]
        const except = but.length === 0 ? '' : `, except for ${but.join(' and ')}`
        const what = scope === undefined ? 'everything in the source' : `the pilot (${describeScope(scope)})`
        return paint('green', `Done: ${what} is in WorkOS${except}.`)
      }
      return paint('yellow', `Done, except for ${left} (see the plan).`)
    case 'incomplete':
      return paint(
        'yellow',
        `Finished, with ${sum('failed')} failed and ${sum('blocked')} blocked. ${purpose === 'destroy' ? 'Destroy' : 'Apply'} again to retry them.`,
      )
    case 'interrupted':
      return paint(
        'yellow',
        `Interrupted with ${sum('pending')} left. ${purpose === 'destroy' ? 'Destroy' : 'Apply'} again to continue.`,
      )
    case 'deadline': {
      const again = purpose === 'destroy' ? 'Destroy' : 'Apply'
      const least = result.left === undefined ? '' : `, which need at least ${duration(result.left.seconds)}`
      const message = printable(stopped?.message ?? 'the deadline has passed')
      return paint('yellow', `Stopped with ${sum('pending')} left${least}: ${message}. ${again} again to continue.`)
    }
    default:
      return paint('red', `Stopped with ${sum('pending')} left: ${printable(stopped?.message ?? 'an error')}`)
  }
}

/** The result as one JSON document, with every failure in `failures`. */
export async function renderApplyJson(
  result: ApplyResult,
  seconds: number,
  failures: AsyncIterable<Failure[]>,
  write: (text: string) => void,
): Promise<void> {
  const head = { format: 'workos-migrate-apply-report', version: 1, seconds: Math.round(seconds * 1000) / 1000 }
  write(`${jsonText({ ...head, ...result }).slice(0, -1)},"failures":[`)
  let separator = ''
  for await (const batch of failures) {
    for (const failure of batch) {
      write(`${separator}\n${jsonText(failure)}`)
      separator = ','
    }
  }
  write(']}\n')
}

/** What is not in WorkOS although the apply did not fail; empty if there is nothing. */
function absent({ rejected, blocked, gone }: { rejected: number; blocked: number; gone: number }): string {
  const some = [
    ...(rejected > 0 ? [`the ${counted(rejected, 'rejected record')}`] : []),
    ...(blocked > 0 ? [`the ${counted(blocked, 'blocked resource')}`] : []),
    ...(gone > 0 ? [`the ${counted(gone, 'resource')} deleted in WorkOS`] : []),
  ]
  return some.length === 0 ? '' : someOf(some)
}
