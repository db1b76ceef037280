import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { WORDS } from '../../src/cli/definitions/completion-scripts.ts'
import { everyCommand, pathOf } from '../../src/cli/guidance/advice.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { toolVersion } from '../../src/version.ts'
import { expectRefusal, MANIFEST, SECRET } from './bad-input.ts'
import { command, folderOf, program, start } from './harness.ts'

const SANDBOX = 'source: { type: csv, path: users.csv }\ntarget: { type: sandbox }\nrun: { workers: 1 }\n'

const demo = (users = 'email\na@example.com\n') => folderOf({ 'migrate.config.yaml': SANDBOX, 'users.csv': users })

const commands = [
  [],
  ['validate'],
  ['config'],
  ['schema'],
  ['plan'],
  ['apply'],
  ['state'],
  ['state', 'list'],
  ['state', 'show'],
  ['state', 'export'],
  ['state', 'backup'],
  ['state', 'restore'],
  ['state', 'migrate'],
  ['state', 'rm'],
  ['state', 'mv'],
  ['state', 'import'],
  ['pipeline'],
  ['pipeline', 'note'],
  ['pipeline', 'reviewed'],
  ['pipeline', 'outputs'],
  ['doctor'],
  ['completion'],
  ['verify'],
  ['explain'],
  ['errors'],
  ['sandbox'],
]

test.each(
  commands.map((words) => ['workos-migrate', ...words].join(' ')),
)('%s --help begins with examples', async (line) => {
  const words = line.split(' ').slice(1)
  const { code, stdout, stderr } = await command([...words, '--help'], { cwd: '/' })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Examples:\n {2}(?:source <\()?workos-migrate /)
  expect(stdout).toContain(`Usage: ${line} `)
})

test('all options in the help have a description', async () => {
  for (const words of commands) {
    const { stdout } = await command([...words, '--help'], { cwd: '/' })
    const options = stdout.split('Options:\n')[1]?.split('\n\n')[0] ?? ''
    for (const line of options.split('\n').filter((option) => /^ {2}-/.test(option))) expect(line).toMatch(/\S {2,}\S/)
  }
})

test('the help of every command fits 80 columns', async () => {
  const output = new PassThrough()
  const never = new AbortController().signal
  const world = { stdout: output, stderr: output, stdin: output, env: {}, cwd: '/', now: Date.now }
  const built = buildProgram({ ...world, interrupted: never, killed: never }, async () => {})
  const all = everyCommand(built).map(pathOf)
  expect(all).toContain('state mv')
  for (const path of all.filter((one) => one !== WORDS)) {
    const { stdout } = await command([...path.split(' ').filter(Boolean), '--help'], { cwd: '/' })
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  }
})

test.each([
  [['help', 'state', 'mv'], 0, 'Usage: workos-migrate state mv '],
  [['state', 'help', 'mv'], 0, 'Usage: workos-migrate state mv '],
  [['help', 'plan'], 0, 'Usage: workos-migrate plan '],
  [['help'], 0, 'Usage: workos-migrate [options]'],
  [['help', 'retry'], 3, 'workos-migrate apply'],
  [['help', 'nonsense'], 3, "unknown command 'nonsense'"],
  [['help', 'state', 'pull'], 3, 'workos-migrate state backup'],
])('%j prints the requested text', async (args, code, says) => {
  const outcome = await command(args, { cwd: '/' })
  expect(outcome.code).toBe(code)
  expect(outcome.stdout + outcome.stderr).toContain(says)
})

test('--version prints the name and the version, unlike another program with this name', async () => {
  expect(await command(['--version'], { cwd: '/' })).toEqual({
    code: 0,
    stdout: `workos-migrate ${toolVersion} (declarative: reads migrate.config.yaml)\n`,
    stderr: '',
  })
})

test('a terminal gets colors, unless NO_COLOR or TERM=dumb is set', async () => {
  const cwd = folderOf({ 'migrate.config.yaml': 'sauce: {}\n' })
  const said = async (env: Record<string, string>, terminal: boolean) =>
    (await command(['plan'], { cwd, env, terminal })).stderr
  expect(await said({}, true)).toContain('\x1b[')
  expect(await said({ NO_COLOR: '1' }, true)).not.toContain('\x1b[')
  expect(await said({ TERM: 'dumb' }, true)).not.toContain('\x1b[')
  expect(await said({}, false)).not.toContain('\x1b[')
  expect(await said({ FORCE_COLOR: '1' }, false)).toContain('\x1b[')
})

test('file content cannot control the terminal', async () => {
  const evil = '\u001b]0;gotcha\u0007\u001b[2J\u202eAcme\u009b2J'
  const cwd = demo(`email,org_external_id,org_name\na@example.com,acme,${evil}\nb\u001b[1m,,\n`)
  writeFileSync(join(cwd, 'migrate.config.yaml'), `${SANDBOX}safety: { maxRejects: 1 }\n`)
  const lines = [
    ['plan'],
    ['plan', '--full', '--format', 'markdown'],
    ['apply', '--yes'],
    ['state', 'list'],
    ['state', 'show', 'organization:acme'],
  ]
  for (const args of lines) {
    const { stdout, stderr } = await command(args, { cwd })
    expect(`${stdout}${stderr}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
  }
  expect((await command(['plan', '--refresh'], { cwd })).stdout).toContain('user:b\\x1b[1m')
})

/** An unexpected error with a secret in its message: a clock that fails. */
const broken = (env: Record<string, string> = {}) => {
  const folder = demo()
  return {
    cwd: folder,
    env: { WORKOS_API_KEY: SECRET, ...env },
    context: {
      now(): number {
        throw new Error(`the clock\u001b[2J stopped at ${SECRET}`)
      },
    },
  }
}

test('a defect is reported as one, with the error and how to report it', async () => {
  const outcome = await command(['apply', '--yes'], broken())
  const says = [
    'error: this is a defect of workos-migrate, not of your input: Error: the clock\\x1b[2J stopped at [redacted]',
    '[internal_error]',
    `hint: report it with this message, the command and the versions (workos-migrate ${toolVersion}, Node `,
    'with WORKOS_MIGRATE_DEBUG=1 it shows the stack trace',
  ]
  expectRefusal(outcome, { name: 'defect', exit: 1, says })
})

test('with WORKOS_MIGRATE_DEBUG a defect shows its stack trace without secrets', async () => {
  const { code, stderr } = await command(['apply', '--yes'], broken({ WORKOS_MIGRATE_DEBUG: '1' }))
  expect(code).toBe(1)
  expect(stderr).toMatch(/^ {4}at .*program\.test\.ts:\d+/m)
  expect(stderr).not.toContain(SECRET)
})

test('an interruption is not a defect', async () => {
  const context = { interrupted: AbortSignal.abort(new Error('interrupted')) }
  const { code, stderr } = await command(['plan'], { cwd: demo(), context })
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'Interrupted.\n' })
})

test.each([
  { name: 'a wrong command', args: ['aply'], exit: 3, says: ['Did you mean apply?'] },
  { name: 'no manifest', args: ['apply', '--yes', 'gone.yaml'], exit: 3, says: ['gone.yaml error: there is no file'] },
  {
    name: 'an unset reference',
    args: ['apply', '--yes'],
    exit: 3,
    at: 'migrate.config.yaml:2:34',
    says: ['BASE_URL is not set'],
  },
  {
    name: 'a rejected row',
    args: ['apply', '--yes', 'local.yaml'],
    exit: 5,
    at: 'users.csv:3',
    says: ['"b" is not an email address', 'safety.maxRejects allows 0'],
  },
  { name: 'nobody to ask', args: ['apply', 'fine.yaml'], exit: 3, says: ['approve with --yes'] },
  {
    name: 'a rejection of the schema as JSON',
    args: ['validate', '--json'],
    exit: 3,
    says: ['"code": "unset_reference"'],
  },
])('as a process: $name', async ({ args, ...expected }) => {
  const cwd = folderOf({
    'migrate.config.yaml': MANIFEST,
    'local.yaml': SANDBOX,
    'fine.yaml': SANDBOX.replace('users.csv', 'fine.csv'),
    'users.csv': 'email\na@example.com\nb\n',
    'fine.csv': 'email\na@example.com\n',
  })
  expectRefusal(await program(args, { cwd }), expected)
})

test('plan leaves only the data of the sandbox', async () => {
  const cwd = demo()
  expect(await program(['plan'], { cwd })).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(cwd).sort()).toEqual(['.workos-migrate', 'migrate.config.yaml', 'users.csv'])
  expect(readdirSync(join(cwd, '.workos-migrate'))).toEqual(['sandbox.sqlite'])
})

test('a first apply creates a state without a backup', async () => {
  const cwd = demo()
  expect(await program(['apply', '--yes'], { cwd })).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(join(cwd, '.workos-migrate')).filter((name) => name.endsWith('.bak'))).toEqual([])
})

const many = `email\n${Array.from({ length: 5000 }, (_, n) => `user-${n}@example.com\n`).join('')}`

/** Runs a command whose reader closes the pipe after the first lines. */
async function readStart(args: string[], cwd: string) {
  const child = start(args, { cwd })
  const closed = once(child, 'close')
  const stderr = text(child.stderr)
  await Promise.race([once(child.stdout, 'data'), closed])
  child.stdout.destroy()
  const [code, signal] = await closed
  return { code, signal, stderr: await stderr }
}

test('a closed pipe ends the output of a plan quietly', async () => {
  expect(await readStart(['plan', '--full'], demo(many))).toEqual({ code: 0, signal: null, stderr: '' })
})

test('a closed pipe does not stop an apply', async () => {
  const cwd = demo(many.slice(0, many.indexOf('user-200@')))
  expect(await readStart(['apply', '--yes'], cwd)).toEqual({ code: 0, signal: null, stderr: '' })
  const after = await command(['plan', '--refresh', '--detailed-exitcode'], { cwd })
  expect({ code: after.code, stderr: after.stderr }).toEqual({ code: 0, stderr: '' })
})
