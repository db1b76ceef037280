import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { LoadedManifest } from '../../src/config/load.ts'
import { canonicalJson, type JsonObject } from '../../src/json.ts'
import { Earliest } from '../../src/kinds/earliest.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import { lookalikeAddresses, SeenAddresses } from '../../src/kinds/user/lookalikes.ts'
import { FieldCounts } from '../../src/planning/field-table.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { valuesInOrder, valuesOfKind } from '../../src/rundb/values.ts'
import { runs, TIMEOUT } from './runs.ts'

const user = kindDefinition('user')

function desiring(users: readonly { attributes: JsonObject; secrets?: JsonObject | null; seq: number }[]): RunDatabase {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  const place = { fileId: rundb.fileId('users.csv'), line: 1 }
  rundb.transaction(() => {
    for (const [index, { attributes, secrets = null, seq }] of users.entries()) {
      insertDesired(rundb, { kind: 'user', key: `u${index}`, refs: {}, attributes, secrets, seq, place, records: 1 })
    }
  })
  return rundb
}

const email = fc
  .tuple(
    fc.stringMatching(/^[ail1o0OLrnmvwéаё.+-]{1,5}(\d{2,3}|i)?$/),
    fc.constantFrom('x.nl', 'X.NL', 'rn.io', 'm.i0'),
  )
  .map(([name, domain]) => `${name}@${domain}`)

test('the address filter misses no look-alikes', { timeout: TIMEOUT }, () => {
  const loaded = { locate: () => undefined } as unknown as LoadedManifest
  fc.assert(
    fc.property(fc.array(email, { minLength: 1, maxLength: 60 }), (emails) => {
      const rundb = desiring(emails.map((one, seq) => ({ attributes: { email: one }, seq })))
      const seen = new SeenAddresses(emails.length)
      for (const one of emails) seen.add(one)
      const everybody = { someAlike: true, someMixed: true, again: new Uint32Array(1).fill(0xffff_ffff) }
      const context = { rundb, loaded, partial: false }
      expect(lookalikeAddresses(context, seen.alike())).toEqual(lookalikeAddresses(context, everybody))
    }),
    runs(150),
  )
})

test('the filter suspects hardly any ordinary address', () => {
  const seen = new SeenAddresses(20_000)
  for (let index = 0; index < 20_000; index += 1) seen.add(`person.${index * 7919}@example.com`)
  expect(seen.alike()).toMatchObject({ someAlike: false, someMixed: false })
})

const attributes = fc.dictionary(
  fc.constantFrom('email', 'firstName', 'metadata', 'roles', '__proto__'),
  fc.oneof(
    fc.constantFrom('', 'NULL', 'null', 'undefined', 'Ada', null, true, 7),
    fc.string(),
    fc.array(fc.string(), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('plan', 'seats', '1'), fc.constantFrom('', 'NULL', 'pro', null)),
  ),
)
const secrets = fc.option(
  fc.oneof(
    fc.record({ passwordHash: fc.record({ type: fc.constantFrom('bcrypt', 'ssha') }) }),
    fc.record({ password: fc.string() }),
  ),
)
const resource = fc.record({ attributes, secrets, seq: fc.nat(30) })

test('field counts do not depend on the order', { timeout: TIMEOUT }, () => {
  fc.assert(
    fc.property(fc.array(resource, { maxLength: 250 }), (resources) => {
      const rundb = desiring(resources)
      const [any, inOrder] = [valuesOfKind, valuesInOrder].map((valuesOf) => {
        const counts = new FieldCounts(user)
        for (const { attributes, secrets, places } of valuesOf(rundb, 'user', 'desired')) {
          for (const [index, each] of attributes.entries()) counts.add(each, secrets[index] ?? null, places[index] ?? 0)
        }
        return counts.table()
      })
      expect(any).toEqual(inOrder)
      expect(any?.resources).toBe(resources.length)
    }),
    runs(100),
  )
})

test('values come in short chunks, and none is missing', () => {
  const sizes = [...Array.from({ length: 1200 }, () => 3), 3 << 20, 3, 3 << 20, ...Array.from({ length: 20 }, () => 1)]
  const rundb = desiring(
    sizes.map((size, seq) => ({ attributes: { name: 'n'.repeat(size) }, secrets: { at: seq }, seq })),
  )
  const chunks = [...valuesOfKind(rundb, 'user', 'desired')]
  expect(chunks.every((chunk) => canonicalJson(chunk.attributes).length < 5 << 20)).toBe(true)
  const found = chunks.flatMap(({ attributes, secrets, places }) =>
    places.map((place, index) => [place, String(attributes[index]?.name).length, secrets[index]?.at] as const),
  )
  expect(found.toSorted(([one], [other]) => one - other)).toEqual(sizes.map((size, seq) => [seq, size, seq]))
})

test('the earliest are the first of a sort', { timeout: TIMEOUT }, () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (places, most) => {
      const earliest = new Earliest<number>(most)
      for (const [index, place] of places.entries()) earliest.add(place, index)
      const sorted = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place)
      expect(earliest.items()).toEqual(sorted.slice(0, most).map(({ index }) => index))
    }),
    runs(200),
  )
})
