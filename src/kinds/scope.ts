import type { Selector, SelectorKind } from '../config/pilot.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * Where selectors look: queries for the organizations and the users there are, the latter with
 * their addresses.
 */
export interface Population {
  /** Yields `key`. */
  organizations: string
  /**
   * Yields `key`, by which a user is selected; `chosen`, which is chosen then; and `email`, null
   * where nobody knows it.
   */
  users: string
  /** Yields `key` and `email`. */
  invitations: string
}

/** One way to choose resources of a kind: `email:*@acme.example`. */
export interface SelectorRule {
  by: SelectorKind
  /** SQL: what is `chosen` in the population; `?1` is the pattern. */
  found(population: Population): string
  /** The pattern as SQLite's. */
  glob(pattern: string): string
  /** SQL: every `name` by which something can be chosen. */
  names(population: Population): string
  /** What to write, where nothing fits. */
  hint: string
  /** What else may have been meant, where nothing fits. */
  otherWay?(rundb: RunDatabase, pattern: string): string | undefined
  /** Without any selector this one chooses, with everything that it fits. */
  choosesAll?: true
}

/** What is known of something that was refused. */
export interface RefusedItem {
  kind: string
  /** Null where it could not be computed. */
  key: string | null
  /** Keys of what it refers to, as far as they are known; of users the ones they merged into. */
  refs: Readonly<Record<string, string>>
  /** Of a user, where it is known. */
  email?: string
}

/** Whom a scope chooses, and who is in it. */
export interface ChosenOnes {
  choosesOrganization(key: string): boolean
  choosesUser(key: string): boolean
  hasOrganization(key: string): boolean
  hasUser(key: string): boolean
  /**
   * Whether a selector is by organization, by key of a user or everybody, by address, by an
   * invitation.
   */
  by: { organization: boolean; user: boolean; address: boolean; invitation: boolean }
}

/** `unknown`: nobody can tell whose it is. */
export type Belonging = 'in' | 'out' | 'unknown'

/** Which resources of a kind are in scope. Without such rules, all of them are in every scope. */
export interface ScopeRules {
  /** How it is chosen itself. */
  selectors?: readonly SelectorRule[]

  /**
   * Puts into `in_scope` those of whom the run speaks: the chosen ones, `limit` of the users at
   * most, and what they are tied to.
   */
  findInScope?(rundb: RunDatabase, limit: number | null): void

  /**
   * Which desired resources `d` are in scope, as SQL. Resources that refer to others are asked
   * first. Undefined: all.
   */
  desired?: string
  /**
   * An index, made before they are moved: what that reads by, or what planning asks for of those
   * out of scope.
   */
  index?: string

  /** What is done when the desired resources of others are out of the set. */
  narrowed?(rundb: RunDatabase): void

  /**
   * Whether something of it that was refused belongs to those of whom the run speaks. Undefined:
   * nobody can tell.
   */
  refused?(item: RefusedItem, chosen: ChosenOnes): Belonging
}

/** The address of a user `r` in one of its drafts. */
const FIRST_ADDRESS = `(SELECT d.attributes ->> '$.email' FROM drafts d WHERE d.kind = 'user' AND d.key = r.key
  ORDER BY d.dedupe_group, d.id LIMIT 1)`

/** Who is in the source, by whatever name a record of theirs has; also those who were refused. */
export const IN_THE_SOURCE: Population = {
  organizations: `SELECT key FROM desired WHERE kind = 'organization'
    UNION SELECT key FROM rejects WHERE kind = 'organization' AND key IS NOT NULL`,
  users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM desired WHERE kind = 'user'
    UNION ALL SELECT key, canonical, NULL FROM aliases WHERE kind = 'user'
    UNION ALL SELECT r.key, coalesce(a.canonical, r.key),
        coalesce((SELECT o.email FROM addresses o WHERE o.key = r.key LIMIT 1), ${FIRST_ADDRESS})
      FROM (SELECT DISTINCT key FROM rejects WHERE kind = 'user' AND key IS NOT NULL) r
      LEFT JOIN aliases a ON a.kind = 'user' AND a.key = r.key`,
  // Also those that are left out, since their recipients are there already. Behind the address a
  // key has that of the organization.
  invitations: `${invitationsOf('desired')} UNION ALL
    SELECT key, substr(key, 1, length(key) - 1 - length(coalesce(refs ->> '$.organization', '')))
    FROM left_out_with WHERE kind = 'invitation'`,
}

function invitationsOf(table: 'desired' | 'known'): string {
  return `SELECT key, attributes ->> '$.email' AS email FROM ${table} WHERE kind = 'invitation'`
}

/** Who is in the state. */
export function inTheState(): Population {
  return {
    organizations: `SELECT key FROM known WHERE kind = 'organization'`,
    users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM known WHERE kind = 'user'`,
    invitations: invitationsOf('known'),
  }
}

/**
 * Who is in the state alone. Of whom the source still has, under the same key or as a part of
 * another user, the source says whether they are chosen, whatever address they had when they were
 * applied. So it does of whom it has under another key: somebody out of scope who bears the same
 * address, external id or WorkOS id is about to take the account over.
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

/** What of the state `s` and of somebody out of scope `o` has to be the same for both to be one. */
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
/** The key of what `d` refers to, as SQL. */
export const refOf = (role: string) => `(d.refs ->> '$.${role}')`

export function belongs(does: boolean): Belonging {
  return does ? 'in' : 'out'
}

/** SQLite's pattern for one of ours: of its own signs only `*` and `?` have a meaning. */
export function globOf(pattern: string): string {
  return pattern.replaceAll('[', '[[]')
}

/** What hangs on a chosen organization alone. */
export const OF_CHOSEN_ORGANIZATION = isChosen('organization', refOf('organization'))

/**
 * Which members `d` of something are in scope: a chosen user brings all of its memberships, a
 * chosen organization its own.
 */
const MEMBER = `${isInScope('user', refOf('user'))} AND (${OF_CHOSEN_ORGANIZATION} OR ${isChosen('user', refOf('user'))})`

/** The rules of what ties a user to an organization. */
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

/** A role that a record gives belongs to its user. */
export function assignmentBelongs({ refs }: RefusedItem, chosen: ChosenOnes): Belonging {
  return refs.user === undefined ? 'unknown' : belongs(chosen.hasUser(refs.user))
}

/** Whom the tables of a scope hold. */
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
 * Of what is left out with what it belongs to, that of the chosen alone is worth telling. The sums
 * are of the whole source.
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

/** Something refused, as the rejects hold it. */
export interface RefusedRow {
  id: number
  kind: string
  key: string | null
  records: number
  /** With the users that those of the record merged into. */
  item: RefusedItem
}

/** Everything that was refused, with what tells whose it is. */
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
