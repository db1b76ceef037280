import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { lookalikeForm } from '../addresses.ts'
import { createPrivateFile } from '../files/regular-file.ts'

/** Memory that SQLite may hold, KiB. */
const CACHE_KIB = 16 * 1024
/** Bytes of a SHA-256 that tell one text from another: 96 bits, at which 10 million texts collide with odds of 1 in 10^14. */
const KEY_BYTES = 12

/** Exact counts of what is too much to hold in memory: who occurs how often, and in which organizations. Keeps digests, no text. */
export class Tally {
  readonly #database: DatabaseSync
  readonly #person: StatementSync
  readonly #membership: StatementSync
  readonly #lookalike: StatementSync

  /** @param folder a private folder that is removed afterwards */
  constructor(folder: string) {
    const path = join(folder, 'tally.sqlite')
    createPrivateFile(path)
    this.#database = new DatabaseSync(path)
    // Nothing is read from this file after a crash: no journal, no waiting for the disk.
    this.#database.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA cache_size = -${CACHE_KIB};
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

  /** Counts one record of a person, known by an e-mail address or by something else, with the organizations it names. */
  add(person: string, isAddress: boolean, organizations: readonly string[]): void {
    const key = keyOf(person)
    this.#person.run(key, isAddress ? 1 : 0)
    const form = isAddress ? lookalikeForm(person) : undefined
    if (form !== undefined) this.#lookalike.run(keyOf(form), key)
    for (const organization of organizations) this.#membership.run(key, keyOf(organization))
  }

  /** Addresses, those with several records, their records beyond the first, and those that differ from another in non-ASCII letters alone. */
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
