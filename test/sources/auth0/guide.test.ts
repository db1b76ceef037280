import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadManifest } from '../../../src/config/load.ts'
import { Redactor } from '../../../src/diagnostics/redactor.ts'
import { checkExpressions } from '../../../src/mapping/check.ts'
import { scopesFor } from '../../../src/sources/auth0/capture/token.ts'
import { folderWith } from '../reading.ts'

const guide = readFileSync(fileURLToPath(new URL('../../../docs/how-to/sources/auth0.md', import.meta.url)), 'utf8')
const ENV = { WORKOS_API_KEY: 'sk_test_guide', AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_SECRET: 'secret' }

test('every manifest in the guide works', async () => {
  const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block)
  expect(blocks.length).toBeGreaterThan(3)
  for (const block of blocks) {
    const source = /^source:/m.test(block) ? '' : 'source: { type: auth0, users: users.ndjson }\n'
    const target = /^target:/m.test(block) ? '' : 'target: { type: sandbox }\n'
    const cwd = folderWith({ 'migrate.config.yaml': source + target + block })
    const path = join(cwd, 'migrate.config.yaml')
    const loaded = await loadManifest({ path, cwd, env: ENV, redactor: new Redactor() })
    expect(checkExpressions(loaded), block).toEqual([])
  }
})

test('the guide lists exactly the scopes that are needed', () => {
  const named = [...guide.matchAll(/^\| `(read:\w+)` \|/gm)].map(([, scope]) => scope)
  expect(named.toSorted()).toEqual(
    scopesFor({ organizations: 'organizations', connections: true, invitations: true })
      .map(({ name }) => name)
      .toSorted(),
  )
})
