import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sniff } from '../../src/inspecting/sniff.ts'
import { folderWith } from '../sources/reading.ts'

async function headOf(content: string | Buffer, name = 'data') {
  return sniff({ name, path: join(folderWith({ [name]: content }), name) })
}

test('a CSV file is recognized by its header, also in gzip', async () => {
  const csv = '# a remark\nemail;first name\nada@example.com;Ada\n'
  const shown = { format: 'csv', paths: ['email', 'first name'] }
  expect(await headOf(csv)).toEqual(shown)
  expect(await headOf(gzipSync(csv))).toEqual(shown)
})

test('a first line with data is not a header, and not in the paths', async () => {
  const head = await headOf('uid1,ada@example.com,true\nuid2,bjorn@example.com,false\n')
  expect(head).toEqual({ format: 'csv', paths: [], firstRow: ['uid1', 'ada@example.com', 'true'] })
})

test('lines before the header are counted', async () => {
  const head = await headOf('cost = 16384\nblock = 8\n\nid,hash,salt\nu1,h1,s1\n')
  expect(head).toEqual({ format: 'csv', paths: ['id', 'hash', 'salt'], skipLines: 3 })
})

test.each([
  ['COPY text', 'id\temail\tabout\n1\ta@example.com\t{"a": "b\\\\"c"}\n2\tb@example.com\t\\N\n', { quote: 'none' }],
  ['mysql --batch', 'id\temail\tabout\n1\ta@example.com\tone\\ntwo\n', { quote: 'none' }],
  ['INTO OUTFILE with quotes', '"id","email"\n"1","a\\"b"\n"2",\\N\n', {}],
  ['INTO OUTFILE with commas', 'id,email\n1,\\N\n', {}],
])('backslash escapes are detected: %s', async (_what, content, backslashes) => {
  expect(await headOf(content)).toMatchObject({ format: 'csv', backslashes })
})

test.each([
  ['JSON in a cell', 'id,about\n1,"{""a"":""b\\nc""}"\n'],
  ['JSON between tabs, in quotes', 'id\tabout\n1\t"{""a"":""b\\nc""}"\n'],
  ['a path', 'id,about\n1,C:\\temp\n'],
  ['nothing of the sort', 'id\tabout\n1\tNULL\n'],
])('no backslash escapes are detected in %s', async (_what, content) => {
  expect(await headOf(content)).not.toHaveProperty('backslashes')
})

test('a line with the delimiter is not a preamble', async () => {
  expect(await headOf('sep=;\r\nid;email;name\r\n1;a@example.com;A\r\n')).toEqual({
    format: 'csv',
    paths: ['id', 'email', 'name'],
  })
  expect(await headOf('sep=,\nid,email,name\n1,a@example.com,A\n')).toEqual({
    format: 'csv',
    paths: ['id', 'email', 'name'],
  })
})

test('NDJSON is recognized by its lines, even a single one', async () => {
  expect(await headOf('{"id":1,"email":"a@example.com"}\n{"id":2,"name":{"first":"x"}}\n')).toEqual({
    format: 'ndjson',
    paths: ['id', 'email', 'name.first'],
  })
  expect(await headOf('{"id":1,"email":"a@example.com"}')).toEqual({ format: 'ndjson', paths: ['id', 'email'] })
})

test('a JSON list is the list of records', async () => {
  expect(await headOf('\uFEFF [ {"id":1}, {"id":2,"tags":["a"]} ]')).toEqual({
    format: 'json',
    paths: ['id', 'tags[]'],
  })
})

test('the list of users in a JSON document is found among others, wrapped or on one line', async () => {
  const realm = { realm: 'x', clients: [{ id: 'c1' }, { id: 'c2' }, { id: 'c3' }], users: [{ username: 'ada' }] }
  const found = { format: 'json', records: 'users', paths: ['username'], lists: ['clients', 'users'] }
  expect(await headOf(JSON.stringify(realm, null, 2))).toEqual(found)
  expect(await headOf(JSON.stringify(realm))).toEqual(found)
  const deep = { data: { page: 1, items: [{ id: 1 }] } }
  expect(await headOf(JSON.stringify(deep, null, 1))).toEqual({ format: 'json', records: 'data.items', paths: ['id'] })
})

test.each([
  ['a comma', ','],
  ['a semicolon', ';'],
  ['a tab', '\t'],
])('lines before the header are detected, even if a spreadsheet padded them: %s', async (_name, delimiter) => {
  const rows = [
    ['Report of members', '', ''],
    ['made for you', '', ''],
    ['user id', 'team', 'role'],
    ['1', 'acme', 'admin'],
  ]
  const head = await headOf(rows.map((row) => row.join(delimiter)).join('\n'))
  expect(head).toMatchObject({ format: 'csv', skipLines: 2, paths: ['user id', 'team', 'role'] })
})

test('a dump of several models shows the users, however late they come', async () => {
  const others = Array.from({ length: 120 }, (_, pk) => ({ model: 'auth.permission', pk, fields: { name: `p${pk}` } }))
  const user = { model: 'accounts.member', pk: 1, fields: { email: 'ada@example.com', password: '!' } }
  expect(await headOf(JSON.stringify([...others, user]))).toMatchObject({
    model: 'accounts.member',
    paths: ['model', 'pk', 'fields.email', 'fields.password'],
  })
})

test("a line with a user's factors is a record, and one with a list of users is a wrapper", async () => {
  const factors = { user_id: 'u1', mfa_factors: [{ totp: { secret: 'x' } }] }
  expect(await headOf(`${JSON.stringify(factors)}\n`)).toMatchObject({ format: 'ndjson' })
  const users = { id: 'realm', users: [{ id: 'u1' }] }
  expect(await headOf(`${JSON.stringify(users)}\n`)).toMatchObject({ format: 'json', records: 'users' })
})

test('the list of a large document is found without reading it to its end', async () => {
  const users = Array.from({ length: 200 }, (_, id) => ({ id, pad: 'x'.repeat(1000) }))
  const cut = JSON.stringify({ users }, null, 1).slice(0, 120_000)
  expect(await headOf(cut)).toEqual({ format: 'json', records: 'users', paths: ['id', 'pad'] })
})

test('an empty file is an error', async () => {
  await expect(headOf('')).rejects.toThrow('the file is empty')
})

test('UTF-16 is recognized by its byte order mark, and anything but UTF-8 is read as Windows-1252', async () => {
  const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
  expect(await headOf(utf16('[{"größe":1}]'))).toEqual({ format: 'json', paths: ['größe'] })
  expect(await headOf(utf16('id,größe\n1,2\n'))).toEqual({ format: 'csv', paths: ['id', 'größe'] })
  const latin1 = (text: string) => Buffer.from(text, 'latin1')
  expect(await headOf(latin1('id;größe\n1;2\n'))).toEqual({ format: 'csv', paths: ['id', 'größe'], encoding: 'latin1' })
  expect(await headOf(latin1('{"größe":1}\n{"größe":2}\n'))).toEqual({
    format: 'ndjson',
    paths: ['größe'],
    encoding: 'latin1',
  })
})

test('a character split by the end of the head does not change the encoding', async () => {
  for (let pad = 0; pad < 3; pad++) {
    const head = await headOf(`id,${'x'.repeat(pad)}\n${'€'.repeat(40_000)},1\n`)
    expect(head).not.toHaveProperty('encoding')
  }
})
