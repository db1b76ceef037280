import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { realPathOf, regularFileAt } from '../../files/regular-file.ts'
import { isBusy } from '../../sqlite/errors.ts'
import { openReadOnly, pragma } from '../../sqlite/open.ts'
import type { LockHolder } from '../holder.ts'
import type { Binding, StateGlance } from '../store.ts'
import { migrations } from './database.ts'
import { readHolder, refuseHardLinks } from './lock.ts'
import { APPLICATION_ID, foreign, newer, regularStateAt, unreadable } from './state-file.ts'

/**
 * Reads a state and leaves its folder unchanged: no migration, no journal, no lock.
 * @returns undefined for an empty file, which does not count as a state
 * @throws StateError for anything but a regular file, and for a foreign, damaged or newer one
 */
export function glanceAtState(path: string): StateGlance | undefined {
  regularStateAt(path)
  const journal = `${path}-wal`
  const hasJournal = (regularFileAt(journal)?.size ?? 0) > 0
  // SQLite reads a journal through an index file, and creates a missing one.
  const isReadable = hasJournal && existsSync(`${path}-shm`)
  const url = pathToFileURL(path)
  if (!isReadable) url.searchParams.set('immutable', '1')
  let db: DatabaseSync | undefined
  try {
    db = openReadOnly(url, 1_000)
    const number = (sql: string) => Number(Object.values(db?.prepare(sql).get() ?? {})[0] ?? 0)
    const id = pragma(db, 'application_id')
    if (id === 0 && number('SELECT count(*) FROM sqlite_schema') === 0) return undefined
    if (id !== APPLICATION_ID) throw foreign(path)
    if (pragma(db, 'user_version') > migrations.length) throw newer(path)
    const bound = db.prepare("SELECT value FROM meta WHERE name = 'binding'").get()?.value
    return {
      serial: number("SELECT value FROM meta WHERE name = 'serial'"),
      resources: number('SELECT count(*) FROM resources'),
      openWrites: number('SELECT count(*) FROM intents'),
      binding: typeof bound === 'string' ? (JSON.parse(bound) as Binding) : undefined,
      ...(hasJournal && !isReadable && { journal }),
    }
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) throw unreadable(path, error.message, error)
    throw error
  } finally {
    db?.close()
  }
}

/**
 * Whether the lock of a state is held. Does not take it and creates no file.
 * @throws StateError for a state with a second name, which no lock protects
 */
export function glanceAtLock(statePath: string): { held: boolean; holder?: LockHolder } {
  const path = realPathOf(statePath)
  refuseHardLinks(path)
  const lockPath = `${path}.lock`
  if (regularFileAt(lockPath) === undefined) return { held: false }
  const db = openReadOnly(lockPath, 0)
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return { held: false }
  } catch (error) {
    if (!isBusy(error)) throw error
    return { held: true, holder: readHolder(`${path}.lock.json`) }
  } finally {
    db.close()
  }
}
