import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { fileSource } from '../../../src/sources/file/open.ts'
import { mapped } from '../mapped.ts'

const page = readFileSync(fileURLToPath(new URL('../../../docs/how-to/sources/file.md', import.meta.url)), 'utf8')
const snippets = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => parse(match[1] ?? ''))

test('the source accepts every example of the guide', () => {
  expect(snippets.length).toBeGreaterThan(4)
  const context = { directory: '.', scratch: '.', reject() {}, warn() {} }
  for (const snippet of snippets) {
    const streams = snippet.source?.streams ?? snippet
    expect(fileSource.open({ streams }, context).streams).toEqual(['users'])
  }
})

test('the example of joins creates users, organizations and memberships, each at its own line', async () => {
  const manifest = snippets.find(({ map }) => map?.membership !== undefined)
  const { source, ...rest } = manifest
  const result = await mapped(
    source,
    {
      'users.csv': 'id,email\n1,ada@example.com\n2,bob@example.com\n',
      'members.csv': 'user_id,organization_id,role\n1,o1,admin\n2,o1,Not A Slug\n',
      'organizations.json': '[\n{"id":"o1","name":"Acme Anvils"}]',
    },
    rest,
  )
  expect(result.drafts.map(({ kind, key, origin }) => [kind, key, origin.file, origin.line])).toEqual([
    ['organization', 'o1', './organizations.json', 2],
    ['user', '1', './users.csv', 2],
    ['membership', '1@o1', './members.csv', 2],
    ['organization', 'o1', './organizations.json', 2],
    ['user', '2', './users.csv', 3],
  ])
  expect(result.rejects).toMatchObject([{ kind: 'membership', origin: { file: './members.csv', line: 3 } }])
})
