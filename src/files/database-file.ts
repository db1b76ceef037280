import { takeFile } from './regular-file.ts'

const MAGIC = 'SQLite format 3\0'

/**
 * Whose a file is, told by its first bytes (https://www.sqlite.org/fileformat2.html#the_database_header).
 * `nobody`: it is empty, or a database without tables; what SQLite has not yet moved into it may say more.
 */
export type DatabaseOwner = 'nobody' | 'ours' | 'another program' | 'no database'

/**
 * Prepares a file for SQLite: creates a missing one, sets its mode to 0600 where it is ours or empty, and leaves every
 * other file alone. SQLite itself would write into a file of another program: it takes up an unfinished transaction.
 * @throws NotRegularFile
 */
export function takeDatabaseFile(path: string, applicationId: number): DatabaseOwner {
  let owner: DatabaseOwner = 'nobody'
  takeFile(path, (head) => {
    owner = ownerOf(head, applicationId)
    return owner === 'ours'
  })
  return owner
}

function ownerOf(bytes: Uint8Array, applicationId: number): DatabaseOwner {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (head.length < 108 || head.toString('latin1', 0, 16) !== MAGIC) return 'no database'
  const id = head.readInt32BE(68)
  if (id === applicationId) return 'ours'
  // Cells of the first page are the tables: one transaction makes ours and writes the id, into the same page.
  return id === 0 && head.readUInt16BE(103) === 0 ? 'nobody' : 'another program'
}
