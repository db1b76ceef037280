import type { RunDatabase } from './run-database.ts'

/**
 * Rare features of the resources of a kind. In: what staging and deriving notice in passing. Out:
 * whether a step has anything to look for. Searching all resources takes much longer.
 */

/** A feature. Others are the names of secrets: see DraftDefinition. */
export const TRAIT = {
  /** An external ID that is not the key. */
  externalId: 'external ID',
  /** A dedupe key. */
  dedupeKey: 'dedupe key',
  /** Another resource of the kind from the same record. */
  sameRecord: 'same record',
  /** Half of a surrogate pair, which JSON.stringify writes in its own way. */
  halfPair: 'half of a surrogate pair',
} as const

/** What this thread has noted. */
const noted = new WeakMap<RunDatabase, Set<string>>()

export function noteTrait(rundb: RunDatabase, kind: string, trait: string): void {
  const known = noted.get(rundb) ?? new Set()
  const name = `${kind} ${trait}`
  if (known.has(name)) return
  rundb.run('INSERT OR IGNORE INTO traits VALUES (?, ?)', kind, trait)
  noted.set(rundb, known.add(name))
}

/** Notes half of a surrogate pair in JSON. Most JSON has no backslash, which is found faster. */
export function noteHalfPairs(rundb: RunDatabase, kind: string, json: string): void {
  if (json.includes('\\') && json.includes('\\ud')) noteTrait(rundb, kind, TRAIT.halfPair)
}

/** Whether any resource of a kind can have a feature. */
export function hasTrait(rundb: RunDatabase, kind: string, trait: string): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM traits WHERE kind = ? AND trait = ?)', kind, trait) > 0
}

/** Whether any resource at all can have a feature. */
export function isAnywhere(rundb: RunDatabase, trait: string): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM traits WHERE trait = ?)', trait) > 0
}

/** By kind, the largest size that this thread has noted. */
const largest = new WeakMap<RunDatabase, Map<string, number>>()

/**
 * Notes the size of a resource. Sizes are rounded up, so that few are stored.
 * @param size of its JSON, in characters
 */
export function noteSize(rundb: RunDatabase, kind: string, size: number): void {
  const known = largest.get(rundb) ?? new Map<string, number>()
  if (size <= (known.get(kind) ?? 0)) return
  const rounded = 2 ** Math.ceil(Math.log2(size))
  largest.set(rundb, known.set(kind, rounded))
  rundb.run(
    'INSERT INTO largest VALUES (?, ?) ON CONFLICT DO UPDATE SET size = max(size, excluded.size)',
    kind,
    rounded,
  )
}

/** At least the size of the largest staged or merged resource of a kind, in characters. */
export function largestSize(rundb: RunDatabase, kind: string): number {
  return rundb.count('SELECT size FROM largest WHERE kind = ?', kind)
}
