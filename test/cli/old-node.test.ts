import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { oldNode } from '../old-node.ts'
import { folderOf } from './harness.ts'

/** The entry as built: without types, and without other modules next to it. */
function entry(): string {
  const source = readFileSync(new URL('../../src/cli/main.ts', import.meta.url), 'utf8')
  return join(folderOf({ 'main.js': stripTypeScriptTypes(source), 'package.json': '{ "type": "module" }' }), 'main.js')
}

function expectRequirement({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }) {
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toMatch(/^workos-migrate needs Node\.js 24 or later; this is (1\d|2[0-3])\.\d+\.\d+ \(/)
  expect(stderr).toContain('Install Node.js 24 from https://nodejs.org')
  // A package with this name in a registry would run instead of this program.
  expect(stderr).not.toMatch(/npx|npm/)
  expect(stderr).not.toMatch(/^\s+at /m)
}

const old = oldNode()

test.skipIf(old === undefined)('an older Node.js shows what is needed', () => {
  expectRequirement(spawnSync(old ?? '', [entry(), 'plan'], { encoding: 'utf8' }))
})

test('a Node.js that claims to be older shows what is needed', () => {
  const versions = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })`
  const preload = `data:text/javascript,${encodeURIComponent(versions)}`
  expectRequirement(spawnSync(process.execPath, ['--import', preload, entry(), 'plan'], { encoding: 'utf8' }))
})
