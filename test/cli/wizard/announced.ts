import { command } from '../harness.ts'

/** The number of rejects that `init` announces. */
export function announced(stderr: string): number {
  return Number(/The plan rejects (\d+) record/.exec(stderr)?.[1] ?? 0)
}

export interface Planned {
  users: number
  /** Rejected and blocked. */
  rejected: number
  leftOut: number
  code: number | null
  /** Created, by kind. */
  created: Record<string, number>
  passwords: { kept: number; reset: number; none: number }
}

/** The counts of the plan of the manifest in a folder. */
export async function planned(cwd: string, env: Record<string, string> = {}): Promise<Planned> {
  const { stdout, code } = await command(['plan', '--json'], { cwd, env })
  const { summary, accounting, rejects } = JSON.parse(stdout)
  const kinds: { kind: string; create: number; blocked: number }[] = summary.kinds
  const created = Object.fromEntries(kinds.map(({ kind, create }) => [kind, create]))
  const blocked = kinds.reduce((sum, kind) => sum + kind.blocked, 0)
  return {
    users: created.user ?? 0,
    rejected: rejects.length + blocked,
    leftOut: accounting.records.leftOut,
    code,
    created,
    passwords: summary.passwords,
  }
}
