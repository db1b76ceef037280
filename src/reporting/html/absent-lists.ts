import { address } from '../../planning/action.ts'
import type { Plan } from '../../planning/plan.ts'
import { leftOutWith, leftOutWithCounts } from '../../rundb/left-out.ts'
import { whatOf, whyOf } from '../left-out-text.ts'
import { counted } from '../style.ts'
import type { ListOptions } from './lists.ts'
import type { Shown } from './shown.ts'

/** The records that nothing is made of, each with the rule that leaves it out. */
export function leftOutList({ set }: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'left-out',
    title: 'Left out',
    columns: [
      { label: 'where', share: 2 },
      { label: 'key', share: 3 },
      { label: 'by', share: 4, minor: true },
    ],
    groupLabel: 'stream',
    facetLabel: 'rule',
    facet: () => ({ tone: 'info' }),
    total: set.leftOutCount(),
    *items() {
      for (const item of set.leftOut(most)) {
        const { origin, stream, path } = item
        const [what, by] = [whatOf(item), whyOf(item)]
        const cells = [origin, what, by].map(shown.text)
        yield {
          group: stream,
          facet: path ?? 'no rule',
          row: [
            cells,
            [],
            [
              ['stream', shown.text(stream)],
              ['by', shown.text(by)],
            ],
          ],
        }
      }
    },
  }
}

/** What is left out since the user or the organization that it belongs to is. */
export function leftOutWithList({ set }: Plan, shown: Shown, most: number): ListOptions {
  const total = leftOutWithCounts(set.rundb).reduce((sum, { records }) => sum + records, 0)
  return {
    id: 'left-out-with',
    title: 'Left out with what they belong to',
    columns: [
      { label: 'where', share: 2 },
      { label: 'what', share: 3 },
      { label: 'by', share: 4, minor: true },
    ],
    facetLabel: 'rule',
    facet: () => ({ tone: 'info' }),
    // One row may stand for several records: where all are held, the rows are counted.
    ...(total > most && { total }),
    *items() {
      for (const { kind, key, path, origin, records } of leftOutWith(set.rundb, most)) {
        const what = key === null ? kind : address({ kind, key })
        const like: [string, string][] = records > 1 ? [['stands for', counted(records, 'record')]] : []
        const cells = [shown.text(origin), shown.text(what), shown.text(path)]
        yield { group: kind, facet: path, row: [cells, [], [['by', shown.text(path)], ...like]] }
      }
    },
  }
}

/** What this state knows and the source no longer has: it stays in WorkOS. */
export function orphansList(plan: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'orphaned',
    title: 'No longer in the source',
    columns: [
      { label: 'resource', share: 3 },
      { label: 'name', share: 2, minor: true },
      { label: 'WorkOS id', share: 3, minor: true },
    ],
    facetLabel: 'ownership',
    facet: () => ({ tone: 'info' }),
    total: plan.orphanCount(),
    *items() {
      for (const { kind, key, label, id, ownership, leftOutBy } of plan.orphans(most)) {
        const cells = [shown.text(address({ kind, key })), shown.value(label), shown.text(id)]
        const why: [string, string][] = leftOutBy === undefined ? [] : [['left out by', shown.text(leftOutBy)]]
        yield { group: kind, facet: ownership, row: [cells, [], [['WorkOS id', shown.text(id)], ...why]] }
      }
    },
  }
}
