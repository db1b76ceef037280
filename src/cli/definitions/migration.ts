import { InvalidArgumentError, Option } from 'commander'
import { eventful, examples, limited, type Parent, reading, scoped, sub, telling, timed } from './options.ts'

/** The commands of a migration: plan, apply, undo, and show the result. */

export function definePlan(program: Parent) {
  const look = sub(program, 'plan [manifest]', 'Show what apply would do, without writing to WorkOS')
  const plan = limited(eventful(telling(reading(look))))
    .option('--refresh', 'compare with WorkOS itself, not only with the state')
    .option('--full', 'show every action and every rejected record')
    .addOption(
      new Option('--format <format>', 'the output format').choices(['text', 'json', 'markdown']).default('text'),
    )
    .option('--json', 'same as --format json')
    .option('-o, --out <file>', 'save the plan, so that apply runs exactly this plan')
    .option('--merges <file>', 'write a JSON report of how duplicates were merged')
    .option('--rejects <file>', 'write the rejected and blocked rows with the reasons, so that you can correct them')
    .option('--resets <file>', 'write a CSV list of the users who must set a new password, and why')
    .option('--html <file>', 'write an HTML report: one file that loads nothing from the network')
    .option('--detailed-exitcode', 'exit with 2 if there is something to apply')
    .option('--strict', 'exit with 7 if anything is rejected or blocked, or a warning is not accepted')
  return examples(plan, [
    ['workos-migrate plan', 'show what would change'],
    ['workos-migrate plan --only organization:acme', 'only one organization and its members'],
    ['workos-migrate plan --format markdown', 'for a pull request'],
    ['workos-migrate plan --html plan.html', 'a report to search, filter and print in a browser'],
    ['workos-migrate plan --merges merges.json', 'which records were merged, and which values were dropped'],
    ['workos-migrate plan --out plan.ndjson', 'save it for review, then run: workos-migrate apply plan.ndjson'],
  ])
}

export function defineApply(program: Parent) {
  const carryOut = sub(program, 'apply [file]', 'Apply a saved plan, or make a new plan and apply it')
  const apply = timed(limited(eventful(telling(reading(carryOut)))))
    .option('--refresh', 'compare with WorkOS itself, not only with the state')
    .option('--full', 'show every action and every rejected record')
    .option('-y, --yes', 'apply without asking; this approves deletions too')
    .option('--strict', 'apply nothing if a warning is not accepted; exit with 7 if anything is rejected or blocked')
    .option('--confirm <word>', 'the word that safety.confirm requires, also for a saved plan')
    .option('--html <file>', 'write an HTML report of the plan and the result')
    .option('--json', 'print the result as JSON')
  return examples(apply, [
    ['workos-migrate apply', 'plan, show, ask, apply'],
    ['workos-migrate apply migrate.config.yaml --yes', 'the same in a script'],
    ['workos-migrate apply --limit 10', 'only ten users, as a trial'],
    ['workos-migrate apply --yes --deadline 05:30', 'stop at 05:30; the next run does the rest'],
    ['workos-migrate apply plan.ndjson', 'apply a reviewed plan without asking'],
    ['workos-migrate apply plan.ndjson --confirm production', 'if safety.confirm is "production"'],
  ])
}

export function defineHandoff(program: Parent) {
  const usage = 'handoff [manifest]'
  const write = sub(program, usage, 'Write the single sign-on connections to files that WorkOS can import')
  const handoff = telling(reading(write))
    .requiredOption('-o, --out <folder>', 'the folder to write to')
    .option('--include-secrets', 'include client secrets and private keys')
    .option('--json', 'print the result as JSON')
  return examples(handoff, [
    ['workos-migrate handoff --out ./sso', 'SAML and OpenID Connect connections, without their secrets'],
    ['workos-migrate handoff --out ./sso --include-secrets', 'with client secrets and private keys'],
  ])
}

export function defineVerify(program: Parent) {
  const read = sub(program, 'verify [manifest]', 'Read WorkOS back and compare it with the source and the state')
  const verify = limited(eventful(telling(reading(read))))
    .option('--strict', 'also fail on differences and warnings, not only on missing resources')
    .option('--full', 'show every finding')
    .option('--html <file>', 'write an HTML report')
    .option('--json', 'print the result as JSON')
  return examples(verify, [
    ['workos-migrate verify', 'is everything there? exits with 7 if not'],
    ['workos-migrate verify --strict --json --full > verified.json', 'save every difference'],
  ])
}

export function defineExplain(program: Parent) {
  const usage = 'explain <what>'
  const look = sub(program, usage, 'Explain one identity: its rows, rules, merges, state, action and requests')
  const explain = telling(look)
    .option('--snapshot <folder>', 'use the snapshot in this folder instead of the source')
    .option('--live', 'also show what WorkOS has now')
    .option('--json', 'print the explanation as JSON')
  return examples(explain, [
    ['workos-migrate explain ada@example.com', 'why is this user rejected, merged, or an admin?'],
    ['workos-migrate explain users.csv:12', 'what happens to this row?'],
    ['workos-migrate explain membership:u1@acme --live', 'the same, with what WorkOS has now'],
  ])
}

export function defineErrors(program: Parent) {
  const errors = sub(program, 'errors', 'Show what a run could not migrate, by cause, and how to fix it')
    .option('--run <number>', 'the number of the run (default: the last run)', parseRun)
    .option('--full', 'show every record instead of five for each cause')
    .addOption(new Option('--format <format>', 'the output format').choices(['text', 'json', 'ndjson']).default('text'))
    .option('--json', 'same as --format json')
    .option('--ndjson', 'same as --format ndjson: every record, one on each line')
    .option('--csv <file>', 'write the affected rows with the reasons, so that you can correct them')
    .option('--snapshot <folder>', 'with --csv: take the rows from the snapshot in this folder')
  return examples(errors, [
    ['workos-migrate errors', 'what the last run could not migrate'],
    ['workos-migrate errors --csv correct.csv', 'the affected rows with the reasons, to correct and import again'],
    ['workos-migrate errors --run 3 --ndjson > errors.ndjson', 'everything of run 3, for a script'],
  ])
}

function parseRun(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A run must be a whole number, 1 or more; workos-migrate state show lists the runs.')
}

export function defineDestroy(program: Parent) {
  const undo = sub(program, 'destroy [manifest]', 'Undo: delete what this state created, but never what it adopted')
  const destroy = timed(scoped(eventful(telling(undo))))
    .option('--plan-only', 'show what would be deleted, and stop')
    .option('--include-active', 'also delete users who have signed in since')
    .option('--include-changed', 'also delete what was changed in WorkOS since')
    .option('--confirm <name>', 'the name of the manifest, as confirmation')
    .option('--full', 'show every action')
    .option('--json', 'print the plan or the result as JSON')
    .option('--html <file>', 'write an HTML report of the plan and the result')
  return examples(destroy, [
    ['workos-migrate destroy --plan-only', 'what would be deleted, and what would be kept'],
    ['workos-migrate destroy --only organization:acme', 'undo a pilot'],
    ['workos-migrate destroy -e staging', 'show the deletions, ask for the name, delete'],
    ['workos-migrate destroy -e staging --confirm acme-clerk', 'the same in a script'],
  ])
}
