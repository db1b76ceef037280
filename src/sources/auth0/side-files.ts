import type { JsonObject } from '../../json.ts'
import { type SourceFile, sourceFile } from '../csv/file.ts'
import type { LineRecord, RecordFile } from '../record-file.ts'
import type { ReadContext, StreamCount } from '../source.ts'
import { exportFile } from './export-file.ts'
import type { ReadOptions } from './options.ts'
import { mfaRow, passwordRow, type SideResult } from './side-rows.ts'
import { type Leftover, type SideStream, SideTable } from './side-table.ts'
import { plainRow } from './user-record.ts'

interface SideFile {
  stream: SideStream
  file: SourceFile
  read(data: JsonObject): SideResult
}

/** The files of passwords and MFA secrets, whose rows wait for their users. */
export class SideFiles {
  readonly #files: readonly SideFile[]
  readonly #context: ReadContext
  readonly #records: RecordFile[] = []
  #table: SideTable | undefined

  constructor({ passwords, mfa }: ReadOptions, context: ReadContext) {
    const named = (stream: SideStream, names: readonly string[], read: SideFile['read']) =>
      names.map((name) => ({ stream, file: sourceFile(name, context.directory), read }))
    this.#files = [...named('passwords', passwords, passwordRow), ...named('mfa', mfa, mfaRow)]
    this.#context = context
  }

  /**
   * Reads the files and finds whose each row is, which takes all users: who has changed an address since would otherwise be given the
   * password of whoever has it now. Rows that are nobody's are rejected.
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
      const records = await exportFile({ stream, role: 'joined', file, fromCsv: plainRow }, this.#context)
      this.#records.push(records)
      for await (const batch of records.records()) {
        const rows = batch.flatMap(({ line, data }) => {
          const result = read(data)
          if (result.ok) return [{ line, row: result.row }]
          records.reject(line, result)
          return []
        })
        table.addRows(stream, index, rows)
      }
    }
    for await (const batch of users()) table.addUsers(batch.map(({ data }) => data))
    for (const leftover of table.settle()) this.#records[leftover.file]?.reject(leftover.line, complaint(leftover))
  }

  /** Gives each user the rows that are its own; also where there are no files. */
  join(users: readonly JsonObject[]): void {
    if (this.#table !== undefined) this.#table.join(users)
    else for (const user of users) for (const list of ['passwords', 'mfa', 'same_email']) user[list] = []
  }

  counts(): StreamCount[] {
    return this.#records.map((records) => records.count())
  }

  digests(): string[] {
    return this.#records.map((records) => records.digest())
  }

  close(): void {
    this.#table?.close()
  }
}

function complaint({ stream, code, user }: Leftover): { code: string; message: string; hint: string } {
  const what = stream === 'mfa' ? 'MFA secret' : 'password'
  switch (code) {
    case 'no_such_user':
      return {
        code,
        message: `no user has the id or the address ${user} of this ${what}`,
        hint: 'the user was deleted since, or the file is from another tenant',
      }
    case 'ambiguous_user':
      return {
        code,
        message: `several users have the address ${user} of this ${what}, and its id is nobody's`,
        hint: 'name the connection or the id of the user in the row',
      }
    case 'second_row':
      return {
        code: stream === 'mfa' ? 'second_mfa_secret' : 'second_password',
        message: `the user ${user} has another ${what} already, which stands before this one`,
        hint: 'keep the row that is the newer one; an account has one, linked accounts of a user included',
      }
  }
}
