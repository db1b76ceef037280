import { counted } from '../../diagnostics/printable.ts'
import { countedKind } from '../registry.ts'

/** A role of the source that no map knows, and how many memberships or role assignments were rejected by it. */
export interface UnmappedRole {
  kind: string
  role: string
  count: number
}

/** A membership that keeps one of its roles. */
export interface LostRoles {
  key: string
  kept: string
  lost: string[]
  /** `users.csv:12`. */
  origin: string
}

/** How many roles are named. */
const NAMED = 20

/** What one membership keeps and loses. */
export function describeLost({ kept, lost }: { kept: string; lost: string[] }): string {
  return `keeps ${kept}, loses ${lost.join(', ')}`
}

/** The roles that nothing translates, and what they cost; nothing where there is none. */
export function describeUnmapped(roles: readonly UnmappedRole[]): string[] {
  const lines = roles.slice(0, NAMED).map(({ kind, role, count }) => {
    return `roles.map does not know ${JSON.stringify(role)}: ${countedKind(count, kind)} rejected`
  })
  return roles.length > NAMED
    ? [...lines, `and ${counted(roles.length - NAMED, 'more role')} that it does not know`]
    : lines
}

/** Memberships of which an apply could not give every role. */
export function describeReduced(count: number): string {
  return `${counted(count, 'membership')} without all roles: the environment takes one each`
}

/** What of them is not in WorkOS. */
export function describeMissingRoles(count: number): string {
  return `roles of ${counted(count, 'membership')}`
}
