import { PassThrough } from 'node:stream'
import type { CommandUnknownOpts } from 'commander'
import type { Context } from '../../src/cli/context.ts'
import { buildProgram } from '../../src/cli/program.ts'

/** The sandbox runs until it is interrupted. Other tests check it. */
const APART = ['sandbox']

/** The name prefix of files with rows of the source, which contain secrets for their owner. */
export const ROWS = 'rows-of-'

/** The command lines to check, by command, in order. */
export const LINES: Record<string, string[][]> = {
  validate: [['validate'], ['validate', '--json'], ['validate', '--offline', '--json']],
  config: [
    ['config'],
    ['config', '--offline'],
    ['config', '--origins'],
    ['config', '--json'],
    ['config', '--json', '--origins'],
  ],
  schema: [['schema']],
  test: [['test'], ['test', '--json'], ['test', '--recipe', 'clerk']],
  init: [
    ['init', '--users', 'users.csv', '--yes', '--force', '--out', 'wizard.yaml', '--name', 'canaries', '--env', 'none'],
    [
      'init',
      '--source',
      'clerk',
      '--users',
      'clerk.csv',
      '--memberships',
      'members.csv',
      '--yes',
      '--out',
      'clerk.yaml',
    ],
    ['init', '--source', 'file', '--users', 'users.csv', '--organize', 'one', '--organization-name', 'A', '--yes'],
    ['init', '--source', 'clerk', '--users', 'clerk.csv', '--roles', 'members.csv', '--groups', 'members.csv', '--yes'],
    ['init', '--source', 'stytch', '--users', 'users.csv', '--organizations', 'users.csv', '--passwords', 'users.csv'],
    ['init', '--source', 'authjs', '--users', 'users.csv', '--accounts', 'users.csv', '--factors', 'users.csv'],
    ['init', '--source', 'csv', '--users', 'users.csv', '--definitions', 'members.csv', '--keep-inactive', '--yes'],
    ['init', '--live', '--no-inspect', '--target', 'workos', '--base-url', 'http://127.0.0.1:1', '--out', 'live.yaml'],
    ['init', '--domain', 'acme.example', '--target', 'sandbox', '--out', 'tenant.yaml'],
    // A file with secrets that is not a key file.
    ['init', '--project', 'acme', '--credentials', 'users.csv', '--target', 'sandbox', '--out', 'project.yaml'],
    ['init', '--user-pools', 'eu-west-1_canary', '--target', 'sandbox', '--out', 'pools.yaml'],
    ['init', '--from', 'postgres', '--yes', '--out', 'database.yaml'],
  ],
  inspect: [
    ['inspect', '--all'],
    ['inspect', '--json', '--limit', '20'],
    ['inspect', '--file', 'users.csv', '--json'],
    ['inspect', '--fresh', '--quiet'],
    ['inspect', '--verbose'],
    ['inspect', '--snapshot', 'nowhere'],
    ['inspect', '--from', 'mysql'],
  ],
  export: [
    ['export', '--verbose'],
    ['export', '--out', 'snapshot', '--json', '--quiet'],
  ],
  plan: [
    ['plan', '--full'],
    ['plan', '--format', 'text', '--detailed-exitcode'],
    ['plan', '--json', '--full', '--quiet', '--events', 'plan-events.ndjson'],
    ['plan', '--verbose', '--events', '-'],
    ['plan', '--format', 'markdown', '--full'],
    ['plan', '--fresh', '--strict', '--everybody'],
    ['plan', '--html', 'plan.html'],
    ['plan', '--snapshot', 'snapshot', '--json', '--full'],
    ['plan', '--refresh', '--out', 'plan.ndjson', '--merges', 'merges.json'],
    ['plan', '--only', 'user:u-*', '--limit', '5', '--full'],
    ['plan', '--only', 'domain:nowhere.example'],
    ['plan', '--rejects', `${ROWS}plan.csv`, '--resets', 'resets.csv'],
  ],
  handoff: [
    ['handoff', '--out', 'handoff', '--json'],
    ['handoff', '--out', 'handoff', '--include-secrets'],
    ['handoff', '--out', 'handoff', '--fresh', '--quiet'],
    ['handoff', '--out', 'handoff', '--verbose'],
    ['handoff', '--out', 'handoff', '--snapshot', 'snapshot'],
  ],
  apply: [
    ['apply', 'plan.ndjson', '--full', '--confirm', 'canaries', '--verbose', '--events', 'apply-events.ndjson'],
    ['apply', '--yes', '--json', '--full', '--quiet'],
    ['apply', '--yes', '--refresh', '--events', '-', '--html', 'apply.html', '--everybody'],
    ['apply', '--confirm', 'wrong-word', '--strict'],
    ['apply', '--only', 'user:u-*', '--limit', '5', '--confirm', 'wrong-word'],
    ['apply', '--fresh', '--confirm', 'wrong-word'],
    ['apply', '--snapshot', 'snapshot', '--confirm', 'wrong-word'],
    ['apply', '--yes', '--deadline', '2020-01-01T00:00:00Z', '--max-duration', '1s'],
  ],
  verify: [
    ['verify', '--everybody'],
    ['verify', '--strict', '--full', '--verbose'],
    ['verify', '--quiet', '--events', '-'],
    ['verify', '--only', 'user:u-*', '--limit', '5', '--full'],
    ['verify', '--json', '--full'],
    ['verify', '--fresh', '--full', '--html', 'verify.html'],
    ['verify', '--snapshot', 'snapshot'],
  ],
  explain: [
    ['explain', 'user:u-bcrypt', '--live', '--verbose'],
    ['explain', 'user:u-totp-uri', '--live', '--json'],
    ['explain', 'user:u-cut-argon2', '--json', '--quiet'],
    ['explain', 'user:u-bcrypt', '--snapshot', 'snapshot'],
    ['explain', 'nothing-like-it'],
  ],
  errors: [
    ['errors', '--full'],
    ['errors', '--run', '1', '--full'],
    ['errors', '--json', '--full'],
    ['errors', '--ndjson'],
    ['errors', '--format', 'ndjson', '--run', '1'],
    ['errors', '--run', '1', '--csv', `${ROWS}run.csv`],
    ['errors', '--csv', `${ROWS}run.ndjson`, '--snapshot', 'snapshot'],
  ],
  'state list': [
    ['state', 'list'],
    ['state', 'list', '--json'],
    ['state', 'list', '--kind', 'user'],
  ],
  'state show': [
    ['state', 'show'],
    ['state', 'show', '--json', '--html', 'state.html'],
    ['state', 'show', 'user:u-bcrypt', '--json'],
  ],
  'state export': [
    ['state', 'export', '--format', 'ndjson'],
    ['state', 'export', '--kind', 'user'],
    ['state', 'export', '--to', 'postgres', '--force'],
    [
      'state',
      'export',
      '--format',
      'sql',
      '--dialect',
      'postgres',
      '--batch',
      '10',
      '--template',
      'update users set workos_id = {{ workos_id }}, email = {{ email }} where id = {{ key }}',
    ],
  ],
  words: [['words']],
  'state backup': [
    ['state', 'backup'],
    ['state', 'backup', 'copy.bak'],
  ],
  'state restore': [
    ['state', 'restore', 'copy.bak', '--yes'],
    ['state', 'restore', 'copy.bak', '--yes', '--force'],
  ],
  'state migrate': [['state', 'migrate', '--to', 'elsewhere.sqlite', '--schema', 'a', '--ca', 'b']],
  'state mv': [
    ['state', 'mv', 'user:u-bcrypt', 'user:u-moved', '--yes'],
    ['state', 'mv', 'user:u-moved', 'user:u-bcrypt', '--yes'],
  ],
  doctor: [['doctor'], ['doctor', '--json'], ['doctor', '--offline']],
  completion: [['completion', 'bash']],
  'completion-words': [['completion-words', '--', 'plan', '--env', '']],
  'state rm': [['state', 'rm', 'user:u-bcrypt', '--yes', '--force']],
  'state import': [
    ['state', 'import', 'user:u-bcrypt', 'user_of_nobody'],
    ['state', 'import', 'user:u-bcrypt', 'user_of_nobody', '--force'],
  ],
  destroy: [
    ['destroy', '--plan-only', '--only', 'user:u-*'],
    ['destroy', '--plan-only', '--full', '--everybody', '--html', 'destroy.html'],
    ['destroy', '--plan-only', '--json', '--quiet'],
    ['destroy', '--plan-only', '--verbose', '--events', '-'],
    ['destroy', '--confirm', 'canaries', '--deadline', '2020-01-01T00:00:00Z', '--max-duration', '1s'],
    ['destroy', '--confirm', 'canaries', '--include-active', '--include-changed', '--json'],
  ],
  'pipeline note': [['pipeline', 'note', 'plan.md', '--label', 'canaries', '--plan', 'plan.ndjson', '--quiet']],
  'pipeline reviewed': [['pipeline', 'reviewed', 'plan.ndjson', '--label', 'canaries', '--quiet']],
  'pipeline outputs': [['pipeline', 'outputs', 'plan.ndjson']],
  help: [['help'], ['help', '--json']],
  purge: [
    ['purge', '--dry-run', '--state', '--in', '.'],
    ['purge', '--older-than', '30d', '--json', '--yes'],
    ['purge', '--yes', '--state', '--json'],
  ],
}

/** Options that select input, not output. Every command has them. */
const COMMON = ['--config', '--env', '--help', '--version']

/** Commands and options that no line above uses: `command` or `command --option`. */
export function uncovered(): string[] {
  const missing: string[] = []
  const visit = (command: CommandUnknownOpts, name: string): void => {
    if (command.commands.length > 0) {
      for (const child of command.commands) visit(child, `${name} ${child.name()}`.trim())
      return
    }
    if (APART.includes(name)) return
    const lines = LINES[name]
    if (lines === undefined) missing.push(name)
    const used = new Set(lines?.flat())
    for (const { long } of command.options) {
      if (long && !COMMON.includes(long) && !used.has(long)) missing.push(`${name} ${long}`)
    }
  }
  visit(
    buildProgram(nowhere(), async () => {}),
    '',
  )
  return missing
}

function nowhere(): Context {
  const never = new AbortController().signal
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()]
  return { stdout, stderr, stdin, env: {}, cwd: '/', now: Date.now, interrupted: never, killed: never }
}
