import { describe, expect, test } from 'vitest'
import { defaultMode, Mask } from '../../src/diagnostics/mask.ts'

const emails = new Mask('emails')
const all = new Mask('all')

describe('emails', () => {
  test.each([
    ['ada@example.com', 'a***@example.com'],
    ['+ user:ada@example.com  ada@example.com', '+ user:a***@example.com  a***@example.com'],
    ['membership:ada@example.com@acme', 'membership:a***@example.com@acme'],
    ['ada.lovelace+news@mail.example.co.uk, bo@x.io', 'a***@mail.example.co.uk, b***@x.io'],
    ["o'brien@example.com", 'o***@example.com'],
    ['<ada@example.com>', '<a***@example.com>'],
    ['`ada@example.com`', '`a***@example.com`'],
    ["'ada@example.com'", "'a***@example.com'"],
    ['дарья@пример.рф', 'д***@пример.рф'],
    ['ada@xn--bcher-kva.example', 'a***@xn--bcher-kva.example'],
    ['GET /users?email=ada%40example.com', 'GET /u***%40example.com'],
    ['email ada&#64;ex&#45;ample.com', 'email a***&#64;ex&#45;ample.com'],
    ['<code>user:ada&#95;l&#64;example.com</code>', '<code>user:a***&#64;example.com</code>'],
    ['\x1b[2mada@example.com\x1b[22m', '\x1b[2ma***@example.com\x1b[22m'],
    ['\x1b[1;32mada@example.com\x1b[0m', '\x1b[1;32ma***@example.com\x1b[0m'],
    ['"a long text with ada@exam…', '"a long text with a***@exam…'],
    ['ada.lovelace@…', 'a***@…'],
    [String.raw`{"v":"one\nada@example.com"}`, String.raw`{"v":"one\na***@example.com"}`],
    [String.raw`{"v":"\u200bada@example.com"}`, '{"v":"a***@example.com"}'],
    [String.raw`{"v":"\"ada b\"@example.com"}`, '{"v":"a***@example.com"}'],
    [String.raw`the address ada\u{200b}b@example.com`, 'the address a***@example.com'],
    ['email: "ada@example" is not an email address', 'email: "***" is not an email address'],
    [
      String.raw`{"message":"\"ada at example\" is not an email address"}`,
      String.raw`{"message":"\"***\" is not an email address"}`,
    ],
    ['a@b.c@d.e', 'a***@b.c@d.e'],
    ['Pilot  email:ada*, email:ada@exampl?.com and user:x', 'Pilot  email:a***, email:a***@exampl?.com and user:x'],
    ['Pilot  email:*@example.com, domain:example.com', 'Pilot  email:*@example.com, domain:example.com'],
    [String.raw`> **Pilot**: email:ada\*.`, '> **Pilot**: email:a***.'],
    ['did you mean email:adalovelace?', 'did you mean email:a***?'],
    ['selectors are email:ADDRESS and user:KEY', 'selectors are email:ADDRESS and user:KEY'],
    ['{"scope":{"only":["email:ada*","user:x"]}}', '{"scope":{"only":["email:a***","user:x"]}}'],
  ])('%j becomes %j', (text, masked) => {
    expect(emails.text(text)).toBe(masked)
    expect(emails.text(masked)).toBe(masked)
  })

  test.each([
    'membership:user_2a@indigo',
    'admin@acme of engineering@acme',
    'a @ b, @everyone, x@',
    'users.csv:12',
    'workos-migrate@0.1.0 is installed'.replace('@0.1.0', ' 0.1.0'),
    '{"key":"u1@acme","kind":"membership"}',
    '',
  ])('%j stays as it is', (text) => {
    expect(emails.text(text)).toBe(text)
  })

  test('text that looks like an address is masked and keeps its end', () => {
    expect(emails.text('postgres://user:secret@db.example.com/x')).toBe('postgres://user:s***@db.example.com/x')
    expect(emails.text('users@2.csv')).toBe('u***@2.csv')
    expect(emails.text('membership:auth0|123@acme.com')).toBe('membership:auth0|1***@acme.com')
  })

  test('JSON stays valid and contains no address, for any values', () => {
    const values = [
      'ada@example.com',
      '\u0001ada@example.com',
      '"ada@example.com"',
      '\\ada@example.com',
      'x\tada@example.com',
      '\\"ada@example.com',
      'ada@example.com\u2028',
    ]
    for (const value of values) {
      const masked = emails.text(JSON.stringify({ value, [value]: [value] }))
      expect(JSON.stringify(JSON.parse(masked))).not.toMatch(/ada@/)
    }
  })

  test('long text is masked quickly', () => {
    const started = performance.now()
    const long = 'x'.repeat(1_000_000)
    expect(emails.text(`${long}@`)).toBe(`${long}@`)
    expect(emails.text('@'.repeat(100_000))).toHaveLength(100_000)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe('all', () => {
  test('no value, quotation or address remains', () => {
    expect(all.value('Ada')).toBe('***')
    expect(all.text('lastName: "Lovelace" discarded, "Byron" kept, of ada@example.com')).toBe(
      'lastName: "***" discarded, "***" kept, of ***',
    )
  })

  test('a user becomes the same digest everywhere in the line', () => {
    const text = all.text('✗ users.csv:3  roleAssignment:auth0|1: the role admin of auth0|1 is for acme')
    expect(text).toMatch(/^✗ users\.csv:3 {2}roleAssignment:(#[0-9a-f]{8}): the role admin of \1 is for acme$/)
    const [first, second] = [all.text('user:u1  ada@example.com'), all.text('user:u2')]
    expect(first).toMatch(/^user:#[0-9a-f]{8} {2}\*\*\*$/)
    expect(second.slice(0, 14)).not.toBe(first.slice(0, 14))
    expect(all.text(first)).toBe(first)
    expect(all.text('membership:u1@acme  u1 in acme')).not.toMatch(/u1/)
    expect(all.text('≠ user:u7 (users.csv:8) → u9')).not.toMatch(/u7|u9/)
  })

  test.each([
    '+ user:DN  ada@example.com',
    '✗ ./people.csv:5  user:DN: passwordHash: the user DN was rejected',
    '≠ user:DN (./people.csv:5, and 2 records like it) → DN',
    '≠ membership:DN@acme (./people.csv:5)',
    '- membership:DN@acme  DN in acme  deleted with user:DN',
    '= user:DN  DN  matches user_01 by identity, previously user:DN',
    '= membership:DN@acme  matches om_01 by identity, previously membership:DN@acme',
    '· organization:acme  it has membership:DN@acme outside the scope',
    'error: others in the state depend on it: membership:DN@acme on user:DN [has_dependents]',
    'hint: did you mean user:DN or user:DN?; workos-migrate state list shows all',
    'hint: to the letter, like user:DN, user:DN, user:DN',
    'its user user:DN was deleted in WorkOS, and onDeleted keeps it deleted',
    'forget it first: workos-migrate state rm user:DN',
    '2 of 3 actions failed (the last: user:DN), and safety.maxFailures allows 1',
    '- `membership:DN@acme` `DN in acme`: user_01, created',
  ])('a key with spaces, commas and brackets is hidden completely: %s', (text) => {
    for (const key of ['CN=Ada Lovelace (Jr.), OU=Peo ple,DC=acme', "Ada O'Lovelace, dc=ple", 'ada: Lovelace ple']) {
      if (key.includes(': ') && text.startsWith('✗')) continue
      const masked = all.text(text.replaceAll('DN', key))
      expect(masked).not.toMatch(/\bada\b|Lovelace|ple\b(?!\.csv)/i)
      expect(masked).toMatch(/:#[0-9a-f]{8}/)
    }
  })

  test('the name of a field after a key stays', () => {
    expect(all.text('≠ user:u1  firstName: "Ada" in WorkOS, "Bo" in the source  overwritten')).toMatch(
      /^≠ user:#\w{8} {2}firstName: "\*\*\*" in WorkOS, "\*\*\*" in the source/,
    )
  })

  test('the text after a key stays', () => {
    expect(all.text('its user user:u1 was deleted in WorkOS, and onDeleted keeps it deleted')).toMatch(
      /^its user user:#[0-9a-f]{8} was deleted in WorkOS, and onDeleted keeps it deleted$/,
    )
    expect(all.text('error: user:u1 stands for a, membership:u2@acme on user:u3 [has_dependents]')).toMatch(
      /^error: user:#\w{8} stands for a, membership:#\w{8} on user:#\w{8} \[has_dependents\]$/,
    )
  })

  test('other resources keep their keys', () => {
    expect(all.text('organization:acme role:admin')).toBe('organization:acme role:admin')
    expect(all.key('organization', 'acme')).toBe('acme')
  })

  test('two runs have different digests, so that keys cannot be guessed', () => {
    expect(new Mask('all').key('user', 'u1')).not.toBe(new Mask('all').key('user', 'u1'))
  })

  test('a JSON document keeps only its shape, counts and own words, also in pieces', () => {
    const mask = all.output()
    const pieces = [
      '{"format":"x","version":1,"name":"acme"',
      ',\n"actions":[',
      '\n{"type":"create","kind":"user","key":"u 1","label":"Ada","after":{"email":"ada@example.com","emailVerified":true,"metadata":{"plan":"pro"}}}',
      ',\n{"type":"create","kind":"organization","key":"acme","label":"Acme \\"A\\""}',
      ',\n{"key":"u 1","roles":["admin"],"message":"\\"x y\\" of ada@example.com is odd"}',
      ']}\n',
    ]
    const shown = JSON.parse(pieces.map(mask).join(''))
    expect(shown).toEqual({
      format: 'x',
      version: 1,
      name: '***',
      actions: [
        {
          type: 'create',
          kind: 'user',
          key: all.key('user', 'u 1'),
          label: '***',
          after: { email: '***', emailVerified: true, metadata: { plan: '***' } },
        },
        { type: 'create', kind: 'organization', key: 'acme', label: '***' },
        { key: all.key('user', 'u 1'), roles: ['***'], message: '"***" of *** is odd' },
      ],
    })
  })
})

test('an event keeps its action, and an address keeps its kind', () => {
  const shown = (event: object) => JSON.parse(all.output()(JSON.stringify(event)))
  const about = { kind: 'user', key: 'u 1', action: 'create' }
  expect(shown({ type: 'planned_change', address: 'user:u 1', ...about })).toEqual({
    type: 'planned_change',
    address: `user:${all.key('user', 'u 1')}`,
    kind: 'user',
    key: all.key('user', 'u 1'),
    action: 'create',
  })
  expect(shown({ address: 'organization:acme' })).toEqual({ address: 'organization:acme' })
  expect(shown({ address: 'people.csv:3' }).address).not.toContain('***')
})

test("data can have member names like this program's own", () => {
  const after = { id: 'a1', type: 'b1', kind: 'user', code: 'c1', state: { path: 'd1' }, list: [{ file: 'e1' }] }
  const masked = all.output()(JSON.stringify({ actions: [{ type: 'create', after, row: after }], code: 'fine' }))
  expect(masked).not.toMatch(/[a-e]1/)
  expect(JSON.parse(masked)).toMatchObject({ actions: [{ type: 'create' }], code: 'fine' })
})

test('the command line overrides the manifest, which overrides the default', () => {
  const mask = new Mask(defaultMode({ CI: 'true' }))
  expect(mask.mode).toBe('emails')
  mask.follow(undefined)
  expect(mask.mode).toBe('emails')
  mask.follow('none')
  expect(mask.mode).toBe('none')
  mask.fix('all')
  mask.follow('none')
  expect(mask.mode).toBe('all')
})

test.each([
  [{}, 'none'],
  [{ CI: '' }, 'none'],
  [{ CI: 'false' }, 'none'],
  [{ CI: '0' }, 'none'],
  [{ CI: '1' }, 'emails'],
  [{ CI: 'woodpecker' }, 'emails'],
])('with the environment %j the default is %s', (env, mode) => {
  expect(defaultMode(env)).toBe(mode)
})

describe('the selectors of a pilot', () => {
  const digest = '#[0-9a-f]{8}'

  test.each([
    [
      'Pilot  user:Ada Lovelace, user:b*, email:ada*, user:*, organization:acme and domain:x.example; the first 3 users',
      `^Pilot {2}user:${digest}, user:${digest}, email:\\*\\*\\*, user:\\*, organization:acme and domain:x\\.example; the first 3 users$`,
    ],
    ['Pilot  user:Ada Lovelace and 12 more', `^Pilot {2}user:${digest} and 12 more$`],
    ['pilot: user:Ada Lovelace; the first user', `^pilot: user:${digest}; the first user$`],
    [
      '> **Pilot**: user:Ada Lovelace, user:b\\* and organization:acme. Out of scope: 1 user.',
      `^> \\*\\*Pilot\\*\\*: user:${digest}, user:${digest} and organization:acme. Out of scope: 1 user.$`,
    ],
    ['Done: the pilot (user:Ada Lovelace) is in WorkOS.', `^Done: the pilot \\(user:${digest}\\) is in WorkOS.$`],
  ])('%j is hidden item by item with the mode all', (line, shown) => {
    const masked = all.text(line)
    expect(masked).toMatch(new RegExp(shown))
    expect(all.text(masked)).toBe(masked)
  })

  test('keep the other text of a document', () => {
    const scope = {
      only: ['user:Ada Lovelace', 'email:ada@example.com', 'organization:acme'],
      limit: 2,
      outOfScope: [{ kind: 'user', plural: 'users', count: 1 }],
    }
    const shown = JSON.parse(all.output()(JSON.stringify({ scope, label: 'Ada' })))
    expect(shown).toEqual({
      scope: { ...scope, only: [expect.stringMatching(`^user:${digest}$`), 'email:***', 'organization:acme'] },
      label: '***',
    })
  })
})

describe('long texts have linear cost', () => {
  const long = 60_000
  test.each([
    ['a key behind an @ without a dot', `u1@${'x'.repeat(long)}`],
    ['many dots', `u1@${'x.'.repeat(long)}`],
    ['a key of many addresses', `user:${'a.user:'.repeat(long / 10)}`],
    ['quotes', `${'"a\\"'.repeat(long / 10)} is not an email address`],
  ])('%s', (_what, text) => {
    for (const mask of [emails, all]) expect(mask.text(text).length).toBeGreaterThan(0)
    expect(emails.text(`${text} ada@example.com`)).toMatch(/a\*\*\*@example\.com$/)
  })
})
