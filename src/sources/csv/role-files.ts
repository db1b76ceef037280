import { createHash } from 'node:crypto'
import { sourceParts } from '../parts.ts'
import type { PieceReader } from '../piece-reader.ts'
import {
  nullsOption,
  type ReadContext,
  type Source,
  type SourceDefinition,
  skippedLines,
  type Threads,
} from '../source.ts'
import { sourceFile } from '../text/file.ts'
import { Numbering } from '../text/numbering.ts'
import { placedRecords } from '../text/record-file.ts'
import type { RowRule } from './rows.ts'
import { type ColumnSpec, CsvStream, type CsvStreamOptions, checkCsvFile } from './stream.ts'

type RoleOption = 'roleDefinitions' | 'userRoles'

/** An additional CSV file about roles. It is a main stream with the name of its option. */
export interface RoleFile<Option extends RoleOption = RoleOption> {
  stream: Option
  columnSpec: ColumnSpec
  rule: RowRule
}

const requireRole: RowRule = (data) =>
  data.role_slug === undefined
    ? { code: 'missing_role', message: 'the row does not name a role', hint: 'fill in role_slug' }
    : undefined

/** Roles with their permissions. */
export const roleDefinitionFile: RoleFile<'roleDefinitions'> = {
  stream: 'roleDefinitions',
  columnSpec: {
    known: [
      'role_slug',
      'role_name',
      'role_description',
      'role_type',
      'permissions',
      'org_id',
      'org_external_id',
      'org_name',
    ],
    required: [['role_slug']],
  },
  rule: requireRole,
}

/** Roles of users, in one organization or in all of the user's organizations. */
export const userRoleFile: RoleFile<'userRoles'> = {
  stream: 'userRoles',
  columnSpec: {
    known: ['external_id', 'email', 'role_slug', 'org_id', 'org_external_id', 'org_name'],
    required: [['external_id', 'email'], ['role_slug']],
  },
  rule(data, isNull) {
    if (data.external_id !== undefined || data.email !== undefined) return requireRole(data, isNull)
    return { code: 'missing_key', message: 'the row does not name a user', hint: 'fill in external_id or email' }
  },
}

/** The rules of these files. The `csv` source itself has none. */
export const rowsReader: PieceReader = {
  rule: (stream) => [roleDefinitionFile, userRoleFile].find((file) => file.stream === stream)?.rule,
}

/** Options of a source that also apply to these files. */
interface RoleFileOptions {
  nulls?: string[]
  skipLines?: number | object
  ragged?: 'reject' | 'pad'
  maxRecordBytes?: number
}

type Written = Pick<CsvStreamOptions, 'dialect' | 'nulls' | 'ragged'>

function writtenAs({ nulls, skipLines, ragged, maxRecordBytes }: RoleFileOptions, file: RoleOption): Written {
  return {
    dialect: { skipLines: skippedLines(skipLines, file, ''), maxRecordBytes },
    nulls: nullsOption(nulls),
    ragged,
  }
}

/**
 * Adds an option and a main stream to a source for each file. Without the option, the stream is
 * empty.
 */
export function withRoleFiles<
  Option extends RoleOption,
  Options extends { [Name in Option]?: string } & RoleFileOptions,
>(definition: SourceDefinition<Options>, files: readonly RoleFile<Option>[]): SourceDefinition<Options> {
  const { columns } = definition
  const named = (config: { [Name in Option]?: string }) =>
    files.flatMap((file) => {
      const path: string | undefined = config[file.stream]
      return path === undefined ? [] : [{ file, path }]
    })
  return {
    ...definition,
    files: (config) => [...definition.files(config), ...named(config).map(({ path }) => path)],
    async check(config, directory) {
      const problems = await definition.check(config, directory)
      for (const { file, path } of named(config)) {
        const written = writtenAs(config, file.stream)
        problems.push(...(await checkCsvFile(sourceFile(path, directory), file.columnSpec, written)))
      }
      return problems
    },
    ...(columns && { columns: columns.bind(definition) }),
    open: (config, context) =>
      openWith(
        definition.open(config, context),
        { files, named: named(config).map((one) => ({ ...one, written: writtenAs(config, one.file.stream) })) },
        context,
      ),
  }
}

function openWith(
  source: Source,
  beside: { files: readonly RoleFile[]; named: readonly { file: RoleFile; path: string; written: Written }[] },
  context: ReadContext,
): Source {
  const { files, named } = beside
  const streams = named.map(({ file, path, written }) => {
    const at = sourceFile(path, context.directory)
    const { stream, columnSpec, rule } = file
    const rows = new CsvStream({ stream, file: at, role: 'main', columnSpec, rule, ...written }, context)
    return { stream, name: at.name, rows }
  })
  const { numbering = new Numbering() } = context
  return {
    streams: [...source.streams, ...files.map(({ stream }) => stream)],
    async *read(chunkSize) {
      for await (const records of source.read(chunkSize)) {
        numbering.past(records.at(-1)?.seq ?? 0)
        yield records
      }
      for (const { stream, name, rows } of streams) {
        for await (const batch of rows.records()) yield placedRecords(batch, { stream, file: name }, numbering)
      }
    },
    ...(source.parts !== undefined && {
      async *parts(size: number, threads: Threads) {
        yield* source.parts?.(size, threads) ?? []
        for (const { stream, name, rows } of streams) {
          yield* sourceParts(rows.parts(size), { reader: 'rows', stream, file: name }, numbering)
        }
      },
    }),
    counts: () => [...source.counts(), ...streams.map(({ rows }) => rows.count())],
    digest() {
      if (streams.length === 0) return source.digest()
      const whole = createHash('sha256').update(`${source.digest()}\n`)
      for (const { stream, rows } of streams) whole.update(`${stream} ${rows.digest()}\n`)
      return whole.digest('hex')
    },
    ...(source.partial !== undefined && { partial: source.partial }),
  }
}
