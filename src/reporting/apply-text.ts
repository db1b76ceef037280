import type { ApplyResult } from '../applying/apply-result.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { jsonText } from '../json.ts'
import type { Failure } from '../state/store.ts'
import { renderCameIn } from './accounting-text.ts'
import { describeScope } from './scope-text.ts'
import { counted, duration, type Paint, table } from './style.ts'

/** What an apply did: per kind, with the sum of each line, and in requests. */
export function renderApplyText(result: ApplyResult, seconds: number, paint: Paint): string {
  const gone = result.kinds.reduce((sum, kind) => sum + kind.gone, 0)
  const reduced = result.kinds.reduce((sum, kind) => sum + kind.reduced, 0)
  const answered = answeredOtherwise(result)
  const deletes = result.kinds.some(({ toDelete }) => toDelete > 0)
  const columns = [
    ...(['created', 'updated', 'adopted', 'unchanged'] as const),
    ...(gone > 0 ? (['gone'] as const) : []),
    ...(deletes ? (['deleted'] as const) : []),
    ...(['failed', 'blocked', 'pending'] as const),
  ]
  const kinds = result.kinds.filter(({ desired, toDelete }) => desired + toDelete > 0)
  const rows = kinds.map((kind) => [
    kind.plural,
    figure(kind.desired),
    ...(deletes ? [figure(kind.toDelete)] : []),
    ...columns.map((column) => figure(kind[column])),
  ])
  const { reads, writes, refused, repeated } = result.requests
  const details = [
    counted(writes, 'write'),
    counted(reads, 'read'),
    ...(refused > 0 ? [`${refused} answered 429`] : []),
    ...(repeated > 0 ? [`${repeated} repeated`] : []),
  ]
  const heads = ['', 'desired', ...(deletes ? ['to delete'] : []), ...columns]
  return [
    `${paint('bold', `Run ${result.run}`)}\n`,
    table([heads, ...rows]),
    ...(result.purpose === 'apply' ? [renderCameIn(result.accounting, paint)] : []),
    `\n${details.join(', ')} in ${duration(seconds)}\n`,
    ...(reduced > 0
      ? [
          `${counted(reduced, 'membership')} without all roles: the environment takes one each; workos-migrate errors names them\n`,
        ]
      : []),
    ...(answered > 0
      ? [
          `${counted(answered, 'resource')} for which WorkOS answered with other values than were sent; workos-migrate errors names them\n`,
        ]
      : []),
    `${conclusion(result, paint)}\n`,
  ].join('')
}

/** Of this run and of earlier ones. */
function answeredOtherwise({ kinds, stillAnswered }: ApplyResult): number {
  return kinds.reduce((sum, { answered }) => sum + answered, stillAnswered)
}

function conclusion(result: ApplyResult, paint: Paint): string {
  const { outcome, stopped, kinds, rejected, leftOut, stillReduced, purpose, scope } = result
  const sum = (field: 'failed' | 'blocked' | 'pending' | 'gone' | 'reduced') =>
    kinds.reduce((total, kind) => total + kind[field], 0)
  switch (outcome) {
    case 'completed':
      if (purpose === 'destroy') return paint('green', 'Done: what the plan deletes is gone from WorkOS.')
      if (answeredOtherwise(result) > 0) {
        const without =
          rejected + sum('gone') === 0 ? '' : `, without ${absent(rejected, sum('gone'))} that the plan lists`
        const what = counted(answeredOtherwise(result), 'resource')
        return paint('yellow', `Done${without}, but WorkOS answered with other values than were sent for ${what}.`)
      }
      if (rejected + sum('gone') === 0) {
        const reduced = sum('reduced') + stillReduced
        const but = [
          ...(leftOut > 0 && scope === undefined ? [`${counted(leftOut, 'record')} that the manifest leaves out`] : []),
          ...(reduced > 0 ? [`roles of ${counted(reduced, 'membership')}`] : []),
        ]
        const except = but.length === 0 ? '' : `, but for ${but.join(' and ')}`
        const what = scope === undefined ? 'everything in the source' : `the pilot (${describeScope(scope)})`
        return paint('green', `Done: ${what} is in WorkOS${except}.`)
      }
      return paint('yellow', `Done, without ${absent(rejected, sum('gone'))} that the plan lists.`)
    case 'incomplete':
      return paint(
        'yellow',
        `Finished, with ${sum('failed')} failed and ${sum('blocked')} blocked. ${purpose === 'destroy' ? 'Destroy' : 'Apply'} again to take them up.`,
      )
    case 'interrupted':
      return paint(
        'yellow',
        `Interrupted with ${sum('pending')} to go. ${purpose === 'destroy' ? 'Destroy' : 'Apply'} again to go on.`,
      )
    default:
      return paint('red', `Stopped with ${sum('pending')} to go: ${printable(stopped?.message ?? 'an error')}`)
  }
}

/** What an apply did, for programs: one JSON document, with every failure in its list `failures`. */
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

function absent(rejected: number, gone: number): string {
  return [
    ...(rejected > 0 ? [`the ${counted(rejected, 'rejected record')}`] : []),
    ...(gone > 0 ? [`the ${counted(gone, 'resource')} deleted in WorkOS`] : []),
  ].join(' and ')
}
