import { lowerAscii } from '../../addresses.ts'
import type { Selector } from '../../config/pilot.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/** Where selectors look: queries for the organizations and the users there are, the latter with their addresses. */
export interface Population {
  /** Yields `key`. */
  organizations: string
  /** Yields `key`, by which a user is selected; `chosen`, which is chosen then; and `email`, null where nobody knows it. */
  users: string
}

/** SQLite's pattern for one of ours: of its own signs only `*` and `?` have a meaning. */
export function globOf(pattern: string): string {
  return pattern.replaceAll('[', '[[]')
}

/** The pattern of addresses that a selector by address stands for, in lower case. */
export function addressGlob({ kind, pattern }: Selector): string {
  return lowerAscii(globOf(kind === 'domain' ? `*@${pattern}` : pattern))
}

/**
 * Puts what a selector chooses into `chosen`.
 * @returns whether it fits anything
 */
export function choose(rundb: RunDatabase, selector: Selector, population: Population): boolean {
  const [kind, found, glob] = query(selector, population)
  const inserted = rundb.run(`INSERT OR IGNORE INTO chosen SELECT DISTINCT '${kind}', chosen FROM (${found})`, glob)
  return inserted > 0 || rundb.count(`SELECT EXISTS (SELECT 1 FROM (${found}))`, glob) > 0
}

function query(selector: Selector, { organizations, users }: Population): [kind: string, found: string, glob: string] {
  switch (selector.kind) {
    case 'organization':
      return ['organization', `SELECT key AS chosen FROM (${organizations}) WHERE key GLOB ?`, globOf(selector.pattern)]
    case 'user':
      return ['user', `SELECT chosen FROM (${users}) WHERE key GLOB ?`, globOf(selector.pattern)]
    default:
      return ['user', `SELECT chosen FROM (${users}) WHERE lower(email) GLOB ?`, addressGlob(selector)]
  }
}
