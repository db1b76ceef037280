/** What a run did not get into WorkOS, by cause with remedies, as text and JSON. */

import { figure, printable } from '../diagnostics/printable.ts'
import { jsonText } from '../json.ts'
import type { Remedy } from '../kinds/wording.ts'
import type { Misfit } from '../planning/misfits.ts'
import type { RejectedItem } from '../rundb/rejects.ts'
import type { Failure, Run } from '../state/store.ts'
import { adviceFor, describeReapply } from './remedies.ts'
import { counted, ofSeveral, type Paint } from './style.ts'

/** Examples of a cause without `--full`. */
export const EXAMPLES = 5

/** Something that a run did not get into WorkOS, or only in part (`reduced`). */
export interface Casualty extends Misfit {
  /** Records or resources that this covers. */
  count: number
}

interface CauseGroup extends Remedy {
  outcome: Casualty['outcome']
  code: string
  count: number
  examples: Casualty[]
}

export function fromFailure({ kind, key, outcome, code, message, origin, email }: Failure): Casualty {
  return { outcome, kind, key, code, field: null, message, origin, email, count: 1 }
}

export function fromReject({ kind, key, code, field, message, origin, records, email }: RejectedItem): Casualty {
  return { outcome: 'rejected', kind, key, code, field, message, origin, email, count: records }
}

/** Failed and blocked resources of a run, then the rejects of its plan. */
export async function* casualties(
  failures: AsyncIterable<Failure[]>,
  rejects: AsyncIterable<RejectedItem[]>,
): AsyncGenerator<Casualty> {
  for await (const batch of failures) for (const failure of batch) yield fromFailure(failure)
  for await (const batch of rejects) for (const reject of batch) yield fromReject(reject)
}

const ORDER = ['failed', 'blocked', 'reduced', 'rejected']

/** Groups by cause. Failed ones come first, because they often block others. */
export async function groupByCause(
  items: AsyncIterable<Casualty> | Iterable<Casualty>,
  examples = EXAMPLES,
): Promise<CauseGroup[]> {
  const groups = new Map<string, CauseGroup>()
  for await (const item of items) {
    const { outcome, code } = item
    const id = `${outcome} ${code}`
    let group = groups.get(id)
    if (group === undefined) {
      group = { outcome, code, count: 0, ...adviceFor(code), examples: [] }
      groups.set(id, group)
    }
    group.count += item.count
    if (group.examples.length < examples) group.examples.push(item)
  }
  return [...groups.values()].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome) || b.count - a.count)
}

/** `kind:key`, or only the kind if there is no key. */
export function addressOf({ kind, key }: Pick<Casualty, 'kind' | 'key'>): string {
  return key === null ? kind : `${kind}:${key}`
}

/** The same with the email address, unless the key contains it: `user:u1  ada@example.com`. */
export function personOf(item: Pick<Casualty, 'kind' | 'key' | 'email'>): string {
  const { key, email } = item
  const told = email === null || key?.toLowerCase().includes(email.toLowerCase()) === true
  // The mask finds the end of a key by two spaces.
  return told ? addressOf(item) : `${addressOf(item)}  ${email}`
}

const COLORS = { failed: 'red', blocked: 'yellow', reduced: 'yellow', rejected: 'red' } as const

interface Output {
  paint: Paint
  write: (text: string) => void
}

export function renderErrorsText(run: Run, groups: readonly CauseGroup[], output: Output): void {
  const { paint, write } = output
  write(`${paint('bold', `Run ${run.run}`)}  ${printable(run.command)}, ${run.startedAt}: ${describeOutcome(run)}\n`)
  const sum = (outcome: CauseGroup['outcome']) =>
    groups.filter((group) => group.outcome === outcome).reduce((total, { count }) => total + count, 0)
  if (groups.length === 0) {
    write('Nothing failed, and nothing was blocked or rejected.\n')
    return
  }
  const [failed, blocked, reduced, rejected] = [sum('failed'), sum('blocked'), sum('reduced'), sum('rejected')]
  write(`${figure(failed)} failed, ${figure(blocked)} blocked, `)
  if (reduced > 0) write(`${figure(reduced)} reduced, `)
  write(`${counted(rejected, 'record')} rejected: ${counted(groups.length, 'cause')}\n`)
  renderGroups(groups, output)
  if (failed + blocked > 0) write('\nApply again to retry what failed or was blocked. Nothing else is written.\n')
}

function describeOutcome({ outcome }: Run): string {
  if (outcome !== 'running') return outcome
  return 'running, or cut off; results that are not saved yet are missing here'
}

/** The field of a whole record is only the name of its stream. */
function namesField({ kind, field, message }: Casualty): boolean {
  return field === null || kind === 'record' || message.includes(field)
}

function renderGroups(groups: readonly CauseGroup[], { paint, write }: Output): void {
  for (const { outcome, code, count, help, reapply, examples } of groups) {
    const head = `${outcome}: ${printable(code)} (${figure(count)})`
    write(`\n${paint(COLORS[outcome], head)}\n`)
    write(`  ${paint('dim', `${help}. ${describeReapply(reapply)}`)}\n`)
    let shown = 0
    for (const example of examples) {
      const field = namesField(example) ? '' : `${example.field}: `
      const where = `${printable(personOf(example))}${ofSeveral(example.count)} (${printable(example.origin)})`
      write(`  ✗ ${where}: ${printable(`${field}${example.message}`)}\n`)
      shown += example.count
    }
    if (count > shown) write(`  … ${figure(count - shown)} more\n`)
  }
}

export function renderErrorsJson(
  { run, command, startedAt, finishedAt, outcome }: Run,
  groups: readonly CauseGroup[],
  write: (text: string) => void,
): void {
  const head = { format: 'workos-migrate-errors', version: 1, run: { run, command, startedAt, finishedAt, outcome } }
  const causes = groups.map(({ examples, ...group }) => ({ ...group, examples: examples.map(inJson) }))
  write(`${jsonText({ ...head, causes })}\n`)
}

/** One item as a line of NDJSON, with its remedy. */
export function errorLine(item: Casualty): string {
  const { reapply, help } = adviceFor(item.code)
  const { outcome, code, count } = item
  return `${jsonText({ outcome, code, ...inJson(item), count, reapply, help })}\n`
}

function inJson(item: Casualty) {
  const { kind, key, email, field, message, origin } = item
  return { address: addressOf(item), kind, key, email, field, message, origin }
}

export async function renderFailures(
  failures: AsyncIterable<Failure[]>,
  { full, paint, write }: { full: boolean; paint: Paint; write: (text: string) => void },
): Promise<void> {
  renderGroups(await groupByCause(one(failures), full ? Number.POSITIVE_INFINITY : EXAMPLES), { paint, write })
}

async function* one(batches: AsyncIterable<Failure[]>) {
  for await (const batch of batches) for (const failure of batch) yield fromFailure(failure)
}
