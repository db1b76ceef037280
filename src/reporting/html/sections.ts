/** Sections that several HTML reports share: fields, remarks, records, problems. */

import type { Accounting } from '../../desired/accounting.ts'
import { describeConnections } from '../../kinds/connection/wording.ts'
import { describeInvitations } from '../../kinds/invitation/wording.ts'
import { describePasswords, passwordsHeading } from '../../kinds/user/passwords/counts.ts'
import type { BlockedAction } from '../../planning/action.ts'
import { DISTINCT_AT_MOST, type FieldColumn, type FieldTable } from '../../planning/field-table.ts'
import type { Plan } from '../../planning/plan.ts'
import { blockedActions } from '../../rundb/actions.ts'
import type { RejectedItem } from '../../rundb/rejects.ts'
import { type Casualty, fromReject, personOf } from '../errors.ts'
import { minute } from '../heading-text.ts'
import { describeNotes, PARTIAL } from '../remarks.ts'
import { adviceFor, describeReapply } from '../remedies.ts'
import { counted } from '../style.ts'
import { type GridSource, listOf, type NamedRow, type Shown } from './assembly.ts'
import type { Block, Section, Table, Tone } from './report.ts'

export function fieldsSection(tables: readonly FieldTable[], shown: Shown): Section[] {
  if (tables.length === 0) return []
  const blocks = tables.map(
    ({ plural, resources, fields }): Table => ({
      type: 'table',
      caption: `${plural} (${counted(resources, 'resource')})`,
      columns: [
        { label: 'field' },
        { label: 'filled', numeric: true },
        { label: 'of', numeric: true },
        { label: 'distinct', numeric: true },
        { label: 'remark' },
        { label: 'example' },
      ],
      rows: fields.map((column) => [
        shown.text(column.field),
        column.filled,
        resources,
        column.distinct > DISTINCT_AT_MOST ? '1,000+' : column.distinct,
        remarkOn(column, resources),
        column.secret ? '(secret)' : column.example === undefined ? '' : shown.value(column.example),
      ]),
    }),
  )
  return [{ id: 'fields', title: 'Fields', blocks }]
}

function remarkOn({ filled, distinct, secret }: FieldColumn, resources: number): string {
  if (filled === 0) return 'always empty'
  return distinct === 1 && filled === resources && resources > 1 && !secret ? 'always the same' : ''
}

export function remarksSection({ summary, set, purpose }: Plan, shown: Shown): Section[] {
  if (purpose === 'destroy') return []
  const passwords = describePasswords(summary.passwords)
  const connections = describeConnections(summary.handoff)
  const invitations = describeInvitations(summary.invitations)
  const notes = describeNotes(summary.notes)
  const { partial, snapshot } = set.reading
  const orphaned = summary.kinds.filter((kind) => kind.orphaned > 0)
  const items = [
    ...(snapshot ? [`uses a snapshot of the source from ${minute(snapshot.startedAt)}`] : []),
    ...(partial ? [PARTIAL] : []),
    ...notes,
    ...orphaned.map(
      ({ orphaned: count, kind, plural }) => `${counted(count, kind, plural)} no longer in the source; kept in WorkOS`,
    ),
    ...(connections === undefined ? [] : [connections]),
    ...(invitations === undefined ? [] : [invitations]),
  ]
  const table: Block = {
    type: 'table',
    caption: `Passwords: ${passwordsHeading(summary.passwords)}`,
    columns: [{ label: 'algorithm' }, { label: 'outcome' }],
    rows: passwords.map(({ algorithm, fate }) => [shown.text(algorithm), shown.text(fate)]),
  }
  return [
    { id: 'passwords', title: 'Passwords', blocks: passwords.length === 0 ? [] : [table] },
    {
      id: 'remarks',
      title: 'Remarks',
      count: items.length,
      blocks: items.length === 0 ? [] : [{ type: 'list', items: items.map(shown.text) }],
    },
  ]
}

export function accountingSection({ streams, records, kinds }: Accounting, shown: Shown): Section[] {
  if (streams.length === 0) return []
  const numeric = true as const
  return [
    {
      id: 'records',
      title: 'Records',
      blocks: [
        {
          type: 'table',
          caption: `Read: ${counted(records.mapped, 'record')} mapped, ${counted(records.leftOut, 'record')} left out`,
          columns: [
            { label: 'stream' },
            { label: 'read', numeric },
            { label: 'passed on', numeric },
            { label: 'rejected', numeric },
            { label: 'ignored', numeric },
          ],
          rows: streams.map(({ stream, file, read, passed, rejected, ignored = 0 }) => [
            shown.text(`${stream} (${file})`),
            read,
            passed,
            rejected,
            ignored,
          ]),
        },
        {
          type: 'table',
          caption: 'Resources',
          columns: [
            { label: '' },
            { label: 'described', numeric },
            { label: 'distinct', numeric },
            { label: 'merged', numeric },
            { label: 'rejected', numeric },
            { label: 'left out', numeric },
          ],
          rows: kinds
            .filter(({ yielded }) => yielded > 0)
            .map(({ plural, yielded, distinct, merged, rejected, leftOut }) => [
              plural,
              yielded,
              distinct,
              merged,
              rejected,
              leftOut,
            ]),
        },
      ],
    },
  ]
}

/** What is not in WorkOS or will not be, with the hint for this case. */
export type Problem = Casualty & { hint?: string | null }

const TONES: Record<Casualty['outcome'], Tone> = { failed: 'bad', blocked: 'bad', reduced: 'warn', rejected: 'bad' }
const ORDER = ['failed', 'blocked', 'reduced', 'rejected']

/** Blocked resources and rejected records of a plan. */
export function* problemsOf(plan: Plan): Generator<Problem> {
  for (const action of blockedActions(plan.set.rundb)) {
    const { kind, key, code, message, hint }: BlockedAction = JSON.parse(action)
    const origin = plan.set.origin(kind, key)
    const email = plan.set.emailOf(kind, key)
    yield { outcome: 'blocked', kind, key, code, field: null, message, origin, email, count: 1, hint }
  }
  yield* rejectsOf(plan.set.rejects())
}

export function* rejectsOf(rejects: Iterable<RejectedItem>): Generator<Problem> {
  for (const reject of rejects) yield { ...fromReject(reject), hint: reject.hint }
}

export interface Problems {
  source: GridSource
  /** Links to the causes, for the summary. */
  links: Block[]
  sections: Section[]
}

/** A grid of all problems, and a section with the remedy for each cause. */
export async function problemSections(
  items: () => Iterable<Problem> | AsyncIterable<Problem>,
  shown: Shown,
): Promise<Problems> {
  const named = async function* (): AsyncGenerator<NamedRow> {
    for await (const problem of items())
      yield { group: problem.kind, facet: causeOf(problem), row: rowOf(problem, shown) }
  }
  const source = await listOf({
    id: 'problems',
    title: 'Problems',
    columns: [
      { label: 'where', share: 3, minor: true },
      { label: 'what', share: 3 },
      { label: 'why', share: 5, minor: true },
    ],
    groupLabel: 'kind',
    facetLabel: 'cause',
    facet: (cause) => ({ label: cause, tone: TONES[outcomeOf(cause)] }),
    items: named,
  })
  const causes = source.grid.facets
    .map(({ label, held }, facet) => ({ cause: label, held, facet, ...adviceFor(label.split(': ')[1] ?? '') }))
    .toSorted((a, b) => ORDER.indexOf(outcomeOf(a.cause)) - ORDER.indexOf(outcomeOf(b.cause)) || b.held - a.held)
  if (causes.length === 0) return { source, links: [], sections: [] }
  const links = causes.map(({ cause, held }) => {
    return { to: anchorOf(cause), text: cause, count: held, tone: TONES[outcomeOf(cause)] }
  })
  const all: Section = {
    id: 'problems',
    title: source.grid.title,
    count: source.grid.held,
    tone: 'bad',
    blocks: [
      {
        type: 'text',
        text: 'Every problem. Below, each cause has its own section that says what to do.',
      },
      { type: 'grid', grid: 'problems' },
    ],
  }
  const single = causes.map(
    ({ cause, held, facet, help, reapply }): Section => ({
      id: anchorOf(cause),
      title: cause,
      count: held,
      tone: TONES[outcomeOf(cause)],
      inner: true,
      blocks: [
        { type: 'alert', tone: 'plain', label: 'What to do:', text: `${help}. ${describeReapply(reapply)}` },
        { type: 'grid', grid: 'problems', facet },
      ],
    }),
  )
  return { source, links: [{ type: 'links', links }], sections: [all, ...single] }
}

function causeOf({ outcome, code }: Problem): string {
  return `${outcome}: ${code}`
}

function outcomeOf(cause: string): Casualty['outcome'] {
  return (
    (['failed', 'blocked', 'reduced', 'rejected'] as const).find((outcome) => cause.startsWith(outcome)) ?? 'failed'
  )
}

function anchorOf(cause: string): string {
  return `cause-${cause.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
}

function rowOf(problem: Problem, shown: Shown): NamedRow['row'] {
  const { origin, message, field, count, hint, kind, key } = problem
  const why = field === null || kind === 'record' || message.includes(field) ? message : `${field}: ${message}`
  const remarks: [string, string][] = [
    ['where', shown.text(origin)],
    ['why', shown.about(why, key)],
    ...(hint ? [['what to do', shown.about(hint, key)] as [string, string]] : []),
    ...(count > 1 ? [['covers', counted(count, 'record')] as [string, string]] : []),
  ]
  return [[shown.text(origin), shown.text(personOf(problem)), shown.about(why, key)], [], remarks]
}
