import type { Selector, SelectorKind } from '../config/pilot.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** Queries that selectors search: organizations, and users with their addresses. */
export interface Population {
  /** Returns `key`. */
  organizations: string
  /**
   * Returns `key`, by which a user is selected; `chosen`, the user to choose; and `email`, null if
   * unknown.
   */
  users: string
  /** Returns `key` and `email`. */
  invitations: string
}

/** A way to choose resources of a kind: `email:*@acme.example`. */
export interface SelectorRule {
  by: SelectorKind
  /** SQL for what is `chosen` in the population; `?1` is the pattern. */
  found(population: Population): string
  /** The pattern in SQLite's syntax. */
  glob(pattern: string): string
  /** SQL for all names by which a resource can be chosen, as `name`. */
  names(population: Population): string
  /** The hint if nothing matches. */
  hint: string
  /** Another selector that was probably meant, if nothing matches. */
  otherWay?(rundb: RunDatabase, pattern: string): string | undefined
  /** Without any selector, this one chooses everything that it can match. */
  choosesAll?: true
}

/** A rejected item. */
export interface RefusedItem {
  kind: string
  /** Null: it could not be computed. */
  key: string | null
  /** Keys of what it refers to, if known. Users that merged count under the key of the result. */
  refs: Readonly<Record<string, string>>
  /** Of a user, if known. */
  email?: string
}

/** What a scope chooses, and who is in it. */
export interface ChosenOnes {
  choosesOrganization(key: string): boolean
  choosesUser(key: string): boolean
  hasOrganization(key: string): boolean
  hasUser(key: string): boolean
  /**
   * The sorts of selectors: an organization, a user's key or everybody, an address, an invitation.
   */
  by: { organization: boolean; user: boolean; address: boolean; invitation: boolean }
}

/** `unknown`: nothing shows whose it is. */
export type Belonging = 'in' | 'out' | 'unknown'

/** How a kind belongs to a scope. Without these rules, all its resources are in every scope. */
export interface ScopeRules {
  /** How it can be chosen itself. */
  selectors?: readonly SelectorRule[]

  /** Fills `in_scope`: what is chosen, at most `limit` users, and what is tied to these. */
  findInScope?(rundb: RunDatabase, limit: number | null): void

  /**
   * SQL for the desired resources `d` in scope. Kinds that refer to others come first. Undefined:
   * all.
   */
  desired?: string
  /**
   * An index, created before resources move out of scope: for this query, or for planning's lookups
   * out of scope.
   */
  index?: string

  /** Runs once the desired resources out of scope are removed. */
  narrowed?(rundb: RunDatabase): void

  /** Whether a rejected item belongs to the scope. Undefined: unknown. */
  refused?(item: RefusedItem, chosen: ChosenOnes): Belonging
}

/** The address of user `r` in its first draft that has one. */
const FIRST_ADDRESS = `(SELECT d.attributes ->> '$.email' FROM drafts d WHERE d.kind = 'user' AND d.key = r.key
  ORDER BY d.dedupe_group, d.id LIMIT 1)`

/** Everyone in the source, under any name that a record has; including rejected ones. */
export const IN_THE_SOURCE: Population = {
  organizations: `SELECT key FROM desired WHERE kind = 'organization'
    UNION SELECT key FROM rejects WHERE kind = 'organization' AND key IS NOT NULL`,
  users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM desired WHERE kind = 'user'
    UNION ALL SELECT key, canonical, NULL FROM aliases WHERE kind = 'user'
    UNION ALL SELECT r.key, coalesce(a.canonical, r.key),
        coalesce((SELECT o.email FROM addresses o WHERE o.key = r.key LIMIT 1), ${FIRST_ADDRESS})
      FROM (SELECT DISTINCT key FROM rejects WHERE kind = 'user' AND key IS NOT NULL) r
      LEFT JOIN aliases a ON a.kind = 'user' AND a.key = r.key`,
  // Includes invitations that are left out because the recipient already has access. After the
  // address, a key contains the organization's key.
  invitations: `${invitationsOf('desired')} UNION ALL
    SELECT key, substr(key, 1, length(key) - 1 - length(coalesce(refs ->> '$.organization', '')))
    FROM left_out_with WHERE kind = 'invitation'`,
}

function invitationsOf(table: 'desired' | 'known'): string {
  return `SELECT key, attributes ->> '$.email' AS email FROM ${table} WHERE kind = 'invitation'`
}

export function inTheState(): Population {
  return {
    organizations: `SELECT key FROM known WHERE kind = 'organization'`,
    users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM known WHERE kind = 'user'`,
    invitations: invitationsOf('known'),
  }
}

/**
 * Users in the state that are no longer in the source. The source still has all others: under the
 * same key, as a part of a merged user, or under another key. In the last case, a user out of scope
 * with the same address, external ID or WorkOS ID is about to take over the account.
 */
export function leftTheSource(): Population {
  const only = (kind: string) => `NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = '${kind}' AND d.key = k.key)
    AND k.key NOT IN (SELECT key FROM out_of_scope WHERE kind = '${kind}')
    AND k.key NOT IN (SELECT key FROM rejects WHERE kind = '${kind}' AND key IS NOT NULL)
    AND k.key NOT IN (SELECT key FROM rejects_out WHERE kind = '${kind}' AND key IS NOT NULL)
    AND k.key NOT IN (${BORNE.map((field) => bornOutside(kind, field)).join(' UNION ALL ')})`
  return {
    organizations: `SELECT key FROM known k WHERE kind = 'organization' AND ${only('organization')}`,
    users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM known k WHERE kind = 'user' AND ${only('user')}
      AND k.key NOT IN (SELECT a.key FROM aliases a WHERE a.kind = 'user'
        AND NOT EXISTS (SELECT 1 FROM chosen c WHERE c.kind = 'user' AND c.key = a.canonical))
      AND k.key NOT IN (SELECT s.key FROM known s JOIN addresses t ON t.email = s.attributes ->> '$.email'
        JOIN rejects_out r ON r.kind = 'user' AND r.key = t.key WHERE s.kind = 'user')`,
    invitations: `SELECT key, attributes ->> '$.email' AS email FROM known k WHERE kind = 'invitation' AND ${only('invitation')}`,
  }
}

/** The properties that make `s` of the state and `o` out of scope the same user. */
const BORNE = [
  "s.attributes ->> '$.email' = o.attributes ->> '$.email'",
  "s.attributes ->> '$.externalId' = o.attributes ->> '$.externalId'",
  "s.id = o.attributes ->> '$.id'",
]

function bornOutside(kind: string, same: string): string {
  return `SELECT s.key FROM known s JOIN out_of_scope o ON ${same} WHERE s.kind = '${kind}' AND o.kind = '${kind}'`
}

export const isChosen = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM chosen c WHERE c.kind = '${kind}' AND c.key = ${key})`
export const isInScope = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM in_scope s WHERE s.kind = '${kind}' AND s.key = ${key})`
/** SQL for the key of what `d` refers to. */
export const refOf = (role: string) => `(d.refs ->> '$.${role}')`

export function belongs(does: boolean): Belonging {
  return does ? 'in' : 'out'
}

/** A pattern in SQLite's syntax: only `*` and `?` have a meaning. */
export function globOf(pattern: string): string {
  return pattern.replaceAll('[', '[[]')
}

/** What depends only on a chosen organization. */
export const OF_CHOSEN_ORGANIZATION = isChosen('organization', refOf('organization'))

/**
 * Members `d` in scope: a chosen user brings all its memberships, a chosen organization its own.
 */
const MEMBER = `${isInScope('user', refOf('user'))} AND (${OF_CHOSEN_ORGANIZATION} OR ${isChosen('user', refOf('user'))})`

/** For everything that ties a user to an organization. */
export const memberScope: ScopeRules = { desired: MEMBER, refused: ofMember }

function ofMember({ refs: { user, organization } }: RefusedItem, chosen: ChosenOnes): Belonging {
  const { by } = chosen
  if (user !== undefined && organization !== undefined) {
    return belongs(chosen.hasUser(user) && (chosen.choosesOrganization(organization) || chosen.choosesUser(user)))
  }
  if (user !== undefined) {
    if (chosen.hasUser(user) && chosen.choosesUser(user)) return 'in'
    return by.organization ? 'unknown' : 'out'
  }
  if (organization === undefined || by.user || by.address) return 'unknown'
  return belongs(chosen.choosesOrganization(organization))
}

/** A role assignment belongs to its user. */
export function assignmentBelongs({ refs }: RefusedItem, chosen: ChosenOnes): Belonging {
  return refs.user === undefined ? 'unknown' : belongs(chosen.hasUser(refs.user))
}

/** Reads the tables of a scope. */
export function chosenOnes(rundb: RunDatabase, selectors: readonly Selector[]): ChosenOnes {
  const has = (table: string, kind: string) => {
    const statement = rundb.statement(`SELECT 1 FROM ${table} WHERE kind = '${kind}' AND key = ?`)
    return (key: string) => statement.get(key) !== undefined
  }
  const by = (...kinds: Selector['kind'][]) => selectors.some(({ kind }) => kinds.includes(kind))
  return {
    choosesOrganization: has('chosen', 'organization'),
    choosesUser: has('chosen', 'user'),
    hasOrganization: has('in_scope', 'organization'),
    hasUser: has('in_scope', 'user'),
    by: {
      organization: by('organization'),
      user: by('user') || selectors.length === 0,
      address: by('email', 'domain'),
      invitation: by('invitation'),
    },
  }
}

/**
 * Reports only those left-out resources that belong to the chosen ones. Totals are of the whole
 * source.
 */
export function forgetLeftOut(rundb: RunDatabase): void {
  rundb.run(`DELETE FROM left_out_with AS d WHERE kind = 'invitation' AND NOT ${isChosen('invitation', 'd.key')}`)
  rundb.run(
    `DELETE FROM left_out_with AS d WHERE kind <> 'invitation' AND coalesce(${refOf('user')}, ${refOf('organization')}) IS NOT NULL
       AND NOT (${isInScope('user', refOf('user'))} OR ${isChosen('user', refOf('user'))} OR ${OF_CHOSEN_ORGANIZATION})`,
  )
  for (const kind of ['user', 'organization']) {
    rundb.run(
      `DELETE FROM left_out WHERE kind = '${kind}' AND key IS NOT NULL AND key NOT IN (SELECT key FROM in_scope WHERE kind = '${kind}')
         AND key NOT IN (SELECT refs ->> '$.${kind}' FROM left_out_with WHERE refs ->> '$.${kind}' IS NOT NULL)`,
    )
  }
}

/** A row of the rejects. */
export interface RefusedRow {
  id: number
  kind: string
  key: string | null
  records: number
  /** With the users that those of the record merged into. */
  item: RefusedItem
}

/** All rejects, with what they belong to. */
export function* refusedRows(rundb: RunDatabase): Generator<RefusedRow> {
  const rows = rundb.spool(
    `SELECT r.rowid AS id, r.kind, r.key, r.refs, r.records, own.canonical AS merged, a.canonical AS user,
       CASE WHEN r.kind = 'user' THEN coalesce((SELECT o.email FROM addresses o WHERE o.key = r.key AND o.seq = r.seq),
         ${FIRST_ADDRESS}) END AS email
     FROM rejects r
     LEFT JOIN aliases own ON own.kind = r.kind AND own.key = r.key
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = r.refs ->> '$.user'`,
  )
  for (const { id, kind, key, refs, records, merged, user, email } of rows) {
    const known: Record<string, string> = JSON.parse(String(refs))
    const own = key === null ? null : String(merged ?? key)
    yield {
      id: Number(id),
      kind: String(kind),
      key: key === null ? null : String(key),
      records: Number(records),
      item: {
        kind: String(kind),
        key: own,
        refs: user === null ? known : { ...known, user: String(user) },
        ...(email !== null && { email: String(email) }),
      },
    }
  }
}
