import { InvalidArgumentError, Option } from 'commander'
import { eventful, examples, limited, type Parent, reading, scoped, sub, telling, timed } from './options.ts'

/** The commands of a migration itself: plan, apply and undo it, and show what became of it. */

export function definePlan(program: Parent) {
  const look = sub(program, 'plan [manifest]', 'Show what apply would do; nothing is written to WorkOS')
  const plan = limited(eventful(telling(reading(look))))
    .option('--refresh', 'compare with everything in WorkOS, not only with the state')
    .option('--full', 'show every action and every rejected record')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'json', 'markdown']).default('text'))
    .option('--json', 'the same as --format json')
    .option('-o, --out <file>', 'save the plan, to be applied as it is')
    .option('--merges <file>', 'write what became of duplicates, record by record, as JSON')
    .option('--rejects <file>', 'write the rows of what is rejected or blocked, with the reasons, to be corrected')
    .option('--resets <file>', 'write who must set a new password, and why, as CSV')
    .option('--html <file>', 'write a report for a browser: one file, which asks no network for anything')
    .option('--detailed-exitcode', 'exit with 2 when there is something to apply')
    .option('--strict', 'exit with 7 when something is rejected or blocked, or a warning is not accepted')
  return examples(plan, [
    ['workos-migrate plan', 'what is to be done'],
    ['workos-migrate plan --only organization:acme', 'of one organization and its members'],
    ['workos-migrate plan --format markdown', 'for a pull request'],
    ['workos-migrate plan --html plan.html', 'to be looked at in a browser: searched, filtered, printed'],
    ['workos-migrate plan --merges merges.json', 'which records became one user, and which values were not taken'],
    ['workos-migrate plan --out plan.ndjson', 'to be reviewed, then applied with: workos-migrate apply plan.ndjson'],
  ])
}

export function defineApply(program: Parent) {
  const carryOut = sub(program, 'apply [file]', 'Carry out a plan: a saved one, or a new one of the manifest')
  const apply = timed(limited(eventful(telling(reading(carryOut)))))
    .option('--refresh', 'compare with everything in WorkOS, not only with the state')
    .option('--full', 'show every action and every rejected record')
    .option('-y, --yes', 'do not ask: what the plan shows is approved, deletions too')
    .option(
      '--strict',
      'apply nothing with a warning that is not accepted; exit with 7 for what is rejected or blocked',
    )
    .option('--confirm <word>', 'the word that safety.confirm asks for; a saved plan needs it too')
    .option('--html <file>', 'write a report of the plan and its result for a browser')
    .option('--json', 'print the result as JSON')
  return examples(apply, [
    ['workos-migrate apply', 'plan, show, ask, do'],
    ['workos-migrate apply migrate.config.yaml --yes', 'the same in a script'],
    ['workos-migrate apply --limit 10', 'of ten users, to try it out'],
    ['workos-migrate apply --yes --deadline 05:30', 'whatever is not done by half past five is left for the next run'],
    ['workos-migrate apply plan.ndjson', 'a plan that was reviewed; asks nothing'],
    ['workos-migrate apply plan.ndjson --confirm production', 'where safety.confirm asks for that word'],
  ])
}

/** Connections go into files, which somebody imports. */
export function defineHandoff(program: Parent) {
  const usage = 'handoff [manifest]'
  const write = sub(program, usage, 'Write the single sign-on connections into the files that WorkOS imports')
  const handoff = telling(reading(write))
    .requiredOption('-o, --out <folder>', 'the folder to write to')
    .option('--include-secrets', 'write client secrets and private keys, which are left out otherwise')
    .option('--json', 'print the result as JSON')
  return examples(handoff, [
    ['workos-migrate handoff --out ./sso', 'SAML and OpenID Connect connections, without their secrets'],
    ['workos-migrate handoff --out ./sso --include-secrets', 'with client secrets and private keys'],
  ])
}

export function defineVerify(program: Parent) {
  const read = sub(program, 'verify [manifest]', 'Read WorkOS back and compare it with the source and the state')
  const verify = limited(eventful(telling(reading(read))))
    .option('--strict', 'fail on differences and warnings as well, not only on what is missing')
    .option('--full', 'show every finding')
    .option('--html <file>', 'write a report for a browser')
    .option('--json', 'print the result as JSON')
  return examples(verify, [
    ['workos-migrate verify', 'is everything there? Exit code 7 if not'],
    ['workos-migrate verify --strict --json --full > verified.json', 'every difference, for the record'],
  ])
}

export function defineExplain(program: Parent) {
  const usage = 'explain <what>'
  const look = sub(program, usage, 'Explain one identity: its rows, rules, merges, state, action and requests')
  const explain = telling(look)
    .option('--snapshot <folder>', 'work from the snapshot in this folder, without asking the source')
    .option('--live', 'look up what WorkOS holds now')
    .option('--json', 'print the explanation as JSON')
  return examples(explain, [
    ['workos-migrate explain ada@example.com', 'why is she rejected, admin, merged, without password?'],
    ['workos-migrate explain users.csv:12', 'what becomes of this row?'],
    ['workos-migrate explain membership:u1@acme --live', 'and what does WorkOS hold now?'],
  ])
}

export function defineErrors(program: Parent) {
  const errors = sub(program, 'errors', 'Show what a run could not do, by cause, and what would help')
    .option('--run <number>', 'the run (default: the last one)', parseRun)
    .option('--full', 'show every one instead of five of each cause')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'json', 'ndjson']).default('text'))
    .option('--json', 'the same as --format json')
    .option('--ndjson', 'the same as --format ndjson: every one, a line each')
    .option('--csv <file>', 'write the rows of all of them, with the reasons, to be corrected')
    .option('--snapshot <folder>', 'with --csv: take the rows from the snapshot in this folder')
  return examples(errors, [
    ['workos-migrate errors', 'what the last run could not do'],
    ['workos-migrate errors --csv correct.csv', 'the rows concerned, with the reasons, to be corrected and used again'],
    ['workos-migrate errors --run 3 --ndjson > errors.ndjson', 'everything of run 3, for a script'],
  ])
}

function parseRun(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A run is a whole number from 1; workos-migrate state show lists them.')
}

export function defineDestroy(program: Parent) {
  const undo = sub(program, 'destroy [manifest]', 'Undo: delete what this state created, never what it adopted')
  const destroy = timed(scoped(eventful(telling(undo))))
    .option('--plan-only', 'only show what would be deleted')
    .option('--include-active', 'delete users who have signed in since, too')
    .option('--include-changed', 'delete what was changed in WorkOS since, too')
    .option('--confirm <name>', 'the name of the manifest')
    .option('--full', 'show every action')
    .option('--json', 'print plan or result as JSON')
    .option('--html <file>', 'write a report of the plan and its result for a browser')
  return examples(destroy, [
    ['workos-migrate destroy --plan-only', 'what would be deleted, and what not'],
    ['workos-migrate destroy --only organization:acme', 'undo a pilot'],
    ['workos-migrate destroy -e staging', 'show it, ask for the name, delete it'],
    ['workos-migrate destroy -e staging --confirm acme-clerk', 'the same in a script'],
  ])
}
