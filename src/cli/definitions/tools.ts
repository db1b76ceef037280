import { Argument, InvalidArgumentError } from 'commander'
import { readDuration } from '../../clock.ts'
import { wrapped } from '../../reporting/table.ts'
import { SHELLS, WORDS } from './completion-scripts.ts'
import { command, examples, type Parent, sub } from './options.ts'

/** Commands around a migration: sandbox, purge, doctor, completion, help. */

/** The defaults of `sandbox`. */
export const DEFAULT_PORT = 4100
export const DEFAULT_DATA = '.workos-migrate/sandbox.sqlite'

export function defineSandbox(program: Parent) {
  const sandbox = command(program, 'sandbox', 'Run the WorkOS sandbox as a server on this machine')
    .option('--port <port>', `the port to listen on; 0 picks a free one (default: ${DEFAULT_PORT})`, parsePort)
    .option('--data <file>', `the database file, or :memory: (default: ${DEFAULT_DATA})`)
    .option('--limits', 'enforce the rate limits that WorkOS documents')
    .option('--connections-api', 'allow creating connections, which WorkOS enables for each environment')
    .option('--faults <what>', 'inject faults: a percentage for every kind of temporary fault, or a JSON file')
  return examples(sandbox, [
    ['workos-migrate sandbox --port 4100 --limits', 'a local WorkOS to rehearse with'],
    ['workos-migrate sandbox --faults 5%', 'the same, with faults'],
  ])
}

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('A port must be a whole number from 0 to 65535.')
}

export function definePurge(program: Parent) {
  const usage = 'purge [manifest]'
  const purge = sub(program, usage, 'Remove snapshots, saved plans and reports from this machine')
    .option('--state', 'also remove the state, its backups and the data of an embedded sandbox')
    .option('--older-than <duration>', 'only files that did not change for this long: 30d, 12h', parseAge)
    .option('--in <folder...>', 'also look in this folder')
    .option('--dry-run', 'only list what would be removed')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the result as JSON')
  return examples(purge, [
    ['workos-migrate purge --dry-run', 'list the files and their sizes'],
    ['workos-migrate purge -e production --older-than 30d', 'list old files, ask, remove them'],
    ['workos-migrate purge --in ./reports --yes', 'in a script; also look in ./reports'],
    ['workos-migrate purge --state', 'remove everything after the migration'],
  ])
}

function parseAge(text: string): number {
  const ms = readDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('An age must look like 30d, 12h or 1d12h.')
}

export function defineDoctor(program: Parent) {
  const usage = 'doctor [manifest]'
  const doctor = sub(program, usage, 'Check what a run needs: manifest, source, key, network, state, disk')
    .option('--offline', 'make no network requests')
    .option('--json', 'print the result as JSON')
  return examples(doctor, [
    ['workos-migrate doctor', 'before the first plan, or when something fails'],
    ['workos-migrate doctor -e production', 'try the production key with one small read'],
    ['workos-migrate doctor --offline --json', 'for a script, without requests'],
  ])
}

export function defineCompletion(program: Parent) {
  const description = 'Print a shell script that completes commands and options'
  const completion = command(program, 'completion', description).addArgument(
    new Argument('<shell>', 'the shell').choices(SHELLS),
  )
  return examples(completion, [
    ['source <(workos-migrate completion bash)', 'bash, in ~/.bashrc'],
    ['source <(workos-migrate completion zsh)', 'zsh, in ~/.zshrc after compinit'],
    ['workos-migrate completion fish | source', 'fish, in ~/.config/fish/config.fish'],
  ])
}

/** The hidden command that the completion scripts call. */
export function defineCompletionWords(program: Parent) {
  return program.command(WORDS, { hidden: true }).argument('[words...]')
}

/** Replaces commander's own help command, which has no JSON. */
export function defineHelp(program: Parent) {
  program.helpCommand(false)
  const help = command(program, 'help [command...]', 'Show the help of a command').option(
    '--json',
    'print all commands, options and exit codes as JSON',
  )
  return examples(help, [
    ['workos-migrate help plan', 'the options of plan'],
    ['workos-migrate help --json', 'every command and option, for a script or an assistant'],
  ])
}

/**
 * `help words`, and the words at the end of the help of other commands. Call it after those are
 * defined.
 */
export function defineWords(program: Parent) {
  const words = command(program, 'words', 'Explain the words in a plan')
  words.addHelpText('after', `\nWords:\n${glossary()}`)
  const ends: Readonly<Record<string, readonly Word[]>> = WORDS_OF
  for (const other of program.commands) {
    const own = ends[other.name()]
    if (own !== undefined)
      other.addHelpText('after', `\nWords (full list: workos-migrate help words):\n${glossary(own)}`)
  }
  return words
}

/** The words of outputs, with their meanings, as in docs/reference/glossary.md. */
export const MEANINGS = {
  adopt: 'take over an object that WorkOS already has: the state records its ID, and nothing is created',
  unchanged: 'WorkOS already matches the source: nothing is sent',
  gone: 'applied before, then deleted in WorkOS, and not created again (onDeleted: keep)',
  blocked: 'the resource, or one that it refers to, cannot be applied; the plan shows why',
  rejected: 'the record breaks a rule: it is not migrated, and the plan lists it',
  'left out': 'a condition in the mapping (when) skips the record on purpose',
  distinct: 'different resources that the records describe',
  merged: 'records of a resource that an earlier record already describes',
  orphaned: 'in the state but no longer in the source; kept in WorkOS',
  prune: 'delete what apply created and the source no longer has; the manifest lists the kinds',
  spared: 'not deleted, because someone uses it or changed it',
  drift: 'a value that someone changed in WorkOS after it was applied',
} as const

type Word = keyof typeof MEANINGS

/** The words that occur in the output of each command. */
const OF_PLANS: readonly Word[] = [
  'adopt',
  'unchanged',
  'gone',
  'blocked',
  'rejected',
  'left out',
  'distinct',
  'merged',
  'orphaned',
  'prune',
  'drift',
]
export const WORDS_OF = {
  plan: OF_PLANS,
  apply: OF_PLANS,
  verify: ['rejected', 'left out', 'distinct', 'merged', 'drift'],
  destroy: ['adopt', 'spared', 'gone'],
} satisfies Record<string, readonly Word[]>

/** The words with their meanings, for --help. */
export function glossary(words: readonly Word[] = wordsOf()): string {
  const width = Math.max(...words.map((word) => word.length))
  const hanging = ' '.repeat(width + 4)
  return words
    .map((word) => `  ${word.padEnd(width)}  ${wrapped(MEANINGS[word], 80 - hanging.length).join(`\n${hanging}`)}\n`)
    .join('')
}

function wordsOf(): Word[] {
  return Object.keys(MEANINGS).filter((word): word is Word => word in MEANINGS)
}
