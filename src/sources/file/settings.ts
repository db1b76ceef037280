import type { Problem } from '../../diagnostics/problem.ts'
import { isObject } from '../../json.ts'
import { nullsOption } from '../csv/options.ts'
import { ROW_FILE, ROW_LINE } from '../source.ts'
import { formatOf, readFormat } from './format-settings.ts'
import { checkTree, readJoin } from './join-settings.ts'
import { type StreamSettings, textsOf } from './stream-settings.ts'

export interface Settings {
  streams: StreamSettings[]
  /** Why the streams cannot be read like this; each has the path of its value in the manifest. */
  problems: Problem[]
}

/** Reads the options of the source, which the schema has found well-formed. */
export function readSettings(config: Record<string, unknown>): Settings {
  const streams: StreamSettings[] = []
  const problems: Problem[] = []
  const given = isObject(config.streams) ? Object.entries(config.streams) : []
  const [main = ''] = given.map(([name]) => name)
  for (const [name, options] of given) {
    if (!isObject(options)) continue
    const complain = (option: string, problem: Omit<Problem, 'path'>) =>
      problems.push({ ...problem, path: `source.streams.${name}${option === '' ? '' : `.${option}`}` })
    if (name === ROW_FILE || name === ROW_LINE) complain('', reservedName(name))
    const paths = textsOf(options.path)
    const format = formatOf(options.format, paths)
    if (format === undefined) complain('path', unknownFormat)
    const shape = readFormat(format ?? 'csv', options, complain)
    const nulls = nullsOption(options.nulls === undefined ? config : options)
    const join = readJoin(options.join, main, complain)
    streams.push({ name, paths, format: format ?? 'csv', ...shape, nulls, join })
  }
  problems.push(...checkTree(streams))
  return { streams, problems }
}

const unknownFormat: Omit<Problem, 'path'> = {
  code: 'unknown_format',
  message: 'the endings of the files do not tell one format',
  hint: 'add format: csv, json or ndjson',
}

function reservedName(name: string): Omit<Problem, 'path'> {
  return {
    code: 'reserved_stream_name',
    message: `a stream may not be named ${name}: joined records carry their place under that name`,
    hint: 'rename it',
  }
}
