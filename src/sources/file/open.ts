/**
 * The `file` source. In: streams of files of any shape, as `options.ts` reads them. Out: the
 * records of main streams (`records.ts`), with joined records attached (`join/joined-stream.ts`).
 */

import { createHash } from 'node:crypto'
import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { checkCsvFile, columnsOf } from '../csv/stream.ts'
import { attachEach, type FindJoined, joinedIn, readMains, refuseTaken } from '../join/joined-stream.ts'
import { sourceParts } from '../parts.ts'
import {
  type ReadContext,
  requireNone,
  type Source,
  type SourceDefinition,
  type SourcePart,
  type Threads,
} from '../source.ts'
import { checkRecords } from '../text/check-records.ts'
import type { SourceFile } from '../text/file.ts'
import { Numbering } from '../text/numbering.ts'
import { numberedFrom } from '../text/record-file.ts'
import { type FileOptions, readSettings, type StreamSettings } from './options.ts'
import { FileStream, filesOf, freeColumns, openFile } from './records.ts'

export const fileSource: SourceDefinition<FileOptions> = {
  type: 'file',
  files: (config) => readSettings(config).streams.flatMap(({ paths }) => paths),
  async check(config, directory) {
    const { streams, problems } = readSettings(config)
    return problems.length > 0 ? problems : checkFiles(streams, directory)
  },
  async columns(config, directory) {
    const { streams, problems } = readSettings(config)
    return problems.length > 0 ? new Map() : columnsOfStreams(streams, directory)
  },
  open: (config, context) => openFiles(config, context),
}

function openFiles(config: FileOptions, context: ReadContext): Source {
  const { streams: settings, problems } = readSettings(config)
  requireNone(problems)
  const { numbering = new Numbering() } = context
  const streams = settings.map((stream) => new FileStream(stream, context))
  const mains = streams.filter(({ settings: { join } }) => join === undefined)
  return {
    streams: mains.map(({ settings: { name } }) => name),
    read: (chunkSize) => numberedFrom(readMains(mains, joinedIn(streams, context.scratch)), chunkSize, numbering),
    parts: (size, threads) => mainParts(mains, joinedIn(streams, context.scratch), { size, threads, numbering }),
    counts: () => streams.map((stream) => stream.count()),
    digest() {
      const whole = createHash('sha256')
      for (const stream of streams) whole.update(`${stream.settings.name} ${stream.digest()}\n`)
      return whole.digest('hex')
    },
  }
}

async function* mainParts(
  mains: readonly FileStream[],
  joinedTo: FindJoined<FileStream>,
  { size, threads, numbering }: { size: number; threads: Threads; numbering: Numbering },
): AsyncGenerator<SourcePart> {
  for (const main of mains) {
    const { name: stream } = main.settings
    const others = joinedTo(stream)
    const close = () => {
      for (const other of others) other.close()
    }
    let hasEnded = false
    try {
      for (const other of others) await other.loadIn(threads, size)
      const joined = others.map((other) => other.joined())
      for await (const { file, part } of main.parts(size)) {
        yield* sourceParts(
          [part],
          {
            reader: 'file',
            stream,
            file,
            joined,
            attach: (records, found) => attachEach(others, records, found),
            reject: (line, problem) => main.reject(file, line, problem),
            settle: (found) => refuseTaken(file, found),
          },
          numbering,
        )
      }
      hasEnded = true
      yield {
        step() {
          for (const other of others) other.finish()
          close()
        },
      }
    } finally {
      if (!hasEnded) close()
    }
  }
}

/** Number of files per stream whose heads are checked. */
const MAX_FILES = 20

async function checkFiles(streams: readonly StreamSettings[], directory: string): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const stream of streams) {
    try {
      const files = await filesOf(stream, directory)
      for (const file of files.slice(0, MAX_FILES)) problems.push(...(await checkHead(file, stream, directory)))
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      problems.push(...error.problems)
    }
  }
  return problems
}

/** See SourceDefinition.columns. Omits streams with more than MAX_FILES files. */
async function columnsOfStreams(
  streams: readonly StreamSettings[],
  directory: string,
): Promise<Map<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>()
  for (const stream of streams) {
    const { name, format, join, dialect, encoding } = stream
    if (join !== undefined || format !== 'csv') continue
    const files = await readableFiles(stream, directory)
    if (files.length === 0 || files.length > MAX_FILES) continue
    const heads = await Promise.all(files.map((file) => columnsOf(file, { dialect, encoding })))
    if (heads.includes(undefined)) continue
    const joined = streams.filter((stream) => stream.join?.into === name).map((stream) => stream.name)
    known.set(name, [...new Set(heads.flatMap((columns) => columns ?? [])), ...joined])
  }
  return known
}

/** Empty if the paths match no file, which the check reports. */
async function readableFiles(stream: StreamSettings, directory: string): Promise<SourceFile[]> {
  try {
    return await filesOf(stream, directory)
  } catch (error) {
    if (error instanceof OperatorError) return []
    throw error
  }
}

async function checkHead(file: SourceFile, stream: StreamSettings, directory: string): Promise<Problem[]> {
  if (stream.format === 'csv') {
    const { dialect, encoding } = stream
    return checkCsvFile(file, freeColumns(stream), { dialect, encoding })
  }
  return checkRecords(file, directory, (context) => openFile(file, stream, context))
}
