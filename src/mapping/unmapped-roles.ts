import type { ValueProblem } from '../kinds/draft.ts'
import type { Note, Reject } from './result.ts'

/** A remark for each role by which something was rejected, since no map knows it: they are counted by role. */
export function unmappedRoles({ seq, kind, key, code }: Reject, problems: readonly ValueProblem[]): Note[] {
  const names = new Set(problems.map(({ role }) => role).filter((role) => role !== undefined))
  return [...names].map((detail) => ({ seq, kind, key: key ?? code, code: 'unmapped_role', detail }))
}
