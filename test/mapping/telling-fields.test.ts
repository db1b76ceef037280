import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith } from './manifest.ts'

/** Records of a JSON document on one line. */
async function rejectsOf(map: Manifest['map'], data: JsonObject[], changed: Partial<Manifest> = {}) {
  const records = data.map((item, index) => ({
    seq: index,
    stream: 'users',
    origin: { file: 'users.json', line: 1, record: index + 1 },
    data: item,
  }))
  const compiled = compileMapping(mapperSettings(manifestWith(map, changed), 'users'))
  const { rejects } = await mapChunk({ records }, compiled)
  return rejects.map(({ kind, key, email, message, refs, hint }) => ({ kind, key, email, message, refs, hint }))
}

/** Fails on text that is not a number; the interpreter evaluates it, so that it is asynchronous. */
const FAILS = '$number(n)'
const FAILS_LATER = '(function($x) { $number($x) })(n)'
const ADA = { id: 'u7', mail: 'Ada@Example.com', n: 'none', org: 'acme' }

describe('an expression of a user that fails', () => {
  test.each([FAILS, FAILS_LATER])('names key and address, and the record of neither: %s', async (name) => {
    const map = { user: { key: 'id', email: 'mail', name: `$string(${name})` } }
    const [reject] = await rejectsOf(map, [ADA])
    expect(reject).toMatchObject({ kind: 'user', key: 'u7', email: 'ada@example.com' })
    expect(reject?.message).toMatch(/^map\.user\.name fails: the argument of \$number\(\) is not a number/)
    expect(reject?.message).not.toContain('record 1')
    expect(reject?.hint).toMatch(/test it first/)
  })

  test('evaluates its identifying fields, even asynchronously', async () => {
    const later = (field: string) => `(function($x) { $x })(${field})`
    const map = { user: { firstName: `$string(${FAILS})`, key: later('id'), email: later('mail') } }
    expect(await rejectsOf(map, [ADA, { ...ADA, id: 'u8' }])).toMatchObject([{ key: 'u7' }, { key: 'u8' }])
  })

  test('of the key itself has the address and no other key', async () => {
    const map = { user: { key: `$string(${FAILS})`, externalId: 'id', email: 'mail' } }
    const [reject] = await rejectsOf(map, [ADA])
    expect(reject).toMatchObject({ key: null, email: 'ada@example.com' })
    expect(reject?.message).toMatch(/, in record 1 of the file$/)
  })

  test('of a part of the key leaves no key, unless there is another', async () => {
    const externalId = `$string(${FAILS})`
    expect(await rejectsOf({ user: { externalId, email: 'mail' } }, [ADA])).toMatchObject([{ key: null }])
    expect(await rejectsOf({ user: { externalId, email: 'mail', key: 'id' } }, [ADA])).toMatchObject([{ key: 'u7' }])
  })

  test('of all identifying fields leaves the number of the record', async () => {
    const map = { user: { key: `$string(${FAILS})`, email: `$string(${FAILS})` } }
    const [good, reject] = await rejectsOf(map, [{ ...ADA, n: 'one' }, ADA])
    expect(good?.message).toMatch(/record 1 of the file$/)
    expect(reject).toMatchObject({ key: null, email: undefined })
    expect(reject?.message).toMatch(/, in record 2 of the file$/)
  })

  test('in when names its record, in each none of its items', async () => {
    const fields = { key: 'id', email: 'mail' }
    const [when] = await rejectsOf({ user: { ...fields, when: `${FAILS} = 1` } }, [ADA])
    expect(when).toMatchObject({ key: 'u7', email: 'ada@example.com' })
    const [each] = await rejectsOf({ user: { ...fields, each: `[${FAILS}]` } }, [ADA])
    expect(each).toMatchObject({ key: null, email: undefined })
    expect(each?.message).toMatch(/in record 1 of the file$/)
  })

  test('in the ranking of duplicates names it', async () => {
    const map = { user: { key: 'id', email: 'mail' } }
    const dedupe = { user: { ...manifestWith({}).dedupe.user, prefer: '$number("no number")' } }
    expect(await rejectsOf(map, [ADA], { dedupe })).toMatchObject([{ key: 'u7', email: 'ada@example.com' }])
  })
})

describe('a dependent of a user', () => {
  const user = { key: 'id', email: 'mail' }

  test('is named by the user if its own expression fails', async () => {
    const map = { user, organization: { key: 'org', name: 'org' }, membership: { roles: `$string(${FAILS})` } }
    const [reject] = await rejectsOf(map, [ADA])
    expect(reject).toMatchObject({ kind: 'membership', key: 'u7@acme', email: 'ada@example.com' })
    const [lost] = await rejectsOf({ user, membership: { organization: `$string(${FAILS})` } }, [ADA])
    expect(lost).toMatchObject({ key: null, email: 'ada@example.com', refs: { user: 'u7' } })
    expect(lost?.message).toMatch(/, of user:u7$/)
  })

  test('follows the user with its key if that failed', async () => {
    const map = { user: { ...user, name: `$string(${FAILS})` }, membership: { organization: 'org' } }
    const [rejected, follower] = await rejectsOf(map, [ADA])
    expect(rejected).toMatchObject({ kind: 'user', key: 'u7' })
    expect(follower).toMatchObject({ kind: 'membership', key: 'u7@acme', email: 'ada@example.com' })
    expect(follower?.message).toMatch(/^the user u7 was rejected: map\.user\.name fails/)
  })

  test('is named if a role cannot be computed', async () => {
    const map = { user, roleAssignment: { role: `$string(${FAILS})` } }
    expect(await rejectsOf(map, [ADA])).toMatchObject([{ kind: 'roleAssignment', key: 'u7', email: 'ada@example.com' }])
    const other = { roleAssignment: { user: 'id', email: 'mail', role: `$string(${FAILS})` } }
    expect(await rejectsOf(other, [ADA])).toMatchObject([
      { kind: 'roleAssignment', key: 'u7', email: 'ada@example.com' },
    ])
  })
})
