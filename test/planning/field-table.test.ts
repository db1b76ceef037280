import { describe, expect, test } from 'vitest'
import { surveyValues } from '../../src/planning/survey.ts'
import { fieldRows, renderFieldTables } from '../../src/reporting/actions-text.ts'
import { graphemesWidth } from '../../src/reporting/table.ts'
import { manifestWith } from '../mapping/manifest.ts'
import { asJson, asText } from '../reporting/rendered.ts'
import { createWorld, people, type Row } from './world.ts'

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

async function planOf(rows: readonly Row[], more: object = {}) {
  const plan = await (await createWorld(rows, { run: { workers: 1, limits: LIMITS }, ...more })).plan()
  const scope = { scoped: false, manifest: manifestWith({}) }
  const { fields: tables } = surveyValues(plan.set.rundb, scope, () => false)
  const column = (kind: string, field: string) =>
    tables.find((table) => table.kind === kind)?.fields.find((one) => one.field === field)
  return { plan, tables, column }
}

const LIMITS = { writes: '100000/s', reads: '100000/s', requests: '100000/s' }

describe('the table of a kind', () => {
  test('counts filled and distinct values, with an example, and names empty fields', async () => {
    const rows = people(4).map((row, n) => ({
      ...row,
      last_name: n === 0 ? '' : 'Same',
      email_verified: n === 1 ? 'yes' : 'no',
      password_hash: n < 2 ? HASH : '',
      password_hash_type: n < 2 ? 'bcrypt' : '',
      metadata: n === 2 ? '{"plan":"pro","seats":"3"}' : '{"plan":"free"}',
    }))
    const { tables, column } = await planOf(rows)
    expect(tables.map(({ kind, resources }) => [kind, resources])).toEqual([
      ['organization', 1],
      ['user', 4],
      ['membership', 4],
    ])
    expect(tables[1]?.fields.map(({ field, filled, distinct }) => [field, filled, distinct])).toEqual([
      ['email', 4, 4],
      ['emailVerified', 4, 2],
      ['firstName', 4, 4],
      ['lastName', 3, 1],
      ['locale', 0, 0],
      ['name', 0, 0],
      ['externalId', 4, 4],
      ['metadata.plan', 4, 2],
      ['metadata.seats', 1, 1],
      ['passwordHash', 2, 1],
    ])
    // One user is the example for all fields: the first of those with the most fields.
    expect(column('user', 'email')?.example).toBe('person2@example.com')
    expect(column('user', 'metadata.seats')?.example).toBe('3')
    expect(column('user', 'passwordHash')).toEqual({
      field: 'passwordHash',
      filled: 2,
      distinct: 1,
      secret: true,
      said: 'bcrypt',
    })
    expect(column('membership', 'roles')).toEqual({ field: 'roles', filled: 0, distinct: 0 })
    expect(JSON.stringify(tables)).not.toContain('$2b')
  })

  test('counts distinct values up to a thousand', async () => {
    const { column, plan } = await planOf(
      people(1002).map((row, n) => ({ ...row, last_name: `a last name of some length ${n % 1000}` })),
    )
    expect(column('user', 'lastName')).toMatchObject({ filled: 1002, distinct: 1000 })
    expect(column('user', 'email')).toMatchObject({ filled: 1002, distinct: 1001 })
    expect(asText(plan)).toMatch(/email +1,002 of 1,002 +1,000\+ {2}person0@example\.com/)
    expect(asText(plan)).toMatch(/lastName +1,002 of 1,002 +1,000 {2}a last name/)
  })

  test('shows thirty members of metadata and the number of others', async () => {
    const metadata = (n: number) =>
      JSON.stringify(Object.fromEntries([...Array(10).keys()].map((m) => [`m${n * 10 + m}`, 'x'])))
    const { tables, plan } = await planOf(people(5).map((row, n) => ({ ...row, metadata: metadata(n) })))
    const users = tables.find(({ kind }) => kind === 'user')
    const rows = users === undefined ? [] : fieldRows(users)
    expect(rows.filter(({ field }) => field.startsWith('metadata.'))).toHaveLength(30)
    expect(rows.at(-1)?.field).toBe('… 20 more')
    expect(asText(plan)).toContain('… 20 more')
    expect(users?.fields).toHaveLength(7 + 50)
  })

  test('counts only a few hundred members of a kind', async () => {
    const rows = people(60).map((row, n) => ({
      ...row,
      metadata: JSON.stringify(Object.fromEntries([...Array(10).keys()].map((m) => [`k${n}_${m}`, 'x']))),
    }))
    const { tables } = await planOf(rows)
    const users = tables.find(({ kind }) => kind === 'user')
    expect(users?.cut).toBe(true)
    expect(users?.fields.length).toBeLessThanOrEqual(506)
  })

  test('counts placeholder texts', async () => {
    const { column } = await planOf(
      people(3).map((row, n) => ({ ...row, first_name: ['NULL', 'null undefined', 'Null'][n] ?? '' })),
    )
    expect(column('user', 'firstName')?.writtenNulls).toEqual({ count: 2, example: 'NULL' })
  })
})

describe('in text', () => {
  test('an empty field and a constant one have a mark, and no line is longer than 80 columns', async () => {
    const rows = people(3).map((row) => ({
      ...row,
      last_name: `Same${'x'.repeat(100)}`,
      first_name: '漢字'.repeat(40),
      metadata: JSON.stringify({ [`name${'y'.repeat(30)}`]: 'x', note: 'n'.repeat(200) }),
    }))
    const { plan } = await planOf(rows)
    const text = asText(plan)
    expect(text).toMatch(/^ {2}roles +0 of 3 +! empty$/m)
    expect(text).toMatch(/^ {2}lastName +3 of 3 +1 {2}Samex+… = always$/m)
    expect(text).toMatch(/^ {2}users +filled +distinct +example$/m)
    const table = text.slice(text.indexOf('\nPlan\n'), text.indexOf('\n  + organization'))
    for (const line of table.split('\n')) expect(graphemesWidth(line), line).toBeLessThanOrEqual(80)
  })

  test('columns are aligned if names are wide', () => {
    const of = (field: string) => ({ field, filled: 3, distinct: 2, example: 'x'.repeat(90) })
    const fields = [of('metadata.plan'), of('metadata.日本語の部署名前がとても長い列名です'), of('metadata.😀')]
    let text = ''
    const write = (piece: string) => {
      text += piece
    }
    renderFieldTables([{ kind: 'user', plural: 'users', resources: 3, fields }], {
      paint: (_style, shown) => shown,
      write,
    })
    const lines = text.split('\n').filter((line) => line.includes('3 of 3'))
    expect(lines).toHaveLength(3)
    expect(new Set(lines.map((line) => graphemesWidth(line.slice(0, line.indexOf('3 of 3'))))).size).toBe(1)
    for (const line of lines) expect(graphemesWidth(line)).toBeLessThanOrEqual(80)
  })

  test('is in a plan with changes, and always in JSON', async () => {
    const world = await createWorld(people(2))
    await world.apply(await world.plan())
    const plan = await world.plan()
    expect(asText(plan)).not.toContain('distinct  example')
    expect(asText(plan, { full: true })).toContain('distinct  example')
    expect(asJson(plan).fields.map(({ kind }: { kind: string }) => kind)).toEqual([
      'organization',
      'user',
      'membership',
    ])
  })

  test('escapes values that would control a terminal', async () => {
    const { plan } = await planOf(people(1).map((row) => ({ ...row, last_name: 'Ada\u202eb' })))
    expect(asText(plan, { full: true })).toContain('Ada\\u{202e}b')
    expect(asText(plan, { full: true })).not.toContain('\u202e')
  })
})
