import type { JsonObject } from '../../../json.ts'
import type { ReadContext, SideRowsOnDisk, StreamCount } from '../../source.ts'
import { type SourceFile, sourceFile } from '../../text/file.ts'
import type { LineRecord, RecordFile } from '../../text/record-file.ts'
import { partOptions, type ReadOptions, unreadUsers } from '../options.ts'
import { exportFile } from './from-files.ts'
import {
  joinNothing,
  type Leftover,
  mfaRow,
  passwordRow,
  type SideResult,
  type SideRow,
  type SideStream,
  SideTable,
} from './side-table.ts'
import { type Belongings, plainRow } from './users.ts'

interface SideFile {
  stream: SideStream
  file: SourceFile
  read(data: JsonObject): SideResult
}

/** The files of passwords and MFA secrets, joined to the users. */
export class SideFiles implements Belongings {
  readonly #files: readonly SideFile[]
  readonly #context: ReadContext
  readonly #records: RecordFile[] = []
  /** By file: number of rows of users that are not read. */
  readonly #left: number[]
  readonly #options: ReadOptions
  /** See unreadUsers. */
  readonly #unread: string | undefined
  readonly #written: Pick<ReadOptions, 'nulls' | 'maxRecordBytes'>
  #table: SideTable | undefined

  constructor(options: ReadOptions, context: ReadContext) {
    const { passwords, mfa, nulls, maxRecordBytes } = options
    const named = (stream: SideStream, names: readonly string[], read: SideFile['read']) =>
      names.map((name) => ({ stream, file: sourceFile(name, context.directory), read }))
    this.#files = [...named('passwords', passwords, passwordRow), ...named('mfa', mfa, mfaRow)]
    this.#left = this.#files.map(() => 0)
    this.#options = options
    this.#unread = unreadUsers(options)
    this.#written = { nulls, maxRecordBytes }
    this.#context = context
  }

  /**
   * Reads the files and finds the user of each row. That needs all users: otherwise, a user could
   * get the password of a previous owner of the address. Rejects rows without a user; in a partial
   * reading, counts them for a warning.
   * @param users all users, as the mapping sees them
   */
  async load(users: () => AsyncIterable<LineRecord[]>): Promise<void> {
    if (this.#files.length === 0) return
    const table = new SideTable(
      this.#context.scratch,
      this.#files.map(({ file }) => file.name),
    )
    this.#table = table
    for (const [index, { stream, file, read }] of this.#files.entries()) {
      const written = { stream, role: 'joined', file, ...this.#written } as const
      const { isCsv, file: records } = await exportFile(written, this.#context)
      this.#records.push(records)
      for await (const batch of records.records()) {
        const rows = batch.flatMap(({ line, data }) => {
          const result = read(isCsv ? plainRow(data) : data)
          if (result.ok) return [{ line, row: this.#findable(result.row) }]
          records.reject(line, result)
          return []
        })
        table.addRows(stream, index, rows)
      }
    }
    for await (const batch of users()) table.addUsers(batch.map(({ data }) => data))
    for (const leftover of table.resolveUsers()) {
      const { file, line, code } = leftover
      if (this.#unread !== undefined && code === 'no_such_user') this.#left[file] = (this.#left[file] ?? 0) + 1
      else this.#records[file]?.reject(line, rejectionOf(leftover))
    }
    this.#warnOfLeft()
  }

  /**
   * In a partial reading, another user can have owned the address when the file was made. So the ID
   * of a row counts alone, if it has one.
   */
  #findable(row: SideRow): SideRow {
    return this.#unread !== undefined && row.user !== undefined ? { ...row, email: undefined } : row
  }

  #warnOfLeft(): void {
    for (const [index, { file }] of this.#files.entries()) {
      const left = this.#left[index] ?? 0
      if (left === 0) continue
      this.#context.warn({
        code: 'rows_not_read',
        severity: 'warning',
        message: `${left === 1 ? `1 row of ${file.name} matches` : `${left} rows of ${file.name} match`} no user that was read; users who ${this.#unread} are not read`,
        hint: `remove ${partOptions(this.#options)} for the last run, which then rejects each row without a user`,
        at: { file: file.name },
      })
    }
  }

  /** Adds its rows to each user; empty lists if there are no files. */
  join(users: readonly JsonObject[]): void {
    if (this.#table !== undefined) this.#table.rows.join(users)
    else joinNothing(users)
  }

  /** The rows, to join them in other threads. */
  get onDisk(): SideRowsOnDisk | undefined {
    return this.#table?.rows.table
  }

  counts(): StreamCount[] {
    return this.#records.map((records, index) => {
      const { read, passed, ...count } = records.count()
      const left = this.#left[index] ?? 0
      return { ...count, read: read - left, passed: passed - left }
    })
  }

  digests(): string[] {
    return this.#records.map((records) => records.digest())
  }

  close(): void {
    this.#table?.close()
  }
}

function rejectionOf({ stream, code, user }: Leftover): { code: string; message: string; hint: string } {
  const what = stream === 'mfa' ? 'MFA secret' : 'password'
  switch (code) {
    case 'no_such_user':
      return {
        code,
        message: `no user has the ID or the email address ${user} of this ${what}`,
        hint: 'check that the user exists and that the file is from this tenant; an email address counts only in the connection of the row, and never with alt_id',
      }
    case 'ambiguous_user':
      return {
        code,
        message: `several users have the ID or the email address ${user} of this ${what}`,
        hint: 'add the connection and the ID of the user to the row',
      }
    case 'ambiguous_row':
      return {
        code: 'ambiguous_user',
        message: `several different rows match the user of this ${what} (${user}) by email address`,
        hint: 'add the ID of the user to the right row, and remove the others',
      }
    case 'second_row':
      return {
        code: stream === 'mfa' ? 'second_mfa_secret' : 'second_password',
        message: `an earlier row has another ${what} for the user ${user}`,
        hint: `keep only the newest row; a user has one ${what}, including linked accounts`,
      }
  }
}
