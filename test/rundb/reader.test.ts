import { expect, onTestFinished, test } from 'vitest'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { createVerifyTables, hasUnmatched, MANY, matchedId, matchPlain } from '../../src/rundb/findings.ts'
import { LiveAhead } from '../../src/rundb/live-ahead.ts'
import { Reader } from '../../src/rundb/reader.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const keyOf = (n: number) => `u${String(n).padStart(6, '0')}`

/**
 * Users of the source, the state and WorkOS.
 * @param differs which of them WorkOS has differently
 */
function users(count: number, differs: (n: number) => boolean): RunDatabase {
  const folder = temporaryFolder()
  const rundb = new RunDatabase(folder)
  const ahead = new LiveAhead(folder)
  onTestFinished(() => {
    ahead.close()
    rundb.close()
  })
  const listing = ahead.list('user')
  createPlanTables(rundb)
  createVerifyTables(rundb)
  rundb.transaction(() => {
    for (let n = 0; n < count; n += 1) {
      const [key, id, attributes] = [keyOf(n), `user_${keyOf(n)}`, { email: `${n}@example.com` }]
      insertDesired(rundb, { kind: 'user', key, refs: {}, attributes, secrets: null, seq: n, place: null, records: 1 })
      rundb.run("INSERT INTO known VALUES ('user', ?, ?, '{}', '{}', '{}', 'created', 1, NULL, NULL, NULL)", key, id)
      const found = { ...attributes, firstName: differs(n) ? 'Ada' : null }
      listing.add([{ id, externalId: null, naturalKey: differs(n) ? 'other' : attributes.email, attributes: found }])
    }
  })
  listing.done()
  ahead.becomeLiveOf(rundb)
  rundb.keepToItself()
  return rundb
}

const PLAIN = {
  kind: 'user',
  refs: {},
  natural: () => "d.attributes ->> '$.email'",
  maps: [],
  inForce: {},
  wholly: '1',
}

test.each<[string, (n: number) => boolean]>([
  ['all match', () => false],
  ['some differ in each half', (n) => n % 5000 === 1],
  ['more differ than a thread returns', (n) => n % 2 === 1],
])('two threads match as one does: %s', async (_, differs) => {
  const expected = Array.from({ length: MANY }, (_, n) => (differs(n) ? undefined : `user_${keyOf(n)}`))
  for (const threads of [1, 2]) {
    const rundb = users(MANY, differs)
    const reader = threads === 2 ? Reader.start(rundb) : undefined
    try {
      expect(await matchPlain(rundb, PLAIN, reader)).toBe(expected.filter((id) => id !== undefined).length)
    } finally {
      await reader?.end()
    }
    expect(hasUnmatched(rundb, 'user')).toBe(expected.includes(undefined))
    expect(expected.map((_, n) => matchedId(rundb, 'user', keyOf(n)))).toEqual(expected)
  }
})

test('a query that fails in the thread fails here', async () => {
  const rundb = users(1, () => false)
  const reader = Reader.start(rundb)
  await expect(reader?.begin('SELECT x FROM nowhere').then(({ rows }) => rows)).rejects.toThrow(
    'no such table: nowhere',
  )
  await reader?.end()
})

test('a thread that nobody asks ends without an error', async () => {
  const rundb = users(1, () => false)
  await Reader.start(rundb)?.end()
  // An error that nothing handles would come now, and fail the test.
  await new Promise((resolve) => setTimeout(resolve, 50))
})

test('a thread that has ended answers no query', async () => {
  const rundb = users(1, () => false)
  const reader = Reader.start(rundb)
  await reader?.end()
  await expect(reader?.begin('SELECT 1')).rejects.toThrow('the thread rundb/reader-worker has ended')
})
