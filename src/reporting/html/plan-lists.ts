import { membership } from '../../kinds/membership/membership.ts'
import { describeUnmapped, lostRoles, unmappedRoles } from '../../kinds/membership/reports.ts'
import { describeLost } from '../../kinds/membership/wording.ts'
import { unsupportedTotp } from '../../kinds/user/totp-factor.ts'
import { user } from '../../kinds/user/user.ts'
import { address } from '../../planning/action.ts'
import type { Plan } from '../../planning/plan.ts'
import { leftOutWith, leftOutWithCounts } from '../../rundb/left-out.ts'
import { describeMerges, duplicateRows, leftOutWithTitle, whatOf, whyOf } from '../accounting-text.ts'
import { counted } from '../style.ts'
import { type GridSource, gridSection, HELD, type ListOptions, listOf, type NamedRow, type Shown } from './assembly.ts'
import type { Block, FieldValue, Section } from './report.ts'

/** The lists of a plan except actions and problems. The page contains the first `most` of each. */
export async function planLists(
  plan: Plan,
  shown: Shown,
  most = HELD,
): Promise<{ sections: Section[]; grids: GridSource[] }> {
  const isApply = plan.purpose === 'apply'
  const lists = {
    ...(isApply && {
      leftOut: await listOf(leftOutList(plan, shown, most)),
      leftOutWith: await listOf(leftOutWithList(plan, shown, most)),
      orphans: await listOf(orphansList(plan, shown, most)),
    }),
    drift: await listOf(driftList(plan, shown, most)),
    spared: await listOf(sparedList(plan, shown, most)),
    merges: await listOf(mergesList(plan, shown, most)),
    roles: await listOf(rolesList(plan, shown, most)),
    totp: await listOf(totpList(plan, shown, most)),
  }
  const unmapped = describeUnmapped(unmappedRoles(plan.set)).map(shown.text)
  const roles = gridSection(
    lists.roles,
    'warn',
    'These memberships have several roles in the source and keep only the first.',
  )
  return {
    sections: [
      ...(lists.leftOut ? gridSection(lists.leftOut, 'info') : []),
      ...(lists.leftOutWith ? gridSection(lists.leftOutWith, 'info') : []),
      ...(lists.orphans ? gridSection(lists.orphans, 'info', 'The plan keeps these in WorkOS.') : []),
      ...gridSection(
        lists.drift,
        'warn',
        'WorkOS and the source have different values. The plan keeps the one in WorkOS.',
      ),
      ...gridSection(lists.spared, 'plain'),
      ...gridSection(lists.merges, 'plain', undefined, duplicatesTable(plan, shown)),
      ...roles,
      ...(unmapped.length === 0
        ? []
        : [{ id: 'unmapped', title: 'Unmapped roles', blocks: [{ type: 'list' as const, items: unmapped }] }]),
      ...gridSection(lists.totp, 'warn', 'These users must set up an authenticator app again.'),
    ],
    grids: Object.values(lists),
  }
}

const RESOURCE = { label: 'resource', share: 3 }

function driftList(plan: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'drift',
    title: 'Different in WorkOS',
    columns: [
      RESOURCE,
      { label: 'field', share: 2 },
      { label: 'in WorkOS', share: 2, minor: true },
      { label: 'in the source', share: 2, minor: true },
    ],
    facetLabel: 'why',
    facet: () => ({ tone: 'warn' }),
    total: plan.driftCount(),
    *items() {
      for (const { kind, key, field, live, desired, reason } of plan.drift(most)) {
        const what = shown.text(address({ kind, key }))
        if (field === '*') {
          // The whole resource is gone, so `desired` is its ID, not the value of a field.
          const id = shown.text(String(desired))
          yield {
            group: kind,
            facet: reason,
            row: [
              [what, '', '', ''],
              [],
              [
                ['why it stays deleted', reason],
                ['was', id],
              ],
            ],
          }
          continue
        }
        const cells = [what, shown.text(field), shown.value(live), shown.value(desired)]
        const remarks: [string, string][] = [
          ['why it stays', reason],
          ['in WorkOS', cells[2] ?? ''],
          ['in the source', cells[3] ?? ''],
        ]
        yield { group: kind, facet: reason, row: [cells, [], remarks] }
      }
    },
  }
}

function sparedList(plan: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'spared',
    title: 'Not deleted',
    columns: [RESOURCE, { label: 'why', share: 5, minor: true }],
    facetLabel: 'reason',
    facet: () => ({ tone: 'info' }),
    total: plan.skippedDeletionCounts().reduce((sum, { count }) => sum + count, 0),
    *items() {
      for (const { kind, key, code, message } of plan.skippedDeletions(most)) {
        const why = shown.about(message, key)
        yield { group: kind, facet: code, row: [[shown.text(address({ kind, key })), why], [], [['why', why]]] }
      }
    },
  }
}

function mergesList({ set }: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'merges',
    title: 'Duplicates',
    columns: [
      { label: 'record', share: 3 },
      { label: 'where', share: 2, minor: true },
      { label: 'merged into', share: 3, minor: true },
    ],
    facetLabel: 'difference',
    facet: (name) => ({ tone: name === 'alike' ? 'plain' : 'warn' }),
    limit: 'records that lost a value come first',
    *items(): Generator<NamedRow> {
      let count = 0
      for (const { kind, key, merged, records, origin, conflicts } of set.merges()) {
        if (count === most) return
        count += 1
        const cells = [shown.text(`${kind}:${merged}`), shown.text(origin), shown.text(`${kind}:${key}`)]
        const fields = conflicts.map(({ field, kept, dropped }): FieldValue => {
          const text = (value: unknown) =>
            value === undefined ? '(secret)' : shown.value(JSON.parse(JSON.stringify(value)))
          return [shown.text(field), text(dropped), text(kept)]
        })
        const rules: [string, string][] = conflicts.map(({ field, rule }) => [
          shown.text(field),
          `decided by ${shown.text(rule)}; before is the discarded value`,
        ])
        const like: [string, string][] = records > 1 ? [['records', String(records)]] : []
        yield {
          group: kind,
          facet: conflicts.length === 0 ? 'alike' : 'values lost',
          row: [cells, fields, [['where', cells[1] ?? ''], ['merged into', cells[2] ?? ''], ...like, ...rules]],
        }
      }
    },
  }
}

function rolesList({ set }: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'lost-roles',
    title: 'Reduced to one role',
    columns: [RESOURCE, { label: 'where', share: 2, minor: true }, { label: 'what it keeps', share: 4 }],
    facetLabel: 'what',
    facet: () => ({ tone: 'warn' }),
    *items() {
      for (const lost of lostRoles(set, most)) {
        const cells = [
          shown.text(address({ kind: membership.name, key: lost.key })),
          shown.text(lost.origin),
          shown.text(describeLost(lost)),
        ]
        yield { group: membership.name, facet: 'role lost', row: [cells, [], [['what it keeps', cells[2] ?? '']]] }
      }
    },
  }
}

function totpList({ set }: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'totp',
    title: 'Authenticator apps not migrated',
    columns: [RESOURCE, { label: 'address', share: 3, minor: true }, { label: 'where', share: 2, minor: true }],
    facetLabel: 'why',
    facet: () => ({ tone: 'warn' }),
    *items() {
      for (const { key, email, reason, origin } of unsupportedTotp(set, most)) {
        const cells = [
          shown.text(address({ kind: user.name, key })),
          email === null ? '' : shown.value(email),
          shown.text(origin),
        ]
        yield { group: user.name, facet: shown.text(reason), row: [cells, [], [['why', shown.text(reason)]]] }
      }
    },
  }
}

function duplicatesTable(plan: Plan, shown: Shown): Block[] {
  const rows = duplicateRows(plan)
  const merges = describeMerges(plan.set)
  const text: Block[] = merges === '' ? [] : [{ type: 'text', text: `${merges}.` }]
  if (rows.length === 0) return text
  const numeric = true as const
  return [
    ...text,
    {
      type: 'table',
      columns: [{ label: '' }, { label: 'users', numeric }, { label: 'records', numeric }],
      rows: rows.map(({ what, users, records }) => [shown.text(what), users, records]),
    },
  ]
}

function leftOutList({ set }: Plan, shown: Shown, most: number): ListOptions {
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

/** What is left out because its user or organization is. */
function leftOutWithList({ set }: Plan, shown: Shown, most: number): ListOptions {
  const counts = leftOutWithCounts(set.rundb)
  const total = counts.reduce((sum, { records }) => sum + records, 0)
  return {
    id: 'left-out-with',
    title: leftOutWithTitle(counts),
    columns: [
      { label: 'where', share: 2 },
      { label: 'what', share: 3 },
      { label: 'by', share: 4, minor: true },
    ],
    facetLabel: 'rule',
    facet: () => ({ tone: 'info' }),
    // A row can cover several records. If the page contains all rows, count the rows.
    ...(total > most && { total }),
    *items() {
      for (const { kind, key, path, origin, records } of leftOutWith(set.rundb, most)) {
        const what = key === null ? kind : address({ kind, key })
        const like: [string, string][] = records > 1 ? [['covers', counted(records, 'record')]] : []
        const cells = [shown.text(origin), shown.text(what), shown.text(path)]
        yield { group: kind, facet: path, row: [cells, [], [['by', shown.text(path)], ...like]] }
      }
    },
  }
}

function orphansList(plan: Plan, shown: Shown, most: number): ListOptions {
  return {
    id: 'orphaned',
    title: 'No longer in the source',
    columns: [
      { label: 'resource', share: 3 },
      { label: 'name', share: 2, minor: true },
      { label: 'WorkOS ID', share: 3, minor: true },
    ],
    facetLabel: 'ownership',
    facet: () => ({ tone: 'info' }),
    total: plan.orphanCount(),
    *items() {
      for (const { kind, key, label, id, ownership, leftOutBy } of plan.orphans(most)) {
        const cells = [shown.text(address({ kind, key })), shown.value(label), shown.text(id)]
        const why: [string, string][] = leftOutBy === undefined ? [] : [['left out by', shown.text(leftOutBy)]]
        yield { group: kind, facet: ownership, row: [cells, [], [['WorkOS ID', shown.text(id)], ...why]] }
      }
    },
  }
}
