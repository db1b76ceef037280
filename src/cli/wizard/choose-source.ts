import { OperatorError, UsageError } from '../../diagnostics/errors.ts'
import type { Context } from '../context.ts'
import type { Live } from './answers.ts'
import { describe, type FoundFile, isUsers, mayHoldUsers } from './files-here.ts'
import type { Given } from './given.ts'
import { missing, withoutTarget } from './missing-answers.ts'
import { ORIGINS, type Origin } from './origins.ts'
import type { Choice, Prompts } from './prompts.ts'

/** Where the users are. */
export interface ChosenSource {
  origin: Origin
  users?: FoundFile
  live?: Live
}

const ANOTHER = 'another'

/** The source that the command line names, the one a person picks, or the only one it can be. */
export async function chooseSource(
  given: Given,
  here: readonly FoundFile[],
  prompts: Prompts | undefined,
  context: Context,
): Promise<ChosenSource> {
  const { origin } = given
  if (given.files.users !== undefined) {
    const users = await describe(given.files.users, context.cwd)
    const own = origin ?? originOf(users)
    refuseUnused(given, own)
    refuseForeign(users, own)
    return { origin: own, users, ...liveOf(given, own) }
  }
  if (given.domain !== undefined || given.live) {
    const own = origin ?? (given.domain === undefined ? 'clerk' : 'auth0')
    refuseUnused(given, own)
    return { origin: own, live: await liveSource(own, given, prompts) }
  }
  const fitting = here.filter((file) => mayHoldUsers(file) && (origin === undefined || fits(file, origin)))
  if (prompts === undefined) return onlyOne(fitting, given)
  const choices: Choice<string>[] = [
    ...fitting.map((file) => ({ value: `file:${file.name}`, label: file.name, hint: titleOf(file) })),
    { value: ANOTHER, label: 'another file', hint: 'CSV, JSON or NDJSON, also gzip' },
    ...(['auth0', 'clerk'] as const)
      .filter((live) => origin === undefined || origin === live)
      .map((live) => ({ value: `live:${live}`, label: `${ORIGINS[live].title}, over its API` })),
  ]
  const chosen = await prompts.select('Where are the users?', choices)
  if (chosen.startsWith('live:')) {
    const own = chosen === 'live:auth0' ? 'auth0' : 'clerk'
    return { origin: own, live: await liveSource(own, given, prompts) }
  }
  const found = fitting.find((file) => chosen === `file:${file.name}`)
  const users = found ?? (await askForFile(prompts, context))
  return { origin: origin ?? originOf(users), users }
}

/** What the command line says of an API that this source has no use for is a mistake. */
function refuseUnused({ files: { users }, domain, live }: Given, origin: Origin): void {
  const refuse = (message: string, hint: string) => new UsageError({ code: 'contradiction', message, hint })
  const { title } = ORIGINS[origin]
  if (domain !== undefined && origin !== 'auth0')
    throw refuse(`--domain names a tenant of Auth0, and the users come from ${title}`, 'leave one of them out')
  if (domain !== undefined && users !== undefined)
    throw refuse('--users names a file and --domain a tenant: they are two sources', 'leave one of them out')
  if (typeof live === 'string' && origin === 'auth0')
    throw refuse('--live with an address is for Clerk', 'name the tenant of Auth0 with --domain')
  if (users !== undefined && live && origin !== 'clerk')
    throw refuse(`--users and --live together are for Clerk, and this is ${title}`, 'leave one of them out')
}

/** A file that says itself to be of another system than the command line does: one of them is mistaken. */
function refuseForeign(users: FoundFile, origin: Origin): void {
  const found = users.data.recognised?.origin
  if (fits(users, origin) || found === 'csv' || found === undefined) return
  throw new UsageError({
    code: 'contradiction',
    message: `${users.name} is not of ${ORIGINS[origin].title}: it looks like ${titleOf(users)}`,
    hint: `--source ${found}, or --source file for a mapping of your own`,
  })
}

/** A file whose own columns say where it is from. One that belongs to users (memberships, say) is none of users. */
function originOf({ data: { recognised } }: FoundFile): Origin {
  return recognised !== undefined && isUsers(recognised.part) ? recognised.origin : 'file'
}

function fits({ data: { recognised } }: FoundFile, origin: Origin): boolean {
  return recognised === undefined || recognised.origin === origin || origin === 'file'
}

function titleOf({ data: { recognised } }: FoundFile): string {
  return recognised?.title ?? 'of no known origin'
}

function liveOf(given: Given, origin: Origin): { live?: Live } {
  return given.live && origin === 'clerk' ? { live: clerkAt(given) } : {}
}

function clerkAt({ live }: Given): Live {
  return typeof live === 'string' ? { baseUrl: live } : {}
}

async function liveSource(origin: Origin, given: Given, prompts: Prompts | undefined): Promise<Live> {
  if (ORIGINS[origin].live !== true) {
    throw new UsageError({
      code: 'not_live',
      message: `${ORIGINS[origin].title} cannot be read over the network here`,
      hint: 'name its export with --users',
    })
  }
  if (origin !== 'auth0') return clerkAt(given)
  if (given.domain !== undefined) return { domain: given.domain }
  if (prompts === undefined) throw missing(['--domain: the Auth0 tenant, like acme.eu.auth0.com'])
  const check = (text: string) => (/^[^\s/]+\.[^\s/]+|^https?:\/\//.test(text) ? undefined : 'like acme.eu.auth0.com')
  return { domain: await prompts.text('Which tenant? (its domain)', { check }) }
}

async function askForFile(prompts: Prompts, { cwd }: Context): Promise<FoundFile> {
  for (;;) {
    const name = await prompts.text('Which file?', { check: (text) => (text.trim() === '' ? 'a path' : undefined) })
    try {
      return await describe(name.trim(), cwd)
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      prompts.warn(error.message)
    }
  }
}

/** Without anybody to ask: the one file that can be meant, where proposals are to be taken. */
function onlyOne(fitting: readonly FoundFile[], given: Given): ChosenSource {
  const known = fitting.filter((file) => file.data.recognised !== undefined)
  const [users, second] = known
  if (given.yes && users !== undefined && second === undefined)
    return { origin: given.origin ?? originOf(users), users }
  const seen = known.map((file) => `${file.name} (${titleOf(file)})`).join(', ')
  const live = given.origin === undefined || ORIGINS[given.origin].live ? ', or --live / --domain to read an API' : ''
  throw missing([
    `--users: the file of the users${seen === '' ? '' : `; here: ${seen}`}${live}`,
    ...withoutTarget(given),
  ])
}
