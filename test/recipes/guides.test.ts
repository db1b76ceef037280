import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type LoadedManifest, loadManifest } from '../../src/config/load.ts'
import { recipeNames, shippedRecipes } from '../../src/config/recipes.ts'
import { sourceTypes } from '../../src/config/schema.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { checkExpressions, checkStreams } from '../../src/mapping/check.ts'
import { openSource } from '../../src/sources/registry.ts'
import { FIREBASE } from '../kinds/passwords/firebase.ts'

const GUIDES = fileURLToPath(new URL('../../docs/how-to/sources', import.meta.url))

/** What the guides leave to the reader's environment. */
const ENV = {
  WORKOS_API_KEY: 'sk_test_guide',
  FIREBASE_SIGNER_KEY: FIREBASE.signerKey,
  CLERK_SECRET_KEY: 'sk_test_guide',
}

/** The pieces of a manifest in a guide: what its YAML blocks hold. */
function blocksOf(guide: string): string[] {
  const text = readFileSync(join(GUIDES, `${guide}.md`), 'utf8')
  return [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block)
}

/** What a piece without a source stands on, where the recipe brings none. */
const SOURCES: Record<string, string> = {
  clerk: 'source: { type: clerk, users: ./clerk-export.csv }',
  csv: 'source: { type: csv, path: ./users.csv }',
}

/** A piece as a whole manifest: on top of the guide's recipe, or of one of the file source, with a target. */
function whole(block: string, guide: string): string {
  const own = (key: string) => new RegExp(`^${key}:`, 'm').test(block)
  const base = recipeNames(shippedRecipes).includes(guide) ? guide : 'authjs'
  return [
    own('extends') ? '' : `extends: ${base}`,
    own('source') ? '' : (SOURCES[guide] ?? ''),
    own('target') ? '' : 'target: { type: sandbox }',
    own('secrets') ? '' : 'secrets: { firebaseSignerKey: "${FIREBASE_SIGNER_KEY}" }',
    block,
  ].join('\n')
}

async function load(manifest: string): Promise<LoadedManifest> {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'guide-')))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  writeFileSync(join(cwd, 'migrate.config.yaml'), manifest)
  writeFileSync(join(cwd, 'our-organizations.yaml'), '{}')
  return loadManifest({ cwd, env: ENV, redactor: new Redactor() })
}

/** Guides of recipes that stand on the source of files. */
const ORIGINS = recipeNames(shippedRecipes).filter(
  (name) => existsSync(join(GUIDES, `${name}.md`)) && !sourceTypes().includes(name),
)

test.each([
  ...ORIGINS,
  'clerk',
  'csv',
  'situations',
])('every piece of a manifest in the guide %s works', async (guide) => {
  const blocks = blocksOf(guide)
  expect(blocks.length).toBeGreaterThan(0)
  for (const block of blocks) {
    const loaded = await load(whole(block, guide))
    expect(checkExpressions(loaded), block).toEqual([])
    const { source, map } = loaded.manifest
    const nothing = { directory: '.', scratch: '.', reject: () => {}, warn: () => {} }
    expect(checkStreams(map, (await openSource(source, nothing)).streams), block).toEqual([])
  }
})
