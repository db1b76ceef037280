import { OperatorError } from '../../diagnostics/errors.ts'
import type { SourceFile } from './file.ts'
import { ownColumns } from './own-cells.ts'
import type { CsvStreamOptions } from './stream.ts'
import { openTable } from './table.ts'

/** The columns of a CSV file, of which only the head is read; undefined when it cannot be: the check of the file tells why. */
export async function columnsOf(
  file: SourceFile,
  { delimiter, dialect, encoding }: Pick<CsvStreamOptions, 'delimiter' | 'dialect' | 'encoding'>,
): Promise<string[] | undefined> {
  try {
    const quiet = { onBroken: () => {}, warn: () => {} }
    const table = await openTable(file, { dialect: { delimiter, ...dialect }, encoding, ...quiet })
    await table.close()
    return ownColumns(table.columns).filter((column) => column !== '')
  } catch (error) {
    if (error instanceof OperatorError) return undefined
    throw error
  }
}
