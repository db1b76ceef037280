import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportToTable, type TableOptions } from '../../src/exporting/table.ts'
import { endpointIn } from '../../src/postgres/endpoint.ts'
import type { StateContent, StateEntry, StateResource } from '../../src/state/store.ts'
import { postgresPrograms, sharedCluster } from '../postgres.ts'
import { user } from '../state/resources.ts'
import { hostileKeys } from './hostile.ts'

const KINDS = ['organization', 'user', 'membership']

/** The content of a state: resources first, followed by a run. */
function contentOf(resources: readonly StateResource[], lineage = 'one'): StateContent {
  const identity = { lineage, serial: 1, digestKey: new Uint8Array(32), binding: undefined }
  const run: StateEntry = {
    type: 'run',
    run: {
      run: 1,
      command: 'apply',
      startedAt: '2026-01-02T03:04:05.000Z',
      finishedAt: null,
      outcome: 'completed',
      toolVersion: '1',
      manifestDigest: 'd',
      counts: {},
    },
  }
  return {
    identity,
    async *entries() {
      for (let at = 0; at < resources.length; at += 2) {
        yield resources.slice(at, at + 2).map((resource): StateEntry => ({ type: 'resource', resource }))
      }
      yield [run]
    },
  }
}

const member = (name: string, organization: string): StateResource =>
  user(`${name}@${organization}`, { kind: 'membership', refs: { user: name, organization } })

describe.skipIf(postgresPrograms === undefined)('a table of the state', () => {
  let client: Client
  let url: string
  beforeAll(async () => {
    url = (await sharedCluster()).url()
    client = new Client(url)
    await client.connect()
  })
  afterAll(() => client.end())

  const newTable = () => `ids_${randomUUID().replaceAll('-', '')}`

  function optionsFor(table: string, more: Partial<TableOptions> = {}): TableOptions {
    const all = { ca: undefined, kinds: KINDS, kind: undefined, removed: 'mark', batch: 3, force: false } as const
    return { endpoint: endpointIn(url), table: table.split('.'), ...all, ...more }
  }

  async function rowsOf(table: string): Promise<unknown[]> {
    return (await client.query(`SELECT * FROM ${table} ORDER BY kind, key`)).rows
  }

  test("is created if it does not exist, and contains the state's resources", async () => {
    const table = newTable()
    const ada = user('ada', { attributes: { externalId: 'x-1' } })
    const result = await exportToTable(contentOf([ada, member('ada', 'acme')]), optionsFor(table))
    expect(result).toEqual({ added: 2, changed: 0, unchanged: 0, removed: 0, unfit: undefined })
    const always = { ownership: 'created', state: 'one', changed_at: expect.any(Date), removed_at: null }
    expect(await rowsOf(table)).toEqual([
      {
        kind: 'membership',
        key: 'ada@acme',
        workos_id: 'user_ada@acme',
        external_id: null,
        user_key: 'ada',
        organization_key: 'acme',
        ...always,
      },
      {
        kind: 'user',
        key: 'ada',
        workos_id: 'user_ada',
        external_id: 'x-1',
        user_key: null,
        organization_key: null,
        ...always,
      },
    ])
  })

  test('is not written if it is up to date', async () => {
    const table = newTable()
    const people = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => user(key))
    await exportToTable(contentOf(people), optionsFor(table))
    const before = await client.query(`SELECT xmin::text, * FROM ${table} ORDER BY key`)
    const again = await exportToTable(contentOf(people), optionsFor(table))
    expect(again).toMatchObject({ added: 0, changed: 0, unchanged: 7, removed: 0 })
    expect((await client.query(`SELECT xmin::text, * FROM ${table} ORDER BY key`)).rows).toEqual(before.rows)
    const changed = people.map((person) => (person.key === 'c' ? { ...person, id: 'other' } : person))
    const third = await exportToTable(contentOf(changed), optionsFor(table))
    expect(third).toMatchObject({ added: 0, changed: 1, unchanged: 6, removed: 0 })
  })

  test('marks or deletes rows that left the state, and restores them', async () => {
    const table = newTable()
    const [ada, bea] = [user('ada'), user('bea')]
    await exportToTable(contentOf([ada, bea]), optionsFor(table))
    const gone = contentOf([ada, { ...bea, gone: 4 }])
    expect(await exportToTable(gone, optionsFor(table))).toMatchObject({ unchanged: 1, removed: 1 })
    expect(await rowsOf(table)).toMatchObject([{ removed_at: null }, { key: 'bea', removed_at: expect.any(Date) }])
    expect(await exportToTable(gone, optionsFor(table))).toMatchObject({ changed: 0, removed: 0 })
    expect(await exportToTable(contentOf([ada, bea]), optionsFor(table))).toMatchObject({ changed: 1, unchanged: 1 })
    expect(await rowsOf(table)).toMatchObject([{ removed_at: null }, { removed_at: null }])
    expect(await exportToTable(gone, optionsFor(table, { removed: 'delete' }))).toMatchObject({ removed: 1 })
    expect(await rowsOf(table)).toMatchObject([{ key: 'ada' }])
  })

  test('exports only the named kind', async () => {
    const table = newTable()
    await exportToTable(contentOf([user('ada'), member('ada', 'acme')]), optionsFor(table))
    const result = await exportToTable(contentOf([member('ada', 'acme')]), optionsFor(table, { kind: 'user' }))
    expect(result).toMatchObject({ added: 0, unchanged: 0, removed: 1 })
    expect(await rowsOf(table)).toMatchObject([{ kind: 'membership', removed_at: null }, { kind: 'user' }])
  })

  test('does not mix the IDs of two states', async () => {
    const table = newTable()
    await exportToTable(contentOf([user('ada'), user('bea')]), optionsFor(table))
    const other = contentOf([user('ada', { id: 'elsewhere' })], 'two')
    await expect(exportToTable(other, optionsFor(table))).rejects.toMatchObject({ code: 'other_lineage', exitCode: 5 })
    expect(await rowsOf(table)).toMatchObject([{ workos_id: 'user_ada' }, { workos_id: 'user_bea' }])
    const forced = await exportToTable(other, optionsFor(table, { force: true }))
    expect(forced).toMatchObject({ changed: 1, removed: 1 })
    expect(await exportToTable(other, optionsFor(table))).toMatchObject({ unchanged: 1, removed: 0 })
  })

  test('is written completely or not at all', async () => {
    const table = newTable()
    await exportToTable(contentOf([user('ada')]), optionsFor(table))
    const broken: StateContent = {
      ...contentOf([]),
      async *entries() {
        yield [{ type: 'resource', resource: user('bea') }]
        throw new Error('the disk fails')
      },
    }
    await expect(exportToTable(broken, optionsFor(table, { batch: 1 }))).rejects.toThrow('the disk fails')
    expect(await rowsOf(table)).toMatchObject([{ key: 'ada', removed_at: null }])
  })

  test('accepts an existing table with the required columns and key', async () => {
    const table = newTable()
    await client.query(`CREATE TABLE ${table} (kind text, key text, workos_id text, PRIMARY KEY (kind, key))`)
    await expect(exportToTable(contentOf([]), optionsFor(table))).rejects.toMatchObject({
      code: 'export_table',
      message: expect.stringContaining('does not have the columns external_id, user_key'),
    })
    await client.query(`DROP TABLE ${table}; CREATE TABLE ${table} (kind text, key text, workos_id text, external_id text,
      user_key text, organization_key text, ownership text, state text, changed_at timestamptz, removed_at timestamptz, mine int)`)
    await expect(exportToTable(contentOf([]), optionsFor(table))).rejects.toMatchObject({ code: 'export_table' })
    await client.query(`ALTER TABLE ${table} ADD UNIQUE (key, kind)`)
    expect(await exportToTable(contentOf([user('ada')]), optionsFor(table))).toMatchObject({ added: 1 })
    await expect(exportToTable(contentOf([]), optionsFor('nowhere.ids'))).rejects.toMatchObject({
      code: 'export_schema',
    })
  })

  test('keeps keys that look like SQL, and counts values that PostgreSQL cannot store', async () => {
    const property = fc.asyncProperty(hostileKeys, async (all) => {
      const table = `"${newTable()}; drop ""table"""`
      const keys = [...all, 'a\0b']
      const options = { ...optionsFor(''), table: [table.slice(1, -1).replaceAll('""', '"')], batch: 7 }
      const people = keys.map((key, index) => user(key, { id: `wos_${index}` }))
      const result = await exportToTable(contentOf(people), options)
      const held = keys.filter((key) => !key.includes('\0'))
      expect(result).toMatchObject({ added: held.length, unfit: { count: keys.length - held.length } })
      const { rows } = await client.query(`SELECT key, workos_id FROM ${table}`)
      const expected = people.filter(({ key }) => held.includes(key)).map(({ key, id }) => [key, id])
      expect(Object.fromEntries(rows.map(({ key, workos_id }) => [key, workos_id]))).toEqual(
        Object.fromEntries(expected),
      )
      expect(await exportToTable(contentOf(people), options)).toMatchObject({ added: 0, changed: 0, removed: 0 })
    })
    await fc.assert(property, { numRuns: 5 })
  })
})
