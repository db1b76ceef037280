import { describe, expect, test } from 'vitest'
import { tried } from '../../tried.ts'
import { sums } from '../reading.ts'
import { dataOf, linesOf, readUsers, refusalOf } from './reading.ts'

const readJson = (content: string | Buffer, records?: string) =>
  readUsers('users.json', content, records === undefined ? {} : { records })

describe('the path of the records', () => {
  test.each([
    ['a list', '[{"n":1},{"n":2}]', undefined, [1, 2]],
    ['a list at $', '[{"n":1},{"n":2}]', '$', [1, 2]],
    ['an object at $', '{"n":1}', '$', [1]],
    ['a member', '{"Users":[{"n":1},{"n":2}]}', 'Users', [1, 2]],
    ['a member of the document', '{"Users":[{"n":1}]}', '$.Users', [1]],
    ['deeper', '{"a":{"b":{"c":[{"n":1}]}}}', 'a.b.c', [1]],
    ['a name with a space', '{"all users":[{"n":1}]}', '`all users`', [1]],
    ['a single object instead of a list', '{"user":{"n":1}}', 'user', [1]],
    [
      'through lists on the way',
      '{"teams":[{"users":[{"n":1},{"n":2}]},{"x":0},{"users":[{"n":3}]}]}',
      'teams.users',
      [1, 2, 3],
    ],
    ['through lists in lists', '{"a":[[{"b":{"n":1}}],[[{"b":{"n":2}}]]]}', 'a.b', [1, 2]],
    ['through a list at the top', '[{"user":{"n":1}},{"user":{"n":2}}]', 'user', [1, 2]],
    [
      'behind and before other members',
      '{"z":[{"users":[{"n":9}]}],"users":[{"n":1}],"y":{"users":{"n":8}}}',
      'users',
      [1],
    ],
    ['a name that repeats inside', '{"users":[{"n":1,"users":[{"n":2}]}]}', 'users', [1]],
    ['nobody', '{"users":[]}', 'users', []],
    ['null for no users', '{"users":null}', 'users', []],
  ])('%s', async (_name, content, records, expected) => {
    const reading = await readJson(content, records)
    expect(dataOf(reading).map(({ n }) => n)).toEqual(expected)
    expect(reading.rejected).toEqual([])
    expect(sums(reading)).toEqual([['users', expected.length, expected.length, 0]])
  })

  test(tried('JSON and NDJSON of any kind', 'one document', 'a path to the records that leads nowhere'), async () => {
    const content = '{"meta":{"count":2},"data":{"Users":[{"n":1,"roles":[{"x":1}]}],"org units":[{"m":[{}]}]}}'
    expect(await refusalOf(readJson(content, 'data.users'))).toEqual({
      code: 'no_such_path',
      message: 'there is nothing at data.users in the document',
      hint: 'correct records: lists of objects are at: data.Users, data.Users.roles, data.`org units`, data.`org units`.m',
      at: { file: 'users.json' },
    })
  })

  test('a document that is not a list needs a path, and the error names one', async () => {
    expect(await refusalOf(readJson('{"users":[{"n":1}]}'))).toMatchObject({
      code: 'no_such_path',
      message: 'the document is an object, not a list of records',
      hint: 'set the path of the records, like records: users; lists of objects are at: users',
    })
  })

  test('a large document that is not a list is not read to its end', async () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => `{"n":${n},"text":"some words"}`).join(',')
    expect(await refusalOf(readJson(`{"users":[${rows}], broken`))).toMatchObject({ code: 'no_such_path' })
  })

  test.each([
    'users[0]',
    'users[active]',
    '$count(users)',
    'users.{"n": n}',
    '*.users',
    '**',
    'users ~> $f',
    '(',
    'a & b',
  ])('a path that cannot be streamed is rejected: %s', async (records) => {
    expect(await refusalOf(readJson('{"users":[{"n":1}]}', records))).toMatchObject({
      code: 'bad_records_path',
      path: 'source.streams.users.records',
      hint: expect.stringContaining('map.user.when'),
    })
  })
})

describe('records', () => {
  test('have their first line', async () => {
    const reading = await readJson('[\n{"n":1},{"n":2}\r\n,\n\n  {\n"n":3}\n]\n')
    expect(linesOf(reading)).toEqual([2, 2, 5])
  })

  test(tried('JSON and NDJSON of any kind', 'one document', 'numbers that would lose digits'), async () => {
    const content =
      '[{"id":12345678901234567890,"big":9007199254740993,"exact":9007199254740991,"one":1.0,"e":1e2,"huge":1e400,"half":0.5,' +
      '"minus":-0,"t":true,"f":false,"nil":null,"deep":{"list":[1,[],{},"x",12345678901234567890]},"":"empty","__proto__":{"a":1}}]'
    const [data = {}] = dataOf(await readJson(content))
    expect(data).toMatchObject({
      id: '12345678901234567890',
      big: '9007199254740993',
      exact: 9007199254740991,
      one: '1.0',
      e: '1e2',
      huge: '1e400',
      half: 0.5,
      t: true,
      f: false,
      nil: null,
      deep: { list: [1, [], {}, 'x', '12345678901234567890'] },
      '': 'empty',
    })
    expect(Object.hasOwn(data, '__proto__')).toBe(true)
  })

  test(tried('JSON and NDJSON of any kind', 'one document', 'records that are not objects'), async () => {
    const reading = await readJson('[{"n":1},\n"text",\n5,\nnull,\n[{"n":2}],\n{"n":3}]')
    expect(dataOf(reading)).toEqual([{ n: 1 }, { n: 3 }])
    expect(reading.rejected.map(({ origin, problem }) => [origin.line, problem.code])).toEqual([
      [2, 'not_an_object'],
      [3, 'not_an_object'],
      [4, 'not_an_object'],
      [5, 'not_an_object'],
    ])
    expect(sums(reading)).toEqual([['users', 6, 2, 4]])
  })

  test(tried('JSON and NDJSON of any kind', 'one document', 'JSON that was encoded twice'), async () => {
    const list = '[{"n":1},{"n":2}]'
    const twice = JSON.stringify(list)
    const refused = { code: 'encoded_twice', at: { line: 1 } }
    expect(await refusalOf(readJson(twice))).toMatchObject(refused)
    expect(await refusalOf(readJson(JSON.stringify(twice)))).toMatchObject(refused)
    const wrapped = readUsers('users.json', `{"page":1,\n"users":${twice}}`, { records: 'users' })
    expect(await refusalOf(wrapped)).toMatchObject({ code: 'encoded_twice', at: { line: 2 } })
    const { rejected } = await readJson(`[${JSON.stringify('{"n":1}')},"{n}"]`)
    expect(rejected.map(({ problem }) => problem.message)).toEqual([
      expect.stringContaining('encoded twice'),
      expect.not.stringContaining('encoded twice'),
    ])
  })

  test('keep strings with brackets, escapes and characters of every length', async () => {
    const value = { a: '}]"\\{[', b: 'é ß 漢字 😀 \u001f', c: '\\u0041', d: '\ud800 alone', 'k"]}': ['\n\t'] }
    expect(dataOf(await readJson(JSON.stringify([value])))).toEqual([value])
  })
})

describe('invalid JSON', () => {
  test.each([
    ['a missing comma', '[{"n":1}\n {"n":2}]', 2, 2],
    ['a surplus comma', '[{"n":1},\n]', 2, 1],
    ['a surplus comma in an object', '[{"n":1,}]', 1, 9],
    ['single quotes', "[\n\n{'n':1}]", 3, 2],
    ['no value', '[{"n":}]', 1, 7],
    ['a wrong bracket', '[{"n":1]', 1, 8],
    ['a line break in a string', '[{"n":"a\nb"}]', 1, 9],
    ['a word', '[{"n":nul}]', 1, 10],
    ['a number with a leading zero', '[{"n":01}]', 1, 8],
    ['umlauts before it count one column each', '[{"ä":"öü"},\n{"ä":"öü" x}]', 2, 11],
    ['text after the document', '[{"n":1}]\n"x"', 2, 1],
    ['objects with commas between them', '{"n":1},\n{"n":2}', 1, 8],
  ])('%s ends the reading at its place', async (_name, content, line, column) => {
    const problem = await refusalOf(readJson(content))
    expect(problem).toMatchObject({ code: 'bad_json', at: { file: 'users.json', line, column } })
  })

  test.each(['[', '[{"n":1}', '[{"n":1},', '[{"n":"abc', '[{"n":1}\n', '[tr', '[{"n":12'])(
    tried('JSON and NDJSON of any kind', 'one document', 'a document that is cut off: %s'),
    async (content) => {
      expect(await refusalOf(readJson(content))).toMatchObject({ code: 'bad_json', at: { file: 'users.json' } })
    },
  )

  test('records before the error do not count as complete', async () => {
    expect(await refusalOf(readJson(`[${'{"n":1},'.repeat(30_000)}oops]`))).toMatchObject({ code: 'bad_json' })
  })

  test('no content is shown', async () => {
    const problem = await refusalOf(readJson('[{"password":"hunter2"} hunter2]'))
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    expect(JSON.stringify(problem)).not.toContain('Unexpected')
  })

  test.each(['', '  \n\n', '\ufeff'])('an empty file is rejected: %j', async (content) => {
    expect(await refusalOf(readJson(content))).toMatchObject({ code: 'empty_file' })
  })
})

describe('documents one after another', () => {
  test.each([
    ['pages', '{\n"Users":[{"n":1}]\n}\n{\n"Users":[{"n":2}]\n}', 'Users', [2, 5]],
    ['pages without a line break between them', '{"Users":[{"n":1}]}{"Users":[{"n":2}]}', 'Users', [1, 1]],
    ['an empty last page', '{"Users":[{"n":1},{"n":2}]}\n{"Users":[]}\n', 'Users', [1, 1]],
    ['lists', '[{"n":1}][\n{"n":2}]', undefined, [1, 2]],
    ['records', '{\n"n":1\n}\n{\n"n":2\n}\n', '$', [1, 4]],
    ['NDJSON', '{"n":1}\n{"n":2}\n', '$', [1, 2]],
  ])('are all read: %s', async (_name, content, records, lines) => {
    const reading = await readJson(content, records)
    expect(dataOf(reading)).toEqual([{ n: 1 }, { n: 2 }])
    expect(linesOf(reading)).toEqual(lines)
    expect(reading.warnings).toMatchObject([
      { code: 'several_documents', message: expect.stringContaining('2 JSON documents') },
    ])
  })

  test(
    tried('JSON and NDJSON of any kind', 'pages appended to one file', 'one of them is an error response of the API'),
    async () => {
      const content = '{"Users":[{"n":1}]}\n{"message":"Rate exceeded"}\n{"Users":[{"n":2}]}\n'
      expect(await refusalOf(readJson(content, 'Users'))).toMatchObject({
        code: 'no_such_path',
        message: 'there is nothing at Users in the document that begins here',
        at: { file: 'users.json', line: 2 },
      })
    },
  )

  test.each([
    ['{"n":1}\n{"n":2}\n', 'set format: ndjson if each object is a record'],
    ['{\n"n":1\n}\n{\n"n":2\n}\n', 'set records: $ if each object is a record'],
    ['{"n":1}{"n":2}', 'set records: $ if each object is a record'],
    [
      '{"data":{"Users":[{"n":1}]}}\n{"data":{"Users":[]}}\n',
      'set records: data.Users if the lists of records are there; set format: ndjson if each object is a record',
    ],
  ])('need a path, which the error names: %j', async (content, hint) => {
    expect(await refusalOf(readJson(content))).toMatchObject({ code: 'several_documents', hint })
  })

  test.each([
    '{"n":1}\n{"n":2}\n',
    '{\n"n":1\n}\n{\n"n":2\n}\n',
    '{"Users":[{"n":1}]}\n{"Users":[{"n":2}]}\n',
  ])('hints never lead in a circle: %j', async (content) => {
    const seen = new Set<string>()
    let options: Record<string, string> = {}
    for (;;) {
      const problem = await refusalOf(readUsers('users.json', content, options))
      if (problem === undefined) break
      const [, name = '', value = ''] =
        /(?:set|like) (format|records): (\S+?)[,;]?(?: |$)/.exec(problem.hint ?? '') ?? []
      options = { [name]: value }
      expect(seen).not.toContain(JSON.stringify(options))
      seen.add(JSON.stringify(options))
    }
    expect(dataOf(await readUsers('users.json', content, options))).toEqual([{ n: 1 }, { n: 2 }])
  })
})

describe('NUL characters', () => {
  const content = '{"na\\u0000me":"C\\u0000y","list":[{"a":"\\u0000"}],"kept":"\\\\u0000"}'
  test.each([
    ['users.json', `[${content}]`],
    ['users.ndjson', `${content}\n`],
  ])('are left out of %s and counted', async (name, text) => {
    const reading = await readUsers(name, text)
    expect(dataOf(reading)).toEqual([{ name: 'Cy', list: [{ a: '' }], kept: '\\u0000' }])
    expect(reading.warnings).toMatchObject([{ code: 'nul_characters', message: '3 NUL characters were left out' }])
  })
})

describe('bounds', () => {
  test('the limit of a record is a setting, which the error names', async () => {
    const content = `[{"n":1},\n{"n":"${'x'.repeat(200_000)}"}]`
    expect(await refusalOf(readUsers('u.json', content, { maxRecordBytes: 4096 }))).toMatchObject({
      code: 'record_too_long',
      message: 'the record that begins here is longer than 4096 bytes',
      hint: expect.stringContaining('maxRecordBytes'),
      at: { line: 2 },
    })
    expect(dataOf(await readUsers('u.json', content, { maxRecordBytes: 1_000_000 }))).toHaveLength(2)
    const lines = `{"n":1}\n{"n":"${'x'.repeat(200_000)}"}\n`
    expect((await readUsers('u.ndjson', lines, { maxRecordBytes: 4096 })).rejected).toMatchObject([
      { problem: { code: 'line_too_long', hint: expect.stringContaining('maxRecordBytes') } },
    ])
  })

  test('an endless record is rejected at its line, with a hint about records', async () => {
    const item = `"${'x'.repeat(1000)}",`
    expect(await refusalOf(readJson(`{"users":\n{"list":[${item.repeat(17_000)}`, 'users'))).toMatchObject({
      code: 'record_too_long',
      at: { file: 'users.json', line: 2 },
      hint: expect.stringContaining('records'),
    })
  })

  test('an endless text is rejected', async () => {
    const problem = await refusalOf(readJson(`{"a":1,\n"b":"${'x'.repeat(17 * 1024 * 1024)}`, 'users'))
    expect(problem).toMatchObject({ code: 'record_too_long' })
  })

  test('endless brackets are rejected', async () => {
    expect(await refusalOf(readJson(`[\n${'['.repeat(100_000)}`))).toMatchObject({
      code: 'too_deep',
      at: { file: 'users.json', line: 2, column: 500 },
    })
  })
})

test('a byte-order mark is skipped', async () => {
  expect(dataOf(await readJson('\ufeff[{"n":1}]'))).toEqual([{ n: 1 }])
})

test('an empty list causes a warning', async () => {
  expect((await readJson('[]')).warnings).toMatchObject([{ code: 'no_records', at: { file: 'users.json' } }])
})
