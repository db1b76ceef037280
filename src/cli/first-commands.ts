import { type Command, InvalidArgumentError, Option } from 'commander'
import { command, examples, reading, type Start, sub, telling } from './command-line.ts'
import type { Context } from './context.ts'
import { ORGANIZE } from './wizard/answers.ts'
import { originNames } from './wizard/origins.ts'

/** The commands that a migration begins with. */
export function addFirstSteps(program: Command, context: Context, start: Start): void {
  addInit(program, context, start)
  const inspect = telling(
    reading(
      sub(program, 'inspect [subject]', 'Show what a source holds: of a manifest, or of a data file without one'),
    ),
  )
    .option('--file <file>', 'a data file, whatever its name')
    .option('--limit <records>', 'how many records to read (default: 10000)', parseLimit)
    .option('--all', 'read everything')
    .option('--json', 'print it as JSON')
    .action((subject, options) =>
      start(async () => (await import('./commands/inspect.ts')).inspect(subject, options, context)),
    )
  examples(inspect, [
    ['workos-migrate inspect users.csv', 'what is this file, and what is in it?'],
    ['workos-migrate inspect', 'the source of migrate.config.yaml, with what it joins'],
    ['workos-migrate inspect --all --json > inspection.json', 'all of it, for a script'],
  ])
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A number of records is a whole number from 1.')
}

function addInit(program: Command, context: Context, start: Start): void {
  const init = command(
    program,
    'init',
    'Ask what a first migration needs, look into the source, and write its manifest',
  )
    .addOption(new Option('--source <origin>', 'where the users come from').choices(originNames))
    .option('--users <file>', 'the file of the users')
    .option('--memberships <file>', 'who belongs to which organization')
    .option('--roles <file>', 'who has which role')
    .option('--organizations <file>', 'the organizations')
    .option('--accounts <file>', 'the table of accounts')
    .option('--groups <file>', 'who is in which group')
    .option('--passwords <file>', 'password hashes in a file of their own')
    .option('--factors <file>', 'MFA secrets in a file of their own')
    .option('--live [url]', "read Clerk over its API (the address, where it is not Clerk's own)")
    .option('--domain <domain>', 'read this Auth0 tenant over its API')
    .addOption(new Option('--organize <rule>', 'which organizations they belong to').choices(ORGANIZE))
    .option('--organization-name <name>', 'one organization for all, of this name')
    .addOption(new Option('--target <target>', 'where they go').choices(['sandbox', 'workos']))
    .option('--base-url <url>', 'address of the target, where it is not WorkOS itself')
    .option(
      '--env <names>',
      'environments of the manifest, comma-separated, or none (default: staging,production)',
      parseNames,
    )
    .option('--name <name>', 'name of the migration (default: that of the folder)')
    .option('-o, --out <file>', 'the manifest to write', 'migrate.config.yaml')
    .option('--force', 'overwrite the manifest')
    .option('--no-inspect', 'do not read a tenant or an instance yet')
    .option('-y, --yes', 'ask nothing: take what is proposed')
    .action(
      ({ source, env, users, memberships, roles, organizations, accounts, groups, passwords, factors, ...rest }) => {
        const files = defined({ users, memberships, roles, organizations, accounts, groups, passwords, factors })
        const options = { ...rest, origin: source, environments: env, files }
        return start(async () => (await import('./commands/init.ts')).init(options, context))
      },
    )
  examples(init, [
    ['workos-migrate init', 'asks, on a terminal'],
    ['workos-migrate init --users users.csv --yes', 'takes what is proposed for this file'],
    ['workos-migrate init --source auth0 --domain acme.eu.auth0.com --target workos', 'in a script'],
  ])
}

function defined(files: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).flatMap(([part, name]) => (name === undefined ? [] : [[part, name]])))
}

function parseNames(text: string): string[] {
  if (text === 'none') return []
  const names = text.split(',').map((name) => name.trim())
  if (names.every((name) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name))) return [...new Set(names)]
  throw new InvalidArgumentError('Names of environments are letters, digits, - and _, separated by commas.')
}
