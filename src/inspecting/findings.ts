import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { lookalikeForm } from '../addresses.ts'
import { createPrivateFile } from '../files/regular-file.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import { openThrowaway } from '../sqlite/open.ts'
import type { PasswordFormat, PeopleInspection } from './inspection.ts'
import type { Format } from './password-format.ts'
import { belongingOf, personOf } from './person.ts'
import { isHarmless } from './sensitivity.ts'

/** Maximum number of formats and of roles to count separately. */
const MAX_NAMED = 50
type FoundRole = PeopleInspection['roles'][number]

export const UNNAMED_ROLE = '(not shown)'

/** Counts facts about users in the records of a source's main stream. */
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

/** Page cache of SQLite, in KiB. */
const CACHE_KIB = 16 * 1024
/** Bytes kept of a SHA-256. With 96 bits, 10 million texts collide with odds of 1 in 10^14. */
const KEY_BYTES = 12

/**
 * Exact counts that do not fit in memory: records per user, and organizations per user. Stores
 * digests, no text.
 */
export class Tally {
  readonly #database: DatabaseSync
  readonly #person: StatementSync
  readonly #membership: StatementSync
  readonly #lookalike: StatementSync

  /** @param folder a private temporary folder */
  constructor(folder: string) {
    const path = join(folder, 'tally.sqlite')
    createPrivateFile(path)
    this.#database = openThrowaway(path, { cacheKiB: CACHE_KIB })
    this.#database.exec(`
      CREATE TABLE person (key BLOB PRIMARY KEY, address INTEGER NOT NULL, records INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE lookalike (form BLOB, person BLOB, PRIMARY KEY (form, person)) WITHOUT ROWID;
      CREATE TABLE membership (person BLOB, organization BLOB, PRIMARY KEY (person, organization)) WITHOUT ROWID;
      BEGIN;
    `)
    this.#person = this.#database.prepare(
      'INSERT INTO person VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET records = records + 1',
    )
    this.#membership = this.#database.prepare('INSERT INTO membership VALUES (?, ?) ON CONFLICT DO NOTHING')
    this.#lookalike = this.#database.prepare('INSERT INTO lookalike VALUES (?, ?) ON CONFLICT DO NOTHING')
  }

  /**
   * Counts one record of a user with its organizations. `person` is an email address or another
   * identifier.
   */
  add(person: string, isAddress: boolean, organizations: readonly string[]): void {
    const key = keyOf(person)
    this.#person.run(key, isAddress ? 1 : 0)
    const form = isAddress ? lookalikeForm(person) : undefined
    if (form !== undefined) this.#lookalike.run(keyOf(form), key)
    for (const organization of organizations) this.#membership.run(key, keyOf(organization))
  }

  /**
   * `duplicated`: addresses with several records. `extraRecords`: their records beyond the first.
   * `lookalikes`: addresses that differ from another one only in non-ASCII letters.
   */
  addresses(): { distinct: number; duplicated: number; extraRecords: number; lookalikes: number } {
    const sums = 'count(*) AS a, sum(records > 1) AS b, sum(records - 1) AS c'
    const row = this.#one(`SELECT ${sums} FROM person WHERE address = 1`)
    const { a: lookalikes } = this.#one(
      'SELECT sum(n) AS a, 0 AS b, 0 AS c FROM (SELECT count(*) AS n FROM lookalike GROUP BY form HAVING n > 1)',
    )
    return { distinct: row.a, duplicated: row.b, extraRecords: row.c, lookalikes }
  }

  organizations(): {
    distinct: number
    memberships: number
    usersWithout: number
    perUser: { memberships: number; users: number }[]
  } {
    const {
      a: distinct,
      b: memberships,
      c: members,
    } = this.#one(
      'SELECT count(DISTINCT organization) AS a, count(*) AS b, count(DISTINCT person) AS c FROM membership',
    )
    const { a: people } = this.#one('SELECT count(*) AS a FROM person')
    const perUser = this.#database
      .prepare(
        `SELECT n AS memberships, count(*) AS users
         FROM (SELECT count(*) AS n FROM membership GROUP BY person) GROUP BY n ORDER BY n`,
      )
      .all()
      .map((row) => ({ memberships: Number(row.memberships), users: Number(row.users) }))
    return { distinct, memberships, usersWithout: people - members, perUser }
  }

  close(): void {
    this.#database.close()
  }

  #one(sql: string): { a: number; b: number; c: number } {
    const row = this.#database.prepare(sql).get()
    return { a: Number(row?.a ?? 0), b: Number(row?.b ?? 0), c: Number(row?.c ?? 0) }
  }
}

function keyOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest().subarray(0, KEY_BYTES)
}
