import { InvalidArgumentError, Option } from 'commander'
import { DIALECTS } from '../../exporting/dialects.ts'
import { command, examples, type Parent, sub } from './options.ts'

/** The commands under `state`. */
export function defineState(program: Parent) {
  const state = command(program, 'state', 'Show and manage the state: resources, IDs and runs')
  return examples(state, [
    ['workos-migrate state show', 'what the state contains, its target and its runs'],
    ['workos-migrate state export > ids.csv', 'the map from source keys to WorkOS IDs'],
  ])
}

export function defineStateList(state: Parent) {
  const list = sub(state, 'list', 'List the resources with their WorkOS IDs')
    .option('--kind <kind>', 'only this kind')
    .option('--json', 'print one JSON object on each line')
  return examples(list, [['workos-migrate state list --kind user', 'the users']])
}

export function defineStateShow(state: Parent) {
  const show = sub(state, 'show [address]', 'Show one resource, or the whole state and its runs')
    .option('--html <file>', 'write an HTML report of the whole state')
    .option('--json', 'print the result as JSON')
  return examples(show, [
    ['workos-migrate state show user:user_123', 'one resource'],
    ['workos-migrate state show --html state.html', 'the whole state, to search in a browser'],
  ])
}

export function defineStateExport(state: Parent) {
  const exporting = sub(state, 'export', 'Print the map from source keys to WorkOS IDs')
    .addOption(new Option('--format <format>', 'the output format (default: csv)').choices(['csv', 'ndjson', 'sql']))
    .option('--kind <kind>', 'only this kind')
    .option('--template <sql>', 'for sql: a statement instead of those in the manifest')
    .addOption(new Option('--dialect <name>', 'for sql: the type of the database').choices(DIALECTS))
    .option('--batch <number>', 'for sql: resources in one transaction', parseBatch)
    .addOption(
      new Option('--to <place>', 'update the table that export.postgres names to match the state').choices([
        'postgres',
      ]),
    )
    .option('--force', 'with --to: overwrite the IDs of another state')
  return examples(exporting, [
    ['workos-migrate state export --kind user > ids.csv', 'for systems that still use the old IDs'],
    ['workos-migrate state export --format sql > ids.sql', 'the statements under export.sql in the manifest'],
    ['workos-migrate state export --to postgres', 'update the table under export.postgres'],
    ['workos-migrate state export --format sql --template "$SQL"', 'your own statement'],
  ])
}

export function defineStateBackup(state: Parent) {
  return examples(sub(state, 'backup [file]', 'Copy the state to a new file, even during a run'), [
    ['workos-migrate state backup', 'next to the state, with the time in its name'],
    ['workos-migrate state backup /backups/state.bak', 'to a new file'],
  ])
}

export function defineStateRestore(state: Parent) {
  const restore = sub(state, 'restore <file>', 'Restore the state from a backup; WorkOS does not change')
    .option('--force', 'accept a backup of another state')
    .option('-y, --yes', 'do not ask')
  return examples(restore, [
    ['workos-migrate state restore state.sqlite.20260102T030405000Z.bak', 'into a file or PostgreSQL'],
  ])
}

export function defineStateMigrate(state: Parent) {
  const migrate = sub(state, 'migrate', 'Move the state to another place')
    .requiredOption('--to <place>', 'a path, or a variable with the URL of a database, in single quotes')
    .option('--schema <name>', 'the schema in the database', parseSchema)
    .option('--ca <file>', 'the CA certificates for the database')
  return examples(migrate, [
    ["workos-migrate state migrate --to '${DATABASE_URL}'", 'to PostgreSQL; every row is compared'],
    ['workos-migrate state migrate --to ./state.sqlite', 'back to a file'],
  ])
}

function parseBatch(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A batch must be a whole number of resources, 1 or more.')
}

/** As `state.schema` of the manifest. */
function parseSchema(text: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(text)) return text
  throw new InvalidArgumentError('A schema name has only lowercase letters, digits and _, such as workos_migrate.')
}

export function defineStateRm(state: Parent) {
  const rm = sub(state, 'rm <addresses...>', 'Forget resources; they stay in WorkOS')
    .option('--force', 'also forget what others in the state depend on')
    .option('-y, --yes', 'do not ask')
  return examples(rm, [['workos-migrate state rm user:user_123', 'the next apply looks it up in WorkOS again']])
}

export function defineStateMv(state: Parent) {
  const usage = 'mv <old> <new>'
  const mv = sub(state, usage, 'Follow a key that changed in the source; WorkOS does not change').option(
    '-y, --yes',
    'do not ask',
  )
  return examples(mv, [
    ['workos-migrate state mv user:17 user:u_17', 'the source now calls user 17 u_17'],
    ['workos-migrate state mv organization:acme organization:org-1', 'its memberships, groups and roles move too'],
  ])
}

export function defineStateImport(state: Parent) {
  const usage = 'import <address> <id>'
  const adopt = sub(state, usage, 'Adopt by hand: link a resource to an object in WorkOS').option(
    '--force',
    'accept a different email address or external ID, or a resource that is not in the source',
  )
  return examples(adopt, [
    ['workos-migrate state import user:user_123 user_01HXYZ', 'user_123 in the source is user_01HXYZ in WorkOS'],
  ])
}
