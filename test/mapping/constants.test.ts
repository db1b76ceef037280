import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { Json } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { compileAtPath, compileExpression } from '../../src/mapping/expression.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { createMapperPool } from '../../src/mapping/pool.ts'
import { FIREBASE } from '../kinds/passwords/firebase.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const vars = { organization: { name: 'Acme', tags: ['a', 'b'] }, plans: [{ id: 'p1', title: 'Pro' }], limit: 3 }
const secrets = { firebaseSignerKey: FIREBASE.signerKey }

async function evaluated(text: string): Promise<Json | undefined> {
  const compilation = compileExpression(text, undefined, { vars, secrets })
  if (!compilation.ok) throw new Error(compilation.message)
  const value = await compilation.expression.evaluate({ plan: 'p1' }, { plan: 'p1' })
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

test.each([
  ['$vars.organization.name', 'Acme'],
  ['$uppercase($vars.organization.name)', 'ACME'],
  ['"x-" & $vars.organization.name', 'x-Acme'],
  ['$vars.limit + 1', 4],
  ['$vars.organization.tags[1]', 'b'],
  ['$vars.organization', vars.organization],
  ['($wanted := plan; $vars.plans[id = $wanted].title)', 'Pro'],
  ['$lookup($vars, "limit")', 3],
  ['$vars', vars],
  ['$map([1, 2], function($n) { $n * $vars.limit })', [3, 6]],
])('%s is %j', async (text, expected) => {
  expect(await evaluated(text)).toEqual(expected)
})

test.each([
  ['$vars.organisation.name', 6, 'vars.organisation is missing', 'did you mean $vars.organization?'],
  ['1 + $vars.organization.nam', 23, 'vars.organization.nam is missing', 'did you mean $vars.organization.name?'],
  ['$vars.limit.most', 12, 'vars.limit.most is missing', 'add it to vars.limit in the manifest'],
  ['$secrets.key', 9, 'secrets.key', 'add it to secrets in the manifest'],
  ['$var.limit', 0, '$var', 'did you mean $vars?'],
])('%s does not compile: it reads a missing constant', (text, position, message, hint) => {
  const compilation = compileAtPath(['map', 'user', 'password'], text, { vars, secrets })
  expect(compilation).toMatchObject({ ok: false, position, hint })
  expect(!compilation.ok && compilation.message).toContain(message)
})

test.each([
  ['map.user.passwordHash', true],
  ['map.user.password', true],
  ['map.user.totpSecret', true],
  ['map.user.passwordHashType', false],
  ['map.user.email', false],
  ['map.user.metadata.key', false],
  ['map.user.when', false],
  ['map.organization.name', false],
  ['map.roleAssignment.role', false],
  ['dedupe.user.by.0', false],
  ['dedupe.user.prefer', false],
  ['dedupe.user.updatedAt', false],
])('secrets at %s: %j', (path, allowed) => {
  for (const text of ['$secrets.firebaseSignerKey', '$lookup($secrets, "x")', '($s := $secrets; $s.x)']) {
    const compilation = compileAtPath(path.split('.'), text, { vars, secrets })
    expect(compilation.ok).toBe(allowed)
    if (!compilation.ok)
      expect(compilation).toMatchObject({ code: 'misplaced_secret', position: text.indexOf('$secrets') })
  }
})

const parameters = `{ 'signerKey': $secrets.firebaseSignerKey, 'saltSeparator': $vars.separator, 'rounds': 8, 'memoryCost': cost }`
const user: Manifest['map']['user'] = {
  email: 'email',
  passwordHash: `$firebasePassword(hash, salt, ${parameters})`,
}
const manifest = manifestWith({ user }, { vars: { separator: FIREBASE.saltSeparator }, secrets })
const records = recordsOf([
  { email: 'ada@example.com', hash: FIREBASE.hash, salt: FIREBASE.salt, cost: 14 },
  { email: 'bob@example.com', hash: FIREBASE.hash, salt: FIREBASE.salt, cost: 'canary' },
])

test('secrets reach the workers, and their results are secrets', async () => {
  const pool = createMapperPool(manifest, { workers: 1 })
  const { drafts } = await pool.map(records.slice(0, 1)).finally(() => pool.close())
  expect(drafts).toHaveLength(1)
  expect(drafts[0]?.attributes).not.toContain('firebase')
  expect(JSON.parse(drafts[0]?.secrets ?? '')).toEqual({
    passwordHash: { type: 'firebase-scrypt', hash: expect.stringContaining(`sk=${FIREBASE.signerKey.slice(0, -2)}$`) },
  })
})

test('reports of functions on secret values are noted without the values', async () => {
  const { rejects } = await mapChunk({ records: records.slice(1) }, compileMapping(mapperSettings(manifest)))
  expect(rejects[0]?.message).toContain('$firebasePassword(): memoryCost is not a whole number above zero')
  expect(JSON.stringify(rejects)).not.toMatch(/canary|jxspr8Ki|lSrfV15/)
})
