import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FACTS } from '../../src/cli/definitions/outputs.ts'
import { EXIT_CODES, ExitCode } from '../../src/diagnostics/errors.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(`${ROOT}/docs/reference/json.md`, 'utf8')

test('the page lists every JSON output with its schema', () => {
  const missing = Object.entries(FACTS).flatMap(([name, { outputs = [] }]) =>
    outputs
      .filter(({ option, schema }) => {
        const asked = option === '--events' ? '`--events FILE`' : `\`${name} ${option}`
        return !page.split('\n').some((line) => line.includes(asked) && line.includes(`/${schema})`))
      })
      .map(({ option, schema }) => `${name} ${option}: ${schema}`),
  )
  expect(missing).toEqual([])
})

test('the page lists every schema of the package', () => {
  const names = readdirSync(`${ROOT}/schemas`)
  expect(names.filter((name) => !page.includes(`schemas/${name}`))).toEqual([])
})

test('the program and the page have the same exit codes', () => {
  const codes = readFileSync(`${ROOT}/docs/reference/exit-codes.md`, 'utf8')
  expect(Object.keys(EXIT_CODES)).toEqual(Object.keys(ExitCode))
  for (const { code } of Object.values(EXIT_CODES)) expect(codes).toContain(`\n| ${code} | `)
})

test('the page for assistants has the next step for each exit code, as the program does', () => {
  const agents = readFileSync(`${ROOT}/AGENTS.md`, 'utf8')
  for (const { code, meaning, next } of Object.values(EXIT_CODES)) {
    expect(agents).toContain(`\n| ${code} | ${meaning} | ${next} |\n`)
  }
})

test('the parts of a plan on the page for assistants are in its schema', () => {
  const agents = readFileSync(`${ROOT}/AGENTS.md`, 'utf8')
  const [, table = ''] = /\| Show \| Where it is \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(agents) ?? []
  const members = [...table.matchAll(/`([a-zA-Z.]+)`/g)].map(([, path = '']) => path)
  expect(members.length).toBeGreaterThan(8)
  const schema = JSON.parse(readFileSync(`${ROOT}/schemas/plan.schema.json`, 'utf8'))
  for (const path of members) {
    let node = schema
    for (const name of path.split('.')) {
      while (node?.$ref !== undefined) node = schema.$defs[node.$ref.replace('#/$defs/', '')]
      node = node?.properties?.[name]
    }
    expect(node, path).toBeDefined()
  }
})

test('the page for assistants is in the package', () => {
  const { files } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'))
  expect(files).toContain('AGENTS.md')
})
