import { figure, printable } from '../diagnostics/printable.ts'
import type { DatabaseInspection, TableInspection } from '../inspecting/database/look.ts'
import { counted, type Paint } from './style.ts'
import { definitions, padded, shortened, widthsOf } from './table.ts'

interface DatabaseTextOptions {
  paint: Paint
  write: (text: string) => void
}

/** Unread tables that are listed. */
const MAX_UNREAD = 40

/** The tables of a database, their parts in a migration, and suspicious findings, as text. */
export function renderDatabaseText(database: DatabaseInspection, { paint, write }: DatabaseTextOptions): void {
  const { name, dialect, layout, tables, findings, unreadable } = database
  const kind = dialect === 'postgres' ? 'PostgreSQL' : 'MySQL'
  const known = layout === null ? '' : `, ${layout}`
  write(
    `${paint('bold', printable(`${kind} database ${name}${known}`))}: ${counted(tables.length, 'readable table or view', 'readable tables and views')}\n\n`,
  )
  const read = tables.filter(({ part }) => part !== null)
  const others = tables.filter(({ part }) => part === null)
  if (read.length > 0) write(`${paint('bold', 'Read by a migration')}\n${listed(read)}\n`)
  if (others.length > 0) {
    write(`${paint('bold', read.length > 0 ? 'Not read' : 'Tables')}\n${listed(others.slice(0, MAX_UNREAD))}`)
    if (others.length > MAX_UNREAD)
      write(`  … ${counted(others.length - MAX_UNREAD, 'more table')} (--json lists all)\n`)
    write('\n')
  }
  if (unreadable.length > 0) write(`This role cannot read ${counted(unreadable.length, 'more table')}\n\n`)
  if (findings.length === 0) return
  write(`${paint('bold', 'Suspicious')}\n`)
  for (const { message, hint } of findings) {
    write(definitions([['-', printable(hint === null ? message : `${message}; ${hint}`)]]))
  }
  write('\n')
}

function listed(tables: readonly TableInspection[]): string {
  const rows = tables.map((table) => [printable(table.table), rowsOf(table), printable(aboutOf(table))])
  const [names = 0, figures = 0] = widthsOf(rows)
  const width = Math.min(names, 34)
  return rows
    .map(([name = '', count = '', about = '']) => {
      const start = `${padded(shortened(name, width), width, 'end')}  ${padded(count, figures, 'start')}`
      return definitions([[start, about]])
    })
    .join('')
}

function rowsOf({ rows, counted: isCounted }: TableInspection): string {
  return rows === null ? '?' : `${isCounted ? '' : '~'}${figure(rows)}`
}

function aboutOf({ part, key, why, kind }: TableInspection): string {
  const view = kind === 'view' ? 'a view; ' : ''
  if (part === null) return `${view}${why ?? ''}`.replace(/; $/, '')
  return `${view}${part}; ${key === null ? 'no key' : `key ${key.join(', ')}`}`
}
