import type { Accounting } from '../../desired/accounting.ts'
import { describeConnections } from '../../kinds/connection/wording.ts'
import { describePasswords, passwordsHeading } from '../../kinds/user/passwords/counts.ts'
import { DISTINCT_AT_MOST, type FieldColumn, type FieldTable } from '../../planning/field-table.ts'
import type { Plan } from '../../planning/plan.ts'
import { minute } from '../heading-text.ts'
import { describeNotes, PARTIAL } from '../remarks.ts'
import { counted } from '../style.ts'
import type { Shown } from './assembly.ts'
import type { Block, Section, Table } from './report.ts'

/** How full each field is, kind by kind. */
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
        { label: 'different', numeric: true },
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
  if (filled === 0) return 'empty for all'
  return distinct === 1 && filled === resources && resources > 1 && !secret ? 'the same for all' : ''
}

/** Passwords, connections and remarks. */
export function remarksSection({ summary, set, purpose }: Plan, shown: Shown): Section[] {
  if (purpose === 'destroy') return []
  const passwords = describePasswords(summary.passwords)
  const connections = describeConnections(summary.handoff)
  const notes = describeNotes(summary.notes)
  const { partial, snapshot } = set.reading
  const orphaned = summary.kinds.filter((kind) => kind.orphaned > 0)
  const items = [
    ...(snapshot ? [`from a snapshot of the source, read ${minute(snapshot.startedAt)}`] : []),
    ...(partial ? [PARTIAL] : []),
    ...notes,
    ...orphaned.map(
      ({ orphaned: count, kind, plural }) =>
        `${counted(count, kind, plural)} no longer in the source: left alone in WorkOS`,
    ),
    ...(connections === undefined ? [] : [connections]),
  ]
  const table: Block = {
    type: 'table',
    caption: `Passwords: ${passwordsHeading(summary.passwords)}`,
    columns: [{ label: 'algorithm' }, { label: 'what becomes of them' }],
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

/** Where every record went. */
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
          caption: 'What they describe',
          columns: [
            { label: '' },
            { label: 'yielded', numeric },
            { label: 'different', numeric },
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
