import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf, load, MINIMAL, problemsOf } from './folder.ts'

test('the manifest is found in the current folder or above, yaml before yml before json', async () => {
  const folder = folderOf({
    'migrate.config.yaml': `${MINIMAL}name: top`,
    'a/migrate.config.yml': `${MINIMAL}name: yml`,
    'a/migrate.config.json': '{"name":"json"}',
    'b/migrate.config.json': '{"source":{"type":"csv","path":"x"},"target":{"type":"sandbox"},"name":"json"}',
    'c/d/x': '',
  })
  const nameIn = async (cwd: string) => (await load(folder, { path: undefined, cwd: join(folder, cwd) })).manifest.name
  expect(await nameIn('.')).toBe('top')
  expect(await nameIn('a')).toBe('yml')
  expect(await nameIn('b')).toBe('json')
  expect(await nameIn('c/d')).toBe('top')
})

test('the search ends at a repository and at the home folder', async () => {
  const folder = folderOf({ 'migrate.config.yaml': MINIMAL, 'repo/src/x': '', 'home/notes/x': '' })
  mkdirSync(join(folder, 'repo/.git'))
  const inRepo = { path: undefined, cwd: join(folder, 'repo/src') }
  expect(await problemsOf(folder, inRepo)).toMatchObject([{ code: 'no_manifest' }])
  const inHome = { path: undefined, cwd: join(folder, 'home/notes'), env: { HOME: join(folder, 'home') } }
  expect(await problemsOf(folder, inHome)).toMatchObject([{ code: 'no_manifest' }])
})

test('an empty manifest is found and refused, not passed over', async () => {
  const folder = folderOf({ 'migrate.config.yaml': '', 'migrate.config.json': '{}' })
  expect(await problemsOf(folder, { path: undefined })).toMatchObject([{ code: 'empty_manifest' }])
})

test('a path is relative to the current folder, and the manifest to its own', async () => {
  const folder = folderOf({ 'configs/mine.yaml': MINIMAL })
  const { file, directory, manifest } = await load(folder, { path: './configs/mine.yaml' })
  expect(file).toBe(join(folder, 'configs/mine.yaml'))
  expect(directory).toBe(join(folder, 'configs'))
  expect(manifest.name).toBe('configs')
})
