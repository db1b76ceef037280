import type { Mask } from '../../diagnostics/mask.ts'
import type { Plan } from '../../planning/plan.ts'
import { fieldRows } from '../field-table-text.ts'
import { cutToWidth } from '../text-width.ts'
import { code, folded, grid } from './inline.ts'

const MARKS = { empty: '⚠ empty', constant: '= always' } as const

/** Columns of an example and of a field's name. */
const SHORT = 60

/** How full each field is, kind by kind: an empty column and a constant one are seen at a glance. */
export function fieldsSection(plan: Plan, mask: Mask | undefined): string {
  if (!plan.summary.changes) return ''
  const tables = plan.fields.map((table) => {
    const rows = fieldRows(table, mask).map(({ field, filled, distinct, mark, example }) => [
      filled === '' ? field : code(cutToWidth(field, SHORT)),
      filled,
      distinct,
      [code(cutToWidth(example, SHORT)), ...(mark === null ? [] : [MARKS[mark]])]
        .filter((part) => part !== '')
        .join(' '),
    ])
    return grid([table.plural, 'filled', 'distinct', 'example'], rows, [0, 3])
  })
  return tables.length === 0 ? '' : folded('Fields', tables.join('\n'))
}
