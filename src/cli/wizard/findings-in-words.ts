import type { Inspection } from '../../inspecting/inspection.ts'
import { counted } from '../../reporting/style.ts'

/** Whether anything was recognised as the address. Where not, the mapping may still know of one. */
export function tellsAddresses({ email }: Inspection['people']): boolean {
  return email.with + email.invalid > 0
}

/** What was found, in words. Counts alone: the file is meant to be committed. */
export function findingsInWords({ records, complete, people }: Inspection): string[] {
  const { email, organizations, passwords } = people
  const lines = [
    `Found in ${complete ? '' : 'the first '}${counted(records, 'record')} (\`workos-migrate inspect\` shows more):`,
  ]
  const add = (line: string) => lines.push(`  - ${line}`)
  if (email.duplicated > 0) {
    add(
      `${counted(email.duplicated, 'address', 'addresses')} in several records: they become one user each, the first record wins (dedupe)`,
    )
  }
  if (!tellsAddresses(people)) {
    if (records > 0) add('no column of e-mail addresses was recognised by its name')
  } else if (email.without + email.invalid > 0) {
    add(`${counted(email.without + email.invalid, 'record')} without a usable address: rejected, and named in the plan`)
  }
  if (email.unverified !== null && email.unverified > 0)
    add(`${counted(email.unverified, 'address', 'addresses')} not verified`)
  if (organizations !== null) {
    const { distinct, memberships, usersWithout } = organizations
    add(
      `${counted(distinct, 'organization')}, ${counted(memberships, 'membership')}, ${counted(usersWithout, 'user')} in none`,
    )
  }
  for (const { format, fate, count } of passwords.formats) {
    const becomes = { taken: 'taken', convertible: 'taken, re-encoded', reset: 'to be reset', malformed: 'not sound' }
    add(`${counted(count, 'password')} (${format}): ${becomes[fate]}`)
  }
  if (people.totp > 0) add(`${counted(people.totp, 'user')} with a TOTP secret`)
  return lines.length === 1 ? [] : lines
}
