/**
 * What a run did not get into WorkOS, grouped by cause, each cause with what helps: for people, and
 * for programs.
 */

import { figure, printable } from '../diagnostics/printable.ts'
import { jsonText } from '../json.ts'
import type { Remedy } from '../kinds/wording.ts'
import type { Misfit } from '../planning/misfits.ts'
import type { RejectedItem } from '../rundb/rejects.ts'
import type { Failure, Run } from '../state/store.ts'
import { adviceFor, describeReapply } from './remedies.ts'
import { counted, ofSeveral, type Paint } from './style.ts'

/** Examples of a group, unless all are asked for. */
export const EXAMPLES = 5

/** One thing that a run did not get into WorkOS, or not all of it (`reduced`). */
export interface Casualty extends Misfit {
  /** Records or resources that this stands for. */
  count: number
}

/** What has one cause. */
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

/** Both lists of a run, one by one: what failed or was blocked, then what its plan had refused. */
export async function* casualties(
  failures: AsyncIterable<Failure[]>,
  rejects: AsyncIterable<RejectedItem[]>,
): AsyncGenerator<Casualty> {
  for await (const batch of failures) for (const failure of batch) yield fromFailure(failure)
  for await (const batch of rejects) for (const reject of batch) yield fromReject(reject)
}

const ORDER = ['failed', 'blocked', 'reduced', 'rejected']

/**
 * Groups by cause, in bounded memory unless all examples are wanted: what failed before what is
 * blocked, often by it.
 */
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

/** `kind:key`, or the kind where there is no key. */
export function addressOf({ kind, key }: Pick<Casualty, 'kind' | 'key'>): string {
  return key === null ? kind : `${kind}:${key}`
}

/**
 * The same with the address of the person, where the key does not hold it: `user:u1
 * ada@example.com`.
 */
export function personOf(item: Pick<Casualty, 'kind' | 'key' | 'email'>): string {
  const { key, email } = item
  const told = email === null || key?.toLowerCase().includes(email.toLowerCase()) === true
  // Two blanks: by them a mask knows the end of a key.
  return told ? addressOf(item) : `${addressOf(item)}  ${email}`
}

const COLORS = { failed: 'red', blocked: 'yellow', reduced: 'yellow', rejected: 'red' } as const

interface Output {
  paint: Paint
  write: (text: string) => void
}

/** What a run could not do, for people: the run, the sums, the causes. */
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

/** Of a record as a whole the field says only the stream. */
function namesField({ kind, field, message }: Casualty): boolean {
  return field === null || kind === 'record' || message.includes(field)
}

/** Each cause with its number, what would help, and its first resources. */
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

/**
 * What a run could not do, for programs: one JSON document with the causes and examples of each.
 */
export function renderErrorsJson(
  { run, command, startedAt, finishedAt, outcome }: Run,
  groups: readonly CauseGroup[],
  write: (text: string) => void,
): void {
  const head = { format: 'workos-migrate-errors', version: 1, run: { run, command, startedAt, finishedAt, outcome } }
  const causes = groups.map(({ examples, ...group }) => ({ ...group, examples: examples.map(inJson) }))
  write(`${jsonText({ ...head, causes })}\n`)
}

/** One thing that a run could not do, as a line of NDJSON with what would help. */
export function errorLine(item: Casualty): string {
  const { reapply, help } = adviceFor(item.code)
  const { outcome, code, count } = item
  return `${jsonText({ outcome, code, ...inJson(item), count, reapply, help })}\n`
}

function inJson(item: Casualty) {
  const { kind, key, email, field, message, origin } = item
  return { address: addressOf(item), kind, key, email, field, message, origin }
}

/**
 * What a run could not do, grouped by reason, each group with what would help and its first
 * resources.
 */
export async function renderFailures(
  failures: AsyncIterable<Failure[]>,
  { full, paint, write }: { full: boolean; paint: Paint; write: (text: string) => void },
): Promise<void> {
  renderGroups(await groupByCause(one(failures), full ? Number.POSITIVE_INFINITY : EXAMPLES), { paint, write })
}

async function* one(batches: AsyncIterable<Failure[]>) {
  for await (const batch of batches) for (const failure of batch) yield fromFailure(failure)
}
