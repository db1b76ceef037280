import { figure, printable } from '../diagnostics/printable.ts'
import type { DatabaseInspection } from '../inspecting/database/look.ts'
import type {
  Inspection,
  PasswordFormat,
  PathInspection,
  PeopleInspection,
  StreamInspection,
} from '../inspecting/inspection.ts'
import type { Recognised } from '../inspecting/recognise.ts'
import { jsonText } from '../json.ts'
import { membership } from '../kinds/membership/membership.ts'
import { countedKind } from '../kinds/registry.ts'
import { user } from '../kinds/user/user.ts'
import { counted, type Paint } from './style.ts'
import { bound, definitions, padded, shortened, WIDTH, widthsOf, wrapped } from './table.ts'

interface InspectionTextOptions {
  /** The manifest or the file, and its recognized format. */
  title: string
  paint: Paint
  write: (text: string) => void
  /** How to read all records. */
  further?: string
}

const FATES: Record<PasswordFormat['fate'], string> = {
  taken: 'WorkOS accepts it',
  convertible: 'WorkOS accepts it, re-encoded',
  reset: 'needs a reset',
  malformed: 'not a valid hash',
}
const COLORS = { taken: 'green', convertible: 'green', reset: 'yellow', malformed: 'red' } as const

/** Values of a column, and roles, that are shown. */
const MAX_SHOWN = 12
/** Columns that the last cell of a table keeps at least, if it is that long. */
const LAST = 28

/** An inspection as text. It must not contain values of users or secrets. */
export function renderInspectionText(inspection: Inspection, options: InspectionTextOptions): void {
  const { paint, write, title, further = '--all reads all' } = options
  const extent = inspection.complete ? 'all of them' : `the first ones (${further})`
  write(`${paint('bold', printable(title))}: ${counted(inspection.records, 'record')}, ${extent}\n`)
  for (const stream of inspection.streams) renderStream(stream, inspection.complete, options)
  renderPeople(inspection.people, options)
}

function renderStream(stream: StreamInspection, complete: boolean, { paint, write }: InspectionTextOptions): void {
  const files = stream.files.length === 0 ? '' : ` (${stream.files.join(', ')})`
  const rejected = stream.rejected === 0 ? '' : `, ${figure(stream.rejected)} rejected`
  const noun = stream.role === 'joined' ? 'joined record' : 'record'
  write(`\n${paint('bold', printable(stream.stream))}${printable(files)}: `)
  const reached = stream.records > 0 || complete || stream.role === 'joined'
  write(reached ? `${counted(stream.records, noun)}${rejected}\n` : 'not reached\n')
  const rows = stream.paths.map((path) => [printable(path.path), fillRate(path), holds(path), looks(path)])
  write(columns(rows, paint))
  if (stream.morePaths > 0) write(`  … ${counted(stream.morePaths, 'more path')}\n`)
}

/** Rounded down, so 100 % means all. */
function fillRate({ filled, of }: PathInspection): string {
  if (filled === 0) return 'empty'
  const percent = Math.floor((filled / of) * 100)
  return percent === 0 ? '<1 %' : `${percent} %`
}

function holds({ types, secret }: PathInspection): string {
  const named = types.filter(({ type }) => type !== 'null' && type !== 'empty').map(({ type }) => type)
  return `${named.slice(0, 3).join(', ')}${named.length > 3 ? ', …' : ''}${secret && named.length > 0 ? ' (secret)' : ''}`
}

function looks({ values, shapes }: PathInspection): string {
  if (values === undefined) return shapes.slice(0, 2).map(printable).join('  ')
  const shown = values.slice(0, MAX_SHOWN).map(({ value, count }) => bound(`${printable(value)} ${figure(count)}`))
  return `${shown.join(', ')}${values.length > MAX_SHOWN ? ` and ${values.length - MAX_SHOWN} more` : ''}`
}

function renderPeople(people: PeopleInspection, { paint, write }: InspectionTextOptions): void {
  const { email, passwords, organizations } = people
  write(`\n${paint('bold', 'Users')}\n`)
  const lines: [string, string][] = [
    ['email', emailText(email)],
    ...(email.duplicated > 0 ? [['', duplicates(email)] satisfies [string, string]] : []),
    ...rejected(email).map((text): [string, string] => ['', text]),
    ['verified', verifiedText(email)],
    ['organizations', organizationsText(organizations)],
    ['roles', rolesText(people)],
    ['passwords', passwords.formats.length === 0 ? 'none' : ''],
  ]
  write(definitions(lines))
  const rows = passwords.formats.map(({ format, count, fate, detail }) => [
    figure(count),
    printable(format),
    paint(COLORS[fate], FATES[fate]),
    detail === undefined ? '' : printable(detail),
  ])
  write(columns(rows, paint, '    '))
  if (passwords.moreFormats > 0) write(`    … ${figure(passwords.moreFormats)} more in other formats\n`)
  if (passwords.formats.length > 0) write(`    ${counted(passwords.without, 'record')} without a password\n`)
  if (people.totp > 0) write(`  ${counted(people.totp, 'record')} with a TOTP secret\n`)
}

/** Valid addresses that a plan would reject. */
function rejected({ confusable, lookalikes }: PeopleInspection['email']): string[] {
  return [
    ...(confusable > 0
      ? [`${counted(confusable, 'record')} with an address that can be mistaken for another: would be rejected`]
      : []),
    ...(lookalikes > 0
      ? [
          `${counted(lookalikes, 'address', 'addresses')} that differ from another only in non-ASCII letters: would be rejected`,
        ]
      : []),
  ]
}

function emailText({ with: there, without, invalid, confusable }: PeopleInspection['email']): string {
  if (there + invalid + confusable === 0) return 'unknown'
  return [
    `${figure(there)} with an address`,
    `${figure(without)} without`,
    ...(invalid > 0 ? [`${figure(invalid)} with an invalid address`] : []),
  ].join(', ')
}

function duplicates({ duplicated, extraRecords }: PeopleInspection['email']): string {
  return `${counted(duplicated, 'address', 'addresses')} in several records: ${counted(extraRecords, 'record')} would be merged`
}

function verifiedText({ unverified }: PeopleInspection['email']): string {
  if (unverified === null) return 'unknown'
  return unverified === 0 ? 'every address' : `all but ${counted(unverified, 'address', 'addresses')}`
}

function organizationsText(organizations: PeopleInspection['organizations']): string {
  if (organizations === null) return 'unknown'
  const { distinct, memberships, usersWithout, perUser } = organizations
  const most = perUser.at(-1)?.memberships ?? 0
  const each = most > 1 ? ` (up to ${most} per user)` : ''
  const parts = [
    `${figure(distinct)} different`,
    `${countedKind(memberships, membership.name)}${each}`,
    `${countedKind(usersWithout, user.name)} in none`,
  ]
  return parts.join(', ')
}

function rolesText({ roles, moreRoles }: PeopleInspection): string {
  if (roles.length === 0) return 'unknown'
  const shown = roles.slice(0, MAX_SHOWN).map(({ role, count }) => bound(`${printable(role)} ${figure(count)}`))
  const more = Math.max(0, roles.length - MAX_SHOWN) + moreRoles
  return `${shown.join(', ')}${more > 0 ? ` and ${figure(more)} more` : ''}`
}

/**
 * Columns aligned left, figures right. The last column is dim and wraps below itself; names are
 * shortened to give it room.
 */
function columns(rows: readonly (readonly string[])[], paint: Paint, indent = '  '): string {
  const widths = widthsOf(rows)
  const [names = 0, ...others] = widths
  const last = others.pop() ?? 0
  const between = others.reduce((sum, width) => sum + width + 2, indent.length + 2)
  const first = Math.min(names, Math.max(WIDTH - between - Math.min(last, LAST), 20))
  // If there is still no room, the last column starts on its own line.
  const isBelow = WIDTH - between - first < Math.min(last, LAST)
  const hanging = isBelow ? indent.length + 4 : between + first
  const room = WIDTH - hanging
  return rows
    .map((row) => {
      const cells = row.slice(0, -1).map((cell, index) => {
        const isFigure = /^(\d+ %|<1 %|empty|[\d,]+)$/.test(cell)
        if (index === 0 && !isFigure) return padded(shortened(cell, first), first, 'end')
        return padded(cell, widths[index] ?? 0, isFigure ? 'start' : 'end')
      })
      const lines = wrapped(row.at(-1) ?? '', room).map((line) => paint('dim', shortened(line, room)))
      const text = lines.join(`\n${' '.repeat(hanging)}`)
      const line = `${indent}${cells.join('  ')}`
      return `${isBelow ? `${line.trimEnd()}\n${' '.repeat(hanging)}` : `${line}  `}${text}`.trimEnd().concat('\n')
    })
    .join('')
}

/** The inspection as JSON, with the version of this format. */
export function renderInspectionJson(
  inspection: Inspection,
  about: {
    manifest: string | null
    file: string | null
    recognised: Recognised | null
    database: DatabaseInspection | null
  },
): string {
  return `${jsonText({ version: 1, ...about, ...inspection }, 2)}\n`
}
