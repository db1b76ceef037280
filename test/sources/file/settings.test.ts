import { expect, test } from 'vitest'
import { ManifestError } from '../../../src/diagnostics/errors.ts'
import { fileSource } from '../../../src/sources/file/open.ts'
import type { SourceDefinition } from '../../../src/sources/source.ts'
import { folderWith } from '../reading.ts'

const source: SourceDefinition = fileSource
const context = { directory: '.', scratch: '.', reject() {}, warn() {} }

/** Problems that both opening and checking find. */
async function problemsOf(streams: Record<string, unknown>) {
  const checked = await source.check({ streams }, '.')
  try {
    source.open({ streams }, context)
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error
    expect(error.problems).toEqual(checked)
  }
  return checked.map(({ code, path, message, hint }) => [code, path, `${message}: ${hint}`])
}

const join = { key: 'user', to: 'id' }

test.each([
  ['an extension without a format', { u: { path: 'u.txt' } }, 'unknown_format', 'u.path', 'csv, json or ndjson'],
  ['files of several formats', { u: { path: ['u.csv', 'u.json'] } }, 'unknown_format', 'u.path', 'add format'],
  [
    'a delimiter for JSON',
    { u: { path: 'u.json', delimiter: ';' } },
    'option_of_other_format',
    'u.delimiter',
    'only to CSV',
  ],
  ['trimming for NDJSON', { u: { path: 'u.jsonl', trim: true } }, 'option_of_other_format', 'u.trim', 'read as NDJSON'],
  ['records of CSV', { u: { path: 'u.csv', records: 'a' } }, 'option_of_other_format', 'u.records', 'only to JSON'],
  [
    'records that is not a path',
    { u: { path: 'u.json', records: 'a[1]' } },
    'bad_records_path',
    'u.records',
    'path of names',
  ],
  ['a first stream that is joined', { u: { path: 'u.csv', join } }, 'no_main_stream', 'u.join', 'users first'],
  [
    'a join to an unknown stream',
    { users: { path: 'u.csv' }, m: { path: 'm.csv', join: { ...join, into: 'user' } } },
    'unknown_stream',
    'm.join.into',
    'did you mean users?',
  ],
  [
    'a join to itself',
    { u: { path: 'u.csv' }, m: { path: 'm.csv', join: { ...join, into: 'm' } } },
    'join_cycle',
    'm.join.into',
    'that has no join',
  ],
  [
    'a key that does not compile',
    { u: { path: 'u.csv' }, m: { path: 'm.csv', join: { key: 'a b', to: 'id' } } },
    'bad_expression',
    'm.join.key',
    'character 3',
  ],
  [
    'an unknown function',
    { u: { path: 'u.csv' }, m: { path: 'm.csv', join: { key: 'a', to: '$lowercas(id)' } } },
    'bad_expression',
    'm.join.to',
    'did you mean $lowercase?',
  ],
  [
    'a variable for mappings only',
    { u: { path: 'u.csv' }, m: { path: 'm.csv', join: { key: '$vars.tenant & a', to: 'id' } } },
    'bad_expression',
    'm.join.key',
    'only expressions under map can read $vars',
  ],
  [
    'text to run as code',
    { u: { path: 'u.csv' }, m: { path: 'm.csv', join: { key: '$eval(a)', to: 'id' } } },
    'bad_expression',
    'm.join.key',
    '$eval is not available',
  ],
  [
    'a random key',
    { u: { path: 'u.csv' }, m: { path: 'm.csv', join: { key: 'a & $random()', to: 'id' } } },
    'bad_expression',
    'm.join.key',
    'on every run',
  ],
  ['a reserved name', { _line: { path: 'u.csv' } }, 'reserved_stream_name', '_line', 'rename'],
])('%s is rejected at its place', async (_name, streams, code, path, words) => {
  expect(await problemsOf(streams)).toEqual([[code, `source.streams.${path}`, expect.stringContaining(words)]])
})

test('two streams that are joined to each other are both rejected', async () => {
  const streams = {
    u: { path: 'u.csv' },
    a: { path: 'a.csv', join: { ...join, into: 'b' } },
    b: { path: 'b.csv', join: { ...join, into: 'a' } },
  }
  expect((await problemsOf(streams)).map(([code, path]) => [code, path])).toEqual([
    ['join_cycle', 'source.streams.a.join.into'],
    ['join_cycle', 'source.streams.b.join.into'],
  ])
})

test('rules can read the streams of the source', () => {
  const streams = { u: { path: 'u.csv' }, m: { path: 'm.csv', join }, o: { path: ['o.json', 'p*.json'] } }
  expect(fileSource.open({ streams }, context).streams).toEqual(['u', 'o'])
  expect(fileSource.files({ streams })).toEqual(['u.csv', 'm.csv', 'o.json', 'p*.json'])
})

test('the check reads all files, and finds what ends their reading', async () => {
  const folder = folderWith({
    'a.csv': 'id,id\n',
    'b.json': `{"list":[${'{"n":1},'.repeat(100_000)}`,
    'c.ndjson': 'no json\n',
    'd1.json': '[{"n":1}',
    'd2.json': '{"n":',
    'empty.csv': '',
  })
  const streams = {
    u: { path: 'a.csv' },
    b: { path: 'b.json', records: 'list' },
    c: { path: 'c.ndjson' },
    d: { path: 'd?.json', records: '$' },
    e: { path: 'empty.csv' },
    f: { path: 'none.csv' },
    g: { path: 'none*.csv' },
  }
  const problems = await source.check({ streams }, folder)
  expect(problems.map(({ code, at, path, severity }) => [code, at?.file ?? path, severity])).toEqual([
    ['duplicate_column', 'a.csv', undefined],
    ['bad_json', 'b.json', undefined],
    ['bad_json', 'c.ndjson', 'warning'],
    ['bad_json', 'd1.json', undefined],
    ['bad_json', 'd2.json', undefined],
    ['empty_file', 'empty.csv', undefined],
    ['file_not_found', 'none.csv', undefined],
    ['no_file_matches', 'source.streams.g.path', undefined],
  ])
})
