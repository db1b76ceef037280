import { describe, expect, test } from 'vitest'
import { CredentialsError } from '../../../src/diagnostics/errors.ts'
import type { JsonObject } from '../../../src/json.ts'
import { auth0Source } from '../../../src/sources/auth0/open.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { generateTenant } from '../../fakes/auth0/generate.ts'
import type { TenantData } from '../../fakes/auth0/objects.ts'
import { ALL_SCOPES } from '../../fakes/auth0/settings.ts'
import { folderWith, sums } from '../reading.ts'
import { captureInto, readSnapshotOf, readTenant, stopAt, tenantWith } from './reading.ts'

const SAML = 'con_0000000000000004'
const [FIRST, SECOND] = ['org_0000000000000001', 'org_0000000000000002'] as const
const ON = { connections: true }

function tenant(): TenantData {
  const data = generateTenant({ users: 6, organizations: 3 })
  const connections = data.connections.map((one) =>
    one.id === SAML ? { ...one, options: { signInEndpoint: 'https://idp.example/sso' } } : one,
  )
  const enabledConnections = [
    { organization: SECOND, connection: SAML },
    { organization: FIRST, connection: SAML },
    { organization: FIRST, connection: 'con_0000000000000001' },
  ]
  return { ...data, connections, enabledConnections }
}

const connectionsOf = (reading: { records: { stream: string; data: JsonObject }[] }) =>
  reading.records.filter(({ stream }) => stream === 'connections').map(({ data }) => data)

async function text(snapshot: Snapshot): Promise<string> {
  const rows = []
  for (const { name } of snapshot.streams) for await (const batch of snapshot.read(name)) rows.push(...batch)
  return JSON.stringify(rows)
}

describe('connections of a tenant', () => {
  test('are records with their options and their organizations', async () => {
    const reading = await readTenant(await tenantWith(tenant()), ON)
    const found = connectionsOf(reading)
    expect(found.map(({ strategy }) => strategy)).toEqual(['auth0', 'google-oauth2', 'sms', 'samlp'])
    expect(found[3]).toEqual({
      id: SAML,
      name: 'acme-saml',
      strategy: 'samlp',
      display_name: null,
      options: { signInEndpoint: 'https://idp.example/sso' },
      organizations: [{ id: FIRST }, { id: SECOND }],
    })
    // The options of a database connection contain scripts and secrets.
    expect(found[0]).not.toHaveProperty('options')
    expect(found[0]).toMatchObject({ organizations: [{ id: FIRST }] })
    expect(sums(reading)).toContainEqual(['connections', 4, 4, 0])
  })

  test('are read only on request, into another snapshot', async () => {
    const fake = await tenantWith(tenant())
    const reading = await readTenant(fake)
    expect(connectionsOf(reading)).toEqual([])
    expect(await text(reading.snapshot)).not.toContain('idp.example')
    expect(Object.keys(fake.counts()).join()).not.toContain('enabled_connections')
    const identity = (options: object) => auth0Source.live?.identity({ ...fake.source, ...options })
    expect(identity(ON)).toMatchObject({ connections: true })
    expect(identity({ connections: false })).toEqual(identity({}))
  })

  test('need two more scopes, which the error names', async () => {
    const scopes = ALL_SCOPES.filter((scope) => !/connections_options|organization_connections/.test(scope))
    const fake = await tenantWith(tenant(), { scopes })
    const failure = await readTenant(fake, ON).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CredentialsError)
    expect(failure).toMatchObject({
      problems: [
        { code: 'missing_scope', message: expect.stringContaining('read:connections_options') },
        { code: 'missing_scope', message: expect.stringContaining('read:organization_connections') },
      ],
    })
    expect((await readTenant(fake)).users).toHaveLength(6)
  })

  test('are read once per organization after an interruption', async () => {
    const data = {
      ...tenant(),
      ...{
        enabledConnections: [
          { organization: FIRST, connection: SAML },
          { organization: SECOND, connection: SAML },
        ],
      },
    }
    const fake = await tenantWith(data)
    const folder = folderWith({})
    const source = { ...fake.source, ...ON }
    await expect(captureInto(folder, source, stopAt('reading the connections of organizations: 1'))).rejects.toThrow(
      'stopped',
    )
    const snapshot = await captureInto(folder, source)
    const reading = await readSnapshotOf(snapshot, source, folder)
    expect(connectionsOf(reading)[3]).toMatchObject({ organizations: [{ id: FIRST }, { id: SECOND }] })
  })
})
