import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { columnsOf } from '../csv/columns.ts'
import type { SourceFile } from '../csv/file.ts'
import { checkCsvFile } from '../csv/stream.ts'
import { expandPaths } from './expand.ts'
import { freeColumns, openFile } from './open-file.ts'
import type { StreamSettings } from './stream-settings.ts'

/** Files of one stream whose heads are looked at. */
const MAX_FILES = 20

/** Problems that the beginnings of the files show. */
export async function checkFiles(streams: readonly StreamSettings[], directory: string): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const stream of streams) {
    try {
      const files = await expandPaths(stream.paths, directory, stream.name)
      for (const file of files.slice(0, MAX_FILES)) problems.push(...(await checkHead(file, stream, directory)))
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      problems.push(...error.problems)
    }
  }
  return problems
}

/** See SourceDefinition.columns. Of a stream of more files than are looked at nothing is said. */
export async function columnsOfStreams(
  streams: readonly StreamSettings[],
  directory: string,
): Promise<Map<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>()
  for (const { name, paths, format, join, dialect, encoding } of streams) {
    if (join !== undefined || format !== 'csv') continue
    const files = await filesOf(paths, directory, name)
    if (files.length === 0 || files.length > MAX_FILES) continue
    const heads = await Promise.all(files.map((file) => columnsOf(file, { dialect, encoding })))
    if (heads.includes(undefined)) continue
    const joined = streams.filter((stream) => stream.join?.into === name).map((stream) => stream.name)
    known.set(name, [...new Set(heads.flatMap((columns) => columns ?? [])), ...joined])
  }
  return known
}

/** None where the paths lead nowhere, of which the check has told. */
async function filesOf(paths: readonly string[], directory: string, stream: string): Promise<SourceFile[]> {
  try {
    return await expandPaths(paths, directory, stream)
  } catch (error) {
    if (error instanceof OperatorError) return []
    throw error
  }
}

async function checkHead(file: SourceFile, stream: StreamSettings, directory: string): Promise<Problem[]> {
  if (stream.format === 'csv') {
    const { dialect, encoding } = stream
    return checkCsvFile(file, freeColumns(stream), undefined, { dialect, encoding })
  }
  const problems: Problem[] = []
  const context = {
    directory,
    scratch: directory,
    warn: (problem: Problem) => problems.push(problem),
    reject: ({ problem }: { problem: Problem }) => problems.push({ ...problem, severity: 'warning' }),
  }
  // The first batch is what the first piece of the file holds, if there is a record in it.
  const records = openFile(file, stream, context).records()
  await records.next()
  await records.return(undefined)
  return problems.slice(0, 1)
}
