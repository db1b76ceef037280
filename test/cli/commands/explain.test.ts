import { expect, test } from 'vitest'
import { member, peopleProject, person } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'
import { bcrypt } from '../../explaining/explained.ts'

const env = { KEY }

const ROWS = [
  member('ada', 'acme', {
    email_verified: 'true',
    role_slugs: 'Org Admin,Plain',
    metadata: JSON.stringify({ plan: 'pro', seat: 3 }),
    password_hash: bcrypt('ada'),
    password_hash_type: 'bcrypt',
    totp_secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  }),
  person('double', { email: 'ADA@example.com', password_hash: bcrypt('double'), password_hash_type: 'bcrypt' }),
  member('bea', 'acme', { role_slugs: 'unheard' }),
  person('cleo', { email: 'cleo at home' }),
]
const MANIFEST = {
  roles: { map: { 'Org Admin': 'admin', Plain: 'member' } },
  safety: { maxRejects: 10, maxDeletes: 10 },
}

test('the text fits 80 columns before and after an apply', async () => {
  const project = peopleProject(await startWorkos(), ROWS, MANIFEST)
  const asked = ['user:id-ada', 'users.csv:2', 'users.csv:4', 'users.csv:5', 'organization:acme', 'totp-factor:id-ada']
  for (const applied of [false, true]) {
    if (applied) expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    for (const what of asked) {
      const { exit, stdout, stderr } = await project.run(['explain', what, '--live'], { env })
      expect(exit, stderr).toBe(0)
      expect(
        stdout.split('\n').filter((line) => line.length > 80),
        what,
      ).toEqual([])
      expect(stdout).not.toMatch(/undefined|\[object/)
    }
  }
})

test('the parts are in the order of the data', async () => {
  const project = peopleProject(await startWorkos(), ROWS, MANIFEST)
  const { stdout } = await project.run(['explain', 'ada@example.com', '--live'], { env })
  const titles = stdout.split('\n').filter((line) => /^[A-Z]/.test(line))
  expect(titles).toEqual([
    'Source rows',
    'Mapping',
    'Merging',
    'Password',
    'References',
    'State',
    'WorkOS',
    'Action',
    'Requests',
  ])
  expect(stdout).toContain('"metadata": {')
  expect(stdout).toMatch(/password_hash": "\(secret, bcrypt\)"/)
})

test('users who left the source are explained with everything deleted with them', async () => {
  const project = peopleProject(await startWorkos(), [member('ada', 'acme'), member('bea', 'acme')], {
    ...MANIFEST,
    prune: ['user', 'membership'],
  })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  project.csv('users.csv', [member('ada', 'acme')])
  const bea = await project.run(['explain', 'bea@example.com'], { env })
  expect(bea.stdout).toMatch(/^user:id-bea {2}bea@example\.com\n {2}delete\n/)
  expect(bea.stdout).toMatch(/Requests\n {2}DELETE \/user_management\/users\/user_/)
  const membership = await project.run(['explain', 'membership:id-bea@acme'], { env })
  expect(membership.stdout).toContain('delete: it is deleted with user:id-bea')
  expect(membership.stdout).not.toContain('Requests')
})

test('names with control characters are escaped', async () => {
  const project = peopleProject(await startWorkos(), [person('ada', { first_name: 'A\u001b[31mda\u202e' })])
  for (const more of [[], ['--json']]) {
    const { stdout } = await project.run(['explain', 'user:id-ada', ...more], { env })
    expect(stdout).not.toMatch(/[\u001b\u202e]/)
  }
})

test('the subject is required and must exist', async () => {
  const project = peopleProject(await startWorkos(), ROWS, MANIFEST)
  expect((await project.run(['explain'], { env })).exit).toBe(3)
  const unknown = await project.run(['explain', 'user:id-adda'], { env })
  expect(unknown).toMatchObject({ exit: 3, stdout: '' })
  expect(unknown.stderr).toContain('did you mean user:id-ada')
})
