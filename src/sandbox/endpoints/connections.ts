import { isObject, type JsonObject } from '../../json.ts'
import { type Call, type Endpoint, notFound, pathParameter, Refusal, type Reply } from '../call.ts'
import { EXTERNAL_ID, Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { findOrganization } from './organizations.ts'

interface ConnectionRow {
  id: string
  organization_id: string
  external_id: string | null
  connection_type: string
  name: string
  /** JSON of what was sent, without secrets. */
  options: string
  created_at: string
  updated_at: string
}

export const connectionEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/connections', handle: createConnection },
  { method: 'GET', path: '/connections', handle: listConnections },
  { method: 'GET', path: '/connections/:id', handle: getConnection },
  { method: 'DELETE', path: '/connections/:id', handle: deleteConnection },
]

/**
 * https://workos.com/docs/reference/sso/connection/create: returns an existing connection with the
 * same external ID in the organization.
 */
function createConnection(call: Call): Reply {
  if (!call.connectionsApi) {
    throw new Refusal(404, { message: 'The Connections API is not enabled for this environment.' })
  }
  const fields = new Fields(call.body)
  const organizationId = fields.requiredText('organization_id')
  const name = fields.text('name')
  const externalId = fields.text('external_id', EXTERNAL_ID) ?? null
  const type = fields.text('connection_type')
  const saml = fields.raw('saml_options')
  const oidc = fields.raw('oidc_options')
  if (isObject(saml) === isObject(oidc)) fields.refuse('saml_options', 'invalid', 'or oidc_options is required')
  if (isObject(saml) && !('idp_metadata_url' in saml) && !('idp_sso_url' in saml && 'idp_signing_certs' in saml)) {
    fields.refuse('saml_options', 'invalid', 'must have idp_metadata_url, or idp_sso_url and idp_signing_certs')
  }
  if (isObject(oidc) && !['discovery_endpoint', 'client_id', 'client_secret'].every((field) => field in oidc)) {
    fields.refuse('oidc_options', 'invalid', 'must have discovery_endpoint, client_id and client_secret')
  }
  fields.check()
  const organization = findOrganization(call, organizationId)
  const known = externalId === null ? undefined : byExternalId(call, organizationId, externalId)
  if (known !== undefined) return { status: 201, body: presentConnection(known) }
  const connection: ConnectionRow = {
    id: call.newId('conn'),
    organization_id: organizationId,
    external_id: externalId,
    connection_type: type ?? (isObject(saml) ? 'GenericSAML' : 'GenericOIDC'),
    name: name ?? organization.name,
    options: JSON.stringify(isObject(saml) ? { saml_options: shownSaml(saml) } : { oidc_options: shownOidc(oidc) }),
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  call.database.run(
    `INSERT INTO connections (environment, id, organization_id, external_id, connection_type, name, options, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    call.environment,
    connection.id,
    connection.organization_id,
    connection.external_id,
    connection.connection_type,
    connection.name,
    connection.options,
    connection.created_at,
    connection.updated_at,
  )
  return { status: 201, body: presentConnection(connection) }
}

function listConnections(call: Call): Reply {
  const where = ['environment = ?']
  const parameters: (string | number)[] = [call.environment]
  for (const name of ['organization_id', 'connection_type']) {
    const value = call.query.get(name)
    if (value === null) continue
    where.push(`${name} = ?`)
    parameters.push(value)
  }
  return listPage<ConnectionRow>(call, {
    select: 'SELECT * FROM connections',
    idColumn: 'id',
    where,
    parameters,
    idOf: (connection) => connection.id,
    present: presentConnection,
  })
}

function getConnection(call: Call): Reply {
  return { status: 200, body: presentConnection(findConnection(call)) }
}

function deleteConnection(call: Call): Reply {
  const { id } = findConnection(call)
  call.database.run('DELETE FROM connections WHERE environment = ? AND id = ?', call.environment, id)
  return { status: 204 }
}

function findConnection(call: Call): ConnectionRow {
  const id = pathParameter(call, 'id')
  const sql = 'SELECT * FROM connections WHERE environment = ? AND id = ?'
  const connection = call.database.one<ConnectionRow>(sql, call.environment, id)
  if (connection === undefined) throw notFound('Connection', id)
  return connection
}

function byExternalId(call: Call, organizationId: string, externalId: string): ConnectionRow | undefined {
  const sql = 'SELECT * FROM connections WHERE environment = ? AND organization_id = ? AND external_id = ?'
  return call.database.one<ConnectionRow>(sql, call.environment, organizationId, externalId)
}

/** Private keys are neither stored nor returned. */
function shownSaml({ sp_signing_key_pair: _pair, sp_encryption_key_pairs: _pairs, ...shown }: Record<string, unknown>) {
  return shown
}

function shownOidc(options: unknown): unknown {
  if (!isObject(options)) return null
  const { client_secret: _secret, ...shown } = options
  return shown
}

function presentConnection(connection: ConnectionRow): JsonObject {
  return {
    object: 'connection',
    id: connection.id,
    organization_id: connection.organization_id,
    connection_type: connection.connection_type,
    name: connection.name,
    state: 'active',
    status: 'linked',
    domains: [],
    external_id: connection.external_id,
    ...JSON.parse(connection.options),
    created_at: connection.created_at,
    updated_at: connection.updated_at,
  }
}
