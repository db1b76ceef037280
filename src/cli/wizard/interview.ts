/**
 * The questions of `init`. In: the command line (`Given`) and, on a terminal, prompts. Out:
 * Answers, from which propose-manifest.ts makes a manifest. `checkKeys` tries the WorkOS keys that
 * are set.
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

const ENVIRONMENTS = ['staging', 'production']

/**
 * Completes the command line with questions, or without prompts with what the files show.
 * @throws UsageError that names the missing flags, without prompts
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

/** The same for the tables of a database, whose relations are known. */
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

/** The answers besides the source and the organizations. */
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
    message: `--from and ${live === undefined ? '--domain' : '--live'} name two different sources`,
    hint: 'remove one of them',
  })
}

/**
 * The files that accompany the users. The csv recipe reads this program's own columns, unless other
 * files need rules to be joined.
 */
async function beside(source: ChosenSource, given: Given, folder: Folder, context: Context): Promise<Beside> {
  // A script gets the files that it names. With prompts or --yes, files in the folder are used too.
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

/** If a file is named, its pages count as separate files. */
function eachPage({ pages = [], ...first }: FoundFile): FoundFile[] {
  return [first, ...pages]
}

/** The parts that the csv recipe reads besides the users. */
const RECIPE_READS: ReadonlySet<string> = new Set(['roles', 'definitions', 'roleNames'])

/** Drops files of roles if there are no organizations, because roles belong to memberships. */
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

/** Drops files of organizations if --organize chose other organizations. */
function withoutOrganizations(found: Beside): Beside {
  const isOfThem = ({ side: { part } }: SideFile) => part === 'memberships' || part === 'organizations'
  const left = found.sides.filter(isOfThem).map(({ file }) => unused(file, '--organize chose other organizations'))
  return { ...found, sides: found.sides.filter((side) => !isOfThem(side)), unused: [...left, ...found.unused] }
}

const NOWHERE = 'roles need organizations, and no file assigns users to organizations: see --organize'

async function chooseOrganization(
  { origin, files, sides, live }: ChosenSource & Pick<Answers, 'files' | 'sides'>,
  given: Given,
  prompts: Prompts | undefined,
): Promise<Pick<Answers, 'organize' | 'organizationName'>> {
  const organize = given.organize ?? (given.organizationName === undefined ? undefined : 'one')
  if (organize !== 'one' && given.organizationName !== undefined) {
    throw new UsageError({
      code: 'contradiction',
      message: `--organization-name is for a single organization, but --organize is ${organize}`,
      hint: 'remove one of them',
    })
  }
  if (organize === 'one') return { organize, organizationName: given.organizationName ?? (await askForName(prompts)) }
  if (organize !== undefined || prompts === undefined) return { organize: organize ?? 'source' }
  const says = organizationsIn(origin, { files, sides }, live !== undefined)
  const chosen = await prompts.select<Organize>('Which organizations do the users belong to?', [
    { value: 'source', label: says ?? 'none for now', hint: says === undefined ? 'you can add them later' : undefined },
    { value: 'one', label: 'one organization for all users' },
    { value: 'per-domain', label: 'one organization for each email domain', hint: 'without email providers' },
    { value: 'from-metadata', label: 'the organization in their metadata' },
  ])
  return chosen === 'one' ? { organize: chosen, organizationName: await askForName(prompts) } : { organize: chosen }
}

async function askForName(prompts: Prompts | undefined): Promise<string> {
  if (prompts === undefined) throw missing(['--organization-name: the name of the organization'])
  const check = (text: string) => (text.trim() === '' ? 'a name' : undefined)
  return (await prompts.text('What is its name?', { check })).trim()
}

/** Where the source defines organizations, in words; undefined if it does not. */
function organizationsIn(
  origin: Origin,
  { files, sides }: Pick<Answers, 'files' | 'sides'>,
  live: boolean,
): string | undefined {
  // User pools have no organizations.
  if (live && origin !== 'cognito') return `as in ${ORIGINS[origin].title}`
  const members = sides.find(({ side }) => side.part === 'memberships')
  if (members !== undefined) return `as in ${members.file.name}`
  if (!ORIGINS[origin].organizations || origin === 'auth0') return undefined
  const file = files.memberships ?? (origin === 'clerk' ? undefined : files.users)
  return file === undefined ? undefined : `as in ${file.name}`
}

async function chooseTarget(given: Given, prompts: Prompts | undefined): Promise<'sandbox' | 'workos'> {
  if (prompts === undefined) {
    const [flag] = withoutTarget(given)
    if (flag !== undefined) throw missing([flag])
    return 'sandbox'
  }
  return prompts.select('Where do you want to migrate to?', [
    { value: 'sandbox', label: 'a sandbox on this machine first', hint: 'no account needed; use WorkOS later with -e' },
    { value: 'workos', label: 'WorkOS', hint: 'needs an API key' },
  ])
}

interface ChosenSource {
  /** Whether there are prompts. */
  asked?: boolean
  origin: Origin
  users?: FoundFile
  live?: Live
}

const ANOTHER = 'another'

/** Origins with an API, in the order of the choices. */
const LIVE = ['auth0', 'clerk', 'firebase', 'cognito', 'okta'] as const

const DATABASES: readonly Choice<string>[] = [
  { value: 'from:postgres', label: 'a PostgreSQL database', hint: 'inspects its tables first' },
  { value: 'from:mysql', label: 'a MySQL or MariaDB database', hint: 'inspects its tables first' },
]

/** The source from the command line, from a prompt, or the only possible one. */
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
    { value: ANOTHER, label: 'another file', hint: 'CSV, JSON or NDJSON, optionally gzip' },
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

/** The origin of the tenant, the project or the user pools on the command line. */
function namedOrigin({ domain, project, userPools }: Given): (typeof LIVE)[number] {
  if (domain !== undefined) return ofDomain(domain)
  if (project !== undefined) return 'firebase'
  return userPools === undefined ? 'clerk' : 'cognito'
}

/** The given origin, unless no recipe reads this form of its export. */
function mappedAs(users: FoundFile, origin: Origin | undefined): Origin {
  const own = originOf(users)
  return own === 'file' && users.data.recognised !== undefined ? own : (origin ?? own)
}

/** Rejects options that do not fit the source. */
function refuseUnused(given: Given, origin: Origin): void {
  const { files, domain, project, userPools, credentials, live } = given
  const { users } = files
  const refuse = (message: string, hint: string) => new UsageError({ code: 'contradiction', message, hint })
  const { title } = ORIGINS[origin]
  if (domain !== undefined && origin !== 'auth0' && origin !== 'okta')
    throw refuse(`--domain is for Auth0 and Okta, but the users come from ${title}`, 'remove one of them')
  if (project !== undefined && origin !== 'firebase')
    throw refuse(`--project is for Firebase, but the users come from ${title}`, 'remove one of them')
  if (project !== undefined && users !== undefined)
    throw refuse('--users and --project name two different sources', 'remove one of them')
  if (userPools !== undefined && origin !== 'cognito')
    throw refuse(`--user-pools is for Cognito, but the users come from ${title}`, 'remove one of them')
  if (userPools !== undefined && users !== undefined)
    throw refuse('--users and --user-pools name two different sources', 'remove one of them')
  if (credentials !== undefined && project === undefined && !(live && origin === 'firebase'))
    throw refuse('--credentials is for a Firebase project that is read over its API', 'name the project with --project')
  if (domain !== undefined && users !== undefined)
    throw refuse('--users and --domain name two different sources', 'remove one of them')
  if (typeof live === 'string' && (origin === 'auth0' || origin === 'okta'))
    throw refuse('--live with a URL is for Clerk and Firebase', `name the domain of ${title} with --domain`)
  if (users !== undefined && live && origin !== 'clerk')
    throw refuse(`only Clerk supports --users with --live, but the users come from ${title}`, 'remove one of them')
}

/** Rejects a file that is recognized as an export of another system than --source. */
function refuseForeign(users: FoundFile, origin: Origin): void {
  const found = users.data.recognised?.origin
  if (fits(users, origin) || found === 'csv' || found === undefined) return
  throw new UsageError({
    code: 'contradiction',
    message: `${users.name} is not from ${ORIGINS[origin].title}: it looks like ${titleOf(users)}`,
    hint: `use --source ${found}, or --source file for your own mapping`,
  })
}

/** The origin of a recognized users file. Other files, such as memberships, do not count. */
function originOf({ data: { recognised } }: FoundFile): Origin {
  return recognised !== undefined && isUsers(recognised.part) ? recognised.origin : 'file'
}

function fits({ data: { recognised } }: FoundFile, origin: Origin): boolean {
  return recognised === undefined || recognised.origin === origin || recognised.origin === 'file' || origin === 'file'
}

function titleOf({ data: { recognised } }: FoundFile): string {
  return recognised?.title ?? 'of unknown origin'
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
      message: `init cannot read ${ORIGINS[origin].title} over its API`,
      hint: 'name an export file with --users',
    })
  }
  if (origin === 'firebase') return firebaseProject(given, prompts, context)
  if (origin === 'cognito') return cognitoPools(given, prompts)
  if (origin !== 'auth0' && origin !== 'okta') return clerkAt(given)
  if (given.domain !== undefined) return { domain: given.domain }
  const [what, like] = DOMAINS[origin]
  if (prompts === undefined) throw missing([`--domain: the ${ORIGINS[origin].title} ${what}, like ${like}`])
  const check = (text: string) => (/^[^\s/]+\.[^\s/]+|^https?:\/\//.test(text) ? undefined : `like ${like}`)
  return { domain: await prompts.text(`What is the domain of the ${what}?`, { check }) }
}

const DOMAINS = { auth0: ['tenant', 'acme.eu.auth0.com'], okta: ['org', 'acme.okta.com'] } as const

function ofDomain(domain: string): keyof typeof DOMAINS {
  return /\.(okta|oktapreview|okta-emea)\.com\/?$/i.test(domain) ? 'okta' : 'auth0'
}

async function firebaseProject(given: Given, prompts: Prompts | undefined, { cwd }: Context): Promise<Live> {
  const { project } = given
  if (project === undefined && prompts === undefined) throw missing(['--project: the ID of the Firebase project'])
  const check = (text: string) => (/^[a-z0-9.:-]+$/.test(text.trim()) ? undefined : 'like my-project-1a2b3')
  const id = project ?? (await prompts?.text('What is the project ID?', { check })) ?? ''
  const asked = 'Which service account key file? Press Enter to use the credentials of this machine'
  const file = given.credentials ?? (await prompts?.text(asked, { check: () => undefined })) ?? ''
  return {
    project: id.trim(),
    ...(file.trim() !== '' && { credentials: resolve(cwd, file.trim()) }),
    ...clerkAt(given),
  }
}

/** The AWS SDK finds the credentials, so there is no question about them. */
async function cognitoPools(given: Given, prompts: Prompts | undefined): Promise<Live> {
  const like = 'like eu-west-1_Example01; several separated by commas'
  if (given.userPools === undefined && prompts === undefined)
    throw missing([`--user-pools: the IDs of the user pools, ${like}`])
  const check = (text: string) => {
    const ids = poolsIn(text)
    return ids.length > 0 && ids.every((id) => /^[\w-]+_\w+$/.test(id)) ? undefined : like
  }
  const userPools =
    given.userPools ?? poolsIn((await prompts?.text('What are the IDs of the user pools?', { check })) ?? '')
  return { userPools, ...clerkAt(given) }
}

async function askForFile(prompts: Prompts, { cwd }: Context): Promise<FoundFile> {
  for (;;) {
    const name = await prompts.text('What is the path of the file?', {
      check: (text) => (text.trim() === '' ? 'a path' : undefined),
    })
    try {
      return await describe(name.trim(), cwd)
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      prompts.warn(error.message)
    }
  }
}

/** Files to list in the error. */
const MAX_SEEN = 6

/** Without prompts: the only likely users file, with --yes. */
function onlyOne(fitting: readonly FoundFile[], given: Given, folder: Folder): ChosenSource {
  const known = likelyUsers(fitting)
  const [users, second] = known
  if (given.yes && users !== undefined && second === undefined) return { origin: mappedAs(users, given.origin), users }
  const seen =
    known.length > 0
      ? known.map((file) => `${file.name} (${titleOf(file)})`).join(', ')
      : [...folder.others, ...folder.files.map((file) => unused(file, 'no known column with email addresses'))]
          .slice(0, MAX_SEEN)
          .map(({ name, why }) => `${name} (${why})`)
          .join(', ')
  const live =
    given.origin === undefined || ORIGINS[given.origin].live
      ? '; or use --live, --domain, --project or --user-pools to read an API, or --from to read a database'
      : ''
  throw missing([
    `--users: the users file${seen === '' ? '' : `; found here: ${seen}`}${live}`,
    ...withoutTarget(given),
  ])
}

/**
 * The recognized users files; otherwise those with email addresses, preferably named like users.
 */
function likelyUsers(files: readonly FoundFile[]): FoundFile[] {
  const known = files.filter((file) => file.data.recognised !== undefined)
  const alone = known.filter((file) => !known.some((other) => other !== file && isBeside(file, other)))
  if (known.length > 0) return alone.length === 1 ? alone : known
  const withAddresses = files.filter(({ data }) => data.head.paths.some((path) => rankOf(path, 'email') !== undefined))
  const called = withAddresses.filter(({ name }) => /user|people|person|customer|contact|account/i.test(name))
  return called.length === 1 ? called : withAddresses
}

/** Whether the rows of a file belong to the users in another file. */
function isBeside(file: FoundFile, users: FoundFile): boolean {
  return !('why' in sideOf(users.data.head, file.data.head, file.name))
}

/** The flag of the target, if it is missing without --yes. */
function withoutTarget({ target, yes }: Given): string[] {
  return target === undefined && !yes ? ['--target: sandbox or workos; or use --yes for the sandbox'] : []
}

/** The error for missing flags without prompts. */
function missing(flags: readonly string[]): UsageError {
  return new UsageError(
    flags.map((flag) => ({
      code: 'missing_answer',
      message: `an option is missing, and this is not a terminal: ${flag}`,
      hint: 'add the option, or run init on a terminal, where it asks; workos-migrate init --help shows all options',
    })),
  )
}

/** Whether a file can be the users file: recognized as one, or not recognized. */
function mayHoldUsers({ data: { recognised } }: FoundFile): boolean {
  return recognised === undefined || isUsers(recognised.part)
}

/**
 * Tries the WorkOS keys that are set, and asks for the first missing one. A typed key is not
 * stored.
 * @returns the variables whose keys were tried
 * @throws CredentialsError if WorkOS rejects a key that is set
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
      say(
        check.kind === 'accepted'
          ? `WorkOS accepts the key in ${name}.`
          : `The key in ${name} was not tried: ${check.why}.`,
      )
      tried.add(name)
    } else if (prompts !== undefined && target === 'workos' && environment === '') {
      await askForKey(name, baseUrl, prompts, context)
    }
  }
  return tried
}

async function askForKey(name: string, baseUrl: string | undefined, prompts: Prompts, context: Context): Promise<void> {
  for (;;) {
    const key = (await prompts.secret(`${name}? It is tried but not stored. Press Enter to skip`)).trim()
    if (key === '') return
    context.redactor?.register(key)
    const check = await checkWorkosKey(key, { baseUrl, signal: context.interrupted, proxies: proxiesOf(context.env) })
    if (check.kind === 'accepted') return prompts.say('WorkOS accepts the key. Set the variable before you run plan.')
    prompts.warn(check.kind === 'refused' ? 'WorkOS rejected the key.' : `${check.why}.`)
    if (check.kind === 'unknown') return
  }
}

function refusedKey(name: string): CredentialsError {
  return new CredentialsError({
    code: 'key_refused',
    message: `WorkOS rejected the key in ${name}; nothing was written`,
    hint: `copy the key from the WorkOS dashboard (API keys) again, or unset ${name} to continue without it`,
  })
}

type KeyCheck = { kind: 'accepted' } | { kind: 'refused'; why: string } | { kind: 'unknown'; why: string }

/** Time to wait for WorkOS. Milliseconds. */
const PATIENCE = 10_000

/** Tries a WorkOS key by reading one organization. Writes nothing. */
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
    if (error instanceof TargetError || isTimeout(error)) return { kind: 'unknown', why: 'WorkOS cannot be reached' }
    throw error
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /^(TimeoutError|AbortError)$/.test(error.name)
}
