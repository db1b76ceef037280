import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { openWorkos } from '../../e2e/workos.ts'
import { command, folderOf } from '../harness.ts'
import { converse, KEY, type Step } from './terminal.ts'

const demo = fileURLToPath(new URL('../../../examples/clerk-demo/', import.meta.url))
const example = (name: string) => readFileSync(join(demo, name))

const clerkFolder = () =>
  folderOf({
    'users.csv': example('users.csv'),
    'memberships.csv': example('memberships.csv'),
    'roles.csv': example('roles.csv'),
    'package.json': '{}',
  })

const manifestIn = (cwd: string) => parse(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8'))

/** Each step takes the first choice. */
const FOUR: Step[] = [
  [/Where are the users\?/, KEY.enter],
  [/Which organizations/, KEY.enter],
  [/Where do you want to migrate to\?/, KEY.enter],
  [/Write migrate\.config\.yaml/, KEY.enter],
]

test('a Clerk export leads to a plan with four answers', async () => {
  const cwd = clerkFolder()
  const { code, screen, stdout, answered } = await converse(['init'], cwd, FOUR)
  expect(code).toBe(0)
  expect(answered).toBe(4)
  expect(screen).toContain("Clerk's dashboard export")
  expect(screen).toMatch(/Next:\s+workos-migrate plan/)
  expect(stdout).toContain('migrate.config.yaml is valid')
  expect(manifestIn(cwd)).toMatchObject({
    source: { type: 'clerk', users: './users.csv', memberships: './memberships.csv', roles: './roles.csv' },
    target: { type: 'sandbox' },
  })
  const plan = await command(['plan'], { cwd })
  expect(plan.stdout).toMatch(/users\s+218\n/)
  expect(plan.stdout).toMatch(/memberships\s+285 /)
  // Six records cannot be migrated, as init and plan both report.
  expect(screen).toMatch(/rejects 6 records and resources: 1 record \(no_such_user\)/)
  expect(plan.code).toBe(5)
  expect(plan.stdout).toContain('or, to leave them behind, set safety.maxRejects in the manifest to 6 or more')
  const manifest = readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')
  writeFileSync(join(cwd, 'migrate.config.yaml'), manifest.replace('maxRejects: 0', 'maxRejects: 6'))
  expect((await command(['plan'], { cwd })).code).toBe(0)
})

test('Ctrl-C at any question leaves nothing behind and ends with 130', async () => {
  for (let answers = 0; answers < FOUR.length; answers++) {
    const cwd = clerkFolder()
    const before = readdirSync(cwd)
    const steps = FOUR.slice(0, answers + 1).map(([question, keys], index): Step => {
      return [question, index === answers ? KEY.ctrlC : keys]
    })
    const { code, screen } = await converse(['init'], cwd, steps)
    expect(code).toBe(130)
    expect(screen).toContain('canceled: nothing was written')
    expect(readdirSync(cwd)).toEqual(before)
  }
})

test('an existing manifest is overwritten only after a question', async () => {
  const cwd = folderOf({ 'users.csv': example('users.csv'), 'migrate.config.yaml': 'version: 1 # mine\n' })
  const asked: Step[] = [...FOUR.slice(0, 3), [/Overwrite migrate\.config\.yaml\?/, KEY.enter]]
  const refused = await converse(['init'], cwd, asked)
  expect(refused.screen).toContain('Nothing was written')
  expect(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')).toBe('version: 1 # mine\n')
  const agreed = await converse(['init'], cwd, [...FOUR.slice(0, 3), [/Overwrite/, `${KEY.left}${KEY.enter}`]])
  expect(agreed.code).toBe(0)
  expect(manifestIn(cwd).source.type).toBe('clerk')
})

test('answers on the command line are not asked for', async () => {
  const cwd = clerkFolder()
  const args = ['init', '--users', 'users.csv', '--organize', 'per-domain', '--target', 'sandbox', '--env', 'none']
  const { code, answered } = await converse(args, cwd, FOUR.slice(3))
  expect([code, answered]).toEqual([0, 1])
  expect(manifestIn(cwd)).toMatchObject({ extends: ['clerk', 'organization-per-domain'] })
  expect(manifestIn(cwd)).not.toHaveProperty('environments')
})

test('another file can be named, and a wrong name is asked for again', async () => {
  const cwd = folderOf({ 'data/people.ndjson': '{"id":1,"email":"ada@example.com","name":"Ada Ampersand"}\n' })
  const { code, screen } = await converse(['init'], cwd, [
    [/Where are the users\?/, KEY.enter],
    [/What is the path of the file\?/, `nowhere.csv${KEY.enter}`],
    [/What is the path of the file\?/, `data/people.ndjson${KEY.enter}`],
    [/Which organizations/, `${KEY.down}${KEY.enter}`],
    [/What is its name\?/, `Acme: "Anvils" & Söhne${KEY.enter}`],
    ...FOUR.slice(2),
  ])
  expect(code).toBe(0)
  expect(screen).toContain('there is no file nowhere.csv')
  expect(manifestIn(cwd)).toMatchObject({
    extends: 'one-organization',
    source: { type: 'file', streams: { users: { path: './data/people.ndjson' } } },
    vars: { organization: { name: 'Acme: "Anvils" & Söhne' } },
    map: { user: { key: 'id', email: 'email', firstName: '$splitName(name).first' } },
  })
  const plan = await command(['plan'], { cwd })
  expect(plan.stdout + plan.stderr).toMatch(/memberships\s+1 /)
})

test('a key is tried against the target, never shown and never stored', async () => {
  const workos = await openWorkos({
    interceptor: {
      before({ request, response }) {
        if (!request.headers.authorization?.includes('wrongCanary')) return false
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Unauthorized"}')
        return true
      },
    },
  })
  try {
    const cwd = clerkFolder()
    const args = ['init', '--base-url', workos.url, '--env', 'none']
    const { code, screen, stdout } = await converse(args, cwd, [
      ...FOUR.slice(0, 2),
      [/Where do you want to migrate to\?/, `${KEY.down}${KEY.enter}`],
      [/WORKOS_API_KEY\?/, `sk_test_wrongCanary02${KEY.enter}`],
      [/WORKOS_API_KEY\?/, `sk_test_wizardCanary01${KEY.enter}`],
      ...FOUR.slice(3),
    ])
    expect(screen).toContain('WorkOS rejected the key.')
    expect(screen).toContain('WorkOS accepts the key.')
    expect(screen).toContain('export WORKOS_API_KEY=…')
    expect(code).toBe(0)
    const files = readdirSync(cwd, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    expect([screen, stdout, ...files].join('\n')).not.toContain('Canary0')
    expect(workos.log.map(({ method, path }) => `${method} ${path}`)).toContain('GET /organizations?limit=1')
    expect(workos.log.every(({ method }) => method === 'GET')).toBe(true)
  } finally {
    await workos.close()
  }
})

test('file names with control characters are escaped on the terminal and still found', async () => {
  const name = 'us\u001b[31mers.csv'
  const cwd = folderOf({ [name]: 'email,first_name\nada@example.com,Ada\n' })
  const { code, screen } = await converse(['init'], cwd, FOUR)
  expect(code).toBe(0)
  expect(screen).toContain('us\\x1b[31mers.csv')
  expect(existsSync(join(cwd, 'migrate.config.yaml'))).toBe(true)
  expect(manifestIn(cwd).source.path).toBe(`./${name}`)
})
