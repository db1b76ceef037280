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

/** The files of passwords and MFA secrets, whose rows wait for their users. */
export class SideFiles implements Belongings {
  readonly #files: readonly SideFile[]
  readonly #context: ReadContext
  readonly #records: RecordFile[] = []
  /** By file: rows of users who were not asked for. */
  readonly #left: number[]
  readonly #options: ReadOptions
  /** Who is not read, in words. */
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
   * Reads the files and finds whose each row is, which takes all users: who has changed an address
   * since would otherwise be given the password of whoever has it now. Rows that are nobody's are
   * rejected; where only users were read who changed, they are left.
   * @param users all of them, as the mapping will see them
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
   * Of a part of the users, an address does not say whose it was when the file was made: then only
   * an id counts, if there is one.
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
        message: `${left} rows of ${file.name} are of users who ${this.#unread}, or of nobody`,
        hint: `a whole reading tells which: take ${partOptions(this.#options)} out for the last one`,
        at: { file: file.name },
      })
    }
  }

  /** Gives each user the rows that are its own; also where there are no files. */
  join(users: readonly JsonObject[]): void {
    if (this.#table !== undefined) this.#table.rows.join(users)
    else joinNothing(users)
  }

  /** The rows, for whoever joins them elsewhere. */
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
        message: `no user has the id or the address ${user} of this ${what}`,
        hint: 'the user was deleted since, or the file is from another tenant; an address counts only in the connection of the row, and never beside alt_id',
      }
    case 'ambiguous_user':
      return {
        code,
        message: `several users have the id or the address ${user} of this ${what}`,
        hint: 'name the connection and the id of the user in the row',
      }
    case 'ambiguous_row':
      return {
        code: 'ambiguous_user',
        message: `several rows match the user of this ${what} (${user}) by address, and they differ`,
        hint: 'name the id of the user in the row that is right, and remove the others',
      }
    case 'second_row':
      return {
        code: stream === 'mfa' ? 'second_mfa_secret' : 'second_password',
        message: `the user ${user} has another ${what} already, which stands before this one`,
        hint: 'keep the row that is the newer one; an account has one, linked accounts of a user included',
      }
  }
}
