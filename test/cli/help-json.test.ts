import { expect, test } from 'vitest'
import type { CommandDescription, OptionDescription, ProgramDescription } from '../../src/cli/commands/help.ts'
import { command } from './harness.ts'

async function described(...words: string[]): Promise<ProgramDescription> {
  const { code, stdout, stderr } = await command(['help', '--json', ...words], { cwd: '/' })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

const { commands, exitCodes, options, variables } = await described()
const commandOf = (name: string): CommandDescription => {
  const found = commands.find((one) => one.name === name)
  if (found === undefined) throw new RangeError(`no command ${name}`)
  return found
}
const optionOf = (name: string, long: string): OptionDescription => {
  const found = commandOf(name).options.find((option) => option.long === long)
  if (found === undefined) throw new RangeError(`${name} has no option ${long}`)
  return found
}

test('options have names, kinds of values, choices, defaults and repeatability', () => {
  expect(optionOf('plan', '--format')).toEqual({
    long: '--format',
    short: null,
    description: 'the output format',
    value: { name: 'format', kind: 'choice', required: true, choices: ['text', 'json', 'markdown'] },
    required: false,
    repeatable: false,
    default: 'text',
    env: null,
  })
  expect(optionOf('plan', '--env')).toMatchObject({ short: '-e', value: { name: 'name', kind: 'text' } })
  expect(optionOf('plan', '--only')).toMatchObject({ repeatable: true, value: { name: 'selector' } })
  expect(optionOf('plan', '--limit')).toMatchObject({ value: { kind: 'integer' } })
  expect(optionOf('plan', '--out')).toMatchObject({ value: { kind: 'file' } })
  expect(optionOf('plan', '--strict').value).toBeNull()
  expect(optionOf('apply', '--deadline')).toMatchObject({ value: { kind: 'time' } })
  expect(optionOf('apply', '--max-duration')).toMatchObject({ value: { kind: 'duration' } })
  expect(optionOf('handoff', '--out')).toMatchObject({ required: true, value: { kind: 'folder' } })
  expect(optionOf('init', '--no-inspect').value).toBeNull()
  expect(optionOf('init', '--out')).toMatchObject({ short: '-o', default: 'migrate.config.yaml' })
  expect(optionOf('init', '--live')).toMatchObject({ value: { name: 'url', required: false } })
  expect(options.find(({ long }) => long === '--mask')?.value?.choices).toEqual(['none', 'emails', 'all'])
})

test('arguments have names, and are required or repeatable', () => {
  expect(commandOf('state rm').arguments).toMatchObject([
    { name: 'addresses', kind: 'address', required: true, repeatable: true },
  ])
  expect(commandOf('plan').arguments).toMatchObject([{ name: 'manifest', kind: 'file', required: false }])
  expect(commandOf('completion').arguments).toMatchObject([{ kind: 'choice', choices: ['bash', 'zsh', 'fish'] }])
})

test('only apply and destroy change WorkOS', () => {
  const writing = commands.filter(({ effect }) => effect === 'workos').map(({ name }) => name)
  expect(writing.sort()).toEqual(['apply', 'destroy'])
})

test('every exit code has a meaning and a next step', () => {
  expect(exitCodes.map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 130])
  for (const { meaning, next } of exitCodes) expect(`${meaning}${next}`).toMatch(/\w/)
  expect(variables.map(({ name }) => name)).toContain('HTTPS_PROXY')
})

test('hidden commands are left out, and a single command can be described', async () => {
  expect(commands.map(({ name }) => name)).not.toContain('completion-words')
  expect((await described('state', 'show')).commands.map(({ name }) => name)).toEqual(['state show'])
  const state = (await described('state')).commands.map(({ name }) => name)
  expect(state).toEqual(expect.arrayContaining(['state', 'state list', 'state mv']))
  expect(state.every((name) => name.startsWith('state'))).toBe(true)
  const unknown = await command(['help', '--json', 'nonsense'], { cwd: '/' })
  expect(unknown).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('[unknown_command]') })
})
