import { Argument, InvalidArgumentError } from 'commander'
import { readDuration } from '../../clock.ts'
import { wrapped } from '../../reporting/table.ts'
import { SHELLS, WORDS } from './completion-scripts.ts'
import { command, examples, type Parent, sub } from './options.ts'

/**
 * The commands that help with a migration: a sandbox, a look at the surroundings, completion,
 * words.
 */

/** Where `sandbox` listens, and its database, unless the command line says otherwise. */
export const DEFAULT_PORT = 4100
export const DEFAULT_DATA = '.workos-migrate/sandbox.sqlite'

export function defineSandbox(program: Parent) {
  const sandbox = command(program, 'sandbox', 'Run the WorkOS sandbox as a server on this machine')
    .option('--port <port>', `the port to listen on; 0: any free one (default: ${DEFAULT_PORT})`, parsePort)
    .option('--data <file>', `its database, or :memory: (default: ${DEFAULT_DATA})`)
    .option('--limits', 'enforce the documented rate limits')
    .option('--connections-api', 'let connections be created, which WorkOS enables for an environment')
    .option('--faults <what>', 'go wrong: a percentage for every kind of passing trouble, or a JSON file of faults')
  return examples(sandbox, [
    ['workos-migrate sandbox --port 4100 --limits', 'a WorkOS to rehearse against'],
    ['workos-migrate sandbox --faults 5%', 'the same on a bad day'],
  ])
}

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
}

/** What is left of a migration on this machine. */
export function definePurge(program: Parent) {
  const usage = 'purge [manifest]'
  const purge = sub(program, usage, 'Remove snapshots, saved plans and reports that are not needed any more')
    .option('--state', 'the state, its backups and the data of an embedded sandbox, too')
    .option('--older-than <duration>', 'only what was not changed for so long: 30d, 12h', parseAge)
    .option('--in <folder...>', 'look in this folder, too')
    .option('--dry-run', 'only list what would be removed')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the result as JSON')
  return examples(purge, [
    ['workos-migrate purge --dry-run', 'what is there, and how large'],
    ['workos-migrate purge -e production --older-than 30d', 'lists it, asks, removes it'],
    ['workos-migrate purge --in ./reports --yes', 'in a script; also what lies in ./reports'],
    ['workos-migrate purge --state', 'everything, once the migration is over'],
  ])
}

function parseAge(text: string): number {
  const ms = readDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('An age is written like 30d, 12h or 1d12h.')
}

/** Whether everything is there that a run needs. */
export function defineDoctor(program: Parent) {
  const usage = 'doctor [manifest]'
  const doctor = sub(program, usage, 'Check what a run needs: manifest, source, key, network, state, disk')
    .option('--offline', 'ask nothing over the network')
    .option('--json', 'print the result as JSON')
  return examples(doctor, [
    ['workos-migrate doctor', 'before a first plan, and when something does not work'],
    ['workos-migrate doctor -e production', 'with the key of production: one small read'],
    ['workos-migrate doctor --offline --json', 'for a script, without a request'],
  ])
}

export function defineCompletion(program: Parent) {
  const description = 'Print the script that completes commands and options in a shell'
  const completion = command(program, 'completion', description).addArgument(
    new Argument('<shell>', 'the shell').choices(SHELLS),
  )
  return examples(completion, [
    ['source <(workos-migrate completion bash)', 'bash, in ~/.bashrc'],
    ['source <(workos-migrate completion zsh)', 'zsh, in ~/.zshrc after compinit'],
    ['workos-migrate completion fish | source', 'fish, in ~/.config/fish/config.fish'],
  ])
}

/** The hidden command that the scripts of `completion` ask. */
export function defineCompletionWords(program: Parent) {
  return program.command(WORDS, { hidden: true }).argument('[words...]')
}

/** In the place of the command that commander brings: this one also answers programs. */
export function defineHelp(program: Parent) {
  program.helpCommand(false)
  const help = command(program, 'help [command...]', 'Show the help of a command').option(
    '--json',
    'print all commands, options and exit codes as JSON',
  )
  return examples(help, [
    ['workos-migrate help plan', 'the options of plan'],
    ['workos-migrate help --json', 'everything that the command line takes, for a script or an assistant'],
  ])
}

/**
 * `help words`, and the words at the end of the help of the commands that use them: those are
 * defined before.
 */
export function defineWords(program: Parent) {
  const words = command(program, 'words', 'Say what the words of a plan mean')
  words.addHelpText('after', `\nWords:\n${glossary()}`)
  const ends: Readonly<Record<string, readonly Word[]>> = WORDS_OF
  for (const other of program.commands) {
    const own = ends[other.name()]
    if (own !== undefined)
      other.addHelpText('after', `\nWords (all of them: workos-migrate help words):\n${glossary(own)}`)
  }
  return words
}

/**
 * The words of plans, applies and verifications, and what they mean here.
 * docs/reference/glossary.md says the same.
 */
export const MEANINGS = {
  adopt: 'take over what is in WorkOS already: its id goes into the state, and nothing is created',
  unchanged: 'WorkOS has it as the source says: nothing is sent',
  gone: 'applied once, deleted in WorkOS since, and left so (onDeleted: keep)',
  blocked: 'it cannot be applied, or what it refers to cannot; the plan says why',
  rejected: 'a record that breaks a rule: nothing is made of it, and the plan names it',
  'left out': 'a record that a condition of the mapping (when) passes over on purpose',
  distinct: 'different resources that came of the records',
  merged: 'further records of a resource that another record had named already',
  orphaned: 'in the state, and no longer in the source: left alone',
  prune: 'delete what apply created and what has left the source; the manifest names the kinds',
  spared: 'it would be deleted, and is left alone: somebody uses it or changed it',
  drift: 'a value that somebody changed in WorkOS since it was applied',
} as const

type Word = keyof typeof MEANINGS

/** The words that occur in what each command shows. */
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

/** Each word with its meaning beside it, for --help. */
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
