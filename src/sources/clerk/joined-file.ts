import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { ColumnSpec } from '../csv/column-spec.ts'
import type { SourceFile } from '../csv/file.ts'
import { nullsOption, textOption } from '../csv/options.ts'
import { CsvStream, type CsvStreamOptions, type RowRule } from '../csv/stream.ts'
import { JoinTable } from '../join-table.ts'
import { type ReadContext, ROW_LINE, type StreamCount } from '../source.ts'

/** A file whose rows belong to users. */
export interface JoinedFormat {
  stream: string
  columnSpec: ColumnSpec
  rule: RowRule
  /** Which user a row belongs to, as one of `userKeys` names it: `<kind of id>:<id>`. */
  rowKey(data: JsonObject): string
  /** The keys under which rows may mean a user. */
  userKeys(user: JsonObject): string[]
}

/** What the options say of how every CSV file of the source is written. */
export type Written = Pick<CsvStreamOptions, 'delimiter' | 'nulls'>

/** See Written. */
export function writtenAs(config: Record<string, unknown>): Written {
  return { delimiter: textOption(config, 'delimiter'), nulls: nullsOption(config) }
}

const IN_FILE = {
  place: 'in the users file',
  hint: 'the user was left out of the export or its row was refused; the ids must be equal to the letter',
}

/** Holds the rows of one file until their users come by. */
export class JoinedFile {
  readonly format: JoinedFormat
  readonly #rows: CsvStream
  readonly #context: ReadContext
  /** Kinds of id that occur in the file: no other needs to be looked up. */
  readonly #kinds = new Set<string>()
  #table: JoinTable | undefined

  constructor(format: JoinedFormat, file: SourceFile, context: ReadContext, written: Written = {}) {
    const { stream, columnSpec, rule } = format
    this.format = format
    this.#rows = new CsvStream({ stream, file, role: 'joined', columnSpec, rule, ...written }, context)
    this.#context = context
  }

  async load(): Promise<void> {
    const table = new JoinTable(this.#context.scratch, this.format.stream, this.#rows.count().file)
    this.#table = table
    for await (const records of this.#rows.records()) {
      table.load(
        records.map(({ line, data }) => {
          const key = this.format.rowKey(data)
          this.#kinds.add(kindOf(key))
          return { key, line, data }
        }),
      )
    }
    table.finish()
  }

  /** For each user its rows in the order of the file. */
  of(users: readonly JsonObject[]): JsonObject[][] {
    const keys = users.map((user) => this.format.userKeys(user).filter((key) => this.#kinds.has(kindOf(key))))
    const found = this.#table?.take(keys.flat()) ?? []
    let at = 0
    return keys.map((own) => {
      const rows = found.slice(at, at + own.length).flat()
      at += own.length
      return own.length < 2 ? rows : rows.sort((a, b) => Number(a[ROW_LINE]) - Number(b[ROW_LINE]))
    })
  }

  /** Refuses every row whose user never came. `where` says where users come from. */
  rejectUnused(where: { place: string; hint: string } = IN_FILE): void {
    for (const { key, line } of this.#table?.unused() ?? []) {
      this.#rows.reject(line, {
        code: 'no_such_user',
        message: `there is no user "${key.slice(kindOf(key).length + 1)}" ${where.place}`,
        hint: where.hint,
      })
    }
  }

  /** Refuses one row. */
  reject(line: number, problem: Pick<Problem, 'code' | 'message' | 'hint'>): void {
    this.#rows.reject(line, problem)
  }

  count(): StreamCount {
    return this.#rows.count()
  }

  digest(): string {
    return this.#rows.digest()
  }

  close(): void {
    this.#table?.close()
  }
}

function kindOf(key: string): string {
  return key.slice(0, key.indexOf(':'))
}
