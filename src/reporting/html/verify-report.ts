import { describeGiven } from '../../kinds/group/group-roles.ts'
import { role } from '../../kinds/role/role.ts'
import { differencesByField } from '../../rundb/findings.ts'
import {
  countFindings,
  type Finding,
  type FindingType,
  findingsOf,
  type Verification,
} from '../../verifying/verification.ts'
import { describeWhere, scopeLines } from '../heading-text.ts'
import { CHANGED, conclusion, SECTIONS, verifyRemarks } from '../verify.ts'
import {
  assembled,
  barsOf,
  type GridSource,
  gridSection,
  HELD,
  listOf,
  type NamedRow,
  type ReportOptions,
  type Shown,
  shownBy,
  warningAlerts,
} from './assembly.ts'
import type { AssembledReport } from './document.ts'
import type { Block, FieldValue, Section, Tone } from './report.ts'
import { accountingSection, problemSections, rejectsOf } from './sections.ts'

/** The page contains all findings of these types, and the first `most` of the others. */
const LOST: ReadonlySet<FindingType> = new Set(['deleted', 'not_applied', 'clash', 'other_id'])

export async function verifyReport(verification: Verification, options: ReportOptions): Promise<AssembledReport> {
  const { set, outcome, name } = verification
  const shown = shownBy(options.mask)
  const findings = await findingsGrid(verification, shown, options.most)
  const rejects = await problemSections(() => rejectsOf(set.rejects()), shown)
  const tone = outcome === 'verified' ? 'good' : outcome === 'different' ? 'warn' : 'bad'
  const sentence = conclusion(verification, (_format, text) => text)
  const summary: Section = {
    id: 'summary',
    title: 'Summary',
    blocks: [
      ...warningAlerts(verification.warnings, shown),
      figuresOf(verification),
      ...rejects.links,
      kindsTable(verification),
      ...listed(verifyRemarks(verification), shown),
    ],
  }
  const charts: Section = { id: 'charts', title: 'At a glance', blocks: chartsOf(verification, shown) }
  const head = [describeWhere(verification.where), ...scopeLines(verification.set.scope).map(shown.text)]
  return assembled({ what: 'Verification', name, head, sentence, tone }, options, {
    sections: [
      summary,
      charts,
      ...gridSection(findings, tone === 'good' ? 'plain' : tone),
      ...rejects.sections,
      ...accountingSection(verification.accounting, shown),
    ],
    grids: [findings, rejects.source],
  })
}

function listed(lines: readonly string[], shown: Shown): Block[] {
  return lines.length === 0 ? [] : [{ type: 'list', items: lines.map(shown.text) }]
}

function findingsGrid(verification: Verification, shown: Shown, most = HELD): Promise<GridSource> {
  const types = SECTIONS.map(([type]) => type)
  return listOf({
    id: 'findings',
    title: 'Findings',
    columns: [
      { label: 'resource', share: 3 },
      { label: 'field', share: 1.5, minor: true },
      { label: 'in WorkOS', share: 2.5, minor: true },
      { label: 'in the source', share: 2.5, minor: true },
    ],
    facetLabel: 'finding',
    facet: (name) => ({
      label: name.replaceAll('_', ' '),
      tone: SECTIONS.some(([type]) => type === name && LOST.has(type)) ? 'bad' : 'warn',
    }),
    total: types.reduce((sum, type) => sum + countFindings(verification, type), 0),
    limit: `the first ${most.toLocaleString('en')} of each finding, and everything missing`,
    *items(): Generator<NamedRow> {
      for (const [type, title] of SECTIONS) {
        const limit = LOST.has(type) ? Number.POSITIVE_INFINITY : most
        for (const finding of findingsOf(verification, type, limit))
          yield { group: finding.kind, facet: type, row: rowOf(finding, title, verification, shown) }
      }
    },
  })
}

function rowOf(finding: Finding, title: string, { set }: Verification, shown: Shown): NamedRow['row'] {
  const { kind, key, type } = finding
  const { field, live, desired, remark } = cellsOf(finding, shown)
  const source: [string, string][] = type === 'extra' ? [] : [['source', shown.text(set.origin(kind, key))]]
  const fields: FieldValue[] = field === '' ? [] : [[field, live, desired]]
  return [[shown.text(`${kind}:${key}`), field, live, desired], fields, [['what', title], ...source, ...remark]]
}

function cellsOf(
  finding: Finding,
  shown: Shown,
): { field: string; live: string; desired: string; remark: [string, string][] } {
  const none = { field: '', live: '', desired: '' }
  switch (finding.type) {
    case 'different':
      return {
        field: shown.text(finding.field),
        live: shown.value(finding.live),
        desired: shown.value(finding.desired),
        remark: [
          ['why', CHANGED[finding.changed]],
          ['before, after', 'in WorkOS, in the source'],
        ],
      }
    case 'other_id':
      return {
        ...none,
        live: finding.liveId,
        remark: [
          ['in WorkOS', finding.liveId],
          ['in the state', finding.id],
        ],
      }
    case 'clash':
      return { ...none, live: finding.id, remark: [['why', shown.about(finding.message, finding.key)]] }
    case 'role_of_group':
      return { ...none, live: shown.text(finding.role), remark: [[role.name, shown.text(describeGiven(finding))]] }
    case 'not_applied':
      return { ...none, remark: [] }
    default:
      return { ...none, live: finding.id, remark: [['WorkOS ID', finding.id]] }
  }
}

const COLUMNS = ['desired', 'verified', 'different', 'missing', 'otherId', 'notInState', 'extra', 'others'] as const
const LABELS: Record<string, string> = {
  otherId: 'under another ID',
  notInState: 'not in the state',
  others: 'others',
}

function figuresOf({ kinds, rejected }: Verification): Block {
  const sum = (column: (typeof COLUMNS)[number]) => kinds.reduce((total, kind) => total + kind[column], 0)
  const unless = (tone: Tone, value: number): Tone => (value > 0 ? tone : 'plain')
  return {
    type: 'figures',
    figures: [
      { label: 'desired', value: sum('desired') },
      { label: 'verified', value: sum('verified'), tone: 'good' },
      { label: 'different', value: sum('different'), tone: unless('warn', sum('different')) },
      { label: 'missing', value: sum('missing'), tone: unless('bad', sum('missing')) },
      { label: 'extra', value: sum('extra'), tone: unless('warn', sum('extra')) },
      { label: 'rejected', value: rejected, tone: unless('bad', rejected) },
    ],
  }
}

function kindsTable({ kinds }: Verification): Block {
  const some = kinds.filter(({ desired, extra, others }) => desired + extra + others > 0)
  return {
    type: 'table',
    caption: 'By kind',
    columns: [{ label: '' }, ...COLUMNS.map((column) => ({ label: LABELS[column] ?? column, numeric: true as const }))],
    rows: some.map((kind) => [kind.plural, ...COLUMNS.map((column) => kind[column])]),
  }
}

function chartsOf({ kinds, set }: Verification, shown: Shown): Block[] {
  const some = kinds.filter(({ desired, extra }) => desired + extra > 0)
  const of = (column: 'verified' | 'different' | 'missing' | 'extra') => some.map((kind) => kind[column])
  const fields = differencesByField(set.rundb, 20)
  return [
    ...barsOf(
      'In WorkOS',
      'resources',
      some.map(({ plural }) => plural),
      [
        ['verified', 'good', of('verified')],
        ['different', 'warn', of('different')],
        ['missing', 'bad', of('missing')],
        ['extra', 'other', of('extra')],
      ],
    ),
    ...barsOf(
      'Differences by field',
      'resources',
      fields.map(({ field }) => shown.text(field)),
      [['different', 'warn', fields.map(({ count }) => count)]],
    ),
  ]
}
