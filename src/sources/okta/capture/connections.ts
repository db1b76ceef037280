import { isObject, type Json, type JsonObject } from '../../../json.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { LiveOptions } from '../options.ts'
import { type OktaObject, STREAMS } from '../streams.ts'
import type { Org } from './api.ts'

/** Types of enterprise identity providers. The others are social, and WorkOS receives none. */
const ENTERPRISE: ReadonlySet<Json | undefined> = new Set(['SAML2', 'OIDC', 'OKTA_INTEGRATION'])

/** Reads the identity providers. The settings of enterprise ones contain client secrets. */
export async function readIdentityProviders(
  org: Org,
  snapshot: SnapshotWriter,
  { pageSize: limit }: LiveOptions,
): Promise<void> {
  const step = 'identity providers'
  if (snapshot.isDone(step)) return
  const rows: JsonObject[] = []
  for await (const { items } of org.pages('/idps', { limit })) {
    for (const item of items) {
      const { id, name = null, type = null, status = null, protocol = null } = item
      const row: JsonObject = { id, name, type, status }
      if (ENTERPRISE.has(type)) row.protocol = protocol
      if (type === 'SAML2') row.certificates = await certificatesOf(org, protocol)
      rows.push(row)
    }
  }
  await snapshot.append(STREAMS.connections, rows, { step, cursor: null, done: true })
}

/** The certificates of a SAML identity provider, Base64. It refers to keys that contain them. */
async function certificatesOf(org: Org, protocol: Json): Promise<Json[]> {
  const credentials = memberOf(protocol, 'credentials')
  const trust = memberOf(credentials, 'trust')
  const ids = [memberOf(trust, 'kid'), memberOf(trust, 'additionalKids')].flat()
  const certificates: Json[] = []
  for (const id of ids) {
    if (typeof id !== 'string') continue
    const key = await org.find(`/idps/credentials/keys/${encodeURIComponent(id)}`)
    const [own] = Array.isArray(key?.x5c) ? key.x5c : []
    if (own !== undefined) certificates.push(own)
  }
  return certificates
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? (value as JsonObject)[name] : undefined
}

/** Reads the SAML apps, each with the metadata of Okta as its identity provider. */
export async function readApps(org: Org, snapshot: SnapshotWriter, { pageSize: limit }: LiveOptions): Promise<void> {
  const step = 'apps'
  if (snapshot.isDone(step)) return
  const cursor = snapshot.cursor(step)
  for await (const { items, next } of org.pages('/apps', { limit }, typeof cursor === 'string' ? cursor : undefined)) {
    const rows: JsonObject[] = []
    for (const item of items) if (item.signOnMode === 'SAML_2_0') rows.push(await appRow(org, item))
    await snapshot.append(STREAMS.apps, rows, { step, cursor: next ?? null, done: next === undefined })
  }
}

/** Only the fields about sign-in: other settings of an app can contain secrets. */
async function appRow(org: Org, app: OktaObject): Promise<JsonObject> {
  const { id, name = null, label = null, status = null, signOnMode = null, settings, credentials } = app
  const kid = memberOf(memberOf(credentials, 'signing'), 'kid')
  const row: JsonObject = { id, name, label, status, signOnMode, signOn: memberOf(settings, 'signOn') ?? null }
  const path = `/apps/${encodeURIComponent(id)}/sso/saml/metadata`
  const metadata = await org.document(path, typeof kid === 'string' ? { kid } : {})
  if (metadata !== undefined) row.metadata = metadata
  return row
}
