import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { loadManifest } from '../../../src/config/load.ts'
import { Redactor } from '../../../src/diagnostics/redactor.ts'
import type { JsonObject } from '../../../src/json.ts'
import { checkExpressions, checkStreams } from '../../../src/mapping/check.ts'
import { compileMapping, mapperSettings } from '../../../src/mapping/compile.ts'
import { mapChunk } from '../../../src/mapping/map-chunk.ts'
import { oidcIdp, samlApp, samlIdp } from '../../fakes/okta/generate.ts'
import type { OrgData } from '../../fakes/okta/objects.ts'
import { CERTIFICATE } from '../../kinds/certificates.ts'
import { tried } from '../../tried.ts'
import { folderWith } from '../reading.ts'
import { orgWith, readOrg } from './reading.ts'

const BARE = CERTIFICATE.replaceAll(/-----[^-]+-----|\s/g, '')
const METADATA = `<?xml version="1.0"?><md:EntityDescriptor entityID="http://www.okta.com/exk1" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">
<md:IDPSSODescriptor><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${BARE}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://acme.okta.example/app/acme/exk1/sso/saml"/></md:IDPSSODescriptor></md:EntityDescriptor>`

const ORG: Partial<OrgData> = {
  idps: [
    samlIdp(1),
    oidcIdp(2),
    samlIdp(3, { status: 'INACTIVE' }),
    { ...oidcIdp(4), type: 'GOOGLE' },
    samlIdp(5, { protocol: {} }),
  ],
  keys: { 'key-1': BARE },
  apps: [samlApp(1), samlApp(2), samlApp(3, { signOnMode: 'OPENID_CONNECT' })],
  metadata: { '0oafakeapp1': METADATA },
}
const ON = { connections: true, apps: true }

describe('the capture', () => {
  test('reads identity providers with certificates, and only the names of social ones', async () => {
    const { records, counts } = await readOrg(await orgWith(ORG, { pageCap: 2 }), ON)
    const found = records.filter(({ stream }) => stream === 'connections').map(({ data }) => data)
    expect(found).toHaveLength(5)
    expect(found[0]).toMatchObject({ id: '0oafakesaml1', type: 'SAML2', certificates: [BARE] })
    expect(found[3]).toEqual({ id: '0oafakeoidc4', name: 'OIDC 4', type: 'GOOGLE', status: 'ACTIVE' })
    expect(counts).toContainEqual(
      expect.objectContaining({ stream: 'connections', role: 'main', read: 5, passed: 5, rejected: 0 }),
    )
  })

  test('reads SAML apps with metadata, and without other settings', async () => {
    const { records } = await readOrg(await orgWith(ORG, { pageCap: 2 }), ON)
    const found = records.filter(({ stream }) => stream === 'apps').map(({ data }) => data)
    expect(found.map(({ id }) => id)).toEqual(['0oafakeapp1', '0oafakeapp2'])
    expect(found[0]).toMatchObject({
      label: 'App 1',
      metadata: METADATA,
      signOn: { ssoAcsUrl: 'https://app-1.example/acs' },
    })
    expect(found[1]).not.toHaveProperty('metadata')
    expect(JSON.stringify(found)).not.toContain('appSecretDoNotShow')
  })

  test('reads neither without the options', async () => {
    const fake = await orgWith(ORG)
    const { counts } = await readOrg(fake)
    expect(counts.map(({ stream }) => stream)).toEqual(['users', 'groups'])
    expect(fake.log.filter(({ target }) => /\/(idps|apps)/.test(target))).toEqual([])
  })
})

/** What the recipe returns for the org. */
async function mapped(more: JsonObject) {
  const fake = await orgWith(ORG)
  const { records } = await readOrg(fake, ON)
  const folder = folderWith({})
  const file = join(folder, 'migrate.config.yaml')
  writeFileSync(file, stringify({ source: { ...fake.source, ...ON }, target: { type: 'sandbox' }, ...more }))
  const loaded = await loadManifest({ path: file, cwd: folder, env: {}, redactor: new Redactor() })
  expect(checkExpressions(loaded)).toEqual([])
  expect(checkStreams(loaded.manifest.map, ['users', 'connections', 'apps'])).toEqual([])
  const result = await mapChunk({ records }, compileMapping(mapperSettings(loaded.manifest, 'users')))
  const drafts = result.drafts.filter(({ kind }) => kind === 'connection')
  return {
    found: drafts.map(({ key, refs, attributes }) => ({ key, ...refs, ...JSON.parse(attributes) })),
    rejects: result.rejects.map(({ code, key, field }) => `${key} ${field} ${code}`),
    notes: result.notes,
    leftOut: result.leftOut,
  }
}

describe('the recipe', () => {
  test('assigns identity providers to organizations in the manifest, by ID or name', async () => {
    const vars = { connectionOrganizations: { '0oafakesaml1': 'acme', 'OIDC 2': 'bolt' } }
    const { found, rejects } = await mapped({ vars })
    expect(found).toMatchObject([
      {
        key: '0oafakesaml1@acme',
        organization: 'acme',
        type: 'saml',
        name: 'SAML 1',
        externalId: '0oafakesaml1',
        idpEntityId: 'https://idp-1.example',
        idpUrl: 'https://idp-1.example/sso',
        x509Cert: [CERTIFICATE],
      },
      {
        key: '0oafakeoidc2@bolt',
        organization: 'bolt',
        type: 'oidc',
        clientId: 'client-2',
        discoveryEndpoint: 'https://login-2.example/.well-known/openid-configuration',
      },
    ])
    expect(found[0]?.notes).toEqual([expect.stringContaining('knows Okta as https://acme.okta.example/sp/1')])
    // The third is inactive, and the fourth is social.
    expect(rejects).toEqual(['null organization connection_incomplete'])
  })

  test(tried('Okta', 'API v1', 'a SAML app as the connection of an organization'), async () => {
    const vars = { connectionOrganizations: { 'App 1': 'acme', '0oafakesaml1': 'a', 'OIDC 2': 'b', 'SAML 5': 'c' } }
    const { found, rejects } = await mapped({ vars })
    expect(found.find(({ key }) => key === '0oafakeapp1@acme')).toEqual({
      key: '0oafakeapp1@acme',
      organization: 'acme',
      type: 'saml',
      connectionType: 'OktaSAML',
      name: 'App 1',
      externalId: '0oafakeapp1',
      idpEntityId: 'http://www.okta.com/exk1',
      idpUrl: 'https://acme.okta.example/app/acme/exk1/sso/saml',
      x509Cert: [CERTIFICATE],
      notes: expect.arrayContaining([
        "the app in Okta sends users to https://app-1.example/acs, for urn:app:1: enter WorkOS's ACS URL and entity ID there",
        'the app sends these attributes, which must have the names in the file: dept',
      ]),
    })
    expect(rejects).toEqual(['0oafakesaml5@c idpEntityId connection_incomplete'])
    // The second app has no entry.
    expect(found.map(({ key }) => key)).not.toContain('0oafakeapp2@undefined')
    expect(found).toHaveLength(3)
  })
})
