import { type Action, address } from '../../planning/action.ts'
import { actionValues } from '../../planning/action-values.ts'
import type { Plan } from '../../planning/plan.ts'
import { actionsOfType } from '../../rundb/report-rows.ts'
import { tellingLabel } from '../labels.ts'
import { type GridSource, HELD } from './lists.ts'
import type { Row, Tone } from './report.ts'
import type { MarkedRow } from './rows.ts'
import { fieldValues, type Shown } from './shown.ts'

const TYPES = ['blocked', 'create', 'update', 'adopt', 'delete'] as const

const LOOK: Record<Action['type'], { mark: string; tone: Tone }> = {
  blocked: { mark: '!', tone: 'bad' },
  create: { mark: '+', tone: 'good' },
  update: { mark: '~', tone: 'warn' },
  adopt: { mark: '=', tone: 'info' },
  delete: { mark: '-', tone: 'bad' },
}

/** Values that a closed row shows. */
const SUMMARY = 4

/** Every action with its values: kind by kind, what is blocked first. Of the others of a kind the page holds the first `most`. */
export function actionGrid(plan: Plan, shown: Shown, most = HELD): GridSource {
  const kinds = plan.summary.kinds.filter((kind) => TYPES.some((type) => kind[type] > 0))
  const heldOf = (counts: (typeof kinds)[number]) => {
    let room = most
    return TYPES.map((type) => {
      const held = type === 'blocked' ? counts.blocked : Math.min(counts[type], room)
      if (type !== 'blocked') room -= held
      return held
    })
  }
  const held = kinds.map(heldOf)
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
  return {
    grid: {
      id: 'actions',
      title: 'Actions',
      columns: [
        { label: 'resource', share: 3 },
        { label: 'name', share: 2, minor: true },
        { label: 'values', share: 5, minor: true },
      ],
      groupLabel: 'kind',
      groups: kinds.map(({ kind }) => kind),
      facetLabel: 'action',
      facets: TYPES.map((type, n) => ({ label: type, ...LOOK[type], held: sum(held.map((counts) => counts[n] ?? 0)) })),
      total: sum(kinds.map((kind) => sum(TYPES.map((type) => kind[type])))),
      held: sum(held.flat()),
      limit: `the first ${most.toLocaleString('en')} of each kind, and all that are blocked`,
    },
    async *rows() {
      for (const [group, { kind }] of kinds.entries()) {
        for (const [facet, type] of TYPES.entries()) {
          const limit = held[group]?.[facet] ?? 0
          if (limit > 0) yield* rowsOf(plan, { kind, type, limit, group, facet }, shown)
        }
      }
    },
  }
}

interface Wanted {
  kind: string
  type: Action['type']
  limit: number
  group: number
  facet: number
}

function* rowsOf(plan: Plan, { kind, type, limit, group, facet }: Wanted, shown: Shown): Generator<MarkedRow> {
  for (const action of actionsOfType(plan.set.rundb, kind, type, limit))
    yield { group, facet, row: rowOf(plan, JSON.parse(action), shown) }
}

function rowOf(plan: Plan, action: Action, shown: Shown): Row {
  const { before, after, secrets } = actionValues(plan, action)
  const fields = fieldValues(before, after, secrets, shown)
  const changes = fields.slice(0, SUMMARY).map(([field, from, to]) => {
    const [before, after] = [from, to].map((value) => (typeof value === 'string' ? value : undefined))
    const change = action.type === 'update' || action.type === 'adopt'
    const values = change && before !== undefined ? `${before} → ${after ?? 'removed'}` : (after ?? before ?? '')
    return `${field}: ${values}`
  })
  const summary = action.type === 'blocked' ? shown.about(action.message, action.key) : changes.join(' · ')
  const name = tellingLabel(action)
  const label = name === undefined ? '' : shown.value(name)
  const remarks = remarksOf(plan, action).map(([name, text]): [string, string] => [name, shown.about(text, action.key)])
  return [[shown.text(address(action)), label, summary], fields, remarks]
}

function remarksOf({ set }: Plan, action: Action): [string, string][] {
  const from: [string, string][] = action.type === 'delete' ? [] : [['source', set.origin(action.kind, action.key)]]
  const id: [string, string][] = 'id' in action ? [['WorkOS id', action.id]] : []
  switch (action.type) {
    case 'blocked':
      return [
        ...from,
        ['why', action.message],
        ...(action.hint === undefined ? [] : [['what helps', action.hint] as [string, string]]),
      ]
    case 'adopt': {
      const former: [string, string][] =
        action.former === undefined ? [] : [['until now', address({ kind: action.kind, key: action.former })]]
      return [...from, ...id, ['recognised by', `its ${action.matchedBy}`], ...former]
    }
    case 'delete':
      return action.with === undefined ? id : [...id, ['goes with', address(action.with)]]
    default:
      return [...from, ...id]
  }
}
