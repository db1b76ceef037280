/**
 * What `init` asks. In: what the command line says (`Given`) and, where a person is there, prompts.
 * Out: Answers: the source, the organizations and the target. From them propose-manifest.ts makes a
 * manifest; `checkKeys` at the end tries the WorkOS keys that are set.
 */

import { basename, resolve } from 'node:path'
import {
  CredentialsError,
  ManifestError,
  NetworkError,
  OperatorError,
  TargetError,
  UsageError,
} from '../../diagnostics/errors.ts'
import { type Proxies, proxiesOf } from '../../http/proxy.ts'
import { rankOf } from '../../inspecting/names.ts'
import { sideOf } from '../../inspecting/side-files.ts'
import { DOCUMENTED_LIMITS } from '../../workos/limiter.ts'
import { openTarget } from '../../workos/target.ts'
import type { Context } from '../context.ts'
import {
  type Answers,
  type FoundFile,
  type Given,
  keyVariable,
  type Live,
  ORIGINS,
  type Organize,
  type Origin,
  poolsIn,
  type SideFile,
} from './answers.ts'
import { type Beside, filesBeside, tellsOrganizations } from './beside.ts'
import { describe, type Folder, isPackage, isUsers, lookInto, unused } from './folder.ts'
import { tablesFrom } from './from-database.ts'
import type { Choice, Prompts } from './prompts.ts'
import { lacksOrganizations } from './propose-database.ts'
import type { ProposedManifest } from './propose-manifest.ts'
import { rolesDefinedIn, settleKeys } from './settle-keys.ts'

/**
 * Asks for what a first migration is made of. In: what the command line answered, and the files of
 * the folder. Out: all the answers, or a UsageError that names the flags where nobody can be asked.
 */

const ENVIRONMENTS = ['staging', 'production']

/**
 * Completes what the command line gave: by asking where there is somebody to ask, else by what can
 * be told.
 * @throws UsageError naming the flags, where something is missing and nobody can be asked
 */
export async function interview(given: Given, prompts: Prompts | undefined, context: Context): Promise<Answers> {
  const folder = await lookInto(context.cwd)
  refuseBesideDatabase(given)
  const source = given.from === undefined ? await chooseSource(given, folder, prompts, context) : { from: given.from }
  if ('from' in source) return interviewTables(source.from, given, prompts, context)
  const found = await beside({ ...source, asked: prompts !== undefined }, given, folder, context)
  const organize = await chooseOrganization({ ...source, ...found }, given, prompts)
  const used = organize.organize === 'source' ? withoutRoles(found, given) : withoutOrganizations(found)
  const settled = await settleKeys(used)
  const target = given.target ?? (await chooseTarget(given, prompts))
  return {
    ...used,
    sides: settled.sides,
    unused: [...settled.unused, ...used.unused],
    definedRoles: await rolesDefinedIn({ ...used, sides: settled.sides }),
    ...(source.live === undefined ? {} : { live: source.live }),
    ...organize,
    target,
    ...restOf(given, context),
  }
}

/** The same for the tables of a database: which belong to which is known. */
async function interviewTables(
  from: string,
  given: Given,
  prompts: Prompts | undefined,
  context: Context,
): Promise<Answers> {
  const { database, ...found } = await tablesFrom(from, given, prompts, context)
  const organize = await chooseOrganization(found, given, prompts)
  const used = organize.organize === 'source' ? withoutRoles(found, given) : withoutOrganizations(found)
  const target = given.target ?? (await chooseTarget(given, prompts))
  return {
    ...used,
    database,
    ...(lacksOrganizations(used, database.recipe) && { withoutOrganizations: true }),
    definedRoles: await rolesDefinedIn(used),
    ...organize,
    target,
    ...restOf(given, context),
  }
}

/** What the command line says beside the source and the organizations. */
function restOf(given: Given, { cwd }: Context): Pick<Answers, 'baseUrl' | 'environments' | 'name' | 'leaveOut'> {
  return {
    ...(given.baseUrl === undefined ? {} : { baseUrl: given.baseUrl }),
    environments: given.environments ?? ENVIRONMENTS,
    name: given.name ?? (basename(cwd) || 'migration'),
    ...(given.keepInactive && { leaveOut: false }),
  }
}

function refuseBesideDatabase({ from, live, domain }: Given): void {
  if (from === undefined || (live === undefined && domain === undefined)) return
  throw new UsageError({
    code: 'contradiction',
    message: `--from names a database, and ${live === undefined ? '--domain a tenant' : '--live an API'}: they are two sources`,
    hint: 'leave one of them out',
  })
}

/**
 * Files that belong to the users. This program's own columns are read by their recipe, unless files
 * lie beside it that only rules can join.
 */
async function beside(source: ChosenSource, given: Given, folder: Folder, context: Context): Promise<Beside> {
  // A script gets what it names; who takes what is proposed, also what lies beside it and says what
  // it is.
  const { users } = source
  const each = users?.pages === undefined ? folder.files.flatMap(eachPage) : folder.files
  const here = each.filter(({ path }) => path !== users?.path)
  const among = { here, taken: source.asked || given.yes === true }
  if (given.origin === undefined && source.users?.name === 'users.csv' && isPackage(folder)) {
    const found = await filesBeside({ ...source, origin: 'workos-package' }, given, among, context)
    return { ...found, unused: [...found.unused, ...folder.others] }
  }
  const own = await filesBeside(source, given, among, context)
  const other = { ...source, origin: 'file' as const }
  const joined =
    source.origin === 'csv' && given.origin === undefined ? await filesBeside(other, given, among, context) : undefined
  const isRead = ({ side, file }: SideFile) =>
    RECIPE_READS.has(side.part) || (file.data.recognised?.origin === 'csv' && tellsOrganizations(own))
  const found = joined?.sides.every(isRead) === false ? joined : own
  return { ...found, unused: [...found.unused, ...folder.others] }
}

/** A file that was named is read alone: those like it are files of their own then. */
function eachPage({ pages = [], ...first }: FoundFile): FoundFile[] {
  return [first, ...pages]
}

/** What the recipe for this program's columns reads beside the users. */
const RECIPE_READS: ReadonlySet<string> = new Set(['roles', 'definitions', 'roleNames'])

/** Roles are had in an organization: without any, files about them are of no use. */
function withoutRoles(found: Beside, given: Given): Beside {
  if (tellsOrganizations(found)) return found
  const isOfRoles = ({ side: { part } }: SideFile) =>
    (part === 'roles' || part === 'roleNames') && given.files[part] === undefined
  const groups = given.files.groups === undefined ? found.files.groups : undefined
  const { groups: _groups, ...rest } = found.files
  const left = [...found.sides.filter(isOfRoles).map(({ file }) => file), ...(groups === undefined ? [] : [groups])]
  return {
    origin: found.origin,
    files: groups === undefined ? found.files : rest,
    sides: found.sides.filter((side) => !isOfRoles(side)),
    unused: [...left.map((file) => unused(file, NOWHERE)), ...found.unused],
  }
}

/** Where something else says which organizations there are, files of them are not read. */
function withoutOrganizations(found: Beside): Beside {
  const isOfThem = ({ side: { part } }: SideFile) => part === 'memberships' || part === 'organizations'
  const left = found.sides
    .filter(isOfThem)
    .map(({ file }) => unused(file, 'other organizations were chosen: --organize'))
  return { ...found, sides: found.sides.filter((side) => !isOfThem(side)), unused: [...left, ...found.unused] }
}

const NOWHERE = 'roles are had in an organization, and nothing says who belongs to which: see --organize'

async function chooseOrganization(
  { origin, files, sides, live }: ChosenSource & Pick<Answers, 'files' | 'sides'>,
  given: Given,
  prompts: Prompts | undefined,
): Promise<Pick<Answers, 'organize' | 'organizationName'>> {
  const organize = given.organize ?? (given.organizationName === undefined ? undefined : 'one')
  if (organize !== 'one' && given.organizationName !== undefined) {
    throw new UsageError({
      code: 'contradiction',
      message: `--organization-name is for one organization, and --organize says ${organize}`,
      hint: 'leave one of them out',
    })
  }
  if (organize === 'one') return { organize, organizationName: given.organizationName ?? (await askForName(prompts)) }
  if (organize !== undefined || prompts === undefined) return { organize: organize ?? 'source' }
  const says = organizationsIn(origin, { files, sides }, live !== undefined)
  const chosen = await prompts.select<Organize>('Which organizations do they belong to?', [
    { value: 'source', label: says ?? 'to none, for now', hint: says === undefined ? 'can be added later' : undefined },
    { value: 'one', label: 'all to the same one' },
    { value: 'per-domain', label: 'one for each e-mail domain', hint: 'those of mail providers left out' },
    { value: 'from-metadata', label: 'the one that their metadata name' },
  ])
  return chosen === 'one' ? { organize: chosen, organizationName: await askForName(prompts) } : { organize: chosen }
}

async function askForName(prompts: Prompts | undefined): Promise<string> {
  if (prompts === undefined) throw missing(['--organization-name: what the one organization is called'])
  const check = (text: string) => (text.trim() === '' ? 'a name' : undefined)
  return (await prompts.text('Its name?', { check })).trim()
}

/** What the source says of organizations, in words. */
function organizationsIn(
  origin: Origin,
  { files, sides }: Pick<Answers, 'files' | 'sides'>,
  live: boolean,
): string | undefined {
  // A user pool knows no organizations.
  if (live && origin !== 'cognito') return `as ${ORIGINS[origin].title} says`
  const members = sides.find(({ side }) => side.part === 'memberships')
  if (members !== undefined) return `as ${members.file.name} says`
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

/** Where the users are. */
interface ChosenSource {
  /** Somebody was asked. */
  asked?: boolean
  origin: Origin
  users?: FoundFile
  live?: Live
}

const ANOTHER = 'another'

/** What can be read over its API, in the order in which it is offered. */
const LIVE = ['auth0', 'clerk', 'firebase', 'cognito', 'okta'] as const

const DATABASES: readonly Choice<string>[] = [
  { value: 'from:postgres', label: 'a PostgreSQL database', hint: 'its tables are looked at first' },
  { value: 'from:mysql', label: 'a MySQL or MariaDB database', hint: 'its tables are looked at first' },
]

/** The source that the command line names, the one a person picks, or the only one it can be. */
async function chooseSource(
  given: Given,
  folder: Folder,
  prompts: Prompts | undefined,
  context: Context,
): Promise<ChosenSource | { from: string }> {
  const { origin } = given
  if (given.files.users !== undefined) {
    const users = await describe(given.files.users, context.cwd)
    const own = mappedAs(users, origin)
    refuseUnused(given, own)
    refuseForeign(users, own)
    return { origin: own, users, ...liveOf(given, own) }
  }
  if (given.domain !== undefined || given.project !== undefined || given.userPools !== undefined || given.live) {
    const own = origin ?? namedOrigin(given)
    refuseUnused(given, own)
    return { origin: own, live: await liveSource(own, given, prompts, context) }
  }
  const fitting = folder.files.filter((file) => mayHoldUsers(file) && (origin === undefined || fits(file, origin)))
  if (prompts === undefined) return onlyOne(fitting, given, folder)
  const choices: Choice<string>[] = [
    ...fitting.map((file) => ({ value: `file:${file.name}`, label: file.name, hint: titleOf(file) })),
    { value: ANOTHER, label: 'another file', hint: 'CSV, JSON or NDJSON, also gzip' },
    ...LIVE.filter((live) => origin === undefined || origin === live).map((live) => ({
      value: `live:${live}`,
      label: `${ORIGINS[live].title}, over its API`,
    })),
    ...(origin === undefined || ORIGINS[origin].type === 'file' ? DATABASES : []),
  ]
  const chosen = await prompts.select('Where are the users?', choices)
  if (chosen.startsWith('live:')) {
    const own = LIVE.find((name) => chosen === `live:${name}`) ?? 'clerk'
    return { origin: own, live: await liveSource(own, given, prompts, context) }
  }
  if (chosen.startsWith('from:')) return { from: chosen.slice('from:'.length) }
  const found = fitting.find((file) => chosen === `file:${file.name}`)
  const users = found ?? (await askForFile(prompts, context))
  return { origin: mappedAs(users, origin), users }
}

/** What the command line names a tenant, a project or user pools of. */
function namedOrigin({ domain, project, userPools }: Given): (typeof LIVE)[number] {
  if (domain !== undefined) return ofDomain(domain)
  if (project !== undefined) return 'firebase'
  return userPools === undefined ? 'clerk' : 'cognito'
}

/** The origin that is given, unless the file is a form of its export that no recipe reads. */
function mappedAs(users: FoundFile, origin: Origin | undefined): Origin {
  const own = originOf(users)
  return own === 'file' && users.data.recognised !== undefined ? own : (origin ?? own)
}

/** What the command line says of an API that this source has no use for is a mistake. */
function refuseUnused(given: Given, origin: Origin): void {
  const { files, domain, project, userPools, credentials, live } = given
  const { users } = files
  const refuse = (message: string, hint: string) => new UsageError({ code: 'contradiction', message, hint })
  const { title } = ORIGINS[origin]
  if (domain !== undefined && origin !== 'auth0' && origin !== 'okta')
    throw refuse(
      `--domain names a tenant of Auth0 or an Okta org, and the users come from ${title}`,
      'leave one of them out',
    )
  if (project !== undefined && origin !== 'firebase')
    throw refuse(`--project names a project of Firebase, and the users come from ${title}`, 'leave one of them out')
  if (project !== undefined && users !== undefined)
    throw refuse('--users names a file and --project a project: they are two sources', 'leave one of them out')
  if (userPools !== undefined && origin !== 'cognito')
    throw refuse(`--user-pools names user pools of Cognito, and the users come from ${title}`, 'leave one of them out')
  if (userPools !== undefined && users !== undefined)
    throw refuse('--users names a file and --user-pools user pools: they are two sources', 'leave one of them out')
  if (credentials !== undefined && project === undefined && !(live && origin === 'firebase'))
    throw refuse('--credentials is for a project of Firebase that is read over its API', 'name it with --project')
  if (domain !== undefined && users !== undefined)
    throw refuse('--users names a file and --domain a tenant: they are two sources', 'leave one of them out')
  if (typeof live === 'string' && (origin === 'auth0' || origin === 'okta'))
    throw refuse('--live with an address is for Clerk', `name the domain of ${title} with --domain`)
  if (users !== undefined && live && origin !== 'clerk')
    throw refuse(`--users and --live together are for Clerk, and this is ${title}`, 'leave one of them out')
}

/**
 * A file that says itself to be of another system than the command line does: one of them is
 * mistaken.
 */
function refuseForeign(users: FoundFile, origin: Origin): void {
  const found = users.data.recognised?.origin
  if (fits(users, origin) || found === 'csv' || found === undefined) return
  throw new UsageError({
    code: 'contradiction',
    message: `${users.name} is not of ${ORIGINS[origin].title}: it looks like ${titleOf(users)}`,
    hint: `--source ${found}, or --source file for a mapping of your own`,
  })
}

/**
 * A file of users whose own columns say where it is from. Files that accompany users, such as
 * memberships, do not count.
 */
function originOf({ data: { recognised } }: FoundFile): Origin {
  return recognised !== undefined && isUsers(recognised.part) ? recognised.origin : 'file'
}

function fits({ data: { recognised } }: FoundFile, origin: Origin): boolean {
  return recognised === undefined || recognised.origin === origin || recognised.origin === 'file' || origin === 'file'
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

async function liveSource(origin: Origin, given: Given, prompts: Prompts | undefined, context: Context): Promise<Live> {
  if (ORIGINS[origin].live !== true) {
    throw new UsageError({
      code: 'not_live',
      message: `${ORIGINS[origin].title} cannot be read over the network here`,
      hint: 'name its export with --users',
    })
  }
  if (origin === 'firebase') return firebaseProject(given, prompts, context)
  if (origin === 'cognito') return cognitoPools(given, prompts)
  if (origin !== 'auth0' && origin !== 'okta') return clerkAt(given)
  if (given.domain !== undefined) return { domain: given.domain }
  const [what, like] = DOMAINS[origin]
  if (prompts === undefined) throw missing([`--domain: the ${ORIGINS[origin].title} ${what}, like ${like}`])
  const check = (text: string) => (/^[^\s/]+\.[^\s/]+|^https?:\/\//.test(text) ? undefined : `like ${like}`)
  return { domain: await prompts.text(`Which ${what}? (its domain)`, { check }) }
}

/** What a domain names. */
const DOMAINS = { auth0: ['tenant', 'acme.eu.auth0.com'], okta: ['org', 'acme.okta.com'] } as const

/** Whose domain it is, where nothing else says it. */
function ofDomain(domain: string): keyof typeof DOMAINS {
  return /\.(okta|oktapreview|okta-emea)\.com\/?$/i.test(domain) ? 'okta' : 'auth0'
}

async function firebaseProject(given: Given, prompts: Prompts | undefined, { cwd }: Context): Promise<Live> {
  const { project } = given
  if (project === undefined && prompts === undefined) throw missing(['--project: the id of the Firebase project'])
  const check = (text: string) => (/^[a-z0-9.:-]+$/.test(text.trim()) ? undefined : 'like my-project-1a2b3')
  const id = project ?? (await prompts?.text('Which project? (its id)', { check })) ?? ''
  const asked = 'Key file of a service account? Enter for the credentials of this machine'
  const file = given.credentials ?? (await prompts?.text(asked, { check: () => undefined })) ?? ''
  return {
    project: id.trim(),
    ...(file.trim() !== '' && { credentials: resolve(cwd, file.trim()) }),
    ...clerkAt(given),
  }
}

/** Credentials are those that the AWS SDK finds: nobody is asked for them. */
async function cognitoPools(given: Given, prompts: Prompts | undefined): Promise<Live> {
  const like = 'like eu-west-1_Example01; several separated by commas'
  if (given.userPools === undefined && prompts === undefined)
    throw missing([`--user-pools: ids of user pools, ${like}`])
  const check = (text: string) => {
    const ids = poolsIn(text)
    return ids.length > 0 && ids.every((id) => /^[\w-]+_\w+$/.test(id)) ? undefined : like
  }
  const userPools = given.userPools ?? poolsIn((await prompts?.text('Which user pools? (their ids)', { check })) ?? '')
  return { userPools, ...clerkAt(given) }
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

/** Files that are named, with what they are or why they are of no use. */
const MAX_SEEN = 6

/** Without anybody to ask: the one file that can be meant, where proposals are to be taken. */
function onlyOne(fitting: readonly FoundFile[], given: Given, folder: Folder): ChosenSource {
  const known = likelyUsers(fitting)
  const [users, second] = known
  if (given.yes && users !== undefined && second === undefined) return { origin: mappedAs(users, given.origin), users }
  const seen =
    known.length > 0
      ? known.map((file) => `${file.name} (${titleOf(file)})`).join(', ')
      : [...folder.others, ...folder.files.map((file) => unused(file, 'no column of it is known to hold addresses'))]
          .slice(0, MAX_SEEN)
          .map(({ name, why }) => `${name} (${why})`)
          .join(', ')
  const live =
    given.origin === undefined || ORIGINS[given.origin].live
      ? ', --live / --domain / --project / --user-pools to read an API, or --from to read a database'
      : ''
  throw missing([
    `--users: the file of the users${seen === '' ? '' : `; here: ${seen}`}${live}`,
    ...withoutTarget(given),
  ])
}

/**
 * The files that say they hold users; else those with addresses in them, and of these rather one
 * that is called so.
 */
function likelyUsers(files: readonly FoundFile[]): FoundFile[] {
  const known = files.filter((file) => file.data.recognised !== undefined)
  const alone = known.filter((file) => !known.some((other) => other !== file && isBeside(file, other)))
  if (known.length > 0) return alone.length === 1 ? alone : known
  const withAddresses = files.filter(({ data }) => data.head.paths.some((path) => rankOf(path, 'email') !== undefined))
  const called = withAddresses.filter(({ name }) => /user|people|person|customer|contact|account/i.test(name))
  return called.length === 1 ? called : withAddresses
}

/** Whether the rows of a file are about users of another one. */
function isBeside(file: FoundFile, users: FoundFile): boolean {
  return !('why' in sideOf(users.data.head, file.data.head, file.name))
}

/** The flag of the target, where it is missing and nothing is to be taken for it. */
function withoutTarget({ target, yes }: Given): string[] {
  return target === undefined && !yes ? ['--target: sandbox or workos (or --yes, for the sandbox)'] : []
}

/** Says which flags would have answered what nobody can be asked. */
function missing(flags: readonly string[]): UsageError {
  return new UsageError(
    flags.map((flag) => ({
      code: 'missing_answer',
      message: `nobody can be asked here, and an answer is missing: ${flag}`,
      hint: 'workos-migrate init --help shows all flags; on a terminal, init asks',
    })),
  )
}

/** Whether a file may hold the users: it says so, or says nothing. */
function mayHoldUsers({ data: { recognised } }: FoundFile): boolean {
  return recognised === undefined || isUsers(recognised.part)
}

/**
 * Tries the WorkOS keys that are set, and asks for the first that is not where there is somebody to
 * ask. A key that is typed is tried and forgotten.
 * @returns the variables whose keys were tried
 * @throws CredentialsError when WorkOS refuses a key that is set
 */
export async function checkKeys(
  { variables }: ProposedManifest,
  { target, baseUrl }: Answers,
  prompts: Prompts | undefined,
  context: Context,
): Promise<Set<string>> {
  const { env, stderr, redactor, interrupted: signal } = context
  const tried = new Set<string>()
  const say = (text: string) => (prompts === undefined ? void stderr.write(`${text}\n`) : prompts.say(text))
  for (const { name, environment } of variables) {
    if (name !== keyVariable(environment || undefined) || tried.has(name)) continue
    const key = env[name]
    if (key !== undefined && key !== '') {
      redactor?.register(key)
      const check = await checkWorkosKey(key, { baseUrl, signal, proxies: proxiesOf(env) })
      if (check.kind === 'refused') throw refusedKey(name)
      say(check.kind === 'accepted' ? `${name} is accepted by WorkOS.` : `${name} was not tried: ${check.why}.`)
      tried.add(name)
    } else if (prompts !== undefined && target === 'workos' && environment === '') {
      await askForKey(name, baseUrl, prompts, context)
    }
  }
  return tried
}

async function askForKey(name: string, baseUrl: string | undefined, prompts: Prompts, context: Context): Promise<void> {
  for (;;) {
    const key = (await prompts.secret(`${name}? It is tried, not stored; Enter to do without`)).trim()
    if (key === '') return
    context.redactor?.register(key)
    const check = await checkWorkosKey(key, { baseUrl, signal: context.interrupted, proxies: proxiesOf(context.env) })
    if (check.kind === 'accepted') return prompts.say('WorkOS accepts it. Export it before the plan.')
    prompts.warn(check.kind === 'refused' ? 'WorkOS refuses it.' : `${check.why}.`)
    if (check.kind === 'unknown') return
  }
}

function refusedKey(name: string): CredentialsError {
  return new CredentialsError({
    code: 'key_refused',
    message: `WorkOS refuses the key in ${name}: nothing was written`,
    hint: `copy it again from the WorkOS dashboard (API keys), or unset ${name} to go on without it`,
  })
}

/** What became of trying a key. */
type KeyCheck = { kind: 'accepted' } | { kind: 'refused'; why: string } | { kind: 'unknown'; why: string }

/** Milliseconds until WorkOS counts as out of reach. */
const PATIENCE = 10_000

/**
 * Tries a WorkOS key by reading one organization. Nothing is written, and the key goes nowhere
 * else.
 */
async function checkWorkosKey(
  apiKey: string,
  { baseUrl, signal, proxies }: { baseUrl?: string; signal: AbortSignal; proxies: Proxies },
): Promise<KeyCheck> {
  const run = { workers: 1, chunkSize: 1, concurrency: 1, limits: DOCUMENTED_LIMITS }
  const target = {
    type: 'workos',
    apiKey,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    timeout: PATIENCE / 1000,
  } as const
  try {
    const interrupted = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
    const opened = await openTarget({ manifest: { target, run }, directory: '.', interrupted, proxies })
    try {
      await opened.client.read('/organizations', { limit: 1 })
      return { kind: 'accepted' }
    } finally {
      await opened.close()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CredentialsError) return { kind: 'refused', why: error.message }
    if (error instanceof ManifestError && error.problems[0]?.code === 'bad_api_key') {
      return { kind: 'refused', why: error.message }
    }
    if (error instanceof NetworkError) return { kind: 'unknown', why: error.message }
    if (error instanceof TargetError || isTimeout(error)) return { kind: 'unknown', why: 'WorkOS could not be reached' }
    throw error
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /^(TimeoutError|AbortError)$/.test(error.name)
}
