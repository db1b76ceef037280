import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadManifest } from '../../../src/config/load.ts'
import { Redactor } from '../../../src/diagnostics/redactor.ts'
import { checkExpressions } from '../../../src/mapping/check.ts'
import { scopesFor } from '../../../src/sources/okta/capture/api.ts'
import { readOptions } from '../../../src/sources/okta/options.ts'
import { folderWith } from '../reading.ts'

const guide = readFileSync(fileURLToPath(new URL('../../../docs/how-to/sources/okta.md', import.meta.url)), 'utf8')
const ENV = { WORKOS_API_KEY: 'sk_test_guide', OKTA_API_TOKEN: 'token', OKTA_CLIENT_ID: 'id', OKTA_PRIVATE_KEY: 'key' }

test('every manifest in the guide works', async () => {
  const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block)
  expect(blocks.length).toBeGreaterThan(3)
  for (const block of blocks) {
    const target = /^target:/m.test(block) ? '' : 'target: { type: sandbox }\n'
    const cwd = folderWith({ 'migrate.config.yaml': target + block })
    const path = join(cwd, 'migrate.config.yaml')
    const loaded = await loadManifest({ path, cwd, env: ENV, redactor: new Redactor() })
    expect(checkExpressions(loaded), block).toEqual([])
  }
})

test('the guide lists exactly the scopes that are needed', () => {
  const named = [...guide.matchAll(/^\| `(okta\.\w+\.read)` \|/gm)].map(([, scope]) => scope)
  const all = readOptions({ domain: 'acme.okta.com', apps: true, connections: true })
  expect(named.toSorted()).toEqual(scopesFor(all).toSorted())
})
