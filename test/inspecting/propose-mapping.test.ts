import { expect, test } from 'vitest'
import { Profile } from '../../src/inspecting/profile.ts'
import { type ProposeOptions, proposeMapping } from '../../src/inspecting/propose-mapping.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileExpression } from '../../src/mapping/expression.ts'

function propose(...records: Record<string, unknown>[]) {
  return proposeWith({}, ...records)
}

function proposeWith(options: Partial<ProposeOptions>, ...records: Record<string, unknown>[]) {
  const profile = new Profile()
  for (const record of records) profile.add(record)
  return proposeMapping(profile.paths(), { today: '2026-01-01', ...options })
}

test('an address is found by values if no column name fits', () => {
  const { user } = propose({ Kontakt: 'ada@example.com', Stadt: 'Bern' })
  expect(user).toMatchObject({ key: 'Kontakt', email: 'Kontakt' })
})

test('a full name is split if there is no other name', () => {
  const { user } = propose({ id: '1', email: 'a@example.com', displayName: 'Ada Ampersand' })
  expect(user).toMatchObject({ firstName: '$splitName(displayName).first', lastName: '$splitName(displayName).last' })
})

test('nested JSON is mapped by its paths, and paths near the top win', () => {
  const { user, unplaced } = propose({
    uid: 7,
    profile: { 'first name': 'Ada', email: 'a@example.com' },
    backup: { deeper: { email: 'b@example.com' } },
  })
  expect(user).toMatchObject({ key: 'uid', email: 'profile.email', firstName: 'profile.`first name`' })
  expect(unplaced).toEqual(['backup.deeper.email'])
})

test('a time of verification means verified, and a hash keeps its hasher', () => {
  const { user } = propose({
    id: 1,
    email: 'a@example.com',
    email_verified_at: '2024-01-02T03:04:05Z',
    password_hash: '$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde',
    hash_type: 'bcrypt',
  })
  expect(user).toMatchObject({
    emailVerified: '$contains($string(email_verified_at), /[1-9]|infinity/) = true',
    passwordHash: 'password_hash',
    passwordHashType: 'hash_type',
  })
})

test('a plain-text password is not mapped', () => {
  const { user, missing, unplaced } = propose({ id: 1, email: 'a@example.com', password: 'hunter2' })
  expect(user).not.toHaveProperty('passwordHash')
  expect(missing.map(({ field }) => field)).toContain('passwordHash')
  expect(unplaced).toEqual(['password'])
})

test("organizations and roles in a user's row become organization and membership", () => {
  const { organization, membership } = propose({
    email: 'a@example.com',
    tenant_id: 't1',
    tenant: 'Acme',
    role: 'admin',
  })
  expect(organization).toEqual({
    when: '$exists(tenant_id)',
    key: 'tenant_id',
    externalId: 'tenant_id',
    name: 'tenant',
  })
  expect(membership).toEqual({ when: '$exists(tenant_id)', organization: 'tenant_id', roles: 'role' })
})

test.each([
  {
    record: {
      'Benutzer-ID': '1',
      'E-Mail-Adresse': 'a@example.com',
      Vorname: 'A',
      Nachname: 'B',
      Rolle: 'Chef',
      Firma: 'X',
    },
    user: { key: '`Benutzer-ID`', email: '`E-Mail-Adresse`', firstName: 'Vorname', lastName: 'Nachname' },
    membership: { organization: "'name:' & Firma", roles: 'Rolle' },
  },
  {
    record: {
      identifiant: '1',
      'Adresse électronique': 'a@example.com',
      prénom: 'A',
      nom: 'B',
      rôle: 'chef',
      société: 'X',
    },
    user: { key: 'identifiant', email: '`Adresse électronique`', firstName: '`prénom`', lastName: 'nom' },
    membership: { organization: "'name:' & `société`", roles: '`rôle`' },
  },
  {
    record: {
      'ID de usuario': '1',
      'Correo electrónico': 'a@example.com',
      Nombre: 'A',
      Apellidos: 'B',
      Rol: 'jefe',
      Empresa: 'X',
    },
    user: { key: '`ID de usuario`', email: '`Correo electrónico`', firstName: 'Nombre', lastName: 'Apellidos' },
    membership: { organization: "'name:' & Empresa", roles: 'Rol' },
  },
  {
    record: {
      'ID utente': '1',
      'Indirizzo e-mail': 'a@example.com',
      Nome: 'A',
      Cognome: 'B',
      Ruolo: 'capo',
      Azienda: 'X',
    },
    user: { key: '`ID utente`', email: '`Indirizzo e-mail`', firstName: 'Nome', lastName: 'Cognome' },
    membership: { organization: "'name:' & Azienda", roles: 'Ruolo' },
  },
])('columns in other languages are found: $user.key', ({ record, user, membership }) => {
  const proposed = propose({ ...record, Extra: 'x' })
  expect(proposed.user).toMatchObject({ ...user, externalId: user.key })
  expect(proposed.membership).toMatchObject(membership)
  expect(proposed.unplaced).toEqual(['Extra'])
})

test('a name with combining accents is the same name', () => {
  const decomposed = 'prénom'.normalize('NFD')
  const { user } = propose({ email: 'a@example.com', [decomposed]: 'Ada' })
  expect(user.firstName).toBe(`\`${decomposed}\``)
})

test('every proposed expression compiles, for any column name', () => {
  const odd = ['first name', 'e-mail', 'and', 'true', 'name (full)', 'x.y', 'größe', 'role']
  const { user } = propose(Object.fromEntries(odd.map((name) => [name, name === 'e-mail' ? 'a@example.com' : 'x'])))
  const expressions = Object.values(user).filter((value) => typeof value === 'string')
  expect(expressions).toContain('`e-mail`')
  for (const expression of expressions) expect(() => compileExpression(expression)).not.toThrow()
})

test.each([
  ['totp_secret', 'totp_secret'],
  ['mfaSecret', 'mfaSecret'],
  ['OTP seed', '`OTP seed`'],
])('secrets of authenticator apps in a column %s are found', (column, expression) => {
  const { user } = propose({ id: '1', email: 'a@example.com', [column]: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' })
  expect(user).toMatchObject({ totpSecret: expression })
  expect(user.metadata).toBeUndefined()
})

const ada = { id: '1', email: 'ada@example.com' }

test.each([
  [{ is_active: '1' }, { is_active: '0' }],
  [{ is_active: true }, { is_active: false }],
  [{ enabled: 't' }, { enabled: 'f' }],
  [{ disabled: 'no' }, { disabled: 'yes' }],
  [{ banned: null }, { banned: true }],
  [{ blocked: '0' }, { blocked: '1' }],
  [{ IsLockedOut: 'False' }, { IsLockedOut: 'True' }],
  [{ accountNonLocked: true }, { accountNonLocked: false }],
  [{ status: '1' }, { status: '0' }],
  [{ deleted_at: '' }, { deleted_at: '2024-01-02 03:04:05' }],
  [{ deleted_at: '0000-00-00 00:00:00' }, { deleted_at: '2024-01-02' }],
  [{ locked_at: 'NULL' }, { locked_at: '2024-01-02T03:04:05Z' }],
  [{ LockoutEnd: '2020-01-02 03:04:05 +00:00' }, { LockoutEnd: '9999-12-31 23:59:59 +00:00' }],
  [{ banned_until: null }, { banned_until: '2999-01-01T00:00:00Z' }],
  [{ status: 'active' }, { status: 'suspended' }],
  [{ user_status: 'Enabled' }, { user_status: 'Disabled' }],
  [{ fields: { is_active: 'yes' } }, { fields: { is_active: 'no' } }],
  [{ is_active: 'on' }, { is_active: 'off' }],
  [{ active: 'active' }, { active: 'Inactive' }],
  [{ enabled: 'Y' }, { enabled: 'N' }],
  [{ can_login: '1' }, { can_login: '0' }],
  [{ locked: 'off' }, { locked: 'on' }],
  [{ account_status: 'Active' }, { account_status: 'LOCKED_OUT' }],
  [{ Gesperrt: 'nein' }, { Gesperrt: 'ja' }],
  [{ Aktiv: 'ja' }, { Aktiv: 'Nein' }],
  [{ Status: 'aktiv' }, { Status: 'gesperrt' }],
  [{ Actif: 'oui' }, { Actif: 'non' }],
  [{ 'Est bloqué': 'non' }, { 'Est bloqué': 'oui' }],
  [{ Activo: 'sí' }, { Activo: 'no' }],
  [{ 'gelöscht am': '' }, { 'gelöscht am': '31.12.2024' }],
])('users who cannot sign in are excluded, and others are not: %j, not %j', async (may, mayNot) => {
  const records: JsonObject[] = [
    { ...ada, ...may },
    { id: '2', email: 'bo@example.com', ...mayNot },
  ]
  const { user, lockedOut } = propose(...records)
  expect(lockedOut).toHaveLength(1)
  const condition = String(user.when)
  const verdicts = await Promise.all([...records, ada].map((record) => evaluate(condition, record)))
  expect(verdicts).toEqual([true, false, true])
  expect(proposeWith({ leaveOut: false }, ...records).user).not.toHaveProperty('when')
})

test('a flag with an unknown value still excludes users for whom it is no', async () => {
  const enabled = ['Y', 'N', '?']
  const { user } = propose(
    ...enabled.map((value, id) => ({ id: `${id}`, email: `u${id}@example.com`, enabled: value })),
  )
  const verdicts = await Promise.all(enabled.map((value) => evaluate(String(user.when), { enabled: value })))
  expect(verdicts).toEqual([true, false, true])
})

test.each([
  [{ suspended: '' }, { suspended: 'yes' }],
  [{ banned: false }, { banned: '2024-01-02' }],
  [{ is_active: 'yes' }, { is_active: 'nein' }],
  [{ deleted_at: null }, { deleted_at: '2024-01-02' }],
  [{ status: 'active' }, { status: 'Banned' }],
])('locked-out users beyond the sample are excluded, too: %j, not %j', async (may, mayNot) => {
  const { user } = proposeWith({ whole: false }, { ...ada, ...may }, { ...ada, ...may })
  expect(await evaluate(String(user.when), { ...ada, ...may })).toBe(true)
  expect(await evaluate(String(user.when), { ...ada, ...mayNot })).toBe(false)
})

test('a status excludes users even if all of a few records differ, and its values are not listed', async () => {
  const all = ['ACTIVE', 'DEPROVISIONED', 'SUSPENDED', 'PROVISIONED', 'LOCKED_OUT']
  const { user } = propose(...all.map((status, id) => ({ id: `${id}`, email: `u${id}@example.com`, status })))
  const verdicts = await Promise.all(all.map((status) => evaluate(String(user.when), { status })))
  expect(verdicts).toEqual([true, false, false, true, false])
})

test.each([
  ['2024-01-02 03:04:05', true],
  ['1704164645', true],
  ['0000-00-00 00:00:00', false],
  ['NULL', false],
  ['\\N', false],
  [null, false],
])('only a real time of verification counts: %j', async (value, verified) => {
  const { user } = propose(
    { ...ada, email_verified_at: '2024-01-02 03:04:05' },
    { id: '2', email: 'b@example.com', email_verified_at: value },
  )
  expect(await evaluate(String(user.emailVerified), { email_verified_at: value })).toBe(verified)
})

test('a verification flag with other values counts if it means yes', async () => {
  const values = ['true', 'NULL', 'f', 't', '']
  const { user } = propose(...values.map((email_verified, id) => ({ id, email: `u${id}@example.com`, email_verified })))
  const found = await Promise.all(
    values.map((email_verified) => evaluate(String(user.emailVerified), { email_verified })),
  )
  expect(found).toEqual([true, false, false, true, false])
})

test.each([
  ['user_pass', '$wp$2y$10$spdWA5cuOiOltcsZQFfgSeEQ7KJYLJORCApvZCx6z3rDZncM'],
  ['PasswordHash', 'AQAAAAIAAYagAAAAEFZhu2RuKt931NaG2OvWT7yP0RrzCfkcovmOSpQ6I43OfWQsgdSEbBwTH7qlnFTUXw=='],
  ['password', 'pbkdf2_sha256$600000$saltsalt$bm9uc2Vuc2Vub25zZW5zZW5vbnNlbnNlbm9uc2Vuc2U='],
  ['passwd', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['credential_blob', '$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde'],
])('a column %s with hashes is mapped', (column, hash) => {
  expect(propose({ ...ada, [column]: hash }).user).toMatchObject({ passwordHash: `$passwordHash(${column})` })
})

test('users with an encrypted authenticator secret are marked as unsupported', () => {
  const { user } = propose({ ...ada, two_factor_secret: 'eyJpdiI6Ik1YQT09IiwidmFsdWUiOiJhYmMifQ==' })
  expect(user.totpSecret).toBe("two_factor_secret ? { 'unsupported': 'encrypted secret' }")
})

test('a status that is 0 for nearly all users, as in WordPress, excludes nobody', () => {
  const records = ['0', '0', '1'].map((status, id) => ({ id: `${id}`, email: `u${id}@example.com`, status }))
  expect(propose(...records).lockedOut).toEqual([])
  expect(propose({ ...ada, user_status: '0' }, { ...ada, user_status: '1' }).lockedOut).toEqual([])
})

test("MongoDB's IDs are found", () => {
  expect(propose({ _id: { $oid: '65a' }, email: 'ada@example.com' }).user).toMatchObject({ key: '_id.`$oid`' })
})

test('users without an ID have their address as the key, never another address', () => {
  const { user } = propose(
    { external_id: 'e1', unconfirmed_email: 'x@example.com', contact: 'ada@example.com' },
    { external_id: null, unconfirmed_email: 'y@example.com', contact: 'bo@example.com' },
  )
  expect(user).toMatchObject({ key: 'external_id ? external_id : $email(contact)', email: 'contact' })
})

async function evaluate(text: string, record: JsonObject): Promise<unknown> {
  const compiled = compileExpression(text)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.expression.evaluate(record, record)
}
