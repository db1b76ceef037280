import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { LockedError, StateError } from '../../../src/diagnostics/errors.ts'
import { secretsOfUrl } from '../../../src/diagnostics/redactor.ts'
import type { PostgresLocation } from '../../../src/state/location.ts'
import { findState, openState } from '../../../src/state/open.ts'
import { endpointOf } from '../../../src/state/postgres/endpoint.ts'
import type { OpenState } from '../../../src/state/store.ts'
import { Cluster, newPostgresLocation, postgresPrograms, sharedCluster } from '../../postgres.ts'
import { canSecure, startSecuredPostgres } from '../../secured-postgres.ts'
import { openForTest } from '../kinds.ts'
import { user } from '../resources.ts'
import { startPooler } from './pooler-proxy.ts'

const LOCK = { command: 'apply', now: new Date('2026-01-02T03:04:05Z') }

const saving = (key: string) => ({ intents: [], outcomes: [{ type: 'saved', resource: user(key) } as const] })

/** The problem of a rejected promise. */
async function problemOf(promise: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof StateError || error instanceof LockedError)) throw new Error(`no error of a state: ${error}`)
  const [problem] = error.problems
  if (problem === undefined) throw new Error('an error without a problem')
  return problem
}

describe.skipIf(postgresPrograms === undefined)('a lost connection', () => {
  /** Ends the session with a state's lock, like a failing network or server. */
  async function cut({ schema }: PostgresLocation): Promise<void> {
    const cluster = await sharedCluster()
    cluster.sql(`SELECT pg_terminate_backend(holder_backend) FROM ${schema}.states WHERE holder_backend IS NOT NULL`)
  }

  test('is opened again, with the lock, and the work continues', async () => {
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    await state.commit(saving('u1'))
    await cut(location)
    await state.commit(saving('u2'))
    await cut(location)
    expect(await state.get('user', 'u2')).toEqual(user('u2'))
    await cut(location)
    expect(await state.count('user')).toBe(2)
    const problem = await problemOf(openState(location, LOCK))
    expect(problem).toMatchObject({
      code: 'state_locked',
      message: expect.stringContaining(`process ${process.pid} on`),
    })
    expect(state.serial).toBe(2)
  })

  test('to a schema that was renamed meanwhile ends the work with a message, and continues once it is back', async () => {
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    await state.commit(saving('u1'))
    const cluster = await sharedCluster()
    cluster.sql(`ALTER SCHEMA ${location.schema} RENAME TO ${location.schema}_gone`)
    expect(await problemOf(state.commit(saving('u2')))).toMatchObject({
      code: 'state_unreadable',
      message: expect.stringContaining('the state tables are missing'),
    })
    cluster.sql(`ALTER SCHEMA ${location.schema}_gone RENAME TO ${location.schema}`)
    await state.commit(saving('u3'))
    expect(await state.get('user', 'u2')).toBeUndefined()
    expect(await state.get('user', 'u3')).toEqual(user('u3'))
  })

  test('is checked before a write is sent if the server has been silent for a while', async () => {
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    await state.commit(saving('u1'))
    const holder = async () => (await sharedCluster()).sql(`SELECT holder_backend FROM ${location.schema}.states`)
    const before = await holder()
    // The process cannot notice it before the query.
    await cut(location)
    const later = performance.now() + 6_000
    vi.spyOn(performance, 'now').mockReturnValue(later)
    await state.sound()
    vi.restoreAllMocks()
    expect(await holder()).not.toBe(before)
    expect(await problemOf(openState(location, LOCK))).toMatchObject({ code: 'state_locked' })
  })

  test('does not lose or repeat any of many concurrent commits', async () => {
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    const commits = Array.from({ length: 60 }, (_, n) => state.commit(saving(`u${n}`)))
    for (let times = 0; times < 4; times += 1) await cut(location)
    await Promise.all(commits)
    expect([state.serial, await state.count('user')]).toEqual([60, 60])
  })

  test('ends the work if another command took the lock meanwhile, and names it', async () => {
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    await state.commit(saving('u1'))
    const { other } = await stealing(location, state)
    expect(await problemOf(state.commit(saving('u2')))).toMatchObject({
      code: 'state_locked',
      message: expect.stringContaining('(apply, since 2026-01-02T03:04:05.000Z)'),
    })
    // Nothing that waits is sent any more.
    await expect(state.sound()).rejects.toThrow(LockedError)
    expect(await other.count('user')).toBe(1)
  })

  test('ends the work if another command used the state meanwhile', async () => {
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    await state.commit(saving('u1'))
    const { other } = await stealing(location, state)
    await other.commit(saving('u2'))
    await other.close()
    const problem = await problemOf(state.commit(saving('u3')))
    expect(problem).toMatchObject({
      code: 'state_changed',
      message: expect.stringContaining('serial 1, but it is now at serial 2'),
    })
    expect(await problemOf(state.sound())).toMatchObject({ code: 'state_changed' })
  })

  test('ends the work if the server lost commits', async () => {
    const location = await newPostgresLocation()
    const state = await openForTest(location)
    await state.commit(saving('u1'))
    await state.commit(saving('u2'))
    ;(await sharedCluster()).sql(`UPDATE ${location.schema}.states SET serial = 1`)
    await cut(location)
    expect((await problemOf(state.commit(saving('u3')))).message).toContain('it lost committed changes')
    expect(await problemOf(state.sound())).toMatchObject({ code: 'state_changed' })
  })

  test('that stays lost ends the wait when the run is interrupted', async () => {
    const cluster = Cluster.make()
    onTestFinished(() => cluster.remove())
    await cluster.start()
    const location = await newPostgresLocation(cluster)
    const interrupted = new AbortController()
    const state = await openState(location, LOCK, { interrupted: interrupted.signal })
    onTestFinished(() => state.close())
    await cluster.stop()
    const commit = problemOf(state.commit(saving('u1')))
    setTimeout(() => interrupted.abort(), 200)
    expect(await commit).toMatchObject({ code: 'state_unreachable' })
  })

  /** Another command takes the state when this one has lost its session. */
  async function stealing(location: PostgresLocation, state: OpenState): Promise<{ other: OpenState }> {
    // The other command already waits for the lock before the cut, within its patience.
    const other = openState(location, LOCK)
    await cut(location)
    const taken = await other
    onTestFinished(() => taken.close())
    expect(taken.lineage).toBe(state.lineage)
    return { other: taken }
  }
})

describe.skipIf(postgresPrograms === undefined)('a pooler in between', () => {
  const through = async (mode: 'transaction' | 'session', turn?: 'last' | 'first') => {
    const cluster = await sharedCluster()
    const { port } = await startPooler(cluster.folder, mode, turn)
    return { ...(await newPostgresLocation()), url: `postgres://tester@127.0.0.1:${port}/postgres` }
  }

  test.each([
    'last',
    'first',
  ] as const)('that gives sessions for a transaction is refused, the %s first', async (turn) => {
    const location = await through('transaction', turn)
    const problem = await problemOf(openState(location, LOCK))
    expect(problem).toMatchObject({ code: 'state_pooled', hint: expect.stringContaining('-pooler') })
    expect(await problemOf(findState(location))).toMatchObject({ code: 'state_pooled' })
  })

  test('that keeps a session for each client is accepted', async () => {
    const state = await openForTest(await through('session'))
    await state.commit(saving('u1'))
    expect(await state.count('user')).toBe(1)
  })

  test('is also recognized by the address', async () => {
    const location = { ...(await newPostgresLocation()), url: 'postgres://me@db.example.com/x?pgbouncer=true' }
    expect(await problemOf(openState(location, LOCK))).toMatchObject({ code: 'state_pooled' })
  })
})

describe.skipIf(!canSecure)('TLS and passwords', () => {
  async function secured() {
    const { cluster, ca, url } = await startSecuredPostgres()
    const base = await newPostgresLocation(cluster)
    const at = (query: string, more: Partial<PostgresLocation> = {}, password?: string) => ({
      ...base,
      url: url(query, password),
      ...more,
    })
    return { at, ca }
  }

  test('a server is verified, and a failed verification has a message', async () => {
    const { at, ca } = await secured()
    const open = async (location: PostgresLocation) => (await openForTest(location)).close()
    await open(at('?sslmode=verify-full', { ca }))
    await open(at('?sslmode=require'))
    await open(at(`?sslmode=verify-ca&sslrootcert=${encodeURIComponent(ca)}`))
    const untrusted = await problemOf(openState(at('?sslmode=verify-full'), LOCK))
    expect(untrusted).toMatchObject({ code: 'state_untrusted', hint: expect.stringContaining('state.ca') })
    const elsewhere = await problemOf(openState(at('?sslmode=verify-full', { ca: '/missing/ca.pem' }), LOCK))
    expect(elsewhere).toMatchObject({ code: 'state_ca_unreadable' })
    const plain = await problemOf(openState(at('?sslmode=disable'), LOCK))
    expect(plain.code).toBe('state_password')
    const wrong = await problemOf(openState(at('?sslmode=require', {}, 'wrong one'), LOCK))
    expect(wrong).toMatchObject({ code: 'state_password' })
    const none = await problemOf(openState(at('?sslmode=require', {}, ''), LOCK))
    expect(none).toMatchObject({ code: 'state_password', hint: expect.stringContaining('has a password') })
    for (const { message, hint } of [untrusted, elsewhere, plain, wrong])
      expect(message + hint).not.toMatch(/hunter2|wrong one/)
  })

  test('a user without privileges gets a message', async () => {
    const { at } = await secured()
    const location = at('?sslmode=require')
    await (await openForTest(location)).close()
    const other = await problemOf(openState({ ...location, schema: 'pg_catalog' }, LOCK))
    expect(other.code).toBe('state_foreign')
  })
})

describe('an address', () => {
  const at = (url: string): PostgresLocation => ({ type: 'postgres', url, schema: 's', name: 'n', environment: null })

  test.each([
    ['postgres://me@db.example.com/x', { rejectUnauthorized: true }],
    ['postgres://me@localhost/x', false],
    ['postgres://me@127.0.0.1/x', false],
    ['postgres://me@%2Fvar%2Frun/x', false],
    ['postgres://me@db.example.com/x?sslmode=disable', false],
    ['postgres://me@db.example.com/x?sslmode=require', { rejectUnauthorized: false }],
  ])('%s has these settings', (url, ssl) => {
    expect(endpointOf(at(url)).ssl).toEqual(ssl)
  })

  test.each([
    ['mysql://me@db.example.com/x', 'not the URL of a PostgreSQL'],
    ['postgres://db.example.com/x', 'no user'],
    ['postgres://me@/x', 'one host'],
    ['postgres://me@/x?host=', 'one host'],
    ['postgres://me@db.example.com:99999/x', 'not the URL of a PostgreSQL'],
    ['postgres://me@db.example.com/x?port=abc', 'its port'],
    ['postgres://me@db.example.com/x?port=70000', 'its port'],
    ['postgres:x?user=me', 'not the URL of a PostgreSQL'],
    ['postgres://me@one,two/x', 'one host'],
    ['postgres://me@db.example.com/x?sslmode=prefer', 'plain text'],
    ['postgres://me@db.example.com/x?ssl=true', 'unknown parameter ssl'],
  ])('%s is rejected', (url, says) => {
    expect(() => endpointOf(at(url))).toThrow(says)
  })

  test('of a socket can have its host in a parameter', () => {
    const socket = endpointOf(at('postgres://me:pass@/x?host=/cloudsql/one:two&port=6000'))
    expect(socket).toMatchObject({ host: '/cloudsql/one:two', port: 6000, user: 'me', database: 'x', ssl: false })
  })

  test.each([
    'postgres://me:hunter2@/x?sslmode=prefer',
    'postgres://me:12?hunter2@db.example.com/x',
    'postgres://me:12?a=hunter2@db.example.com/x',
    'postgres://me:12/hunter2@db.example.com/x',
    'postgres://me:a@12/hunter2@db.example.com/x',
    'postgres://me:a@12?hunter2@db.example.com/x',
    'postgres://me:a@12#hunter2@db.example.com/x',
    'postgres://me:a#hunter2@db.example.com/x',
  ])('with a password never shows it: %s', (url) => {
    expect(() => endpointOf(at(url))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
    expect(secretsOfUrl(url).join('\n')).toContain('hunter2')
  })
})
