import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { lookalikeAddresses, SeenAddresses } from '../../src/kinds/user/lookalikes.ts'
import { dedupeWith } from '../mapping/manifest.ts'
import { mappedSet } from './mapped-set.ts'

const MAP: Manifest['map'] = { user: { key: 'id', email: 'email', externalId: 'id' } }

async function refused(rows: JsonObject[], changed: Partial<Manifest> = {}, chunkSize = 1000) {
  const set = await mappedSet(MAP, rows, changed, chunkSize)
  return [...set.rejects()].map(({ key, code, message }) => ({ key, code, message }))
}

const one = (id: string, email: string): JsonObject => ({ id, email })

test.each([
  ['the case of a letter', 'm\u00dcller@x.example', 'm\u00fcller@x.example'],
  ['the composition of an accent', 'jose\u0301@x.example', 'jos\u00e9@x.example'],
  ['a sigma at the end', '\u03bf\u03b4\u03cc\u03c2@x.example', '\u03bf\u03b4\u03cc\u03c3@x.example'],
  ['a compatible form', '\u30ab@x.example', '\uff76@x.example'],
])('users whose addresses differ in %s are rejected, and each message names the other', async (_, first, second) => {
  const rows = [one('a', first), one('b', 'zo\u00eb@x.example'), one('c', second)]
  for (const chunkSize of [1, 1000]) {
    expect(await refused(rows, {}, chunkSize)).toMatchObject([
      { key: 'a', code: 'possible_duplicate', message: expect.stringContaining(`${second} (users.csv:4)`) },
      { key: 'c', code: 'possible_duplicate', message: expect.stringContaining(`${first} (users.csv:2)`) },
    ])
  }
})

test('a warning names rejected pairs, each once', async () => {
  const rows = [one('a', 'm\u00dcller@x.example'), one('b', 'zo@x.example'), one('c', 'm\u00fcller@x.example')]
  const { rundb } = await mappedSet(MAP, rows, {}, 1000)
  const alike = new SeenAddresses(1).alike()
  const loaded = { locate: () => ({ file: 'migrate.config.yaml' }) }
  expect(lookalikeAddresses({ rundb, loaded }, alike).map(({ message }) => message)).toEqual([
    'an address looks like another: m\u00dcller@x.example (U+00DC) and m\u00fcller@x.example (U+00FC) (rejected)',
  ])
})

test('users with one domain in Unicode and Punycode merge by address, else they are possible duplicates', async () => {
  const rows = [one('a', 'ada@b\u00fccher.example'), one('b', 'ada@xn--bcher-kva.example')]
  expect(await refused(rows)).toEqual([])
  const found = await refused(rows, { dedupe: dedupeWith({ by: ['externalId'] }) })
  expect(found.map(({ key, code }) => `${key} ${code}`)).toEqual(['a possible_duplicate', 'b possible_duplicate'])
})

test('records of one user are not duplicates, and a lost address belongs to no user', async () => {
  const dedupe = dedupeWith({ by: ['$record.person'] })
  const rows = [
    { ...one('a', 'm\u00dcller@x.example'), person: 1 },
    { ...one('b', 'm\u00fcller@x.example'), person: 1 },
    { ...one('c', 'ada@x.example'), person: 2 },
    { ...one('d', 'm\u00fcller@x.example'), person: 2 },
  ]
  expect(await refused(rows, { dedupe })).toEqual([])
})

test('many of them are counted', async () => {
  const forms = [
    '\u00e4\u00f6\u00fc',
    '\u00c4\u00f6\u00fc',
    '\u00e4\u00d6\u00fc',
    '\u00e4\u00f6\u00dc',
    '\u00c4\u00d6\u00fc',
  ]
  const found = await refused(forms.map((form, at) => one(`u${at}`, `${form}@x.example`)))
  expect(found).toHaveLength(5)
  expect(found[0]?.message).toContain('and 1 more')
})
