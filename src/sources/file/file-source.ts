import { createHash } from 'node:crypto'
import { ManifestError } from '../../diagnostics/errors.ts'
import { numberedFrom } from '../chunks.ts'
import { nullsSchema } from '../csv/options.ts'
import { JoinTable } from '../join-table.ts'
import type { ReadContext, Source, SourceDefinition } from '../source.ts'
import { checkFiles, columnsOfStreams } from './check.ts'
import { attachAll, JoinedStream } from './joined-stream.ts'
import { readSettings } from './settings.ts'
import { type Batch, FileStream } from './stream.ts'

/** Files of any shape: streams of CSV, JSON and NDJSON, joined by key expressions. */
export const fileSource: SourceDefinition = {
  type: 'file',
  schema: {
    type: 'object',
    properties: { streams: { type: 'object', minProperties: 1 }, nulls: nullsSchema },
    required: ['streams'],
    additionalProperties: false,
  },
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

function openFiles(config: Record<string, unknown>, context: ReadContext): Source {
  const { streams: settings, problems } = readSettings(config)
  if (problems.length > 0) throw new ManifestError(problems)
  const streams = settings.map((stream) => new FileStream(stream, context))
  const mains = streams.filter(({ settings: { join } }) => join === undefined)
  return {
    streams: mains.map(({ settings: { name } }) => name),
    read: (chunkSize) => numberedFrom(readMains(mains, streams, context), chunkSize),
    counts: () => streams.map((stream) => stream.count()),
    digest() {
      const whole = createHash('sha256')
      for (const stream of streams) whole.update(`${stream.settings.name} ${stream.digest()}\n`)
      return whole.digest('hex')
    },
  }
}

async function* readMains(
  mains: readonly FileStream[],
  streams: readonly FileStream[],
  context: ReadContext,
): AsyncGenerator<Batch & { stream: string }> {
  let tables = 0
  const joinedTo = (name: string): JoinedStream[] =>
    streams.flatMap((stream) => {
      const { join } = stream.settings
      if (join?.into !== name) return []
      const table = new JoinTable(context.scratch, `join-${tables++}`, stream.settings.name)
      return new JoinedStream(stream, join, joinedTo(stream.settings.name), table)
    })
  for (const main of mains) {
    const { name } = main.settings
    const joined = joinedTo(name)
    try {
      for (const other of joined) await other.load()
      for await (const batch of main.records()) {
        yield { ...batch, stream: name, records: await attachAll(joined, batch, main) }
      }
      for (const other of joined) other.finish()
    } finally {
      for (const other of joined) other.close()
    }
  }
}
