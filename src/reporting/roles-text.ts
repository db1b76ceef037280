import type { DesiredSet } from '../desired/desired-set.ts'
import { lostRoles, lostRolesCount, unmappedRoles } from '../desired/role-counts.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { countedKind } from '../kinds/registry.ts'
import { counted, type Paint } from './style.ts'

/** How many roles are named. */
const NAMED = 20

export interface RolesTextOptions {
  paint: Paint
  /** How many memberships are listed. */
  limit: number
  write: (text: string) => void
}

/** Who keeps one role of several. */
export function renderLostRoles(set: DesiredSet, { paint, limit, write }: RolesTextOptions): void {
  const total = lostRolesCount(set)
  if (total === 0) return
  write(`\n${paint('bold', `One role of several (${figure(total)})`)}\n`)
  let shown = 0
  for (const lost of lostRoles(set, Number.isFinite(limit) ? limit : undefined)) {
    shown += 1
    write(`  ${paint('yellow', '≠')} ${printable(`membership:${lost.key}`)} (${printable(lost.origin)})\n`)
    write(`      ${paint('dim', printable(describeLost(lost)))}\n`)
  }
  if (total > shown) write(`  … ${figure(total - shown)} more, with --full\n`)
}

/** What one membership keeps and loses. */
export function describeLost({ kept, lost }: { kept: string; lost: string[] }): string {
  return `keeps ${kept}, loses ${lost.join(', ')}`
}

/** The roles that nothing translates, and what they cost; nothing where there is none. */
export function describeUnmapped(set: DesiredSet): string[] {
  const roles = unmappedRoles(set)
  const lines = roles.slice(0, NAMED).map(({ kind, role, count }) => {
    return `roles.map does not know ${JSON.stringify(role)}: ${countedKind(count, kind)} rejected`
  })
  return roles.length > NAMED
    ? [...lines, `and ${counted(roles.length - NAMED, 'more role')} that it does not know`]
    : lines
}
