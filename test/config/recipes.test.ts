import { expect, test } from 'vitest'
import { expressionsOf } from '../../src/config/manifest.ts'
import { recipeNames, shippedRecipes } from '../../src/config/recipes.ts'
import { sourceTypes } from '../../src/config/schema.ts'
import { checkExpressions } from '../../src/mapping/check.ts'
import { folderOf, load } from './folder.ts'

const SOURCES: Record<string, string> = {
  csv: 'source: { type: csv, path: users.csv }',
  clerk: 'source: { type: clerk, users: users.csv }',
  auth0: 'source: { type: auth0, users: users.ndjson }',
  okta: 'source: { type: okta, domain: acme.okta.com }',
  cognito: 'source: { type: cognito, userPools: eu-west-1_Example01 }',
  firebase: 'source: { type: firebase, project: my-project }',
  file: 'source: { type: file, streams: { users: { path: users.csv } } }',
  postgres:
    'source: { type: postgres, url: "postgres://a@db.example.com/app", streams: { users: { table: users, key: id } } }',
  mysql: 'source: { type: mysql, url: "mysql://a@db.example.com/app", streams: { users: { table: users, key: id } } }',
}

/** Sources with unknown content: files of any shape, and databases. */
const WITHOUT_MAP = ['file', 'postgres', 'mysql']

/** Recipes without a source, which go on top of another recipe. */
const SITUATIONS = ['one-organization', 'organization-per-domain', 'organization-from-metadata']

/** Values that a recipe needs from the user. */
const SECRETS: Record<string, string> = {
  firebase: 'secrets: { firebaseSignerKey: "${file:signer-key}" }',
  'one-organization': 'vars: { organization: { externalId: acme, name: Acme } }',
}

test('every source type has a built-in recipe that maps its users', async () => {
  expect(Object.keys(SOURCES).toSorted()).toEqual(sourceTypes().toSorted())
  for (const [type, source] of Object.entries(SOURCES)) {
    const folder = folderOf({ 'migrate.config.yaml': `${source}\ntarget: { type: sandbox }\n` })
    const { manifest } = await load(folder, { recipes: shippedRecipes })
    expect(manifest.dedupe.user.by, type).toEqual(['email'])
    if (WITHOUT_MAP.includes(type)) {
      expect(manifest.map).toEqual({})
      continue
    }
    expect(manifest.map.user, type).toHaveProperty('email')
    expect(expressionsOf(manifest).length).toBeGreaterThan(3)
  }
})

test('every built-in recipe can be extended by name', async () => {
  expect(recipeNames(shippedRecipes).length).toBeGreaterThan(0)
  for (const name of recipeNames(shippedRecipes)) {
    const source = SITUATIONS.includes(name) ? SOURCES.csv : SOURCES[name]
    const text = `extends: ${name}\n${source ?? ''}\n${SECRETS[name] ?? ''}\ntarget: { type: sandbox }\n`
    const loaded = await load(
      folderOf({ 'migrate.config.yaml': text, 'signer-key': Buffer.alloc(64, 1).toString('base64') }),
      {
        recipes: shippedRecipes,
        env: { DATABASE_URL: `${name.split('-').at(-1)}://reader:secret@db.example.com/app`, KEYCLOAK_REALM: 'anvils' },
      },
    )
    expect(checkExpressions(loaded), name).toEqual([])
    if (!WITHOUT_MAP.includes(name)) expect(expressionsOf(loaded.manifest).length, name).toBeGreaterThan(3)
  }
})

test('the single organization must be named', async () => {
  const text = 'extends: one-organization\nsource: { type: csv, path: users.csv }\ntarget: { type: sandbox }\n'
  const loaded = await load(folderOf({ 'migrate.config.yaml': text }), { recipes: shippedRecipes })
  const problems = checkExpressions(loaded)
  expect(problems.length).toBeGreaterThan(0)
  for (const problem of problems) {
    expect(problem).toMatchObject({
      code: 'unknown_variable',
      message: 'vars.organization is missing in the manifest',
    })
  }
})

test.each([
  ['{}', 'it has no id, externalId or name'],
  ['{ name: " ", id: null }', 'it has no id, externalId or name'],
  ['[]', 'it is not an object'],
  ['Acme', 'it is not an object'],
])('vars.organization %s is rejected once, at its place', async (given, why) => {
  const text = `extends: [csv, one-organization]\nvars:\n  organization: ${given}\nsource: { type: csv, path: users.csv }\ntarget: { type: sandbox }\n`
  const loading = load(folderOf({ 'migrate.config.yaml': text }), { recipes: shippedRecipes })
  await expect(loading).rejects.toMatchObject({
    problems: [
      {
        code: 'no_organization',
        message: `vars.organization does not name an organization: ${why}`,
        path: 'vars.organization',
        at: { line: 3 },
      },
    ],
  })
})

test('vars.organization with an unresolved reference is accepted', async () => {
  const text =
    'extends: [csv, one-organization]\nvars: { organization: { id: "${NOT_SET}" } }\nsource: { type: csv, path: users.csv }\ntarget: { type: sandbox }\n'
  await load(folderOf({ 'migrate.config.yaml': text }), { recipes: shippedRecipes, offline: true })
})

test('a situation replaces the organizations of an origin, except its condition', async () => {
  const text = (extended: string) =>
    `extends: ${extended}\nvars: { organization: { externalId: acme } }\ntarget: { type: sandbox }\n`
  for (const origin of ['keycloak', 'better-auth', 'stytch', 'descope', 'supabase', 'cognito', 'okta']) {
    const [plain, placed] = await Promise.all(
      [origin, `[${origin}, one-organization]`].map((extended) =>
        load(folderOf({ 'migrate.config.yaml': text(extended) }), { recipes: shippedRecipes }),
      ),
    )
    const { membership, organization } = placed?.manifest.map ?? {}
    const { when } = plain?.manifest.map.membership ?? {}
    const { key, ...named } = organization ?? {}
    expect(membership, origin).toEqual({ when, organization: key, roles: expect.any(String) })
    expect(
      Object.keys(named)
        .filter((name) => name !== 'when')
        .toSorted(),
    ).toEqual(['externalId', 'id', 'name'])
    // All roles apply in the single organization.
    expect(placed?.manifest.map.roleAssignment?.organization, origin).toBeUndefined()
  }
})

test('a Firebase file needs the signer key, and a live project does not', async () => {
  const problems = async (source: string) => {
    const text = `extends: firebase\nsource: ${source}\ntarget: { type: sandbox }\n`
    return checkExpressions(await load(folderOf({ 'migrate.config.yaml': text }), { recipes: shippedRecipes }))
  }
  expect(await problems('{ type: firebase, project: my-project }')).toEqual([])
  expect(await problems('{ streams: { users: { path: ./users.json } } }')).toMatchObject([
    { code: 'unknown_variable', message: 'secrets.firebaseSignerKey is missing in the manifest' },
  ])
})
