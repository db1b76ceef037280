import type { BlockedAction } from '../../planning/action.ts'
import type { Plan } from '../../planning/plan.ts'
import { blockedActions } from '../../rundb/actions.ts'
import type { RejectedItem } from '../../rundb/rejects.ts'
import { addressOf, type Casualty, fromReject } from '../errors.ts'
import { adviceFor, describeReapply } from '../remedies.ts'
import { counted } from '../style.ts'
import { type GridSource, listOf, type NamedRow, type Shown } from './assembly.ts'
import type { Block, Section, Tone } from './report.ts'

/** What did not get into WorkOS, or will not, with what helps in this very case. */
export type Problem = Casualty & { hint?: string | null }

const TONES: Record<Casualty['outcome'], Tone> = { failed: 'bad', blocked: 'bad', reduced: 'warn', rejected: 'bad' }
const ORDER = ['failed', 'blocked', 'reduced', 'rejected']

/** What a plan does not carry out: blocked resources and rejected records. */
export function* problemsOf(plan: Plan): Generator<Problem> {
  for (const action of blockedActions(plan.set.rundb)) {
    const { kind, key, code, message, hint }: BlockedAction = JSON.parse(action)
    const origin = plan.set.origin(kind, key)
    yield { outcome: 'blocked', kind, key, code, field: null, message, origin, count: 1, hint }
  }
  yield* rejectsOf(plan.set.rejects())
}

export function* rejectsOf(rejects: Iterable<RejectedItem>): Generator<Problem> {
  for (const reject of rejects) yield { ...fromReject(reject), hint: reject.hint }
}

/** What went wrong, cause by cause. */
export interface Problems {
  source: GridSource
  /** To the causes, for the summary. */
  links: Block[]
  sections: Section[]
}

/** The grid of everything that went wrong, and a section for each cause, with what helps. */
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
    title: 'What is wrong',
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
        text: 'All of it; below, each cause has a part of its own, with what helps.',
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
        { type: 'alert', tone: 'plain', label: 'What helps:', text: `${help}. ${describeReapply(reapply)}` },
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
    ...(hint ? [['what helps', shown.about(hint, key)] as [string, string]] : []),
    ...(count > 1 ? [['stands for', counted(count, 'record')] as [string, string]] : []),
  ]
  return [[shown.text(origin), shown.text(addressOf(problem)), shown.about(why, key)], [], remarks]
}
