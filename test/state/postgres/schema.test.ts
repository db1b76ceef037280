import { describe, expect, onTestFinished, test } from 'vitest'
import { findState, glanceAtLock, glanceAtState, openState, peekState } from '../../../src/state/open.ts'
import { newPostgresLocation, postgresPrograms, sharedCluster } from '../../postgres.ts'
import { openForTest } from '../kinds.ts'
import { user } from '../resources.ts'

const LOCK = { command: 'apply', now: new Date() }

describe.skipIf(postgresPrograms === undefined)('one schema', () => {
  test.each(['user', 'default', 'order'])('can have an SQL keyword as its name: %s', async (schema) => {
    const location = { ...(await newPostgresLocation()), schema }
    const state = await openForTest(location)
    await state.commit({ intents: [], outcomes: [{ type: 'saved', resource: user('u1') }] })
    expect((await sharedCluster()).sql(`SELECT count(*) FROM "${schema}".resources`)).toBe('1')
  })

  test('contains a state for each name and environment, each with its own lock', async () => {
    const base = await newPostgresLocation()
    const locations = [
      base,
      { ...base, environment: 'production' },
      { ...base, environment: 'staging' },
      { ...base, name: 'another' },
      { ...base, name: 'another', environment: 'production' },
    ]
    const states = await Promise.all(locations.map((location) => openForTest(location)))
    await Promise.all(
      states.map((state, n) =>
        state.commit({ intents: [], outcomes: [{ type: 'saved', resource: { ...user('same'), id: `user_${n}` } }] }),
      ),
    )
    expect(new Set(states.map(({ lineage }) => lineage)).size).toBe(locations.length)
    expect(await Promise.all(states.map((state) => state.idOf('user', 'same')))).toEqual(
      locations.map((_, n) => `user_${n}`),
    )
    expect(await Promise.all(states.map((state) => state.keyOf('user', 'user_0')))).toEqual([
      'same',
      ...locations.slice(1).map(() => undefined),
    ])
    expect(await Promise.all(states.map((state) => state.startRun({ ...RUN })))).toEqual(locations.map(() => 1))
    await states[0]?.close()
    expect(await glanceAtLock(base)).toEqual({ held: false })
    expect(await glanceAtLock({ ...base, environment: 'staging' })).toMatchObject({
      held: true,
      holder: { pid: process.pid, command: 'apply', run: 1 },
    })
  })

  test('is created once by concurrent commands', async () => {
    const location = await newPostgresLocation()
    const names = Array.from({ length: 6 }, (_, n) => `migration-${n}`)
    const states = await Promise.all(names.map((name) => openForTest({ ...location, name })))
    expect(states.map(({ serial }) => serial)).toEqual(names.map(() => 0))
    const steps = (await sharedCluster()).sql(`SELECT count(*) FROM ${location.schema}.workos_migrate_steps`)
    expect(steps).toBe('1')
  })

  test('is not created by a command that only reads', async () => {
    const location = await newPostgresLocation()
    expect(await findState(location)).toBeUndefined()
    expect(await glanceAtState(location)).toBeUndefined()
    const empty = await peekState(location)
    onTestFinished(() => empty.close())
    expect([empty.serial, await empty.count('user')]).toEqual([0, 0])
    expect((await sharedCluster()).sql(`SELECT to_regnamespace('${location.schema}') IS NULL`)).toBe('t')
  })

  test('of a later version, or of another program, is unchanged', async () => {
    const cluster = await sharedCluster()
    const newer = await newPostgresLocation()
    await (await openForTest(newer)).close()
    cluster.sql(`INSERT INTO ${newer.schema}.workos_migrate_steps VALUES (99, '9.9.9')`)
    await expect(openState(newer, LOCK)).rejects.toThrow('later version')
    const foreign = await newPostgresLocation()
    cluster.sql(`CREATE SCHEMA ${foreign.schema}; CREATE TABLE ${foreign.schema}.customers ()`)
    await expect(openState(foreign, LOCK)).rejects.toThrow('something other')
    await expect(findState(foreign)).rejects.toThrow('something other')
  })

  test('can be read by a role without write access, which gets a message when it writes', async () => {
    const cluster = await sharedCluster()
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    await state.commit({ intents: [], outcomes: [{ type: 'saved', resource: user('ada') }] })
    await state.close()
    const role = `reader_${location.schema.slice(-8)}`
    cluster.sql(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA ${location.schema} TO ${role};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${location.schema} TO ${role}`)
    const asReader = { ...location, url: cluster.url(role) }
    const seen = await peekState(asReader)
    onTestFinished(() => seen.close())
    expect(await seen.idOf('user', 'ada')).toBe('user_ada')
    await expect(openState(asReader, LOCK)).rejects.toMatchObject({ problems: [{ code: 'state_forbidden' }] })
  })
})

const RUN = { command: 'apply', startedAt: '2026-01-01T00:00:00Z', toolVersion: '1', manifestDigest: 'd' }
