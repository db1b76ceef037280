import { InvalidArgumentError, Option } from 'commander'
import { ORGANIZE, originNames, poolsIn } from '../wizard/answers.ts'
import { command, examples, type Parent, reading, sub, telling } from './options.ts'

const FROM =
  'a database: postgres or mysql (the URL is in DATABASE_URL), the variable with its URL, or a URL without a password'

/**
 * The commands that a migration begins with: they look at a manifest and its source, and never at
 * the target.
 */

export function defineInit(program: Parent) {
  const init = command(
    program,
    'init',
    'Ask what a first migration needs, look into the source, and write its manifest',
  )
    .addOption(new Option('--source <origin>', 'where the users come from').choices(originNames))
    .option('--from <database>', FROM)
    .option('--users <file>', 'the file of the users; with --from, here and below, the table')
    .option('--memberships <file>', 'who belongs to which organization')
    .option('--roles <file>', 'who has which role')
    .option('--organizations <file>', 'the organizations')
    .option('--accounts <file>', 'the table of accounts')
    .option('--groups <file>', 'who is in which group')
    .option('--passwords <file>', 'password hashes in a file of their own')
    .option('--factors <file>', 'MFA secrets in a file of their own')
    .option('--definitions <file>', 'which roles there are')
    .option('--live [url]', 'read Clerk, Firebase or Cognito over its API (the address, where it is not its own)')
    .option('--domain <domain>', 'read this Auth0 tenant or Okta org over its API')
    .option('--project <id>', 'read this Firebase project over its API')
    .option('--user-pools <ids>', 'read these user pools of Cognito over their API, comma-separated', poolsIn)
    .option('--credentials <file>', "the key file for it (default: the machine's own credentials)")
    .addOption(new Option('--organize <rule>', 'which organizations they belong to').choices(ORGANIZE))
    .option('--organization-name <name>', 'one organization for all, of this name')
    .addOption(new Option('--target <target>', 'where they go').choices(['sandbox', 'workos']))
    .option('--base-url <url>', 'address of the target, where it is not WorkOS itself')
    .option(
      '--env <names>',
      'environments of the manifest, comma-separated, or none (default: staging,production)',
      parseNames,
    )
    .option('--keep-inactive', 'bring people along whom a column calls inactive, banned, locked or deleted')
    .option('--name <name>', 'name of the migration (default: that of the folder)')
    .option('-o, --out <file>', 'the manifest to write', 'migrate.config.yaml')
    .option('--force', 'overwrite the manifest')
    .option('--no-inspect', 'do not read a tenant or an instance yet')
    .option('-y, --yes', 'ask nothing: take what is proposed')
  return examples(init, [
    ['workos-migrate init', 'asks, on a terminal'],
    ['workos-migrate init --users users.csv --yes', 'takes what is proposed for this file'],
    ['workos-migrate init --from postgres --yes', 'proposes tables of the database in DATABASE_URL'],
    ['workos-migrate init --source auth0 --domain acme.eu.auth0.com --target workos', 'in a script'],
  ])
}

function parseNames(text: string): string[] {
  if (text === 'none') return []
  const names = text.split(',').map((name) => name.trim())
  if (names.every((name) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name))) return [...new Set(names)]
  throw new InvalidArgumentError('Names of environments are letters, digits, - and _, separated by commas.')
}

export function defineInspect(program: Parent) {
  const usage = 'inspect [subject]'
  const look = sub(program, usage, 'Show what a source holds: of a manifest, or of a data file without one')
  const inspect = telling(reading(look))
    .option('--file <file>', 'a data file, whatever its name')
    .option('--from <database>', FROM)
    .option('--limit <records>', 'how many records to read (default: 10000; of a database 1000)', parseLimit)
    .option('--all', 'read everything')
    .option('--json', 'print it as JSON')
  return examples(inspect, [
    ['workos-migrate inspect users.csv', 'what is this file, and what is in it?'],
    ['workos-migrate inspect', 'the source of migrate.config.yaml, with what it joins'],
    ['workos-migrate inspect --from postgres', 'the tables of the database in DATABASE_URL'],
    ['workos-migrate inspect --all --json > inspection.json', 'all of it, for a script'],
  ])
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A number of records is a whole number from 1.')
}

export function defineValidate(program: Parent) {
  const usage = 'validate [manifest]'
  const validate = sub(program, usage, 'Check the manifest, the files it names and its expressions')
    .option('--offline', 'take unset references as unknown instead of as problems')
    .option('--json', 'print the result as JSON')
  return examples(validate, [
    ['workos-migrate validate', 'in the folder of migrate.config.yaml'],
    ['workos-migrate validate -e production --offline', 'in CI, where no secret is set'],
  ])
}

export function defineConfig(program: Parent) {
  const usage = 'config [manifest]'
  const config = sub(program, usage, 'Print the effective manifest: recipe, file and environment merged')
    .option('--offline', 'take unset references as unknown instead of as problems')
    .option('--origins', 'add where each value comes from')
    .option('--json', 'print it as JSON')
  return examples(config, [['workos-migrate config -e staging --origins', 'what holds in staging, and why']])
}

export function defineTest(program: Parent) {
  const usage = 'test [manifest]'
  const test = sub(program, usage, "Run the manifest's tests of its mapping; needs neither source nor target")
    .option('--recipe <name>', "run a shipped recipe's own tests instead")
    .option('--json', 'print the result as JSON')
  return examples(test, [
    ['workos-migrate test', 'what stands under tests: in migrate.config.yaml'],
    ['workos-migrate test --recipe clerk', 'the tests that the recipe for Clerk brings'],
  ])
}

export function defineSchema(program: Parent) {
  return examples(command(program, 'schema', 'Print the JSON Schema of the manifest'), [
    ['workos-migrate schema > migrate.config.schema.json', 'for an editor to complete and check'],
  ])
}

export function defineExport(program: Parent) {
  const read = sub(program, 'export [manifest]', 'Read the source into a snapshot, and nothing more')
  const exporting = telling(read)
    .option('-o, --out <folder>', 'where to write it (default: where plan looks for it)')
    .option('--json', 'print the result as JSON')
  return examples(exporting, [
    ['workos-migrate export', 'read the tenant now; plan and apply work from what was read'],
    ['workos-migrate export --out ./cut-over', 'to carry it to another machine: plan --snapshot ./cut-over'],
  ])
}
