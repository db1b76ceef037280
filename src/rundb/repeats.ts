import { draftsChange } from './draft-facts.ts'
import type { Place, RunDatabase } from './run-database.ts'

/**
 * Repeats: drafts that are equal to another one. One row of `drafts` represents all of them; the
 * places of the others are kept in one row of `repeats` per chunk. In: the places of repeats. Out:
 * the number of records of a draft; and one row of `drafts` per repeat, if single records are
 * needed.
 */

/** One or more equal records of a chunk that repeat a draft. */
export interface Repeat {
  /** The id of the draft that represents it, from an earlier record. */
  draft: number
  /** The position of the first of these records. */
  seq: number
  place: Place
  records: number
}

/** Numbers per packed repeat: those of Repeat, with the line, or NO_LINE. */
const WIDTH = 5
const NO_LINE = -1

/** Stores the repeats of a chunk. */
export function insertRepeats(rundb: RunDatabase, repeats: readonly Repeat[]): void {
  if (repeats.length === 0) return
  const packed = new Float64Array(repeats.length * WIDTH)
  for (const [index, { draft, seq, place, records }] of repeats.entries()) {
    packed.set([draft, seq, place.fileId, place.line ?? NO_LINE, records], index * WIDTH)
  }
  rundb.statement('INSERT INTO repeats (packed) VALUES (?)').run(new Uint8Array(packed.buffer))
}

/** Drafts whose repeats are added or unpacked at once. Limits the memory. */
const DRAFTS_AT_ONCE = 50_000

/** Adds the records of its repeats to each draft. Call it after staging, before reading drafts. */
export function gatherRepeats(rundb: RunDatabase): void {
  draftsChange(rundb)
  let sums = new Map<number, { repeats: number; records: number }>()
  for (const packed of chunks(rundb)) {
    for (let at = 0; at < packed.length; at += WIDTH) {
      const [draft = 0, records = 0] = [packed[at], packed[at + WIDTH - 1]]
      const sum = sums.get(draft)
      if (sum === undefined) sums.set(draft, { repeats: 1, records })
      else {
        sum.repeats += 1
        sum.records += records
      }
    }
    if (sums.size < DRAFTS_AT_ONCE) continue
    addSums(rundb, sums)
    sums = new Map()
  }
  addSums(rundb, sums)
  rundb.exec(`UPDATE drafts SET records = records + (SELECT r.records FROM repeated r WHERE r.draft = drafts.id)
    WHERE id IN (SELECT draft FROM repeated)`)
}

function addSums(rundb: RunDatabase, sums: ReadonlyMap<number, { repeats: number; records: number }>): void {
  const add = rundb.statement(
    `INSERT INTO repeated VALUES (?, ?, ?) ON CONFLICT DO UPDATE
       SET repeats = repeats + excluded.repeats, records = records + excluded.records`,
  )
  for (const [draft, { repeats, records }] of sums) add.run(draft, repeats, records)
}

/**
 * Turns repeats into drafts, so that each is found at its place.
 * @param which SQL that returns IDs of drafts whose repeats to unpack, and possibly other IDs.
 *   Default: all
 */
export function unpackRepeats(rundb: RunDatabase, which?: string, ...parameters: string[]): void {
  const chosen = which === undefined ? '' : `WHERE draft IN (${which})`
  if (rundb.count(`SELECT EXISTS (SELECT 1 FROM repeated ${chosen})`, ...parameters) === 0) return
  draftsChange(rundb)
  rundb.exec('CREATE TEMP TABLE IF NOT EXISTS unpacking (draft INTEGER PRIMARY KEY) STRICT')
  rundb.run(`INSERT INTO unpacking SELECT draft FROM repeated ${chosen}`, ...parameters)
  for (let drafts = nextDrafts(rundb, -1); drafts.length > 0; drafts = nextDrafts(rundb, drafts.at(-1) ?? 0)) {
    unpack(rundb, new Set(drafts))
  }
  rundb.exec(`
    UPDATE drafts SET records = records - (SELECT r.records FROM repeated r WHERE r.draft = drafts.id)
      WHERE id IN (SELECT r.draft FROM repeated r JOIN unpacking USING (draft));
    DELETE FROM repeated WHERE draft IN (SELECT draft FROM unpacking);
    DELETE FROM unpacking`)
}

/** Unpacks what a rule about several drafts found. @param found SQL that returns `id` */
export function unpackFound(rundb: RunDatabase, found: string): void {
  unpackRepeats(rundb, `SELECT id FROM (${found})`)
}

function nextDrafts(rundb: RunDatabase, last: number): number[] {
  return rundb
    .statement(`SELECT draft FROM unpacking WHERE draft > ? ORDER BY draft LIMIT ${DRAFTS_AT_ONCE}`)
    .all(last)
    .map(({ draft }) => Number(draft))
}

function unpack(rundb: RunDatabase, drafts: ReadonlySet<number>): void {
  const insert = rundb.statement(
    `INSERT INTO drafts (seq, kind, key, dedupe_group, refs, attributes, secrets, file, line, records, rank, updated, external)
     SELECT ?2, kind, key, dedupe_group, refs, attributes, secrets, ?3, ?4, ?5, rank, updated, external FROM drafts WHERE id = ?1`,
  )
  for (const packed of chunks(rundb)) {
    for (let at = 0; at < packed.length; at += WIDTH) {
      const [draft = 0, seq = 0, file = 0, line = 0, records = 0] = packed.subarray(at, at + WIDTH)
      if (drafts.has(draft)) insert.run(draft, seq, file, line === NO_LINE ? null : line, records)
    }
  }
}

/** The repeats of each chunk, packed. Read one before the next: they share their memory. */
function* chunks(rundb: RunDatabase): Generator<Float64Array> {
  let bytes = new Uint8Array(0)
  for (const { packed } of rundb.iterate('SELECT packed FROM repeats')) {
    if (!(packed instanceof Uint8Array)) throw new TypeError('repeats are packed')
    // A copy, because the bytes might not be aligned. Garbage outside the heap is freed late.
    if (bytes.length < packed.length) bytes = new Uint8Array(2 * packed.length)
    bytes.set(packed)
    yield new Float64Array(bytes.buffer, 0, packed.length / Float64Array.BYTES_PER_ELEMENT)
  }
}
