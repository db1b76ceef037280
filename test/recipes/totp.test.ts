import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadManifest } from '../../src/config/load.ts'
import { recipeNames, shippedRecipes } from '../../src/config/recipes.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import type { JsonObject } from '../../src/json.ts'
import { checkMetadata } from '../../src/mapping/check.ts'
import { compileExpression } from '../../src/mapping/expression.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Members of exports that contain secrets of authenticator apps, or lead to one. */
const SECRET = /totp|otp|mfa|secret|factors|credentials/i

interface Rule {
  metadata?: string | Record<string, string>
  totpSecret?: string
}

const recipes = recipeNames(shippedRecipes).map((name): [string, Record<string, Rule | undefined>, JsonObject] => {
  const { map = {}, vars = {} } = parse(readFileSync(`${ROOT}recipes/${name}.yaml`, 'utf8'))
  return [name, map, vars]
})

test('recipes map secrets of authenticator apps, or report that there are some', () => {
  const mapping = recipes.filter(([, map]) => map.user?.totpSecret !== undefined).map(([name]) => name)
  expect(mapping).toEqual([
    'auth0',
    'better-auth',
    'clerk',
    'cognito',
    'csv',
    'descope',
    'firebase',
    'keycloak',
    'supabase',
    'workos-package',
  ])
})

test.each(recipes)('%s puts no secret of an authenticator app into metadata', (_name, map, vars) => {
  for (const rule of Object.values(map)) {
    const metadata = typeof rule?.metadata === 'string' ? [rule.metadata] : Object.values(rule?.metadata ?? {})
    for (const text of metadata) {
      const compiled = compileExpression(text, undefined, { vars, secrets: {} })
      if (!compiled.ok) throw new Error(compiled.message)
      const read = compiled.expression.flows.map(({ names }) => names.at(-1) ?? '')
      // A phone number is not a secret.
      expect(read.filter((name) => SECRET.test(name) && name !== 'mfa_phone_number')).toEqual([])
    }
  }
})

test.each([
  'auth0-export',
  'keycloak',
  'supabase',
  'better-auth',
  'descope',
  'csv-minimal',
])('the sample %s shows no secret', async (name) => {
  const cwd = `${ROOT}examples/${name}`
  expect(checkMetadata(await loadManifest({ cwd, env: {}, redactor: new Redactor() }))).toEqual([])
})
