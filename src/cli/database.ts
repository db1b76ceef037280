/**
 * Where `--from` finds a database. In: what the command line says, and the environment. Out: its
 * type and URL. A password comes from a variable or from a person: what stands in a command line
 * goes into the shell's history and into the list of processes.
 */

import { nearest } from '../config/nearest.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { type Dialect, nameOf } from '../inspecting/database/catalog.ts'
import { type DatabaseLook, type LookOptions, lookAtDatabase, type UnknownTable } from '../inspecting/database/look.ts'
import { openDatabase } from '../inspecting/database/session.ts'
import { scratchAmongTemporary } from '../running/scratch-place.ts'
import type { Context } from './context.ts'

/** Where a database is. */
export interface Database {
  type: Dialect
  url: string
  /** The variable that a manifest takes the URL from. */
  variable: string
}

/** A database whose URL is not known yet. */
export interface UnknownUrl {
  /** Undefined: the URL tells. */
  type: Dialect | undefined
  variable: string
}

/** The variable of a URL that is not said otherwise. */
const DATABASE_URL = 'DATABASE_URL'

const TYPES: Readonly<Record<string, Dialect>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
}

/** Whether a text is the URL of a database, and not the name of a file. */
export function isDatabaseUrl(text: string): boolean {
  return /^(postgres(ql)?|mysql|mariadb):\/\//i.test(text)
}

/**
 * The database that `--from` names: by its type, by the name of a variable with its URL, or by a
 * URL without a password.
 * @throws UsageError for a URL with a password, and for what is none of these
 */
export function databaseFrom(from: string, context: Pick<Context, 'env' | 'redactor'>): Database | UnknownUrl {
  const type = TYPES[from.toLowerCase()]
  if (type !== undefined) return fromVariable({ type, variable: DATABASE_URL }, context)
  if (isDatabaseUrl(from)) return { ...withUrl({ type: undefined, variable: DATABASE_URL }, withoutPassword(from)) }
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(from)) return fromVariable({ type: undefined, variable: from }, context)
  throw new UsageError({
    code: 'unknown_database',
    message: '--from names no database',
    hint: 'write postgres or mysql for the URL in DATABASE_URL, the name of a variable with a URL, or a URL without a password',
  })
}

function fromVariable(wanted: UnknownUrl, { env, redactor }: Pick<Context, 'env' | 'redactor'>): Database | UnknownUrl {
  const url = env[wanted.variable]?.trim()
  if (!url) return wanted
  return withUrl(wanted, known(url, redactor))
}

/** Keeps a URL, and what is secret in it, out of every output. */
export function known(url: string, redactor: Context['redactor']): string {
  const secrets = [url, passwordIn(url)].flatMap((secret) => secret || [])
  for (const secret of secrets) redactor?.register(secret)
  return url
}

/**
 * The database of a URL.
 * @throws UsageError where the URL is of another kind than was said
 */
export function withUrl({ type, variable }: UnknownUrl, url: string): Database {
  const found = TYPES[/^(\w+):\/\//.exec(url)?.[1]?.toLowerCase() ?? '']
  if (found === undefined) {
    throw new UsageError({
      code: 'not_a_database_url',
      message: `${variable} holds no URL of a database`,
      hint: 'it begins with postgres:// or mysql://, as in postgres://user:password@host:5432/database',
    })
  }
  if (type === undefined || found === type) return { type: found, url, variable }
  throw new UsageError({
    code: 'contradiction',
    message: `--from says ${type}, and the URL in ${variable} begins with ${/^\w+/.exec(url)?.[0]}`,
    hint: `write --from ${found}, or the name of the variable with the other URL`,
  })
}

function withoutPassword(url: string): string {
  if (!passwordIn(url)) return url
  throw new UsageError({
    code: 'password_in_command',
    message: 'the URL has a password, and a command line is seen by others and kept by the shell',
    hint: `put the URL into a variable: read -rs ${DATABASE_URL}; export ${DATABASE_URL}; then write --from ${DATABASE_URL}`,
  })
}

/** The password of a URL, also one that nobody has encoded; undefined: there is none. */
function passwordIn(url: string): string | undefined {
  const credentials = /^\w+:\/\/([^/?#]*)@/.exec(url)?.[1] ?? /^\w+:\/\/(.*)@/s.exec(url)?.[1]
  const password = credentials?.includes(':') ? credentials.slice(credentials.indexOf(':') + 1) : undefined
  return password || /[?&]password=([^&]+)/i.exec(url)?.[1]
}

/** @throws UsageError, since the URL of the database is missing */
export function missingUrl({ variable }: UnknownUrl): UsageError {
  return new UsageError({
    code: 'missing_answer',
    message: `${variable} is not set: it holds the URL of the database`,
    hint: `read -rs ${variable}; export ${variable}; a role that may only read is enough: docs/how-to/inspect.md`,
  })
}

/** A database under its URL, looked into. */
export async function lookInto(
  { type, url }: Database,
  options: Pick<LookOptions, 'named' | 'limit' | 'withoutRecipe'>,
  { now, interrupted }: Context,
): Promise<DatabaseLook> {
  const scratch = scratchAmongTemporary()
  try {
    const session = await openDatabase(type, url, interrupted)
    try {
      const today = new Date(now()).toISOString().slice(0, 10)
      const look = await lookAtDatabase(session.ask, { ...options, dialect: type, today, scratch: scratch.path })
      if ('unknown' in look) throw unknownTable(look)
      return look
    } finally {
      await session.close()
    }
  } finally {
    scratch.remove()
  }
}

function unknownTable({ unknown, catalog }: UnknownTable): UsageError {
  const names = catalog.tables.map((table) => nameOf(table, catalog))
  const near = nearest(unknown, names)
  return new UsageError({
    code: 'unknown_table',
    message: `there is no table ${unknown} that may be read`,
    hint: near === undefined ? 'workos-migrate inspect --from lists the tables' : `is it ${near}?`,
  })
}
