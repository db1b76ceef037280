import { InvalidArgumentError, Option } from 'commander'
import { DIALECTS } from '../../exporting/dialects.ts'
import { command, examples, type Parent, sub } from './options.ts'

/** The commands under `state`. */
export function defineState(program: Parent) {
  const state = command(program, 'state', 'Look at and look after what earlier runs did: resources, ids, runs')
  return examples(state, [
    ['workos-migrate state show', 'what it holds, what it is bound to, its runs'],
    ['workos-migrate state export > ids.csv', 'the map from source keys to WorkOS ids'],
  ])
}

export function defineStateList(state: Parent) {
  const list = sub(state, 'list', 'List the resources with their WorkOS ids')
    .option('--kind <kind>', 'only this kind')
    .option('--json', 'one JSON object a line')
  return examples(list, [['workos-migrate state list --kind user', 'the users']])
}

export function defineStateShow(state: Parent) {
  const show = sub(state, 'show [address]', 'Show one resource, or the state as a whole and its runs')
    .option('--html <file>', 'write a report of the whole state for a browser')
    .option('--json', 'print it as JSON')
  return examples(show, [
    ['workos-migrate state show user:user_123', 'one resource'],
    ['workos-migrate state show --html state.html', 'everything that it holds, to be searched in a browser'],
  ])
}

export function defineStateExport(state: Parent) {
  const exporting = sub(state, 'export', 'Print the map from source keys to WorkOS ids')
    .addOption(new Option('--format <format>', 'how to print it (default: csv)').choices(['csv', 'ndjson', 'sql']))
    .option('--kind <kind>', 'only this kind')
    .option('--template <sql>', 'of sql: the statement, in place of those that the manifest has')
    .addOption(new Option('--dialect <name>', 'of sql: the database').choices(DIALECTS))
    .option('--batch <number>', 'of sql: resources in one transaction', parseBatch)
    .addOption(
      new Option('--to <place>', 'keep the table that export.postgres names as the state is').choices(['postgres']),
    )
    .option('--force', 'of --to: also over the ids of another state')
  return examples(exporting, [
    ['workos-migrate state export --kind user > ids.csv', 'for the systems that keep the old ids'],
    ['workos-migrate state export --format sql > ids.sql', 'the statements of export.sql in the manifest'],
    ['workos-migrate state export --to postgres', 'into the table of export.postgres'],
    ['workos-migrate state export --format sql --template "$SQL"', 'a statement of your own'],
  ])
}

export function defineStateBackup(state: Parent) {
  return examples(sub(state, 'backup [file]', 'Copy the state to a new file, also while a run is under way'), [
    ['workos-migrate state backup', 'beside the state, named by the time'],
    ['workos-migrate state backup /backups/state.bak', 'to a file that does not exist yet'],
  ])
}

export function defineStateRestore(state: Parent) {
  const restore = sub(state, 'restore <file>', 'Make the state again what a backup says; WorkOS stays as it is')
    .option('--force', 'also from a backup of another state')
    .option('-y, --yes', 'do not ask')
  return examples(restore, [['workos-migrate state restore state.sqlite.20260102T030405000Z.bak', 'whatever keeps it']])
}

export function defineStateMigrate(state: Parent) {
  const migrate = sub(state, 'migrate', 'Carry the state over to where it is to be kept from now on')
    .requiredOption('--to <place>', 'a path, or a variable with the address of a database in single quotes')
    .option('--schema <name>', 'schema of the database', parseSchema)
    .option('--ca <file>', "certificates that the database's is checked against")
  return examples(migrate, [
    ["workos-migrate state migrate --to '${DATABASE_URL}'", 'to PostgreSQL, compared row by row'],
    ['workos-migrate state migrate --to ./state.sqlite', 'from there into a file'],
  ])
}

function parseBatch(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A batch is a whole number of resources, from 1.')
}

/** As `state.schema` of the manifest. */
function parseSchema(text: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(text)) return text
  throw new InvalidArgumentError('A schema is lower-case letters, digits and _, such as workos_migrate.')
}

export function defineStateRm(state: Parent) {
  const rm = sub(state, 'rm <addresses...>', 'Forget resources; they stay in WorkOS')
    .option('--force', 'forget also what others in the state depend on')
    .option('-y, --yes', 'do not ask')
  return examples(rm, [['workos-migrate state rm user:user_123', 'the next apply looks for it in WorkOS again']])
}

export function defineStateMv(state: Parent) {
  const usage = 'mv <old> <new>'
  const mv = sub(state, usage, 'Follow a key that changed in the source; WorkOS stays as it is').option(
    '-y, --yes',
    'do not ask',
  )
  return examples(mv, [
    ['workos-migrate state mv user:17 user:u_17', 'the source calls user 17 u_17 now'],
    ['workos-migrate state mv organization:acme organization:org-1', 'its memberships, groups and roles go with it'],
  ])
}

export function defineStateImport(state: Parent) {
  const usage = 'import <address> <id>'
  const adopt = sub(state, usage, 'Adopt by hand: this resource is that object in WorkOS').option(
    '--force',
    'also if its e-mail address or external id is another one, or the source does not have it',
  )
  return examples(adopt, [
    ['workos-migrate state import user:user_123 user_01HXYZ', 'user_123 of the source is user_01HXYZ in WorkOS'],
  ])
}
