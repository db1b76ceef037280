import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { mariaPrograms } from '../../mariadb.ts'
import { postgresPrograms } from '../../postgres.ts'
import { databaseOf } from '../../recipes/database.ts'
import { cases } from '../../whole.ts'
import { command, folderOf } from '../harness.ts'
import { announced, planned } from './announced.ts'

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url))

/** The signer key of the sample's hashes. */
const env = {
  FIREBASE_SIGNER_KEY: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
}

const MANIFEST = 'migrate.config.yaml'
/** Examples of using the program; the others are exports. */
const USES = ['gitops', 'library']
/** Files of an example besides its data: manifests, databases, notes. */
const BESIDE = /\.config\.yaml$|\.sql$|README\.md$/
/** Some examples use the files of another one, or a database. */
const withFiles = readdirSync(examples).filter(
  (name) => !USES.includes(name) && readdirSync(join(examples, name)).some((file) => !BESIDE.test(file)),
)

/** The data of an example in a separate folder. */
function dataOf(example: string): string {
  const cwd = folderOf({})
  cpSync(join(examples, example), cwd, { recursive: true, filter: (path) => !BESIDE.test(path) })
  return cwd
}

test.each(withFiles)('with the files of the example %s, init announces each reject of the plan', async (example) => {
  const cwd = dataOf(example)
  const files = readdirSync(cwd, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
  const init = await command(['init', '--yes', '--env', 'none'], { cwd, env })
  expect(init.stderr).toContain(`Wrote ${MANIFEST}`)
  const plan = await planned(cwd, env)
  expect(plan.users).toBeGreaterThan(0)
  expect(announced(init.stderr)).toBe(plan.rejected)
  expect(plan.code).toBe(plan.rejected === 0 ? 0 : 5)
  const manifest = readFileSync(join(cwd, MANIFEST), 'utf8')
  const ignored = readFileSync(join(cwd, '.gitignore'), 'utf8')
  for (const file of files) {
    expect(manifest.includes(`./${file}`) || init.stderr.includes(`  ${file}: `), `${file} is used or listed`).toBe(
      true,
    )
    if (file !== 'manifest.json') expect(ignored).toContain(`/${file}\n`)
  }
})

test('an example with only useful files leaves none out', async () => {
  for (const example of ['auth0-export', 'auth0-dashboard', 'clerk-demo', 'file-tables', 'stytch', 'supabase']) {
    const { stderr } = await command(['init', '--yes', '--env', 'none'], { cwd: dataOf(example), env })
    expect(stderr).not.toContain('Not used')
  }
})

/** Databases of the examples, and the members that each plan must have. */
const DATABASES: readonly (readonly [schema: string, dialect: 'postgres' | 'mysql', users: number, members: number])[] =
  [
    ['devise/schema.sql', 'postgres', 4, 4],
    ['laravel/schema.sql', 'mysql', 5, 8],
    ['supabase/schema.postgres.sql', 'postgres', 5, 5],
    ['better-auth/schema.postgres.sql', 'postgres', 4, 5],
    ['better-auth/schema.mysql.sql', 'mysql', 4, 5],
    ['authjs/schema.postgres.sql', 'postgres', 4, 0],
    ['authjs/schema.mysql.sql', 'mysql', 4, 0],
    ['keycloak/schema.mysql.sql', 'mysql', 5, 6],
    ['django/schema.sql', 'postgres', 4, 0],
    ['wordpress/schema.sql', 'mysql', 5, 0],
  ]

describe.skipIf(postgresPrograms === undefined || mariaPrograms === undefined)('with a database', () => {
  test.each(
    cases(DATABASES, [0]),
  )('%s, init announces each reject of the plan', async (schema, dialect, users, members) => {
    const cwd = folderOf({})
    const known = { ...env, DATABASE_URL: await databaseOf(dialect, schema), KEYCLOAK_REALM: 'anvils' }
    const init = await command(['init', '--from', dialect, '--yes', '--env', 'none'], { cwd, env: known })
    expect(init.stderr).toContain(`Wrote ${MANIFEST}`)
    const plan = await planned(cwd, known)
    expect(plan.users).toBe(users)
    expect(plan.created.membership).toBe(members)
    expect(announced(init.stderr)).toBe(plan.rejected)
  })
})
