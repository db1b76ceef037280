import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeProgram } from '../../src/cli/commands/help.ts'
import { WORDS } from '../../src/cli/definitions/completion-scripts.ts'
import { FACTS } from '../../src/cli/definitions/outputs.ts'
import { everyCommand, pathOf } from '../../src/cli/guidance/advice.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { isObject } from '../../src/json.ts'
import { member, peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { outputOf, schemaOf, wrongIn } from '../json-outputs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const env = { KEY }

const never = new AbortController().signal
const nowhere = { write: () => true } as never
const world = { stdout: nowhere, stderr: nowhere, stdin: nowhere, env: {}, cwd: '/', now: Date.now }
const program = buildProgram({ ...world, interrupted: never, killed: never }, async () => {})
const { commands } = describeProgram(program)

/** Options for outputs that programs read. */
const forPrograms = commands.flatMap(({ name, options }) =>
  options.flatMap(({ long, value }) => {
    if (long === '--json' || long === '--ndjson') return [`${name} ${long}`]
    const formats = long === '--format' ? (value?.choices ?? []) : []
    return formats.filter((format) => format.endsWith('json')).map((format) => `${name} --format ${format}`)
  }),
)

test('every output for programs has a schema', () => {
  const described = commands.flatMap(({ name, outputs }) => outputs.map(({ option }) => `${name} ${option}`))
  expect(forPrograms.filter((line) => !described.includes(line))).toEqual([])
  expect(forPrograms.length).toBeGreaterThan(15)
  const schemas = commands.flatMap(({ outputs }) => outputs.map(({ schema }) => schema))
  expect(schemas.filter((name) => !existsSync(`${ROOT}/schemas/${name}`))).toEqual([])
})

test('the table of commands lists exactly these outputs', () => {
  const names = everyCommand(program).map(pathOf)
  expect(Object.keys(FACTS).toSorted()).toEqual(names.filter((name) => ![WORDS, ''].includes(name)).toSorted())
})

/** Each object in a schema, with its path. */
function* objectsIn(node: unknown, path = ''): Generator<[string, Record<string, unknown>]> {
  if (Array.isArray(node)) for (const [index, item] of node.entries()) yield* objectsIn(item, `${path}/${index}`)
  if (!isObject(node)) return
  if (node.properties !== undefined || [node.type].flat().includes('object')) yield [path, node]
  for (const [key, value] of Object.entries(node)) yield* objectsIn(value, `${path}/${key}`)
}

const ours = readdirSync(`${ROOT}/schemas`).filter((name) => name !== 'migrate.config.schema.json')

test.each(ours)('%s closes and describes each object', (name) => {
  const schema = schemaOf(name)
  expect(schema.title).toMatch(/\w/)
  const open = [...objectsIn(schema)].filter(
    ([path, { additionalProperties: more }]) =>
      // The type closes an event that is a choice of types.
      !(name === 'events.schema.json' && path === '') && more === undefined,
  )
  expect(open.map(([path]) => path)).toEqual([])
})

test('an undescribed member is rejected', () => {
  const line = { kind: 'user', key: 'u1', external_id: null, workos_id: 'user_1', ownership: 'created', run: 1 }
  expect(wrongIn('state-line.schema.json', line)).toEqual([])
  expect(wrongIn('state-line.schema.json', { ...line, more: 1 })).not.toEqual([])
  expect(wrongIn('state-line.schema.json', { ...line, run: 'first' })).not.toEqual([])
})

test('config is described like the manifest, key by key', () => {
  const { properties } = schemaOf('migrate.config.schema.json')
  const apart = ['$schema', 'extends', 'environments', 'tests']
  const keys = Object.keys(properties).filter((key) => !apart.includes(key))
  expect(Object.keys(schemaOf('config.schema.json').$defs.manifest.properties)).toEqual(keys)
})

/** Command lines that make each output for programs, in order. `runCommand` checks the schemas. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  'help --json': ['help --json', 'help --json state'],
  'validate --json': ['validate --json', 'validate --json -e nowhere'],
  'config --json': ['config --json', 'config --json --origins', 'config --json --offline'],
  'inspect --json': ['inspect --json', 'inspect --json users.csv'],
  'test --json': ['test --json', 'test --json --recipe clerk'],
  'doctor --json': ['doctor --json', 'doctor --json --offline -c nowhere.yaml'],
  'export --json': ['export --json --out recorded'],
  'plan --json': ['plan --json', 'plan --json --limit 3', 'plan --json --refresh'],
  'plan --format json': ['plan --format json'],
  'apply --json': ['apply --json --yes', 'apply --json --yes'],
  'explain --json': ['explain --json user1@example.com --live'],
  'verify --json': ['verify --json --full'],
  'errors --json': ['errors --json', 'errors --json --full'],
  'errors --format json': ['errors --format json'],
  'errors --ndjson': ['errors --ndjson'],
  'errors --format ndjson': ['errors --format ndjson'],
  'state list --json': ['state list --json'],
  'state export --format ndjson': ['state export --format ndjson'],
  'state show --json': ['state show --json', 'state show --json user:id-user0'],
  'purge --json': ['purge --json --dry-run', 'purge --json --yes'],
  'handoff --json': ['handoff --json --out sso'],
  'destroy --json': ['destroy --json --plan-only', 'destroy --json --confirm people'],
}

/** Possible exit codes: a failure is an output too. */
const ENDS = [0, 1, 3, 7]

test('this test makes each output for programs', () => {
  expect(forPrograms.filter((line) => LINES[line] === undefined)).toEqual([])
})

const ROWS = [
  member('user0', 'acme', { role_slugs: 'admin', password_hash: '$2b$10$short', password_hash_type: 'bcrypt' }),
  member('user0', 'umbrella'),
  member('user1', 'acme', { metadata: '{"plan":"free"}' }),
  person('user2', { email: 'no address' }),
  person('user3', { last_name: 'NULL' }),
]

test('all outputs match their schemas', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', { email: 'user1@example.com', first_name: 'Lives here' })
  const project = peopleProject(workos, ROWS, {
    safety: { maxRejects: 10 },
    run: { workers: 1, limits: { writes: '100000/1s' } },
    tests: { one: { input: ROWS[0], expect: { user: { email: 'other@example.com' } } } },
  })
  const made: Record<string, string> = {}
  for (const [output, lines] of Object.entries(LINES)) {
    for (const line of lines) {
      const args = line.split(' ')
      const { exit, stdout, stderr } = await project.run(args, { env })
      expect(ENDS, `${line}: ${exit} ${stderr}`).toContain(exit)
      expect(stdout, `${line}: ${stderr}`).not.toBe('')
      made[output] = outputOf(args)?.schema ?? 'none'
    }
  }
  expect(Object.values(made)).not.toContain('none')
})

test('the schemas are in the package', () => {
  const { files } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'))
  expect(files).toContain('schemas')
})
