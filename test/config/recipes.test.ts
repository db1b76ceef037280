import { expect, test } from 'vitest'
import { expressionsOf } from '../../src/config/expressions.ts'
import { recipeNames, shippedRecipes } from '../../src/config/recipes.ts'
import { sourceTypes } from '../../src/config/schema.ts'
import { folderOf, load } from './folder.ts'

const SOURCES: Record<string, string> = {
  csv: 'source: { type: csv, path: users.csv }',
  clerk: 'source: { type: clerk, users: users.csv }',
  auth0: 'source: { type: auth0, users: users.ndjson }',
  file: 'source: { type: file, streams: { users: { path: users.csv } } }',
}

/** Nothing is known of what is in files of any shape. */
const WITHOUT_MAP = ['file']

test('every type of source has a shipped recipe that maps its users', async () => {
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

test('every shipped recipe can be extended by name', async () => {
  expect(recipeNames(shippedRecipes).length).toBeGreaterThan(0)
  for (const name of recipeNames(shippedRecipes)) {
    const text = `extends: ${name}\n${SOURCES[name] ?? SOURCES.csv}\ntarget: { type: sandbox }\n`
    const { manifest } = await load(folderOf({ 'migrate.config.yaml': text }), { recipes: shippedRecipes })
    expect(manifest.version).toBe(1)
  }
})
