import { expect, test } from 'vitest'
import { createWorld, people, type Row } from '../planning/world.ts'
import { asJson, asMarkdown, asText } from './rendered.ts'

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const SSHA = '{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwlzYWx0'
const MD5 = '5f4dcc3b5aa765d61d8327deb882cf99'
const pbkdf2 = (rounds: number) => `$pbkdf2$i=${rounds},d=sha256$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA`

const HASHES: readonly [type: string, hash: string][] = [
  ['bcrypt', BCRYPT],
  ['bcrypt', BCRYPT.replace('$10$', '$08$')],
  ['bcrypt', BCRYPT],
  ['md5', MD5],
  ['MD5', MD5],
  ['ssha', SSHA],
  ['pbkdf2', pbkdf2(600_000)],
  ['pbkdf2', pbkdf2(27_500)],
  ...[1, 2, 3].map((rounds): [string, string] => ['pbkdf2', pbkdf2(rounds)]),
  ['', ''],
]

/**
 * Users with these hashes, one with a plain password, and a second record of the fourth user with
 * an accepted hash.
 */
function rows(): Row[] {
  const hashed = people(HASHES.length).map((row, n) => {
    const [type, hash] = HASHES[n] ?? ['', '']
    return { ...row, password_hash: hash, password_hash_type: type, password: '' }
  })
  const clear = { email: 'clear@example.com', external_id: 'clear', password: 'a good long password' }
  const again = { ...hashed[3], password_hash: BCRYPT, password_hash_type: 'bcrypt' }
  return [...hashed, clear, again]
}

test('the plan shows by algorithm who keeps the password and who must reset it, and why', async () => {
  const plan = await (await createWorld(rows())).plan()
  expect(asText(plan)).toContain(`
Passwords  7 kept, 5 that users must reset
  pbkdf2      1 kept; 4 reset: WorkOS does not support pbkdf2 sha256 i=1 (i:
              600000 to 1000000) (1), WorkOS does not support pbkdf2 sha256 i=2
              (i: 600000 to 1000000) (1), WorkOS does not support pbkdf2 sha256
              i=27500 (i: 600000 to 1000000) (1), and 1 more
  bcrypt      4 kept, 1 of them weak: bcrypt cost=8
  plain text  1 kept
  md5         1 reset: WorkOS does not support md5
  ssha        1 kept, 1 of them weak: ssha
  none        1 without a password
`)
  expect(asText(plan)).not.toContain('password_reset_required')
  expect(asMarkdown(plan)).toContain('| `md5` | 1 reset: WorkOS does not support md5 |\n')
  expect(asMarkdown(plan)).toContain('7 kept, 5 that users must reset.')
  const { passwords } = asJson(plan).summary
  expect(passwords).toMatchObject({ kept: 7, reset: 5, there: 0, none: 1 })
  expect(passwords.algorithms).toContainEqual({
    algorithm: 'md5',
    kept: 0,
    reset: 1,
    there: 0,
    weak: [],
    reasons: [{ count: 1, detail: 'md5', why: 'unsupported' }],
  })
  for (const shown of [asText(plan, { full: true }), asMarkdown(plan), JSON.stringify(asJson(plan))]) {
    expect(shown).not.toMatch(/N9qo8uLO|2jmj7l5r|5f4dcc3b|aGFzaGhhc2g|a good long/)
  }
})

test('weak hashes are reset if the manifest sets it, and applied without a password', async () => {
  const world = await createWorld(rows(), { passwords: { weak: 'reset' } })
  const plan = await world.plan()
  expect(asText(plan)).toContain('ssha        1 reset: ssha is weak (passwords.weak: reset)\n')
  expect(asText(plan)).toContain('bcrypt      3 kept; 1 reset: bcrypt cost=8 is weak (passwords.weak: reset)\n')
  expect(plan.summary.passwords).toMatchObject({ kept: 5, reset: 7, there: 0, none: 1 })
  await world.apply(plan)
  const again = await world.plan()
  expect(again.summary).toMatchObject({ changes: false, passwords: { kept: 5, reset: 7, there: 0, none: 1 } })
})

test('the hash of an unverified account next to a verified one shows why it is reset', async () => {
  const map = { user: { passwordHash: "{ 'unsupported': 'bcrypt_unverified' }" } }
  const plan = await (await createWorld(people(1), { map })).plan()
  expect(asText(plan)).toContain('bcrypt_unverified  1 reset: the email address of its account is not verified\n')
})

test('weak hashes are rejected if the manifest sets it', async () => {
  const manifest = { passwords: { weak: 'reject' }, safety: { maxRejects: 2 } }
  const plan = await (await createWorld(rows(), manifest)).plan()
  const rejected = [...plan.set.rejects()].filter(({ kind }) => kind === 'user')
  expect(rejected.map(({ code, key }) => `${code} ${key}`)).toEqual([
    'weak_password_hash ext-1',
    'weak_password_hash ext-5',
  ])
  expect(plan.summary.passwords).toMatchObject({ kept: 5, reset: 5, there: 0, none: 1 })
})

test('a source without passwords does not mention them', async () => {
  const plan = await (await createWorld(people(2))).plan()
  expect(asText(plan)).not.toContain('Passwords')
  expect(asMarkdown(plan)).not.toContain('Passwords')
  expect(asJson(plan).summary.passwords).toEqual({ kept: 0, reset: 0, there: 0, none: 2, algorithms: [] })
})
