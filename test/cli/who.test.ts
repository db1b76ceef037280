import { describe, expect, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/server.ts'
import { tried } from '../tried.ts'
import { command, type Files, folderOf } from './harness.ts'

/** Sixty users on one line: one has an invalid number, one has no key and no address. */
const people = Array.from({ length: 60 }, (_, n) => ({
  id: `u${n}`,
  mail: `u${n}@example.com`,
  age: n === 31 ? 'old' : n,
}))
const nobody = { age: 'old' }

const manifest = (more = '') => `
source: { type: file, streams: { users: { path: users.json, records: users } } }
map:
  user: { key: id, email: mail, metadata: { age: $string($number(age)) } }
  organization: { key: '"acme"', name: '"Acme"' }
  membership: {}
target: { type: sandbox }
run: { workers: 1 }
${more}`

const inFolder = (more = '', files: Files = {}) => ({
  cwd: folderOf({
    'migrate.config.yaml': manifest(more),
    'users.json': JSON.stringify({ users: [...people, nobody] }),
    ...files,
  }),
})

describe('in a single-line document', () => {
  test(
    tried(
      'JSON and NDJSON of any kind',
      'one document',
      'everybody on one line: the message names key, address and record',
    ),
    async () => {
      const world = inFolder()
      const { stdout } = await command(['plan', '--full'], world)
      expect(stdout).toMatch(
        /users\.json:1 {2}user:u31 {2}u31@example\.com: map\.user\.metadata\.age fails: .*is not a number: .*old/,
      )
      expect(stdout).toMatch(/users\.json:1 {2}membership:u31@acme {2}u31@example\.com: the user u31 was rejected/)
      expect(stdout).toMatch(/users\.json:1 {2}user: map\.user\.metadata\.age fails: .*, in record 61 of the file/)
      expect(stdout).not.toContain('record 61 of the file, in record 61')
      expect(stdout).toMatch(/test it first, as in/)
      expect(stdout).not.toMatch(/\b[DST]\d{4}\b/)
    },
  )

  test('a JSON document and a reject file have their own addresses', async () => {
    const world = inFolder()
    const { stdout } = await command(['plan', '--json'], world)
    const { rejects } = JSON.parse(stdout)
    expect(rejects).toContainEqual(
      expect.objectContaining({ kind: 'user', key: 'u31', email: 'u31@example.com', origin: 'users.json:1' }),
    )
    const { stdout: markdown } = await command(['plan', '--format', 'markdown'], world)
    expect(markdown).toContain('`user:u31` `u***@example.com`')
  })

  test('masked text stays masked', async () => {
    const world = inFolder()
    const { stdout: emails } = await command(['plan', '--full', '--mask', 'emails'], world)
    expect(emails).toContain('user:u31  u***@example.com: ')
    for (const format of [[], ['--json'], ['--format', 'markdown']]) {
      const { stdout } = await command(['plan', '--full', '--mask', 'all', ...format], world)
      expect(stdout).toContain('record 61')
      expect(stdout).not.toMatch(/u31|@example\.com/)
    }
  })

  test('the errors of a run list them too', async () => {
    const world = inFolder('safety: { maxRejects: 10 }\n')
    const applied = await command(['apply', '--yes'], world)
    expect(applied.stderr).toBe('')
    const { stdout } = await command(['errors'], world)
    expect(stdout).toContain('✗ user:u31  u31@example.com (users.json:1): map.user.metadata.age fails')
    const { stdout: json } = await command(['errors', '--json'], world)
    const examples = JSON.parse(json).causes.flatMap((cause: { examples: object[] }) => cause.examples)
    expect(examples).toContainEqual(expect.objectContaining({ key: 'u31', email: 'u31@example.com' }))
  })
})

test('a write that WorkOS rejects shows key, address and place', async () => {
  const sandbox = await startSandbox({
    data: ':memory:',
    faults: { faults: [{ kind: 'refused', user: 'u2@example.com' }] },
  })
  try {
    const cwd = folderOf({
      'migrate.config.yaml': `
source: { type: csv, path: users.csv }
target: { type: workos, baseUrl: "${sandbox.url}", apiKey: "\${KEY}" }
run: { workers: 1 }
`,
      'users.csv':
        'external_id,email,org_external_id,org_name\nu1,u1@example.com,acme,Acme\nu2,u2@example.com,acme,Acme\n',
    })
    const { stdout, code } = await command(['apply', '--yes'], { cwd, env: { KEY: 'sk_test_1' } })
    expect(code).toBe(7)
    expect(stdout).toMatch(/✗ user:u2 {2}u2@example\.com \(users\.csv:3\)/)
    expect(stdout).toMatch(/✗ membership:u2@acme {2}u2@example\.com \(users\.csv:3\)/)
    expect(stdout).not.toContain('✗ user:u1')
  } finally {
    await sandbox.close()
  }
})
