/**
 * Chooses the tables of a database for `init`. In: `--from` and prompts. Out: the users table and
 * related tables, as files. Writes nothing, and keeps only the variable of the URL.
 */
import { OperatorError, UsageError } from '../../diagnostics/errors.ts'
import { nameOf } from '../../inspecting/database/catalog.ts'
import { type DatabaseLook, isProposal } from '../../inspecting/database/look.ts'
import { type NoTables, recogniseTable, type TableProposal } from '../../inspecting/database/propose-tables.ts'
import { headOf } from '../../inspecting/database/relations.ts'
import { SAMPLE } from '../../inspecting/database/sample.ts'
import type { TableStream } from '../../inspecting/database/streams.ts'
import { counted } from '../../reporting/style.ts'
import type { Context } from '../context.ts'
import { type Database, databaseFrom, known, lookInto, missingUrl, type UnknownUrl, withUrl } from '../database.ts'
import type { Answers, DatabaseAnswer, FoundFile, Given, UnusedFile } from './answers.ts'
import { ORIGINS } from './answers.ts'
import type { Beside } from './beside.ts'
import type { Prompts } from './prompts.ts'
import { databaseRecipe } from './propose-database.ts'

export interface ChosenTables extends Beside {
  database: DatabaseAnswer
}

/** @throws UsageError without prompts, if something is missing */
export async function tablesFrom(
  from: string,
  given: Given,
  prompts: Prompts | undefined,
  context: Context,
): Promise<ChosenTables> {
  const found = databaseFrom(from, context)
  if ('url' in found) return chosen(found, given, prompts, context)
  if (prompts === undefined) throw missingUrl(found)
  for (;;) {
    try {
      return await chosen(await askForUrl(found, prompts, context), given, prompts, context)
    } catch (error) {
      if (!(error instanceof OperatorError) || context.interrupted.aborted) throw error
      prompts.warn(error.message)
    }
  }
}

async function askForUrl(wanted: UnknownUrl, prompts: Prompts, { redactor }: Context): Promise<Database> {
  const url = (await prompts.secret(`${wanted.variable}? The URL of the database. It is used but not stored`)).trim()
  if (url === '') throw missingUrl(wanted)
  return withUrl(wanted, known(url, redactor))
}

async function chosen(
  database: Database,
  given: Given,
  prompts: Prompts | undefined,
  context: Context,
): Promise<ChosenTables> {
  const look = await lookFor(database, given, prompts, context)
  const { tables } = look
  if (!isProposal(tables)) throw nobody(tables, look)
  refuseOther(given, tables)
  const { rows, catalog } = look
  const found = (stream: TableStream): FoundFile => ({
    name: nameOf(stream.table, catalog),
    path: '',
    data: {
      head: headOf(stream.table),
      recognised: recogniseTable(stream.table),
      source: { type: database.type },
      written: {},
      columns: new Map(),
    },
    table: { options: stream.options, rows: rows.get(stream.table) ?? [] },
  })
  const files: Answers['files'] = { users: found(tables.people) }
  for (const { part, read, join } of tables.parts) files[part] = withJoin(found(read), join)
  const sides: Answers['sides'] = []
  for (const { side, stream } of tables.sides) sides.push({ side, file: found(stream) })
  return {
    origin: tables.origin,
    files,
    sides,
    unused: unusedTables(tables, look),
    database: {
      ...database,
      inspection: look.inspection,
      values: await chosenValues(tables, look, prompts, context),
      findings: look.findings,
      recipe: databaseRecipe(tables, catalog),
    },
  }
}

/** The values of the recipe's variable: from the environment, the only choice, or a prompt. */
async function chosenValues(
  { choice }: TableProposal,
  { rows }: DatabaseLook,
  prompts: Prompts | undefined,
  { env }: Context,
): Promise<DatabaseAnswer['values']> {
  if (choice === undefined) return {}
  const { variable, title, table, column } = choice
  const names = (rows.get(table) ?? []).flatMap((row) => (typeof row[column] === 'string' ? row[column] : []))
  const said = env[variable]
  if (said !== undefined && names.includes(said)) return { [variable]: said }
  // Keycloak's own realm, which contains its administrators.
  const likely = names.filter((name) => name !== 'master')
  const [only] = likely
  if (said === undefined && only !== undefined && likely.length === 1) return { [variable]: only }
  if (prompts !== undefined && names.length > 0) {
    const options = [...likely, ...names.filter((name) => name === 'master')].map((name) => ({
      value: name,
      label: name,
    }))
    return { [variable]: await prompts.select(`Which ${title}?`, options) }
  }
  throw new UsageError({
    code: 'missing_answer',
    message:
      said === undefined
        ? `${variable} is not set; it names the ${title}`
        : `${variable} does not name a ${title} in this database`,
    hint: `set ${variable} to one of: ${names.join(', ')}`,
  })
}

function withJoin(file: FoundFile, join: { key: string; to: string } | undefined): FoundFile {
  if (file.table === undefined || join === undefined) return file
  return { ...file, table: { ...file.table, options: { ...file.table.options, join } } }
}

/** Inspects again after the user chose the users table. */
async function lookFor(
  database: Database,
  { files, origin }: Given,
  prompts: Prompts | undefined,
  context: Context,
): Promise<DatabaseLook> {
  const options = { limit: SAMPLE, withoutRecipe: origin === 'file' }
  const first = await lookInto(database, { ...options, named: files }, context)
  if (isProposal(first.tables) || first.tables.why !== 'several' || prompts === undefined) return first
  const choices = first.tables.candidates.map((table) => {
    const value = nameOf(table, first.catalog)
    return { value, label: value, hint: table.rows === null ? undefined : `${table.rows} rows` }
  })
  const users = await prompts.select('Which table contains the users?', choices)
  return lookInto(database, { ...options, named: { ...files, users } }, context)
}

function nobody({ why, candidates }: NoTables, { catalog, findings }: DatabaseLook): UsageError {
  const names = candidates.map((table) => nameOf(table, catalog))
  const [finding] = findings
  return new UsageError({
    code: why === 'several' ? 'missing_answer' : 'nobody_fits',
    message: finding?.message ?? 'no users table was found',
    hint:
      why === 'several'
        ? `choose one with ${names.map((name) => `--users ${name}`).join(' or ')}`
        : (finding?.hint ?? 'name the table with --users'),
  })
}

function refuseOther({ origin }: Given, tables: TableProposal): void {
  if (origin === undefined || origin === 'file' || origin === tables.origin) return
  throw new UsageError({
    code: 'contradiction',
    message: `the tables do not match ${ORIGINS[origin].title}`,
    hint: 'remove --source to detect the system, or use --source file to map by column names',
  })
}

/** Lists tables that matter, and counts the others. */
function unusedTables({ unused }: TableProposal, { catalog }: DatabaseLook): UnusedFile[] {
  const line = (name: string, why: string): UnusedFile => ({ name, path: '', why, personal: false })
  const read = unused.filter(({ matters }) => matters).map(({ table, why }) => line(nameOf(table, catalog), why))
  const others = unused.length - read.length
  const rest = others === 0 ? [] : [line(counted(others, 'other table'), 'no known user data')]
  return [...read, ...rest]
}
