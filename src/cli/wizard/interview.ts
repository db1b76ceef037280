import { basename } from 'node:path'
import { UsageError } from '../../diagnostics/errors.ts'
import type { Context } from '../context.ts'
import type { Answers, Organize } from './answers.ts'
import { type ChosenSource, chooseSource } from './choose-source.ts'
import { describe, type FoundFile, filesIn } from './files-here.ts'
import type { Given } from './given.ts'
import { missing, withoutTarget } from './missing-answers.ts'
import { ORIGINS, type Origin } from './origins.ts'
import type { Prompts } from './prompts.ts'

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

/** Files that belong to the users: those that are named, and those in the folder that say so themselves. */
async function sideFiles(
  { origin, users }: ChosenSource,
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
  { origin, files, live }: ChosenSource & { files: Answers['files'] },
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
  const says = organizationsIn(origin, files, live !== undefined)
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
