import type { RunDatabase } from '../rundb/run-database.ts'
import type { Address } from '../state/store.ts'
import { isPlace, KINDS, type Wanted } from './wanted.ts'

/** What is meant, as far as the run's database tells. */
export interface Found {
  /** Users first; of a user that merged into another, the other. */
  addresses: Address[]
  /** Places of records that the source itself refused. */
  refused: string[]
  /** Positions of records that stand at the place that is meant. */
  seqs: Set<number>
}

/** The tables that know resources by their keys. Drafts and rejects are of kinds that only records describe, too. */
const TABLES = ['desired', 'drafts', 'rejects', 'known'] as const

/** Finds the resources that are meant. @param folders that a path may start from, the manifest's first */
export function findAddresses(rundb: RunDatabase, wanted: Wanted, folders: readonly string[]): Found {
  const found: Address[] = []
  const { address, place, email, text } = wanted
  if (address !== undefined) found.push(...byKey(rundb, address.key).filter(({ kind }) => kind === address.kind))
  const at =
    place === undefined ? { addresses: [], refused: [], seqs: new Set<number>() } : atPlace(rundb, place, folders)
  found.push(...at.addresses)
  if (found.length === 0) {
    found.push(...byKey(rundb, text), ...byId(rundb, text))
    if (email !== undefined) found.push(...byEmail(rundb, email))
  }
  return { addresses: canonicalAddresses(rundb, found), refused: at.refused, seqs: at.seqs }
}

/** Each once, what merged under the key that stands for it, users first. */
export function canonicalAddresses(rundb: RunDatabase, addresses: readonly Address[]): Address[] {
  const canonical = new Map<string, Address>()
  for (const { kind, key } of addresses.flatMap((address) => rolesMadeOf(rundb, address))) {
    if (!KINDS.includes(kind)) continue
    const stands = canonicalKey(rundb, kind, key)
    canonical.set(`${kind}:${stands}`, { kind, key: stands })
  }
  return [...canonical.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
}

/** The roles that a definition yielded; the definition itself where it yielded no role. */
function rolesMadeOf(rundb: RunDatabase, address: Address): Address[] {
  if (address.kind !== 'role-definition') return [address]
  const made = rundb
    .statement(
      `SELECT kind, key FROM desired WHERE (kind = 'role' AND key = ?1) OR (kind = 'organization-role'
         AND (key = ?1 OR (?1 LIKE '%@' AND substr(key, 1, length(?1)) = ?1))) ORDER BY key LIMIT 3`,
    )
    .all(address.key)
  return made.length === 0 ? [address] : addressesOf(made)
}

/** The key that stands for what merged; of a membership, that of the user which its user merged into. */
export function canonicalKey(rundb: RunDatabase, kind: string, key: string): string {
  const row =
    rundb.statement('SELECT canonical FROM aliases WHERE kind = ? AND key = ?').get(kind, key) ??
    (kind === 'membership' || kind === 'group-membership' ? turnedKey(rundb, kind, key) : undefined)
  return row === undefined ? key : String(row.canonical)
}

function turnedKey(rundb: RunDatabase, kind: string, key: string): Record<string, unknown> | undefined {
  return rundb
    .statement(
      `SELECT turned AS canonical FROM (SELECT canonical || substr(?2, length(key) + 1) AS turned FROM aliases
         WHERE kind = 'user' AND substr(?2, 1, length(key) + 1) = key || '@')
       WHERE EXISTS (SELECT 1 FROM drafts d WHERE d.kind = ?1 AND d.key = turned)
         AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.kind = ?1 AND d.key = ?2)`,
    )
    .get(kind, key)
}

function addressesOf(rows: readonly Record<string, unknown>[]): Address[] {
  return rows.map(({ kind, key }) => ({ kind: String(kind), key: String(key) }))
}

function byKey(rundb: RunDatabase, key: string): Address[] {
  const found = TABLES.flatMap((table) =>
    addressesOf(rundb.statement(`SELECT DISTINCT kind, key FROM ${table} WHERE key = ?`).all(key)),
  )
  const merged = rundb.statement('SELECT kind, canonical AS key FROM aliases WHERE key = ?').all(key)
  // What is rejected of a role is told with its user.
  const all = [...found, ...addressesOf(merged)]
  return all.map((one) => (one.kind === 'roleAssignment' ? { ...one, kind: 'user' } : one))
}

function byId(rundb: RunDatabase, id: string): Address[] {
  return ['known', 'actions'].flatMap((table) =>
    addressesOf(rundb.statement(`SELECT kind, key FROM ${table} WHERE id = ?`).all(id)),
  )
}

/** Users with this address, those whose records merged or were refused among them. */
function byEmail(rundb: RunDatabase, email: string): Address[] {
  return ['desired', 'drafts', 'known'].flatMap((table) =>
    addressesOf(
      rundb
        .statement(
          `SELECT DISTINCT kind, key FROM ${table} WHERE kind = 'user' AND lower(attributes ->> '$.email') = lower(?)`,
        )
        .all(email),
    ),
  )
}

/** What the record at a place yields; also where the place is that of a row that was joined to it. */
function atPlace(rundb: RunDatabase, place: { file: string; line: number }, folders: readonly string[]): Found {
  const files = rundb
    .statement('SELECT id, name FROM files')
    .all()
    .filter(({ name }) => isPlace({ file: String(name), line: place.line }, place, folders))
  const found: Found = { addresses: [], refused: [], seqs: new Set() }
  for (const { id, name } of files) {
    const rows = rundb
      .statement(
        `SELECT kind, key, seq FROM drafts WHERE file = ?1 AND line = ?2 UNION
         SELECT kind, key, seq FROM rejects WHERE file = ?1 AND line = ?2 UNION
         SELECT 'user', user, seq FROM grants WHERE file = ?1 AND line = ?2`,
      )
      .all(Number(id), place.line)
    for (const { kind, key, seq } of rows) {
      if (kind === 'record') found.refused.push(`${name}:${place.line}`)
      else if (key !== null)
        found.addresses.push({ kind: kind === 'roleAssignment' ? 'user' : String(kind), key: String(key) })
      if (seq !== null && Number(seq) >= 0) found.seqs.add(Number(seq))
    }
  }
  return found
}
