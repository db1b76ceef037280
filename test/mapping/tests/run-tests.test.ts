import { expect, test } from 'vitest'
import { ManifestError } from '../../../src/diagnostics/errors.ts'
import type { Difference, TestOutcome } from '../../../src/mapping/tests/compare-result.ts'
import { runMappingTests } from '../../../src/mapping/tests/run-tests.ts'
import { loadText } from '../../config/folder.ts'
import { FIREBASE } from '../../kinds/passwords/firebase.ts'

const HEAD = `source: { type: csv, path: users.csv }
target: { type: workos, apiKey: "\${NOT_SET}" }
vars: { organization: { id: acme, name: Acme } }
secrets: { signer: "\${SIGNER}" }
roles: { unmapped: keep }
map:
  user:
    key: id
    email: email
    firstName: name
    metadata: { plan: plan, score: $string(score) }
    password: password
    passwordHash: >-
      digest ? $firebasePassword(digest, salt, { 'signerKey': $secrets.signer, 'saltSeparator': 'Bw==', 'rounds': 8, 'memoryCost': 14 })
        : hash ? $passwordHash(hash)
  organization:
    each: "$exists(teams) ? teams : $vars.organization"
    key: id
    externalId: id
    name: name
  membership:
    each: "$exists(teams) ? teams : $vars.organization"
    organization: id
    roles: roles
  roleAssignment: { from: grants, user: id, role: role }
`

async function runTests(tests: string, env: Record<string, string> = { SIGNER: FIREBASE.signerKey }) {
  const loaded = await loadText(`${HEAD}tests:\n${tests}`, { env, defer: () => true })
  return runMappingTests(loaded, ['users', 'grants'])
}

async function problemsOf(tests: string, env?: Record<string, string>) {
  const failure: unknown = await runTests(tests, env).catch((error: unknown) => error)
  if (!(failure instanceof ManifestError)) throw new Error('the tests were run')
  return failure.problems
}

/** The tests begin after the head and `tests:`. */
const FIRST_LINE = HEAD.split('\n').length + 1

function told(outcomes: readonly TestOutcome[]): (Omit<Difference, 'at'> & { place: string })[] {
  return outcomes.flatMap(({ differences }) =>
    differences.map(({ at, ...rest }) => ({ ...rest, place: `${(at.line ?? 0) - FIRST_LINE + 1}:${at.column}` })),
  )
}

test('a record is mapped as in a plan, and the named fields are compared', async () => {
  const outcomes = await runTests(`
  all kinds:
    input: { id: u1, email: " Ada@Example.com", name: Ada, plan: pro, score: 12.5 }
    expect:
      user: { key: u1, email: ada@example.com, lastName: null, metadata: { plan: pro, score: "12.5" }, passwordHash: null }
      organization: { key: acme, name: Acme }
      membership: { user: u1, organization: acme, roles: [] }
      roleAssignment: null
  lists, in their order, and roles in any:
    input: { id: u1, email: a@example.com, teams: [{ id: t1, roles: "x,y" }, { id: t2, name: null }] }
    expect:
      organization: [{ key: t1 }, { key: t2, name: null }]
      membership: [{ roles: [y, x] }, { organization: t2 }]
  another stream:
    stream: grants
    input: { id: u1, role: admin }
    expect: { user: null, membership: null, roleAssignment: { user: u1, organization: null, role: admin } }
  vars of its own:
    vars: { organization: { name: Other } }
    input: { id: u1, email: a@example.com }
    expect: { organization: { key: acme, name: Other } }
  what is rejected:
    input: { id: u1, email: nobody }
    expect:
      rejected: [{ kind: membership, code: user_rejected }, { kind: user, code: invalid_email, field: email }]
  a note:
    input: { id: u1, email: a@example.com, hash: 5f4dcc3b5aa765d61d8327deb882cf99 }
    expect: { notes: [{ code: password_reset_required, detail: md5 }] }
`)
  expect(told(outcomes)).toEqual([])
  expect(outcomes.map(({ name }) => name)).toHaveLength(6)
})

test('differences are reported with both values, at the place of the expectation', async () => {
  const outcomes = await runTests(`  wrong:
    input: { id: u1, email: a@example.com, name: Ada, plan: pro }
    expect:
      user: { key: u1, email: b@example.com }
      organization:
        - { key: acme, name: Wrong, metadata: { x: y } }
      membership: null
      notes: []
      rejected:
        - { kind: user, code: invalid_email }
  also wrong:
    input: { id: u1, email: nobody }
    expect: { user: { key: u1 } }
`)
  expect(told(outcomes)).toEqual([
    { what: 'user.email', place: '4:31', expected: 'b@example.com', actual: 'a@example.com' },
    { what: 'organization[0].name', place: '6:30', expected: 'Wrong', actual: 'Acme' },
    { what: 'organization[0].metadata', place: '6:37', expected: { x: 'y' } },
    { what: 'membership', place: '7:19', message: 'expected none, got 1: u1@acme' },
    {
      what: 'rejected[0]',
      place: '10:11',
      expected: { kind: 'user', code: 'invalid_email' },
      message: 'expected, but missing',
    },
    { what: 'user', place: '13:15', message: 'expected 1, got none' },
    {
      what: 'rejected',
      place: '13:5',
      message: expect.stringContaining(
        'not expected: user u1, email: "nobody" is not an email address [invalid_email]',
      ),
    },
    { what: 'rejected', place: '13:5', message: expect.stringContaining('[user_rejected]') },
  ])
})

/** 64 bytes, as the key of every project. */
const SAMPLE_KEY = Buffer.alloc(64, 'sample').toString('base64')

test('secrets are compared, and not shown', async () => {
  const { hash, salt, signerKey } = FIREBASE
  const encoded = `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${signerKey.slice(0, -2)}$${salt.slice(0, -2)}$${hash.slice(0, -2)}`
  const input = `{ id: u1, email: a@example.com, digest: ${hash}, salt: ${salt} }`
  const passing = await runTests(`
  of the manifest's secret:
    input: ${input}
    expect: { user: { passwordHash: { type: firebase-scrypt, hash: "${encoded}" } } }
  of a secret of its own:
    secrets: { signer: ${SAMPLE_KEY} }
    input: ${input}
    expect: { user: { passwordHash: { hash: "${encoded.replace(/sk=[^$]+/, `sk=${SAMPLE_KEY.slice(0, -2)}`)}" } } }
  a password:
    input: { id: u1, email: a@example.com, password: two words }
    expect: { user: { password: two words, passwordHash: null } }
`)
  expect(told(passing)).toEqual([])

  const failing = await runTests(`
  of a secret of its own:
    secrets: { signer: ${SAMPLE_KEY} }
    input: ${input}
    expect: { user: { passwordHash: { type: scrypt, hash: "${encoded}" } } }
  none:
    input: ${input}
    expect: { user: { passwordHash: null, password: two words } }
  in the wrong column:
    input: { id: u1, email: a@example.com, password: two words, name: two words }
    expect: { user: { firstName: Ada, password: two worlds } }
`)
  expect(told(failing)).toMatchObject([
    { what: 'user.passwordHash.type', expected: 'scrypt', actual: 'firebase-scrypt' },
    {
      what: 'user.passwordHash.hash',
      message: expect.stringMatching(/^it differs from character 40 on: expected \d+ characters/),
    },
    { what: 'user.passwordHash', message: expect.stringContaining('none is expected') },
    { what: 'user.password', message: expect.stringContaining('missing') },
    { what: 'user.firstName', expected: 'Ada', actual: '[redacted]' },
    { what: 'user.password', message: expect.stringContaining('differs from character 8 on: expected 10 characters') },
  ])
  expect(JSON.stringify(failing)).not.toMatch(/two wor|lSrfV15|jxspr8|c2FtcGxl/)
})

test.each([
  ['stream: grnts\n    input: {}\n    expect: { user: null }', 'unknown_stream', '3:13', /did you mean grants/],
])('%s is a problem at its place', async (text, code, place, hint) => {
  const [problem] = await problemsOf(`  t:\n    input: {}\n    expect: { user: null }\n  u:\n    ${text}\n`)
  expect(problem).toMatchObject({ code, hint: expect.stringMatching(hint) })
  expect(`${(problem?.at?.line ?? 0) - FIRST_LINE - 1}:${problem?.at?.column}`).toBe(place)
})

test.each([
  ['input: {}\n    expect: { usr: null }', 'unknown_key', /"user"/],
  ['input: {}\n    expect: { user: { mail: x } }', 'unknown_key', /"email"/],
  ['input: {}\n    expect: { user: [{ emial: x }] }', 'unknown_key', /"email"/],
  ['input: {}\n    expect: { rejected: [{ kind: usr, code: x }] }', 'unknown_value', /"user"/],
  ['input: {}\n    expects: {}', 'unknown_key', /"expect"/],
  ['input: {}\n    expect: {}', 'bad_value', /^/],
])('a test like %j is invalid', async (text, code, hint) => {
  const failure: unknown = await loadText(`${HEAD}tests:\n  t:\n    ${text}\n`, { defer: () => true }).catch(
    (error) => error,
  )
  expect(failure).toBeInstanceOf(ManifestError)
  const [problem] = failure instanceof ManifestError ? failure.problems : []
  expect(problem).toMatchObject({ code, at: { line: expect.any(Number), column: expect.any(Number) } })
  expect(problem?.hint ?? '').toMatch(hint)
})

test('a secret without a value is reported, unless every test has its own', async () => {
  const own = '  own: { secrets: { signer: x }, input: { id: u1 }, expect: { membership: null, rejected: [] } }\n'
  expect(await runTests(own, {})).toHaveLength(1)
  const [problem] = await problemsOf(`${own}  needing:\n    input: { id: u1 }\n    expect: { user: null }\n`, {})
  expect(problem).toMatchObject({ code: 'unset_reference', path: 'secrets.signer', at: { line: 4 } })
  expect(problem?.hint).toMatch(/set invented secrets in the tests; the test "needing" needs it/)
})

test('an expression that does not compile with the vars of a test is a problem at its place', async () => {
  const broken = await loadText(
    `${HEAD.replace('$vars.organization"', '$vars.firm"')}tests: { t: { input: {}, expect: { user: null } } }\n`,
    {
      defer: () => true,
      env: { SIGNER: 'x' },
    },
  )
  await expect(runMappingTests(broken, ['users', 'grants'])).rejects.toMatchObject({
    problems: [{ code: 'unknown_variable', at: { line: 17 } }],
  })
})

test('the text of a test is used as written: no references, null for null', async () => {
  const outcomes = await runTests(`
  verbatim:
    input: { id: "\${HOME}", email: a@example.com, name: null, teams: [] }
    expect: { user: { key: "\${HOME}", firstName: null }, membership: null }
`)
  expect(told(outcomes)).toEqual([])
})

test('an expression that uses all memory ends the tests with a message, with the place of the input', async () => {
  const greedy = HEAD.replace('firstName: name', 'firstName: $count([1..100000].([[1..100000]]))')
  const text = `${greedy}tests: { t: { input: { email: a@example.com }, expect: { user: null } } }\n`
  const loaded = await loadText(text, { defer: () => true, env: { SIGNER: 'x' } })
  // JSONata ends an evaluation after five seconds: on a busy machine it needs no more memory by
  // then.
  await expect(runMappingTests(loaded, ['users', 'grants'], { memory: 128 })).rejects.toMatchObject({
    problems: [
      {
        code: 'expression_too_large',
        path: 'map.user.firstName',
        message: expect.stringContaining(`migrate.config.yaml:${FIRST_LINE - 1}`),
      },
    ],
  })
})

test('a role that no map contains is a reject, without a note', async () => {
  const text = `${HEAD.replace('unmapped: keep', 'unmapped: error, map: { boss: admin }')}tests:
  stranger:
    input: { id: u1, email: ada@example.com, teams: [{ id: acme, name: Acme, roles: guest }] }
    expect: { rejected: [{ kind: membership, code: unmapped_role }], notes: [] }
`
  const loaded = await loadText(text, { env: { SIGNER: FIREBASE.signerKey }, defer: () => true })
  const outcomes = await runMappingTests(loaded, ['users', 'grants'])
  expect(outcomes.map(({ differences }) => differences)).toEqual([[]])
})
