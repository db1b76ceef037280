import { describe, expect, test } from 'vitest'
import { CredentialsError, SourceError } from '../../../src/diagnostics/errors.ts'
import type { ClerkSettings } from '../../fakes/clerk/fake-clerk.ts'
import { clerkConnection, clerkOidcConnection, generateInstance } from '../../fakes/clerk/generate.ts'
import type { ClerkConnection } from '../../fakes/clerk/objects.ts'
import { folderWith } from '../reading.ts'
import { type Config, capture, fakeClerk, idsOf, optionsOf, readLive } from './capturing.ts'

const ON = { connections: true }
const LIST = '/v1/enterprise_connections'

/** An instance of four users and two organizations with these connections. */
async function instance(connections: ClerkConnection[], settings: ClerkSettings = {}) {
  return fakeClerk({ ...generateInstance({ users: 4, organizations: 2 }), connections }, settings)
}

async function read(connections: ClerkConnection[], more: Config = ON, settings: ClerkSettings = {}) {
  const fake = await instance(connections, settings)
  const config = optionsOf(fake, more)
  const captured = await capture(config)
  const reading = await readLive(config, captured.snapshot)
  const found = reading.records.filter(({ stream }) => stream === 'connections')
  return {
    ...reading,
    fake,
    captured,
    found: found.map(({ data }) => data),
    origins: found.map(({ origin }) => origin),
  }
}

describe('connections of an instance', () => {
  test('are records with the names of the API, after everything else', async () => {
    const oidc = clerkOidcConnection(1, { organization_id: null })
    const { found, origins, counts, records } = await read([clerkConnection(0), oidc])
    expect(found[1]).toMatchObject({
      id: 'entconn_2fake0',
      name: 'Connection 0',
      provider: 'saml_okta',
      domains: ['sso-0.example'],
      organization_id: generateInstance({ users: 0, organizations: 1 }).organizations[0]?.id,
      active: true,
      created_at: '2024-03-01T08:00:00.000Z',
      saml_connection: { idp_metadata_url: 'https://idp-0.example/metadata' },
    })
    expect(found[1]).not.toHaveProperty('oauth_config')
    expect(found[0]).toMatchObject({ oauth_config: { client_id: 'client-1', requires_pkce: false } })
    expect(found[0]).not.toHaveProperty('organization_id')
    expect(origins[0]).toEqual({ file: expect.stringMatching(/^127.0.0.1:\d+\/v1\/enterprise_connections$/), line: 1 })
    expect(records.at(-1)?.stream).toBe('connections')
    expect(counts).toContainEqual(
      expect.objectContaining({ stream: 'connections', role: 'main', read: 2, passed: 2, rejected: 0 }),
    )
  })

  test('are complete with any page size', async () => {
    const connections = Array.from({ length: 35 }, (_, n) => clerkConnection(n))
    const { found } = await read(connections, { ...ON, pageSize: 10 })
    expect(found.map(({ id }) => id).toSorted()).toEqual(connections.map(({ id }) => id).toSorted())
  })

  test('are neither read nor stored without the option', async () => {
    const { found, fake, captured, counts } = await read([clerkConnection(0)], {})
    expect(found).toEqual([])
    expect(fake.log.filter(({ target }) => target.startsWith(LIST))).toEqual([])
    expect(captured.snapshot.streams.map(({ name }) => name)).not.toContain('connections')
    expect(counts.map(({ stream }) => stream)).not.toContain('connections')
  })

  test('are complete in a partial reading', async () => {
    const { found, partial } = await read([clerkConnection(0)], { ...ON, updatedSince: '2030-01-01' })
    expect(found).toHaveLength(1)
    expect(partial).toBe(true)
  })

  test('are read with a file of memberships', async () => {
    const fake = await instance([clerkConnection(0)])
    const config = optionsOf(fake, { ...ON, memberships: 'm.csv' })
    const { snapshot } = await capture(config)
    const { records } = await readLive(config, snapshot, { 'm.csv': 'clerk_user_id,org_name\n' })
    expect(records.filter(({ stream }) => stream === 'connections')).toHaveLength(1)
  })

  test('are read once, before the users, even after an interruption', async () => {
    const fake = await instance([clerkConnection(0), clerkConnection(1)])
    const folder = folderWith({})
    const abort = new AbortController()
    fake.after(3, () => abort.abort(new Error('killed')))
    const config = optionsOf(fake, ON)
    await expect(capture(config, folder, abort.signal)).rejects.toThrow('killed')
    const { snapshot } = await capture(config, folder)
    expect(await idsOf(snapshot, 'connections')).toHaveLength(2)
    expect(fake.log[0]?.target).toMatch(LIST)
    expect(fake.log.filter(({ target }) => target.startsWith(LIST))).toHaveLength(1)
  })

  test('that are turned off are named', async () => {
    const off = [clerkConnection(0, { active: false }), clerkOidcConnection(1, { active: false, name: '' })]
    const { warnings, found } = await read([...off, clerkConnection(2)])
    expect(found).toHaveLength(3)
    expect(warnings).toContainEqual(
      expect.objectContaining({
        code: 'connections_inactive',
        message: expect.stringMatching(
          /^2 connections are turned off in Clerk: entconn_2fake1, Connection 0 \(entconn_2fake0\)\./,
        ),
        hint: expect.stringContaining('map.connection'),
      }),
    )
    const many = Array.from({ length: 23 }, (_, n) => clerkConnection(n, { active: false }))
    const [more] = (await read(many)).warnings.filter(({ code }) => code === 'connections_inactive')
    expect(more?.message).toContain(' and 3 more. ')
    expect((await read([clerkConnection(0)])).warnings.map(({ code }) => code)).not.toContain('connections_inactive')
  })
})

describe('an instance', () => {
  test.each([
    { status: 403, code: 'feature_not_enabled' },
    { status: 422, code: 'feature_requires_email_address_enabled' },
    { status: 402, code: 'unsupported_subscription_plan_features' },
  ])('without enterprise connections ($code) is read without them, with a warning', async (answer) => {
    const { captured, found, records } = await read([], ON, { refused: { [LIST]: answer } })
    expect(captured.warnings).toMatchObject([
      { code: 'connections_off', message: expect.stringContaining(answer.code) },
    ])
    expect(found).toEqual([])
    expect(records.filter(({ stream }) => stream === 'users')).toHaveLength(4)
  })

  test('whose API lacks the list ends the reading before any user is read', async () => {
    const fake = await instance([], { refused: { [LIST]: { status: 404, code: 'resource_not_found' } } })
    const failure = await capture(optionsOf(fake, ON)).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SourceError)
    expect(failure).toMatchObject({
      problems: [
        { code: 'connections_not_listed', path: 'source.connections', hint: expect.stringContaining('baseUrl') },
      ],
    })
    expect(fake.log.filter(({ target }) => target.startsWith('/v1/users'))).toEqual([])
  })

  test('that rejects the key for them reports it', async () => {
    const fake = await instance([], { refused: { [LIST]: { status: 403, code: 'authorization_invalid' } } })
    await expect(capture(optionsOf(fake, ON))).rejects.toThrow(CredentialsError)
  })
})
