/**
 * The database that `--from` names. In: the command line and the environment. Out: the type and the
 * URL. A password must come from a variable or a prompt: a command line goes into the shell history
 * and the process list.
 */

import { nearest } from '../config/nearest.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { type Dialect, nameOf } from '../inspecting/database/catalog.ts'
import { type DatabaseLook, type LookOptions, lookAtDatabase, type UnknownTable } from '../inspecting/database/look.ts'
import { openDatabase } from '../inspecting/database/session.ts'
import { scratchAmongTemporary } from '../running/scratch-place.ts'
import type { Context } from './context.ts'

export interface Database {
  type: Dialect
  url: string
  /** The variable with the URL, for the manifest. */
  variable: string
}

/** A database whose URL is not known yet. */
export interface UnknownUrl {
  /** Undefined if the URL decides. */
  type: Dialect | undefined
  variable: string
}

const DATABASE_URL = 'DATABASE_URL'

const TYPES: Readonly<Record<string, Dialect>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
}

/** Whether the text is a database URL and not a file name. */
export function isDatabaseUrl(text: string): boolean {
  return /^(postgres(ql)?|mysql|mariadb):\/\//i.test(text)
}

/**
 * The database that `--from` names: by its type, by a variable with its URL, or by a URL without a
 * password.
 * @throws UsageError for a URL with a password, and for anything else
 */
export function databaseFrom(from: string, context: Pick<Context, 'env' | 'redactor'>): Database | UnknownUrl {
  const type = TYPES[from.toLowerCase()]
  if (type !== undefined) return fromVariable({ type, variable: DATABASE_URL }, context)
  if (isDatabaseUrl(from)) return { ...withUrl({ type: undefined, variable: DATABASE_URL }, withoutPassword(from)) }
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(from)) return fromVariable({ type: undefined, variable: from }, context)
  throw new UsageError({
    code: 'unknown_database',
    message: '--from does not name a database',
    hint: 'use postgres or mysql with the URL in DATABASE_URL, the name of a variable with a URL, or a URL without a password',
  })
}

function fromVariable(wanted: UnknownUrl, { env, redactor }: Pick<Context, 'env' | 'redactor'>): Database | UnknownUrl {
  const url = env[wanted.variable]?.trim()
  if (!url) return wanted
  return withUrl(wanted, known(url, redactor))
}

/** Registers a URL and its password as secrets, and returns the URL. */
export function known(url: string, redactor: Context['redactor']): string {
  const secrets = [url, passwordIn(url)].flatMap((secret) => secret || [])
  for (const secret of secrets) redactor?.register(secret)
  return url
}

/** @throws UsageError if the URL is of another type than expected */
export function withUrl({ type, variable }: UnknownUrl, url: string): Database {
  const found = TYPES[/^(\w+):\/\//.exec(url)?.[1]?.toLowerCase() ?? '']
  if (found === undefined) {
    throw new UsageError({
      code: 'not_a_database_url',
      message: `${variable} does not contain a database URL`,
      hint: 'set it to a URL such as postgres://user:password@host:5432/database; MySQL URLs begin with mysql://',
    })
  }
  if (type === undefined || found === type) return { type: found, url, variable }
  throw new UsageError({
    code: 'contradiction',
    message: `--from is ${type}, but the URL in ${variable} begins with ${/^\w+/.exec(url)?.[0]}`,
    hint: `use --from ${found}, or the name of a variable with another URL`,
  })
}

function withoutPassword(url: string): string {
  if (!passwordIn(url)) return url
  throw new UsageError({
    code: 'password_in_command',
    message: 'the URL contains a password, which others can see on the command line and in the shell history',
    hint: `put the URL into a variable: read -rs ${DATABASE_URL}; export ${DATABASE_URL}; then use --from ${DATABASE_URL}`,
  })
}

/** The password of a URL, even if it is not encoded. */
function passwordIn(url: string): string | undefined {
  const credentials = /^\w+:\/\/([^/?#]*)@/.exec(url)?.[1] ?? /^\w+:\/\/(.*)@/s.exec(url)?.[1]
  const password = credentials?.includes(':') ? credentials.slice(credentials.indexOf(':') + 1) : undefined
  return password || /[?&]password=([^&]+)/i.exec(url)?.[1]
}

export function missingUrl({ variable }: UnknownUrl): UsageError {
  return new UsageError({
    code: 'missing_answer',
    message: `the URL of the database is missing: ${variable} is not set`,
    hint: `read -rs ${variable}; export ${variable}; a read-only role is enough: docs/how-to/inspect.md`,
  })
}

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
    message: `table ${unknown} does not exist, or cannot be read`,
    hint: near === undefined ? 'list the tables with workos-migrate inspect --from' : `did you mean ${near}?`,
  })
}
