import { describe, expect, test as it } from 'vitest'
import { test } from '../../../src/cli/commands/test.ts'
import { recipeNames, shippedRecipes } from '../../../src/config/recipes.ts'
import { folderOf } from '../../config/folder.ts'
import { commandContext } from './command-context.ts'

const MANIFEST = `source: { type: csv, path: nowhere.csv }
target: { type: workos, apiKey: "\${WORKOS_API_KEY}" }
tests:
  a user:
    input: { email: Ada@Example.com, password: canary-password }
    expect: { user: { email: ada@example.com } }
`
const FAILING = `${MANIFEST}  another user:
    input: { email: Ada@Example.com, password: canary-password }
    expect:
      user: { email: Ada@Example.com, password: other }
`

async function runTest(text: string, options: Parameters<typeof test>[0] = {}) {
  const { context, out, err } = commandContext(folderOf({ 'migrate.config.yaml': text }))
  return { exit: await test(options, context), out: out(), err: err() }
}

it('passing tests are listed, without a source, a target or a key', async () => {
  expect(await runTest(MANIFEST)).toEqual({ exit: 0, out: 'ok    a user\n\n1 test: 1 passed, 0 failed\n', err: '' })
})

it('a failing test shows the difference and its place, and exits with 1', async () => {
  const { exit, out } = await runTest(FAILING)
  expect(exit).toBe(1)
  expect(out).toBe(`ok    a user
FAIL  another user  migrate.config.yaml:7:3
      user.email  migrate.config.yaml:10:22
        - expected  "Ada@Example.com"
        + actual    "ada@example.com"
      user.password  migrate.config.yaml:10:49
        it differs from character 1 on: expected 5 characters, got 15 (a secret, not shown)

2 tests: 1 passed, 1 failed
`)
})

it('the JSON output is one object', async () => {
  const { exit, out } = await runTest(FAILING, { json: true })
  expect(exit).toBe(1)
  expect(JSON.parse(out)).toEqual({
    format: 'workos-migrate-tests',
    version: 1,
    passed: 1,
    failed: 1,
    tests: [
      { name: 'a user', passed: true, file: 'migrate.config.yaml', line: 4, column: 3, differences: [] },
      {
        name: 'another user',
        passed: false,
        file: 'migrate.config.yaml',
        line: 7,
        column: 3,
        differences: [
          {
            what: 'user.email',
            file: 'migrate.config.yaml',
            line: 10,
            column: 22,
            expected: 'Ada@Example.com',
            actual: 'ada@example.com',
          },
          {
            what: 'user.password',
            file: 'migrate.config.yaml',
            line: 10,
            column: 49,
            message: expect.stringContaining('not shown'),
          },
        ],
      },
    ],
  })
})

it('a manifest without tests gets a hint', async () => {
  const { exit, out, err } = await runTest(MANIFEST.slice(0, MANIFEST.indexOf('tests:')))
  expect({ exit, out }).toEqual({ exit: 0, out: '' })
  expect(err).toBe(
    'migrate.config.yaml has no tests. Add tests under "tests:" as described in docs/how-to/mapping-tests.md.\n',
  )
})

it('an environment changes the tested mapping, and the tests of a recipe stay with it', async () => {
  const text = `${MANIFEST}environments: { loud: { map: { user: { email: $uppercase(email) & "x" } } } }\n`
  expect((await runTest(text)).exit).toBe(0)
  const loud = await runTest(text, { env: 'loud' })
  expect(loud.exit).toBe(1)
  expect(loud.out).toContain('+ actual    "ada@example.comx"')
  expect(loud.out).toContain('1 test: 0 passed, 1 failed')
})

describe('recipes', () => {
  it.each(recipeNames(shippedRecipes))('the tests of %s pass', async (recipe) => {
    const { context, out } = commandContext(folderOf({}))
    const exit = await test({ recipe }, context)
    expect({ exit, out: out().includes('FAIL') ? out() : '' }).toEqual({ exit: 0, out: '' })
  })

  it.each(['csv', 'clerk'])('%s has tests', async (recipe) => {
    const { context, out } = commandContext(folderOf({}))
    await test({ recipe, json: true }, context)
    expect(JSON.parse(out()).passed).toBeGreaterThan(4)
  })

  it('an unknown recipe gets the nearest name', async () => {
    await expect(runTest(MANIFEST, { recipe: 'clrk' })).rejects.toMatchObject({
      problems: [{ code: 'unknown_recipe', hint: expect.stringContaining('did you mean clerk?') }],
    })
  })

  it('a recipe together with a manifest is rejected', async () => {
    await expect(runTest(MANIFEST, { recipe: 'clerk', config: 'x.yaml' })).rejects.toMatchObject({ exitCode: 3 })
  })
})
