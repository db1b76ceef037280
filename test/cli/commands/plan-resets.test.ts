import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import type { Project } from '../../e2e/cli.ts'
import { peopleManifest, peopleProject, person } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'

const env = { KEY }
const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const OLD = BCRYPT.replace('$10$', '$08$')
const MD5 = '5f4dcc3b5aa765d61d8327deb882cf99'

const hashed = (hash: string, type: string) => ({ password_hash: hash, password_hash_type: type })

const ROWS = [
  person('kept', hashed(BCRYPT, 'bcrypt')),
  person('weak', hashed(OLD, 'bcrypt')),
  person('md5', hashed(MD5, 'md5')),
  person('none'),
  person('there', { ...hashed(BCRYPT, 'bcrypt') }),
  person('there-md5', { ...hashed(MD5, 'md5') }),
  person('there-none'),
  person('wrong', { email: 'nonsense' }),
  person('twice', { email_verified: 'true' }),
  person('twice', { external_id: 'id-other', email_verified: 'false', ...hashed(BCRYPT, 'bcrypt') }),
  person('formula', { external_id: '=1+1' }),
]

const manifest = { passwords: { weak: 'reset' }, adopt: { unverified: 'allow' }, safety: { maxRejects: 5 } }

async function migrated() {
  const workos = await startWorkos()
  for (const name of ['there', 'there-md5', 'there-none']) {
    await workos.call('POST', '/user_management/users', { email: `${name}@example.com`, email_verified: true })
  }
  return { workos, project: peopleProject(workos, ROWS, manifest) }
}

async function resets(project: Project) {
  const { exit, stdout, stderr } = await project.run(['plan', '--json', '--resets', 'resets.csv'], { env })
  expect(exit, stderr).toBe(0)
  expect(stderr).toContain(
    'The list of users who must set a new password is in resets.csv. It contains email addresses.',
  )
  const text = readFileSync(project.path('resets.csv'), 'utf8')
  const rows: Record<string, string>[] = parse(text, { columns: true, bom: true })
  return { text, rows, passwords: JSON.parse(stdout).summary.passwords }
}

test('users without a password are listed with place and reason, as many as in the plan', async () => {
  const { project } = await migrated()
  const { text, rows, passwords } = await resets(project)
  expect(rows.map(({ key, fate, reason }) => [key, fate, reason])).toEqual([
    ['id-weak', 'reset', 'weak'],
    ['id-md5', 'reset', 'unsupported'],
    ['id-none', 'none', 'none'],
    ['id-there', 'there', 'there'],
    ['id-there-md5', 'there', 'there'],
    ['id-there-none', 'none', 'none'],
    ['id-twice', 'none', 'unproven'],
    ["'=1+1", 'none', 'none'],
  ])
  expect(rows[0]).toEqual({
    key: 'id-weak',
    email: 'weak@example.com',
    place: './users.csv:3',
    fate: 'reset',
    reason: 'weak',
    why: 'bcrypt cost=8 is weak, and passwords.weak is reset',
  })
  expect(rows[1]?.why).toBe('WorkOS does not support md5')
  expect(rows[5]?.why).toBe('the source has no password; the user was in WorkOS before and keeps the password there')
  for (const fate of ['reset', 'there', 'none']) {
    expect(
      rows.filter((row) => row.fate === fate),
      fate,
    ).toHaveLength(passwords[fate])
  }
  expect(passwords.kept).toBe(1)
  expect(text).not.toContain('$2b$')
  expect(text).not.toContain(MD5)
  expect(statSync(project.path('resets.csv')).mode & 0o777).toBe(0o600)
})

test('the list is the same after the apply', async () => {
  const { project } = await migrated()
  const before = await resets(project)
  await project.run(['apply', '--yes'], { env })
  const after = await resets(project)
  expect(after.text).toBe(before.text)
  expect(after.passwords).toEqual(before.passwords)
})

test('a changed password of an unverified adopted account is listed as withheld', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', { email: 'ada@example.com' })
  const more = { adopt: { unverified: 'allow' }, passwords: { onChange: 'send' } }
  const project = peopleProject(workos, [person('ada', hashed(BCRYPT, 'bcrypt'))], more)
  await project.run(['apply', '--yes'], { env })
  project.csv('users.csv', [person('ada', hashed(`${BCRYPT.slice(0, -1)}e`, 'bcrypt'))])
  const { rows } = await resets(project)
  expect(rows).toMatchObject([{ key: 'id-ada', fate: 'there', reason: 'unverified' }])
  project.manifest(peopleManifest(workos, more))
})
