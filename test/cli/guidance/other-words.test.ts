import type { CommandUnknownOpts } from 'commander'
import { describe, expect, test } from 'vitest'
import type { Context } from '../../../src/cli/context.ts'
import { adviceOnCommand, adviceOnOption, everyCommand, pathOf } from '../../../src/cli/guidance/advice.ts'
import { type OtherWord, otherCommands, otherOptions } from '../../../src/cli/guidance/other-words.ts'
import { buildProgram } from '../../../src/cli/program.ts'
import { ExitCode } from '../../../src/diagnostics/errors.ts'
import { command } from '../harness.ts'

/** The program, which parses commands without running them. */
function inertProgram(): { program: CommandUnknownOpts; reached: () => boolean } {
  let reached = false
  const output = { write: () => true }
  const program = buildProgram({ stdout: output, stderr: output } as unknown as Context, async () => {
    reached = true
  })
  return { program, reached: () => reached }
}

const { program } = inertProgram()
const commands = everyCommand(program)
const at = (path: string): CommandUnknownOpts => {
  const found = commands.find((candidate) => pathOf(candidate) === path)
  if (found === undefined) throw new Error(`unknown command ${path}`)
  return found
}

const knows = ({ needs }: OtherWord) =>
  needs === undefined || commands.some((one) => pathOf(one) === needs || one.options.some(({ long }) => long === needs))

/** The command line that a hint ends with. */
const lineOf = (say: string) => /(?:^|\s)workos-migrate (.*)$/.exec(say)?.[1]?.split(' ')

const lines = (table: readonly OtherWord[], fallback: string) =>
  table
    .filter(knows)
    .flatMap(({ words, say, on = [fallback] }) => on.flatMap((path) => words.map((word) => ({ path, word, say }))))

describe.each([
  ['commands', otherCommands],
  ['options', otherOptions],
])('in the table of %s', (_name, table) => {
  test.each(
    table.filter(knows),
  )('"$say" ends with a command line that the program takes, or with a manifest key', async ({ say }) => {
    const line = lineOf(say)
    if (line === undefined) return expect(say).toMatch(/: [a-z]+: [[{].*[\]}]$/i)
    if (line[0] === '--version') return
    const { program: parsed, reached } = inertProgram()
    await parsed.parseAsync(line, { from: 'user' })
    expect(reached()).toBe(true)
  })
})

test.each(lines(otherCommands, ''))('workos-migrate $path $word says what to type: $say', async ({
  path,
  word,
  say,
}) => {
  const { code, stdout, stderr } = await command([...path.split(' ').filter(Boolean), word], { cwd: '/' })
  expect({ code, stdout }).toEqual({ code: ExitCode.usage, stdout: '' })
  expect(stderr).toContain(`error: unknown command '${word}'\n  hint: ${say}\n`)
  expect(stderr).not.toContain('Did you mean')
})

test.each(lines(otherOptions, 'errors'))('$path --$word says what to type: $say', async ({ path, word, say }) => {
  const flag = word.length === 1 ? `-${word}` : `--${word}`
  const known = at(path).options.some(({ long, short }) => long === flag || short === flag)
  if (known) return expect(adviceOnOption(flag, at('sandbox'), program)).toBeDefined()
  const { code, stdout, stderr } = await command([...path.split(' '), flag, 'value'], { cwd: '/' })
  expect({ code, stdout }).toEqual({ code: ExitCode.usage, stdout: '' })
  expect(stderr).toContain(`error: unknown option '${flag}'\n  hint: ${say}\n`)
})

test('no word of the tables is a command of this program or a duplicate', () => {
  for (const { words, on = [''] } of otherCommands) {
    for (const path of on) {
      const names = at(path).commands.map((one) => one.name())
      expect(words.filter((word) => names.includes(word))).toEqual([])
    }
  }
  const seen = lines(otherCommands, '').map(({ path, word }) => `${path} ${word.replace(/-/g, '')}`)
  expect(seen).toEqual([...new Set(seen)])
})

test.each([
  ['plan', '--autoApprove', 'apply --yes'],
  ['apply', '--DRY_RUN', 'workos-migrate plan'],
  ['destroy', '--dryrun', 'destroy --plan-only'],
  ['apply', '--out', '--out belongs to plan, init, export and handoff: workos-migrate plan --out <file>'],
  ['apply', '--merges', '--merges belongs to plan: workos-migrate plan --merges <file>'],
  ['validate', '--full', '--full belongs to plan, apply'],
  ['state list', '--yes', '--yes belongs to'],
])('%s %s gets the advice %s', (path, flag, says) => {
  expect(adviceOnOption(flag, at(path), program)).toContain(says)
})

test.each(['aply', 'lst', 'xyzzy'])('a misspelled command, %s, gets a did-you-mean', (word) => {
  expect(adviceOnCommand(word, program, program)).toBeUndefined()
})

describe('a secret on the command line', () => {
  const SECRET = 'sk_live_51abcdefSecret'
  test.each([
    [['plan', `--api-key=${SECRET}`]],
    [['plan', '--api-key', SECRET]],
    [['plan', '--token', SECRET]],
    [['plan', `--apikey=${SECRET}`, '--yes']],
    [['plan', `--secretkey=${SECRET}`]],
    [['plan', `--akey=${SECRET}`]],
    [['plan', `-api-key=${SECRET}`]],
    [[SECRET]],
    [['plan', 'a.yaml', SECRET]],
    [['plan', '-e', SECRET]],
    [['plan', SECRET]],
    [['state', 'show', SECRET]],
  ])('%j is rejected and not repeated', async (args) => {
    const { code, stdout, stderr } = await command(args, { cwd: '/' })
    expect(code).toBe(ExitCode.usage)
    expect(stdout + stderr).not.toContain(SECRET)
    expect(stderr).not.toContain('Secret')
  })

  test.each([
    ['plan', '--yess', '  hint: there is no --yes either: this command asks no questions; '],
    ['plan', '--ye', '  hint: there is no --yes either: this command asks no questions; '],
    ['destroy', '--yess', '  hint: there is no --yes either: destroy asks for the name of the manifest'],
    ['apply', '--yess', '(Did you mean --yes?)'],
    ['plan', '--reset', '(Did you mean --resets?)'],
    ['init', '--forc', '(Did you mean --force?)'],
    ['state restore', '--froce', '(workos-migrate state restore --help shows its options)'],
    ['plan', '--eys', '(workos-migrate plan --help shows its options)'],
  ])('%s %s suggests only close words, and guarded options only for one letter', async (name, flag, says) => {
    const { code, stderr } = await command([...name.split(' '), flag], { cwd: '/' })
    expect(code).toBe(ExitCode.usage)
    expect(stderr).toContain(`error: unknown option '${flag}'\n${says}`)
  })

  test('the value of an unknown option is never repeated', async () => {
    const { code, stderr } = await command(['plan', '--passphrase=correct horse', '--json'], { cwd: '/' })
    expect(code).toBe(ExitCode.usage)
    expect(stderr).toContain("unknown option '--passphrase'")
    expect(stderr).not.toContain('correct')
    const typo = await command(['plan', '--snapshto=./cut-over'], { cwd: '/' })
    expect(typo.stderr).toContain("unknown option '--snapshto'\n(Did you mean --snapshot?)")
  })
})

describe('options with one dash, as other tools write them', () => {
  test.each([
    ['plan', '-out=plan.ndjson', 'write it with two dashes: --out'],
    ['plan', '-env', 'write it with two dashes: --env'],
    ['apply', '-yes', 'write it with two dashes: --yes'],
    ['apply', '-auto-approve', 'add --yes: workos-migrate apply --yes'],
    ['plan', '-chdir=elsewhere', '--config FOLDER/migrate.config.yaml'],
    ['plan', '-config=a.yaml', 'write it with two dashes: --config'],
    ['plan', '-target=organization:acme', '--only: workos-migrate plan --only organization:KEY'],
    ['plan', '-yes', 'this command asks no questions'],
    ['state list', '-target=x', 'workos-migrate plan --only organization:KEY'],
    ['plan', '-refresh-only', 'workos-migrate plan --refresh'],
  ])('%s %s is rejected before it is misread', async (name, flag, says) => {
    const { code, stderr } = await command([...name.split(' '), flag, 'x'], { cwd: '/' })
    expect(code).toBe(ExitCode.usage)
    expect(stderr).toContain('has one dash')
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('plan.ndjson')
  })

  test('short options still work, alone and with values', async () => {
    const { stderr } = await command(['plan', '-estaging', '-cgone.yaml', '-oplan.ndjson'], { cwd: '/' })
    expect(stderr).toContain('gone.yaml')
    expect(stderr).not.toContain('dash')
  })
})
