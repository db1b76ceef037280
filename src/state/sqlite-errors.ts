/** SQLite's result codes: https://www.sqlite.org/rescode.html */
const DAMAGED: ReadonlySet<number> = new Set([11, 26])
const NO_ROOM: ReadonlySet<number> = new Set([8, 10, 13, 14])
const MAYBE_FULL: ReadonlySet<number> = new Set([10, 13])

/** The database is damaged, or the file is none. */
export function isDamage(error: Error): boolean {
  return DAMAGED.has(codeOf(error))
}

/** The disk is full, or the file may not be written or made. */
export function hasNoRoom(error: Error): boolean {
  return NO_ROOM.has(codeOf(error))
}

/** The disk may be full: what SQLite maps into memory (the -shm file) fails on a full disk with an I/O error. */
export function mayBeFull(error: Error): boolean {
  return MAYBE_FULL.has(codeOf(error))
}

/** The primary result code; -1 for an error that is not SQLite's. */
function codeOf(error: Error): number {
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : -1
}
