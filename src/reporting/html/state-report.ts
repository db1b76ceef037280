import { kindDefinitions } from '../../kinds/registry.ts'
import { stateVersion, whereOf } from '../../planning/binding.ts'
import type { Run, StateResource, StateStore } from '../../state/store.ts'
import { describeWhere } from '../heading-text.ts'
import { counted } from '../style.ts'
import {
  assembled,
  barsOf,
  fieldValues,
  type GridSource,
  gridSection,
  HELD,
  listOf,
  type NamedRow,
  type ReportOptions,
  type Shown,
  shownBy,
} from './assembly.ts'
import type { AssembledReport } from './document.ts'
import type { Block, Section } from './report.ts'

/** The last runs, shown in the chart. */
const CHARTED = 30

export async function stateReport(
  state: StateStore,
  { name, environment }: { name: string; environment: string | null },
  options: ReportOptions,
): Promise<AssembledReport> {
  const shown = shownBy(options.mask)
  const counts = await Promise.all(
    kindDefinitions.map(async ({ name, plural }) => ({ plural, count: await state.count(name) })),
  )
  const held = counts.filter(({ count }) => count > 0)
  const total = held.reduce((sum, { count }) => sum + count, 0)
  const runs = await state.runs()
  const open = (await state.intents()).length
  const target = state.binding ?? { type: 'none', baseUrl: 'no environment yet' }
  const resources = await resourcesGrid(state, total, shown, options.most)
  const summary: Section = {
    id: 'summary',
    title: 'Summary',
    blocks: [
      {
        type: 'figures',
        figures: [
          ...held.map(({ plural, count }) => ({ label: plural, value: count })),
          { label: 'open writes', value: open, tone: open > 0 ? 'warn' : 'plain' },
        ],
      },
      ...runsCharts(runs),
    ],
  }
  const sentence = `${counted(total, 'resource')} from ${counted(runs.length, 'run')}; ${state.serial.toLocaleString('en')} commits.`
  const sections = [
    summary,
    ...runsSection(runs, shown),
    ...gridSection(resources, 'plain', 'These are the values of the last apply. WorkOS might have changed since.'),
  ]
  const where = whereOf({ name, environment, target, key: null, state: stateVersion(state) })
  const tone = open > 0 ? 'warn' : 'plain'
  return assembled({ what: 'State', name, head: [describeWhere(where)], sentence, tone }, options, {
    sections,
    grids: [resources],
  })
}

function resourcesGrid(state: StateStore, total: number, shown: Shown, most = HELD): Promise<GridSource> {
  return listOf({
    id: 'resources',
    title: 'Resources',
    columns: [
      { label: 'resource', share: 3 },
      { label: 'WorkOS ID', share: 3, minor: true },
      { label: 'run', share: 1, minor: true },
    ],
    facetLabel: 'ownership',
    facet: (name) => ({ tone: name === 'created' ? 'good' : name === 'adopted' ? 'info' : 'warn' }),
    total,
    limit: `the first ${most.toLocaleString('en')} of each kind`,
    async *items(): AsyncGenerator<NamedRow> {
      for (const { name } of kindDefinitions) {
        let count = 0
        reading: for await (const batch of state.resources(name)) {
          for (const resource of batch) {
            if (count === most) break reading
            count += 1
            yield {
              group: name,
              facet: resource.gone === undefined ? resource.ownership : 'gone',
              row: rowOf(resource, shown),
            }
          }
        }
      }
    },
  })
}

function rowOf(
  { kind, key, id, run, attributes, digests, refs, reduced }: StateResource,
  shown: Shown,
): NamedRow['row'] {
  const secrets = Object.fromEntries(Object.keys(digests).map((field) => [field, null]))
  const remarks: [string, string][] = [
    ['WorkOS ID', shown.text(id)],
    ['changed by', `run ${run}`],
    ...Object.entries(refs).map(([role, of]): [string, string] => [shown.text(role), shown.text(`${role}:${of}`)]),
    ...(reduced === undefined ? [] : [['lacks', shown.text(reduced)] as [string, string]]),
  ]
  return [
    [shown.text(`${kind}:${key}`), shown.text(id), String(run)],
    fieldValues(null, attributes, secrets, shown),
    remarks,
  ]
}

function runsCharts(runs: readonly Run[]): Block[] {
  const last = runs.filter(({ command }) => !command.startsWith('state ')).slice(-CHARTED)
  const of = (what: string) => last.map(({ counts }) => counts[what] ?? 0)
  return barsOf(
    'Runs',
    'resources',
    last.map(({ run, command }) => `${run} ${command}`),
    [
      ['created', 'good', of('created')],
      ['updated', 'warn', of('updated')],
      ['adopted', 'info', of('adopted')],
      ['deleted', 'bad', of('deleted')],
      ['failed', 'bad', of('failed')],
    ],
  )
}

function runsSection(runs: readonly Run[], shown: Shown): Section[] {
  if (runs.length === 0) return []
  const numeric = true as const
  const columns = [
    ...new Set(runs.flatMap(({ counts }) => Object.keys(counts).filter((what) => (counts[what] ?? 0) > 0))),
  ]
  return [
    {
      id: 'runs',
      title: 'Runs',
      count: runs.length,
      blocks: [
        {
          type: 'table',
          columns: [
            { label: 'run', numeric },
            { label: 'command' },
            { label: 'started' },
            { label: 'ended' },
            { label: 'outcome' },
            { label: 'version' },
            ...columns.map((label) => ({ label, numeric })),
          ],
          rows: runs.map(({ run, command, startedAt, finishedAt, outcome, toolVersion, counts }) => [
            run,
            shown.text(command),
            time(startedAt),
            finishedAt === null ? '–' : time(finishedAt),
            outcome,
            shown.text(toolVersion),
            ...columns.map((what) => counts[what] ?? 0),
          ]),
        },
      ],
    },
  ]
}

function time(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}
