import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import type { Validator } from '../../src/config/validators.ts'
import { validateEnvironment, validateManifest } from '../../src/config/validators.ts'
import { built } from '../built.ts'
import { badComposition } from './bad/composition.ts'
import { badDedupe } from './bad/dedupe.ts'
import { badKeys } from './bad/keys.ts'
import { badRoles } from './bad/roles.ts'
import { badValues } from './bad/values.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The valid recipes and examples, and manifests with all sorts of errors. */
const texts = [
  ...['recipes', 'examples']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => readFileSync(join(root, file), 'utf8')),
  ...[...badKeys, ...badValues, ...badRoles, ...badDedupe, ...badComposition].map(({ text }) => String(text)),
]

/** The errors of a value, and the value with defaults. */
function checked(validate: Validator, value: unknown): string {
  const copy = structuredClone(value)
  return JSON.stringify({ valid: validate(copy), errors: validate.errors, value: copy })
}

test('the validators of the build report the same as ajv', async () => {
  const packed: typeof import('../../src/config/validators.ts') = await import(built('config/validators.ts'))
  let errors = 0
  for (const text of texts) {
    const document = parseDocument(text, { logLevel: 'silent' })
    if (document.errors.length > 0) continue
    const value: unknown = document.toJS()
    const pairs = [
      [validateManifest, packed.validateManifest],
      [validateEnvironment, packed.validateEnvironment],
    ] as const
    for (const [fromSource, fromBuild] of pairs) {
      expect(checked(fromBuild, value), text).toBe(checked(fromSource, value))
      errors += fromBuild.errors?.length ?? 0
    }
  }
  expect(texts.length).toBeGreaterThan(100)
  expect(errors).toBeGreaterThan(200)
})
