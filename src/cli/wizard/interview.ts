import { basename } from 'node:path'
import { OperatorError, UsageError } from '../../diagnostics/errors.ts'
import type { Part } from '../../inspecting/recognise.ts'
import type { Context } from '../context.ts'
import type { Answers, Live, Organize } from './answers.ts'
import { describe, type FoundFile, filesIn, isUsers, mayHoldUsers } from './files-here.ts'
import { ORIGINS, type Origin } from './origins.ts'
import type { Choice, Prompts } from './prompts.ts'

/** What the command line answered already. */
export interface Given {
  origin?: Origin
  /** Names of files by what they hold. */
  files: Partial<Record<Part, string>>
  domain?: string
  /** Read over the API; a text is the address of Clerk's. */
  live?: boolean | string
  organize?: Organize
  organizationName?: string
  target?: 'sandbox' | 'workos'
  baseUrl?: string
  environments?: string[]
  name?: string
  /** Take what is proposed where nothing is given. */
  yes?: boolean
}

const ENVIRONMENTS = ['staging', 'production']

/**
 * Completes what the command line gave: by asking where there is somebody to ask, else by what can be told.
 * @throws UsageError naming the flags, where something is missing and nobody can be asked
 */
export async function interview(given: Given, prompts: Prompts | undefined, context: Context): Promise<Answers> {
  const here = await filesIn(context.cwd)
  const source = await chooseSource(given, here, prompts, context)
  // A script gets what it names; a person, or who takes what is proposed, also what lies beside it and says what it is.
  const beside = prompts !== undefined || given.yes ? here : []
  const files = await sideFiles(source, given, beside, context)
  const organize = await chooseOrganization({ ...source, files }, given, prompts)
  // Roles are had in an organization: without any, groups are of no use.
  if (organize.organize === 'source' && given.files.groups === undefined) delete files.groups
  const target = given.target ?? (await chooseTarget(given, prompts))
  return {
    origin: source.origin,
    files,
    ...(source.live === undefined ? {} : { live: source.live }),
    ...organize,
    target,
    ...(given.baseUrl === undefined ? {} : { baseUrl: given.baseUrl }),
    environments: given.environments ?? ENVIRONMENTS,
    name: given.name ?? (basename(context.cwd) || 'migration'),
  }
}

interface Source {
  origin: Origin
  users?: FoundFile
  live?: Live
}

const ANOTHER = 'another'

async function chooseSource(
  given: Given,
  here: readonly FoundFile[],
  prompts: Prompts | undefined,
  context: Context,
): Promise<Source> {
  const { origin } = given
  if (given.files.users !== undefined) {
    const users = await describe(given.files.users, context.cwd)
    const own = origin ?? originOf(users)
    return { origin: own, users, ...liveOf(given, own) }
  }
  if (given.domain !== undefined || given.live) {
    const own = origin ?? (given.domain === undefined ? 'clerk' : 'auth0')
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
function onlyOne(fitting: readonly FoundFile[], given: Given): Source {
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

function withoutTarget({ target, yes }: Given): string[] {
  return target === undefined && !yes ? ['--target: sandbox or workos (or --yes, for the sandbox)'] : []
}

function missing(flags: readonly string[]): UsageError {
  return new UsageError(
    flags.map((flag) => ({
      code: 'missing_answer',
      message: `nobody can be asked here, and an answer is missing: ${flag}`,
      hint: 'workos-migrate init --help shows all flags; on a terminal, init asks',
    })),
  )
}

/** Files that belong to the users: those that are named, and those in the folder that say so themselves. */
async function sideFiles(
  { origin, users }: Source,
  given: Given,
  here: readonly FoundFile[],
  { cwd }: Context,
): Promise<Answers['files']> {
  const files: Answers['files'] = users === undefined ? {} : { users }
  for (const [part, name] of Object.entries(given.files)) {
    const slot = ORIGINS[origin].slots.find((candidate) => candidate.part === part)
    if (slot === undefined) {
      throw new UsageError({
        code: 'unknown_part',
        message: `a source of ${ORIGINS[origin].title} has no file of ${part}`,
        hint: `it takes: ${ORIGINS[origin].slots.map((known) => `--${known.part}`).join(', ')}`,
      })
    }
    if (slot.part !== 'users') files[slot.part] = await describe(name, cwd)
  }
  for (const { part } of ORIGINS[origin].slots) {
    const found = here.filter(({ data: { recognised } }) => recognised?.origin === origin && recognised.part === part)
    const [only, second] = found
    if (part !== 'users' && files[part] === undefined && second === undefined && only !== undefined) files[part] = only
  }
  return files
}

async function chooseOrganization(
  { origin, files, live }: Source & { files: Answers['files'] },
  given: Given,
  prompts: Prompts | undefined,
): Promise<Pick<Answers, 'organize' | 'organizationName'>> {
  const organize = given.organize ?? (given.organizationName === undefined ? undefined : 'one')
  if (organize !== undefined || prompts === undefined) {
    return {
      organize: organize ?? 'source',
      ...(given.organizationName ? { organizationName: given.organizationName } : {}),
    }
  }
  const says = organizationsIn(origin, files, live !== undefined)
  const chosen = await prompts.select<Organize>('Which organizations do they belong to?', [
    { value: 'source', label: says ?? 'to none, for now', hint: says === undefined ? 'can be added later' : undefined },
    { value: 'one', label: 'all to the same one' },
    { value: 'per-domain', label: 'one for each e-mail domain', hint: 'those of mail providers left out' },
    { value: 'from-metadata', label: 'the one that their metadata name' },
  ])
  if (chosen !== 'one') return { organize: chosen }
  const check = (text: string) => (text.trim() === '' ? 'a name' : undefined)
  return { organize: chosen, organizationName: (await prompts.text('Its name?', { check })).trim() }
}

/** What the source says of organizations, in words. */
function organizationsIn(origin: Origin, files: Answers['files'], live: boolean): string | undefined {
  if (live) return `as ${ORIGINS[origin].title} says`
  if (!ORIGINS[origin].organizations || origin === 'auth0') return undefined
  const file = files.memberships ?? (origin === 'clerk' ? undefined : files.users)
  return file === undefined ? undefined : `as ${file.name} says`
}

async function chooseTarget(given: Given, prompts: Prompts | undefined): Promise<'sandbox' | 'workos'> {
  if (prompts === undefined) {
    const [flag] = withoutTarget(given)
    if (flag !== undefined) throw missing([flag])
    return 'sandbox'
  }
  return prompts.select('Where to?', [
    { value: 'sandbox', label: 'a sandbox on this machine first', hint: 'needs no account; WorkOS follows with -e' },
    { value: 'workos', label: 'WorkOS', hint: 'needs an API key' },
  ])
}
