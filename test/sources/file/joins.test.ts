import { describe, expect, test } from 'vitest'
import { ROW_FILE, ROW_LINE } from '../../../src/sources/source.ts'
import { sums } from '../reading.ts'
import { dataOf, readStreams, refusalOf } from './reading.ts'

const users = 'id,email\n1,a@example.com\n2,b@example.com\n3,c@example.com\n'

/** Users with a second file joined to them. */
function joined(rows: string, join: Record<string, unknown>, main = users) {
  return readStreams(
    { 'users.csv': main, 'rows.csv': rows },
    { users: { path: 'users.csv' }, rows: { path: 'rows.csv', join } },
  )
}

const namesOf = (reading: Awaited<ReturnType<typeof joined>>) =>
  dataOf(reading).map(({ rows }) => (Array.isArray(rows) ? rows.map((row) => (row as { name: string }).name) : rows))

describe('many', () => {
  test('every record has a list, in the order of the file, with the place of each row', async () => {
    const reading = await joined('user,name\n2,x\n1,y\n2,z\n', { key: 'user', to: 'id' })
    expect(namesOf(reading)).toEqual([['y'], ['x', 'z'], []])
    expect(dataOf(reading)[1]?.rows).toEqual([
      { user: '2', name: 'x', [ROW_FILE]: 'rows.csv', [ROW_LINE]: 2 },
      { user: '2', name: 'z', [ROW_FILE]: 'rows.csv', [ROW_LINE]: 4 },
    ])
  })

  test('a row from several files has the place in its own file', async () => {
    const reading = await readStreams(
      { 'users.csv': users, 'r1.csv': 'user,name\n1,x\n', 'r2.csv': 'name,user\ny,1\nz,9\n' },
      { users: { path: 'users.csv' }, rows: { path: 'r?.csv', join: { key: 'user', to: 'id' } } },
    )
    expect(dataOf(reading)[0]?.rows).toMatchObject([
      { name: 'x', [ROW_FILE]: 'r1.csv', [ROW_LINE]: 2 },
      { name: 'y', [ROW_FILE]: 'r2.csv', [ROW_LINE]: 2 },
    ])
    expect(reading.rejected).toMatchObject([{ stream: 'rows', origin: { file: 'r2.csv', line: 3 } }])
    expect(sums(reading)).toEqual([
      ['users', 3, 3, 0],
      ['rows', 3, 2, 1],
    ])
  })
})

describe('one', () => {
  test('the row is an object, or missing without a match', async () => {
    const reading = await joined('user,name\n2,x\n', { key: 'user', to: 'id', as: 'one' })
    expect(dataOf(reading)).toEqual([
      { id: '1', email: 'a@example.com' },
      { id: '2', email: 'b@example.com', rows: { user: '2', name: 'x', [ROW_FILE]: 'rows.csv', [ROW_LINE]: 2 } },
      { id: '3', email: 'c@example.com' },
    ])
  })

  test('a second row with the key is rejected, and the first one counts', async () => {
    const reading = await joined('user,name\n2,x\n1,a\n2,y\n2,z\n', { key: 'user', to: 'id', as: 'one' })
    expect(dataOf(reading).map(({ rows }) => (rows as { name: string } | undefined)?.name)).toEqual([
      'a',
      'x',
      undefined,
    ])
    expect(reading.rejected.map(({ origin, problem }) => [origin.line, problem.code])).toEqual([
      [4, 'second_row'],
      [5, 'second_row'],
    ])
    expect(sums(reading)[1]).toEqual(['rows', 4, 2, 2])
  })

  test('one row can belong to many records', async () => {
    const main = 'id,org\n1,o\n2,o\n3,p\n'
    const reading = await joined('org,name\no,x\n', { key: 'org', to: 'org', as: 'one' }, main)
    expect(dataOf(reading).map(({ rows }) => (rows as { name: string } | undefined)?.name)).toEqual([
      'x',
      'x',
      undefined,
    ])
  })
})

describe('keys', () => {
  test('a number equals its text: JSON joins CSV', async () => {
    const reading = await readStreams(
      {
        'users.json': '[{"id":12345678901234567890},{"id":7},{"id":true}]',
        'rows.csv': 'id\n12345678901234567890\n7\ntrue\n',
      },
      { users: { path: 'users.json' }, rows: { path: 'rows.csv', join: { key: 'id', to: 'id' } } },
    )
    expect(dataOf(reading).map(({ rows }) => (rows as unknown[]).length)).toEqual([1, 1, 1])
  })

  test('can be any expression', async () => {
    const reading = await joined('tenant,user,name\nT,1,x\nT,2,y\nS,1,z\n', {
      key: "$lowercase(tenant) & '/' & user",
      to: "'t/' & id",
    })
    expect(namesOf(reading)).toEqual([['x'], ['y'], []])
    expect(reading.rejected).toMatchObject([
      { origin: { line: 4 }, problem: { message: expect.stringContaining('"s/1"') } },
    ])
  })

  test('must match exactly', async () => {
    const reading = await joined('user,name\n01,x\n1 ,y\n', { key: 'user', to: 'id' })
    expect(reading.rejected).toHaveLength(2)
  })

  test('of a record can be several: the first match counts', async () => {
    const reading = await joined('user,name\nc@example.com,c\n1,x\na@example.com,y\n', {
      key: 'user',
      to: '[id, email]',
    })
    expect(namesOf(reading)).toEqual([['x'], [], ['c']])
    expect(reading.rejected).toMatchObject([{ origin: { line: 4 }, problem: { code: 'unmatched_row' } }])
  })

  test('of a row can be several: the row belongs to each', async () => {
    const reading = await readStreams(
      {
        'users.csv': users,
        'groups.json': '[{"name":"x","members":[1,3]},{"name":"y","members":[3,9,3]},{"name":"z","members":[8]}]',
      },
      { users: { path: 'users.csv' }, rows: { path: 'groups.json', join: { key: 'members', to: 'id' } } },
    )
    expect(namesOf(reading)).toEqual([['x'], [], ['x', 'y']])
    expect(sums(reading)[1]).toEqual(['rows', 3, 2, 1])
  })

  test('any of its keys shows a second row', async () => {
    const reading = await readStreams(
      { 'users.csv': users, 'rows.json': '[{"n":1,"of":[1,2]},\n{"n":2,"of":[3,2]},\n{"n":3,"of":[3]}]' },
      { users: { path: 'users.csv' }, rows: { path: 'rows.json', join: { key: 'of', to: 'id', as: 'one' } } },
    )
    expect(reading.rejected.map(({ origin, problem }) => [origin.line, problem.code])).toEqual([
      [2, 'second_row'],
      [3, 'second_row'],
    ])
    expect(dataOf(reading).map(({ rows }) => (rows as { n: number } | undefined)?.n)).toEqual([1, 1, undefined])
  })

  test('a row without a key is rejected', async () => {
    const reading = await joined('user,name\n,x\n1,y\n', { key: 'user', to: 'id' })
    expect(reading.rejected).toMatchObject([
      {
        stream: 'rows',
        origin: { line: 2 },
        problem: { code: 'no_join_key', message: expect.stringContaining('user') },
      },
    ])
  })

  test('a record without a key passes without joined rows', async () => {
    const reading = await joined(
      'user,name\n1,y\n',
      { key: 'user', to: 'id' },
      'id,email\n,a@example.com\n1,b@example.com\n',
    )
    expect(namesOf(reading)).toEqual([[], ['y']])
    expect(reading.rejected).toEqual([])
  })

  test('an object is not a key, on either side', async () => {
    const reading = await readStreams(
      { 'users.json': '[{"id":{"x":1}},\n{"id":2}]', 'rows.json': '[{"of":2},\n{"of":{"x":1}}]' },
      { users: { path: 'users.json' }, rows: { path: 'rows.json', join: { key: 'of', to: 'id' } } },
    )
    const told = ({ message }: { message: string }) => /^record \d of the file: /.exec(message)?.[0].trim()
    const refused = reading.rejected.map(({ stream, origin, problem }) => [
      stream,
      origin.line,
      problem.code,
      told(problem),
    ])
    expect(refused).toEqual([
      ['rows', 2, 'bad_join_key', 'record 2 of the file:'],
      ['users', 1, 'bad_join_key', 'record 1 of the file:'],
    ])
    expect(dataOf(reading)).toMatchObject([{ id: 2, rows: [{ of: 2 }] }])
  })

  test('a failing expression rejects its record, and shows no value', async () => {
    const reading = await joined('user,name\n1,secret\n2,1\n', { key: '$number(name) > 0 ? user', to: 'id' })
    expect(reading.rejected).toMatchObject([
      { stream: 'rows', origin: { line: 2 }, problem: { code: 'expression_failed' } },
    ])
    expect(JSON.stringify(reading.rejected)).not.toContain('secret')
  })
})

describe('unmatched rows', () => {
  test('are counted and left out if the manifest says so', async () => {
    const reading = await joined('user,name\n1,x\n9,y\n,z\n', { key: 'user', to: 'id', unmatched: 'ignore' })
    expect(reading.rejected).toEqual([])
    expect(reading.counts[1]).toEqual({
      ...{ stream: 'rows', file: 'rows.csv', role: 'joined' },
      ...{ read: 3, passed: 1, rejected: 0, ignored: 2 },
    })
  })

  test('are reported after all records, in the order of the file', async () => {
    const reading = await joined('user,name\n9,x\n1,y\n8,z\n', { key: 'user', to: 'id' })
    expect(reading.rejected.map(({ origin }) => origin.line)).toEqual([2, 4])
    expect(reading.rejected[0]?.problem).toMatchObject({
      code: 'unmatched_row',
      message: 'no record of users has the key "9"',
      at: { file: 'rows.csv', line: 2 },
    })
  })
})

describe('joins of joins', () => {
  test('can be nested, in any order of writing', async () => {
    const reading = await readStreams(
      {
        'users.csv': 'id\n1\n2\n',
        'members.csv': 'user,org\n1,o\n1,p\n2,o\n',
        'orgs.csv': 'id,plan\no,gold\np,tin\nq,tin\n',
        'plans.csv': 'id,seats\ngold,5\ntin,1\n',
      },
      {
        users: { path: 'users.csv' },
        tariff: { path: 'plans.csv', join: { into: 'organization', key: 'id', to: 'plan', as: 'one' } },
        organization: { path: 'orgs.csv', join: { into: 'members', key: 'id', to: 'org', as: 'one' } },
        members: { path: 'members.csv', join: { key: 'user', to: 'id' } },
      },
    )
    const gold = { id: 'gold', seats: '5', [ROW_FILE]: 'plans.csv', [ROW_LINE]: 2 }
    const tin = { id: 'tin', seats: '1', [ROW_FILE]: 'plans.csv', [ROW_LINE]: 3 }
    expect(dataOf(reading)).toMatchObject([
      { id: '1', members: [{ organization: { id: 'o', tariff: gold } }, { organization: { id: 'p', tariff: tin } }] },
      { id: '2', members: [{ organization: { id: 'o', tariff: gold } }] },
    ])
    expect(reading.rejected).toMatchObject([{ stream: 'organization', origin: { file: 'orgs.csv', line: 4 } }])
    expect(sums(reading)).toEqual([
      ['users', 2, 2, 0],
      ['tariff', 2, 2, 0],
      ['organization', 3, 2, 1],
      ['members', 3, 3, 0],
    ])
  })

  test('a stream that would replace a member of the records is rejected', async () => {
    const problem = await refusalOf(
      readStreams(
        { 'users.csv': 'id,plan\n1,gold\n', 'plans.csv': 'id\ngold\n' },
        { users: { path: 'users.csv' }, plan: { path: 'plans.csv', join: { key: 'id', to: 'plan', as: 'one' } } },
      ),
    )
    expect(problem).toMatchObject({ code: 'name_taken', path: 'source.streams.plan', hint: 'rename the stream' })
  })

  test('two streams can join one, and one can join a second main stream', async () => {
    const reading = await readStreams(
      {
        'users.csv': 'id\n1\n',
        'emails.csv': 'user,email\n1,a@example.com\n',
        'phones.csv': 'user,phone\n1,5\n',
        'orgs.csv': 'id\no\n',
        'domains.csv': 'org,domain\no,example.com\n',
      },
      {
        users: { path: 'users.csv' },
        emails: { path: 'emails.csv', join: { key: 'user', to: 'id' } },
        phone: { path: 'phones.csv', join: { key: 'user', to: 'id', as: 'one' } },
        orgs: { path: 'orgs.csv' },
        domains: { path: 'domains.csv', join: { into: 'orgs', key: 'org', to: 'id' } },
      },
    )
    expect(reading.records.map(({ stream, data }) => [stream, data])).toMatchObject([
      ['users', { id: '1', emails: [{ email: 'a@example.com' }], phone: { phone: '5' } }],
      ['orgs', { id: 'o', domains: [{ domain: 'example.com' }] }],
    ])
    expect(reading.counts.map(({ stream, role }) => [stream, role])).toEqual([
      ['users', 'main'],
      ['emails', 'joined'],
      ['phone', 'joined'],
      ['orgs', 'main'],
      ['domains', 'joined'],
    ])
  })
})
