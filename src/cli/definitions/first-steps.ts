import { InvalidArgumentError, Option } from 'commander'
import { ORGANIZE, originNames, poolsIn } from '../wizard/answers.ts'
import { command, examples, type Parent, reading, sub, telling } from './options.ts'

const FROM =
  'a database: postgres or mysql (with the URL in DATABASE_URL), a variable with the URL, or a URL without a password'

/** The commands that read a manifest and its source, and never the target. */

export function defineInit(program: Parent) {
  const init = command(program, 'init', 'Ask a few questions, inspect the source and write a manifest')
    .addOption(new Option('--source <origin>', 'the system that the users come from').choices(originNames))
    .option('--from <database>', FROM)
    .option('--users <file>', 'the users file; with --from, a table (also in the options below)')
    .option('--memberships <file>', 'the organization memberships')
    .option('--roles <file>', 'the role assignments')
    .option('--organizations <file>', 'the organizations')
    .option('--accounts <file>', 'the accounts table')
    .option('--groups <file>', 'the group members')
    .option('--passwords <file>', 'the password hashes, if they are in a separate file')
    .option('--factors <file>', 'the MFA secrets, if they are in a separate file')
    .option('--definitions <file>', 'the role definitions')
    .option('--live [url]', 'read Clerk, Firebase or Cognito over its API (with a URL if it is not the default)')
    .option('--domain <domain>', 'read this Auth0 tenant or Okta org over its API')
    .option('--project <id>', 'read this Firebase project over its API')
    .option('--user-pools <ids>', 'read these Cognito user pools over the API, comma-separated', poolsIn)
    .option('--credentials <file>', "the Firebase key file (default: this machine's credentials)")
    .addOption(new Option('--organize <rule>', 'how users are assigned to organizations').choices(ORGANIZE))
    .option('--organization-name <name>', 'put all users in one organization with this name')
    .addOption(new Option('--target <target>', 'where the users go').choices(['sandbox', 'workos']))
    .option('--base-url <url>', 'the URL of the target, if it is not WorkOS itself')
    .option(
      '--env <names>',
      'environments in the manifest, comma-separated, or none (default: staging,production)',
      parseNames,
    )
    .option('--keep-inactive', 'also migrate users that a column marks as inactive, banned, locked or deleted')
    .option('--name <name>', 'the name of the migration (default: the folder name)')
    .option('-o, --out <file>', 'the manifest to write', 'migrate.config.yaml')
    .option('--force', 'overwrite an existing manifest')
    .option('--no-inspect', 'do not read the tenant or the instance yet')
    .option('-y, --yes', 'accept every proposal without asking')
  return examples(init, [
    ['workos-migrate init', 'ask questions, on a terminal'],
    ['workos-migrate init --users users.csv --yes', 'accept the proposals for this file'],
    ['workos-migrate init --from postgres --yes', 'propose tables from the database in DATABASE_URL'],
    ['workos-migrate init --source auth0 --domain acme.eu.auth0.com --target workos', 'for a script'],
  ])
}

function parseNames(text: string): string[] {
  if (text === 'none') return []
  const names = text.split(',').map((name) => name.trim())
  if (names.every((name) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name))) return [...new Set(names)]
  throw new InvalidArgumentError('Environment names have only letters, digits, - and _; separate them with commas.')
}

export function defineInspect(program: Parent) {
  const usage = 'inspect [subject]'
  const look = sub(program, usage, 'Show what a source contains: the source of a manifest, or any data file')
  const inspect = telling(reading(look))
    .option('--file <file>', 'a data file of any name')
    .option('--from <database>', FROM)
    .option('--limit <records>', 'how many records to read (default: 10000; from a database: 1000)', parseLimit)
    .option('--all', 'read every record')
    .option('--json', 'print the result as JSON')
  return examples(inspect, [
    ['workos-migrate inspect users.csv', 'what is this file, and what does it contain?'],
    ['workos-migrate inspect', 'the source of migrate.config.yaml, with the files it joins'],
    ['workos-migrate inspect --from postgres', 'the tables of the database in DATABASE_URL'],
    ['workos-migrate inspect --all --json > inspection.json', 'every record, for a script'],
  ])
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('The number of records must be a whole number, 1 or more.')
}

export function defineValidate(program: Parent) {
  const usage = 'validate [manifest]'
  const validate = sub(program, usage, 'Check the manifest, its files and its expressions')
    .option('--offline', 'accept references that are not set')
    .option('--json', 'print the result as JSON')
  return examples(validate, [
    ['workos-migrate validate', 'in the folder of migrate.config.yaml'],
    ['workos-migrate validate -e production --offline', 'in CI, without secrets'],
  ])
}

export function defineConfig(program: Parent) {
  const usage = 'config [manifest]'
  const config = sub(program, usage, 'Print the effective manifest: recipe, file and environment merged')
    .option('--offline', 'accept references that are not set')
    .option('--origins', 'show where each value comes from')
    .option('--json', 'print the result as JSON')
  return examples(config, [
    ['workos-migrate config -e staging --origins', 'the values for staging, and where they come from'],
  ])
}

export function defineTest(program: Parent) {
  const usage = 'test [manifest]'
  const test = sub(program, usage, 'Run the mapping tests in the manifest, without a source or a target')
    .option('--recipe <name>', 'run the tests of a built-in recipe instead')
    .option('--json', 'print the result as JSON')
  return examples(test, [
    ['workos-migrate test', 'the tests under tests: in migrate.config.yaml'],
    ['workos-migrate test --recipe clerk', 'the tests of the Clerk recipe'],
  ])
}

export function defineSchema(program: Parent) {
  return examples(command(program, 'schema', 'Print the JSON Schema of the manifest'), [
    ['workos-migrate schema > migrate.config.schema.json', 'for completion and checks in an editor'],
  ])
}

export function defineExport(program: Parent) {
  const read = sub(program, 'export [manifest]', 'Read the source into a snapshot, without a plan')
  const exporting = telling(read)
    .option('-o, --out <folder>', 'where to write the snapshot (default: where plan looks for it)')
    .option('--json', 'print the result as JSON')
  return examples(exporting, [
    ['workos-migrate export', 'read the tenant now; plan and apply use this snapshot'],
    ['workos-migrate export --out ./cut-over', 'for another machine: plan --snapshot ./cut-over'],
  ])
}
