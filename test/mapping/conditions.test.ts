import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const PEOPLE = recordsOf([
  { id: 'u1', email: 'ada@acme.example' },
  { id: 'u2', email: 'bjorn@acme.example', disabled: true },
])

const user = { when: '$not($record.disabled = true)', key: 'id', email: 'email' }

async function keys(map: Manifest['map']): Promise<string[]> {
  const { drafts, rejects } = await mapChunk({ records: PEOPLE }, compileMapping(mapperSettings(manifestWith(map))))
  expect(rejects).toEqual([])
  return drafts.map(({ kind, key }) => `${kind}:${key}`)
}

test('a rule with only a condition has no result', async () => {
  const { when } = user
  expect(await keys({ user, organization: { when }, membership: { when } })).toEqual(['user:u1'])
  expect(await keys({ user, organization: {}, membership: {} })).toEqual(['user:u1'])
})

test('such a condition applies to the fields that another recipe adds', async () => {
  const { when } = user
  const map = { user, organization: { when, externalId: "'acme'" }, membership: { when, organization: "'acme'" } }
  expect(await keys(map)).toEqual(['organization:acme', 'user:u1', 'membership:u1@acme'])
})

test('a membership without fields takes both ends from its record', async () => {
  const { when } = user
  expect(await keys({ user, organization: { when, externalId: "'acme'" }, membership: { when } })).toEqual([
    'organization:acme',
    'user:u1',
    'membership:u1@acme',
  ])
})
