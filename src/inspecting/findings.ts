import { normaliseEmail } from '../kinds/values/email.ts'
import { belongingOf } from './belonging.ts'
import type { PasswordFormat, PeopleInspection } from './inspection.ts'
import { isHarmless } from './mask.ts'
import type { Format } from './password-format.ts'
import { personOf } from './person.ts'
import type { Tally } from './tally.ts'

/** Formats, and roles, that are counted one by one. */
const MAX_NAMED = 50
type FoundRole = PeopleInspection['roles'][number]

const UNNAMED_ROLE = '(not shown)'

/** Adds up what the records of a source's main stream say about people. */
export class Findings {
  readonly #tally: Tally
  readonly #formats = new Map<string, PasswordFormat>()
  readonly #roles = new Map<string, FoundRole>()
  readonly #counts = { records: 0, with: 0, without: 0, invalid: 0, confusable: 0, verified: 0, passwords: 0, totp: 0 }
  #moreFormats = 0
  #moreRoles = 0
  #tellsVerified = false
  #tellsOrganizations = false

  constructor(tally: Tally) {
    this.#tally = tally
  }

  add(record: Record<string, unknown>): void {
    const counts = this.#counts
    const person = personOf(record)
    const { organizations, roles, ownRoles, told } = belongingOf(record)
    const email = normaliseEmail(person.email)
    counts.records++
    if (person.email === undefined) counts.without++
    else if (email.ok) counts.with++
    else if (email.fault.code === 'confusable_email') counts.confusable++
    else counts.invalid++
    if (person.verified !== undefined) this.#tellsVerified = true
    if (person.verified === true && email.ok) counts.verified++
    if (person.passwords.length > 0) counts.passwords++
    for (const format of person.passwords) this.#addFormat(format)
    if (person.totp) counts.totp++
    if (told || organizations.length > 0) this.#tellsOrganizations = true
    for (const role of roles) this.#addRole(role, 'membership')
    for (const role of ownRoles) this.#addRole(role, 'user')
    const key = email.ok ? email.value : `id:${person.id ?? `record ${counts.records}`}`
    this.#tally.add(key, email.ok, organizations)
  }

  result(): PeopleInspection {
    const { records, with: withEmail, without, invalid, confusable, verified, passwords, totp } = this.#counts
    const order = <T extends { count: number }>(items: T[]) => items.sort((a, b) => b.count - a.count)
    return {
      records,
      email: {
        with: withEmail,
        without,
        invalid,
        confusable,
        ...this.#tally.addresses(),
        unverified: this.#tellsVerified ? withEmail - verified : null,
      },
      passwords: {
        formats: order([...this.#formats.values()]),
        without: records - passwords,
        moreFormats: this.#moreFormats,
      },
      totp,
      organizations: this.#tellsOrganizations ? this.#tally.organizations() : null,
      roles: order([...this.#roles.values()]),
      moreRoles: this.#moreRoles,
    }
  }

  #addFormat(format: Format): void {
    const key = `${format.format} ${format.fate}`
    const known = this.#formats.get(key)
    if (known !== undefined) known.count++
    else if (this.#formats.size < MAX_NAMED) this.#formats.set(key, { ...format, count: 1 })
    else this.#moreFormats++
  }

  #addRole(role: string, at: FoundRole['at']): void {
    const name = isHarmless(role) ? role : UNNAMED_ROLE
    const key = `${at} ${name}`
    const known = this.#roles.get(key)
    if (known !== undefined) known.count++
    else if (this.#roles.size < MAX_NAMED) this.#roles.set(key, { role: name, at, count: 1 })
    else this.#moreRoles++
  }
}
