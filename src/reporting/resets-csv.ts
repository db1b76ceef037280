import { type PasswordReset, passwordResets } from '../kinds/user/passwords/password-counts.ts'
import type { Plan } from '../planning/plan.ts'
import { csvLine, escapeCell } from '../sources/text/reject-columns.ts'

const COLUMNS = ['key', 'email', 'place', 'fate', 'reason', 'why'] as const

/** Everybody whose password is not migrated, and why, as CSV in pieces. `fate` adds up to the plan's figures. */
export function* resetsCsv({ set }: Plan): Generator<string> {
  yield `\uFEFF${csvLine(COLUMNS)}\n`
  for (const reset of passwordResets(set.rundb)) {
    const { key, email, origin, fate, reason } = reset
    yield `${csvLine([key, email, origin, fate, reason, describe(reset)].map(escapeCell))}\n`
  }
}

function describe({ reason, detail, existing }: PasswordReset): string {
  const before = existing ? '; the user was in WorkOS before, and keeps what is there' : ''
  switch (reason) {
    case 'unsupported':
      return `WorkOS does not take ${detail}`
    case 'weak':
      return `${detail} is weak, and passwords.weak is reset`
    case 'none':
      return `the source has no password${before}`
    case 'unproven':
      return `only a record that did not prove to be the same person has a password${before}`
    case 'unverified':
      return 'not sent: nobody has verified the address of the adopted account'
    case 'there':
      return 'not sent: the user was in WorkOS before, and keeps what is there'
  }
}
