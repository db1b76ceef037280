import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deriveAll, insertDesired, layOver } from '../../src/rundb/desired.ts'
import { countDesired, isClosed, portionsOf } from '../../src/rundb/desired-facts.ts'
import { insertLeftOutKey, leaveOutReferring } from '../../src/rundb/left-out.ts'
import { rejectDependents, rejectDesired } from '../../src/rundb/rejects.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { moveOut } from '../../src/rundb/scope.ts'
import { runs, TIMEOUT } from '../fuzz/runs.ts'

const REASON = { code: 'odd', field: null, message: 'it is odd', hint: null }

const kind = fc.constantFrom('shelf', 'book')
const key = fc.constantFrom('a', 'b', 'c')

/** Everything that adds to the desired set or removes from it. */
const change: fc.Arbitrary<(rundb: RunDatabase) => void> = fc.oneof(
  fc.record({ kind, key, shelf: key, secrets: fc.constantFrom(null, {}) }).map((one) => (rundb: RunDatabase) => {
    const refs: Record<string, string> = one.kind === 'book' ? { shelf: one.shelf } : {}
    if (rundb.count('SELECT EXISTS (SELECT 1 FROM desired WHERE kind = ? AND key = ?)', one.kind, one.key)) return
    const place = { fileId: rundb.fileId('books.csv'), line: 2 }
    insertDesired(rundb, { ...one, refs, attributes: {}, seq: 1, place, records: 1 })
  }),
  fc.record({ kind, key }).map((one) => (rundb: RunDatabase) => rejectDesired(rundb, one, REASON)),
  key.map((one) => (rundb: RunDatabase) => {
    layOver(rundb, { kind: 'label', key: one, refs: {}, attributes: {}, secrets: null })
  }),
  fc.constant((rundb: RunDatabase) => {
    const lent =
      "kind = 'shelf' AND NOT EXISTS (SELECT 1 FROM desired o WHERE o.kind = 'book' AND o.key = d.key || '!')"
    const refs = "json_object('shelf', d.key)"
    deriveAll(rundb, { kind: 'book', from: 'desired d', where: lent, key: "d.key || '!'", refs, at: 'd' })
  }),
  key.map((one) => (rundb: RunDatabase) => {
    rejectDesired(rundb, { kind: 'shelf', key: one }, REASON)
    rundb.exec("DELETE FROM rejects WHERE kind = 'shelf'")
    insertLeftOutKey(rundb, { kind: 'shelf', key: one, path: 'map.shelf.when' })
    leaveOutReferring(rundb, 'book', 'shelf', 'shelf')
  }),
  fc.record({ kind, key }).map(({ kind: from, key: one }) => (rundb: RunDatabase) => {
    rundb.run('DELETE FROM out_of_scope')
    moveOut(rundb, from, `d.key <> '${one}'`)
  }),
  fc.constant((rundb: RunDatabase) => {
    rejectDependents(rundb, { kind: 'book', refs: { shelf: 'shelf' } })
  }),
)

test('cached facts about the desired set are correct after any change', { timeout: TIMEOUT }, () => {
  let closed = 0
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      const rundb = new RunDatabase(undefined)
      try {
        for (const apply of changes) {
          apply(rundb)
          for (const one of ['shelf', 'book', 'label']) {
            expect(countDesired(rundb, one)).toBe(rundb.count('SELECT count(*) FROM desired WHERE kind = ?', one))
            const portion = (where: string) =>
              rundb.count(`SELECT count(*) FROM desired WHERE kind = ? AND ${where}`, one)
            expect(portionsOf(rundb, one)).toEqual({
              declared: portion('records = 0'),
              withSecrets: portion('secrets IS NOT NULL'),
            })
          }
          if (!isClosed(rundb, 'book', 'shelf', 'shelf')) continue
          closed += 1
          const lost = `SELECT count(*) FROM desired d WHERE d.kind = 'book'
            AND NOT EXISTS (SELECT 1 FROM desired s WHERE s.kind = 'shelf' AND s.key = d.refs ->> '$.shelf')`
          expect(rundb.count(lost)).toBe(0)
        }
      } finally {
        rundb.close()
      }
    }),
    runs(200),
  )
  expect(closed).toBeGreaterThan(0)
})
