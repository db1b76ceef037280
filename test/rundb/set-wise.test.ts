import { expect, onTestFinished, test } from 'vitest'
import { deriveAll, insertDesired, layOver, moveSingleDrafts } from '../../src/rundb/desired.ts'
import { addToDrafts, indexDrafts, insertDraft } from '../../src/rundb/drafts.ts'
import { insertNote, noteAll, noteDesired } from '../../src/rundb/notes.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'

function opened(): RunDatabase {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  return rundb
}

function desire(rundb: RunDatabase, key: string, seq: number): void {
  const place = { fileId: rundb.fileId('books.csv'), line: seq + 1 }
  const row = { kind: 'book', key, refs: { shelf: 's' }, attributes: { title: key }, secrets: null, seq, place }
  insertDesired(rundb, { ...row, records: 3 })
}

const all = (rundb: RunDatabase, table: string) => rundb.statement(`SELECT * FROM ${table}`).all()

test('a derived resource has the place of its row, and no records', () => {
  const rundb = opened()
  desire(rundb, 'a', 1)
  desire(rundb, 'b', 2)
  const derivation = {
    kind: 'cover',
    from: 'desired d',
    where: 'd.key = ?1',
    key: "d.key || '!'",
    refs: "json_object('book', d.key)",
    attributes: "json_object('colour', ?2)",
    secrets: "json_object('price', 1)",
    at: 'd',
  }
  expect(deriveAll(rundb, derivation, 'b', 'red')).toBe(1)
  expect(all(rundb, 'desired')).toContainEqual({
    kind: 'cover',
    key: 'b!',
    refs: '{"book":"b"}',
    attributes: '{"colour":"red"}',
    secrets: '{"price":1}',
    seq: 2,
    file: 1,
    line: 3,
    records: 0,
  })
})

test('a resource without a place belongs to the manifest, whether SQL or an object adds it', () => {
  const rundb = opened()
  desire(rundb, 'a', 1)
  deriveAll(rundb, { kind: 'shelf', from: 'desired', where: "kind = 'book'", key: "refs ->> '$.shelf'" })
  layOver(rundb, { kind: 'shelf', key: 't', refs: { ignored: 'x' }, attributes: {}, secrets: null })
  const shelf = { kind: 'shelf', refs: '{}', attributes: '{}', secrets: null, seq: -1, file: null, line: null }
  expect(all(rundb, 'desired').filter(({ kind }) => kind === 'shelf')).toEqual([
    { ...shelf, key: 's', records: 0 },
    { ...shelf, key: 't', records: 0 },
  ])
})

test('a note on all matching rows is one row for each; a text is not SQL', () => {
  const rundb = opened()
  desire(rundb, 'a', 1)
  desire(rundb, 'b', 2)
  const remark = { from: 'desired', where: 'key <> ?1', on: 'desired' }
  const noted = noteAll(rundb, { ...remark, note: { code: "it's", detail: { sql: 'attributes' } } }, 'a')
  expect(noted).toBe(1)
  noteDesired(rundb, { kind: 'book', key: 'a', code: 'torn', detail: 'key' })
  insertNote(rundb, { kind: 'book', key: 'c', code: 'lost', detail: '' })
  expect(all(rundb, 'notes')).toEqual([
    { seq: 0, kind: 'book', key: 'b', code: "it's", detail: '{"title":"b"}' },
    { seq: 1, kind: 'book', key: 'a', code: 'torn', detail: 'key' },
    { seq: 0, kind: 'book', key: 'c', code: 'lost', detail: '' },
  ])
})

test('a further draft is for the same resource and another record, and adds no records', () => {
  const rundb = opened()
  const origin = { file: 'books.csv', line: 2 }
  const draft = { seq: 1, kind: 'book', key: 'a', group: null, refs: {}, attributes: '{"n":1}', secrets: '{}', origin }
  insertDraft(rundb, { ...draft, rank: 'z', updatedAt: 5, externalId: 'e' }, 2)
  addToDrafts(rundb, { seq: 9, attributes: '{"n":2}' }, 'key = ?3', 'a')
  const same = { kind: 'book', key: 'a', dedupe_group: 'ka', refs: '{}', file: 1, line: 2 }
  expect(all(rundb, 'drafts')).toEqual([
    { ...same, id: 1, seq: 1, attributes: '{"n":1}', secrets: '{}', records: 2, rank: 'z', updated: 5, external: 'e' },
    {
      ...same,
      id: 2,
      seq: 9,
      attributes: '{"n":2}',
      secrets: null,
      records: 0,
      rank: null,
      updated: null,
      external: null,
    },
  ])
})

test('single drafts become desired in key order, in whatever order they are stored', () => {
  const count = 3000
  // A prime visits each place once.
  const orders = [(n: number) => n, (n: number) => count - 1 - n, (n: number) => (n * 1723) % count]
  const [kept, ...others] = orders.map((order) => {
    const rundb = opened()
    rundb.transaction(() => {
      for (let n = 0; n < count; n += 1) {
        const at = order(n)
        const origin = { file: 'books.csv', line: at }
        const [key, attributes] = [`b${at}`, `{"n":${at}}`]
        insertDraft(
          rundb,
          { seq: at, kind: 'book', key, group: null, refs: {}, attributes, secrets: null, origin },
          1 + (at % 2),
        )
      }
      insertDraft(
        rundb,
        {
          seq: 0,
          kind: 'book',
          key: 'b7',
          group: null,
          refs: {},
          attributes: '{}',
          secrets: null,
          origin: { file: 'books.csv' },
        },
        1,
      )
    })
    indexDrafts(rundb)
    moveSingleDrafts(rundb, 'book', { repeats: false })
    return all(rundb, 'desired')
  })
  expect(kept?.length).toBe(count - 1)
  expect(kept?.slice(0, 3)).toMatchObject([{ key: 'b0' }, { key: 'b1', records: 2, line: 1 }, { key: 'b10', seq: 10 }])
  for (const other of others) expect(other).toEqual(kept)
})
