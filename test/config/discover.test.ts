import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROGRAM } from '../built.ts'
import { folderOf, load, MINIMAL, problemsOf } from './folder.ts'

test('the manifest is found in the current folder or its parents: yaml, yml, json', async () => {
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

test('the search stops at a repository and at the home folder', async () => {
  const folder = folderOf({ 'migrate.config.yaml': MINIMAL, 'repo/src/x': '', 'home/notes/x': '' })
  mkdirSync(join(folder, 'repo/.git'))
  const inRepo = { path: undefined, cwd: join(folder, 'repo/src') }
  expect(await problemsOf(folder, inRepo)).toMatchObject([{ code: 'no_manifest' }])
  const inHome = { path: undefined, cwd: join(folder, 'home/notes'), env: { HOME: join(folder, 'home') } }
  expect(await problemsOf(folder, inHome)).toMatchObject([{ code: 'no_manifest' }])
})

test('an empty manifest is found and rejected', async () => {
  const folder = folderOf({ 'migrate.config.yaml': '', 'migrate.config.json': '{}' })
  expect(await problemsOf(folder, { path: undefined })).toMatchObject([{ code: 'empty_manifest' }])
})

test('an unreadable manifest is rejected, and no parent folder is searched', () => {
  const folder = folderOf({ 'migrate.config.yaml': MINIMAL, 'a/migrate.config.yaml': MINIMAL })
  for (const [name, mode] of [
    ['.', 0o755],
    ['a', 0o755],
    ['a/migrate.config.yaml', 0],
  ] as const)
    chmodSync(join(folder, name), mode)
  // A superuser can read everything, so run as another user.
  const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const cwd = join(folder, 'a')
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'validate'], {
    cwd,
    encoding: 'utf8',
    env: {},
    ...other,
  })
  expect(stderr).toContain('error: this user cannot read the manifest [file_unreadable]')
  expect(status).toBe(3)
})

test('a path is relative to the current folder, and the manifest to its own', async () => {
  const folder = folderOf({ 'configs/mine.yaml': MINIMAL })
  const { file, directory, manifest } = await load(folder, { path: './configs/mine.yaml' })
  expect(file).toBe(join(folder, 'configs/mine.yaml'))
  expect(directory).toBe(join(folder, 'configs'))
  expect(manifest.name).toBe('configs')
})
