import { expect, test } from 'vitest'
import { validate } from '../../../src/cli/commands/validate.ts'
import { folderOf } from '../../config/folder.ts'
import { commandContext } from './command-context.ts'

const GOOD = `source: { type: csv, path: users.csv }
target: { type: workos, apiKey: "\${KEY}" }
`
const USERS = 'email,first_name\nada@example.com,Ada\n'

test('a good manifest is valid, with a summary of the checks', async () => {
  const cwd = folderOf({ 'migrate.config.yaml': GOOD, 'users.csv': USERS })
  const { context, out, err } = commandContext(cwd, { KEY: 'a-secret-key' })
  expect(await validate({}, context)).toBe(0)
  expect(out()).toMatch(/^migrate\.config\.yaml is valid: source csv, \d+ expressions\n$/)
  expect(err()).toBe('')
})

test('problems of the manifest, the files and the expressions are reported together', async () => {
  const text = `${GOOD.replace('users.csv', 'gone.csv')}run: { chunk: 1 }
map:
  user:
    email: |
      $lowercase(
        email
    lastName: nosuch(
`
  const { context, out, err } = commandContext(folderOf({ 'migrate.config.yaml': text }), { KEY: 'a-secret-key' })
  expect(await validate({}, context)).toBe(3)
  expect(out()).toBe('')
  expect(err()).toMatch(/^migrate\.config\.yaml:3:8 error: unknown key "chunk"/m)
  expect(err()).toMatch(/^migrate\.config\.yaml:[78]:\d+ error: .*\[bad_expression\]/m)
  expect(err()).toMatch(/^migrate\.config\.yaml:9:\d+ error: .*\[bad_expression\]/m)
  expect(err()).toMatch(/^migrate\.config\.yaml:1:28 error: /m)
  expect(err()).toMatch(/^4 problems$/m)
})

test('all contradicting role definitions are reported at their places', async () => {
  const text = `${GOOD}roles:
  define:
    org-x: { name: X, type: environment }
    fine: { name: Fine }
    y: { name: Y, type: environment, organizations: [acme] }
`
  const cwd = folderOf({ 'migrate.config.yaml': text, 'users.csv': USERS })
  const { context, err } = commandContext(cwd, { KEY: 'a-secret-key' })
  expect(await validate({}, context)).toBe(3)
  expect(err()).toMatch(
    /^migrate\.config\.yaml:5:12 error: .*\[environment_role_with_prefix\]\n {2}at roles\.define\.org-x$/m,
  )
  expect(err()).toMatch(
    /^migrate\.config\.yaml:7:53 error: .*\[environment_role_in_organization\]\n {2}at roles\.define\.y\.organizations$/m,
  )
  expect(err()).toMatch(/^2 problems$/m)
})

test('role definitions with unknown values are not checked', async () => {
  const text = `${GOOD}roles: { define: { x: { name: X, permissions: ["\${PERMISSION}"] } } }\n`
  const { context, err } = commandContext(folderOf({ 'migrate.config.yaml': text, 'users.csv': USERS }))
  expect(await validate({ offline: true }, context), err()).toBe(0)
})

test('as JSON it is one object on stdout', async () => {
  const cwd = folderOf({ 'migrate.config.yaml': 'target: { type: sandbox }' })
  const { context, out, err } = commandContext(cwd)
  expect(await validate({ json: true }, context)).toBe(3)
  expect(JSON.parse(out())).toMatchObject({
    valid: false,
    problems: [{ code: 'missing_key', severity: 'error', path: 'source', line: 1, column: 1 }],
  })
  expect(err()).toBe('')
})

test('an unreadable manifest is reported the same way', async () => {
  const { context, out } = commandContext(folderOf({ 'x.yaml': 'a: [' }))
  expect(await validate({ config: 'x.yaml', json: true }, context)).toBe(3)
  expect(JSON.parse(out())).toMatchObject({ valid: false, file: null, problems: [{ code: 'invalid_yaml' }] })
})

test('an unset reference is a problem, except offline', async () => {
  const cwd = folderOf({ 'migrate.config.yaml': GOOD, 'users.csv': USERS })
  const online = commandContext(cwd)
  expect(await validate({}, online.context)).toBe(3)
  expect(online.err()).toContain('the environment variable KEY is not set')
  const offline = commandContext(cwd)
  expect(await validate({ offline: true }, offline.context)).toBe(0)
  expect(offline.out()).toContain('1 reference not set')
})

test('offline, files with an unknown path are reported as not checked', async () => {
  const cwd = folderOf({ 'migrate.config.yaml': 'source: { type: csv, path: "${F}" }\ntarget: { type: sandbox }\n' })
  const { context, err } = commandContext(cwd)
  expect(await validate({ offline: true }, context)).toBe(0)
  expect(err()).toMatch(/warning: .*not checked, because source\.path is not set/)
})

test('a warning does not make a manifest invalid', async () => {
  const key = ['sk', 'test', '0123456789'].join('_')
  const cwd = folderOf({ 'migrate.config.yaml': GOOD.replace('"${KEY}"', key), 'users.csv': USERS })
  const { context, err } = commandContext(cwd)
  expect(await validate({}, context)).toBe(0)
  expect(err()).toContain('[literal_secret]')
  expect(err()).not.toContain(key)
})

test('an environment is validated in place', async () => {
  const text = `${GOOD}environments: { test: { source: { path: other.csv }, target: { type: sandbox } } }\n`
  const cwd = folderOf({ 'migrate.config.yaml': text, 'other.csv': USERS })
  const { context, out } = commandContext(cwd, { KEY: 'a-secret-key' })
  expect(await validate({ env: 'test' }, context)).toBe(0)
  expect(out()).toContain('migrate.config.yaml with environment test is valid')
})

test('a test of an unknown stream is a problem at its place', async () => {
  const text = `${GOOD}tests:\n  one: { stream: usrs, input: {}, expect: { user: null } }\n`
  const { context, err } = commandContext(folderOf({ 'migrate.config.yaml': text, 'users.csv': USERS }), {
    KEY: 'a-key',
  })
  expect(await validate({}, context)).toBe(3)
  expect(err()).toMatch(/^migrate\.config\.yaml:4:18 error: the source has no stream "usrs" \[unknown_stream\]/m)
  expect(err()).toContain('did you mean users?')
})

test('vars of the wrong type are one problem, not one for each expression', async () => {
  const text = `${GOOD}vars: [1]\nmap: { user: { firstName: $vars.name } }\n`
  const { context, err } = commandContext(folderOf({ 'migrate.config.yaml': text, 'users.csv': USERS }), {
    KEY: 'a-key',
  })
  expect(await validate({}, context)).toBe(3)
  expect(err()).toMatch(/^1 problem$/m)
})
