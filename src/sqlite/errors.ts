/** SQLite's result codes: https://www.sqlite.org/rescode.html */
const BUSY = 5
const FULL = 13
const DAMAGED: ReadonlySet<number> = new Set([11, 26])
const UNWRITABLE: ReadonlySet<number> = new Set([8, 10, 14])
const IO_ERROR = 10

/** Another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === BUSY
}

/** The database is damaged, or the file is not a database. */
export function isDamage(error: unknown): boolean {
  return DAMAGED.has(primaryCode(error))
}

/** The disk is full. */
export function isFull(error: unknown): boolean {
  return primaryCode(error) === FULL
}

/** The file cannot be written or created, or the disk fails. */
export function isUnwritable(error: unknown): boolean {
  return UNWRITABLE.has(primaryCode(error))
}

/** The disk is full, or the file cannot be written or created. */
export function hasNoRoom(error: unknown): boolean {
  return isFull(error) || isUnwritable(error)
}

/**
 * The disk might be full: SQLite's memory-mapped -shm file fails on a full disk with an I/O error.
 */
export function mayBeFull(error: unknown): boolean {
  return isFull(error) || primaryCode(error) === IO_ERROR
}

/** Without the extended part; -1 for an error that is not SQLite's. */
function primaryCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return -1
  return error.errcode & 0xff
}
