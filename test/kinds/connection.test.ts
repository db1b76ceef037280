import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { connectionDraft } from '../../src/kinds/connection/connection-draft.ts'
import { CERTIFICATE, OLDER_CERTIFICATE } from './certificates.ts'
import { ownCertificate } from './own-certificate.ts'
import { RULES } from './rules.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const certificateOfKey = ownCertificate(privateKey)
const body = (pem: string) => pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')
const saml = {
  organization: 'acme',
  key: 'con_1',
  type: 'saml',
  idpEntityId: 'https://idp.acme.example',
  idpUrl: 'https://idp.acme.example/sso',
  x509Cert: CERTIFICATE,
}
const oidc = {
  organization: 'acme',
  key: 'con_2',
  type: 'OIDC',
  clientId: 'client',
  clientSecret: 'canary-of-the-client',
  discoveryEndpoint: 'https://idp.acme.example/',
}
const read = (fields: Record<string, unknown>) => connectionDraft.normalise(fields, RULES)
const accepted = (fields: Record<string, unknown>) => {
  const result = read(fields)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.value
}
const refused = (fields: Record<string, unknown>) => {
  const result = read(fields)
  return result.ok ? [] : result.problems.map(({ code, field }) => `${code} ${field}`)
}

test('a SAML connection includes its organization in its key, and gets an external ID', () => {
  expect(accepted(saml)).toEqual({
    key: 'con_1@acme',
    refs: { organization: 'acme' },
    attributes: {
      type: 'saml',
      externalId: expect.stringMatching(/^con-1-[0-9a-f]{12}$/),
      idpEntityId: 'https://idp.acme.example',
      idpUrl: 'https://idp.acme.example/sso',
      x509Cert: [CERTIFICATE],
    },
    secrets: null,
    notes: [],
  })
  expect(accepted({ ...saml, externalId: 'con_1' }).attributes.externalId).toBe('con_1')
})

test('an OpenID Connect connection finds the discovery document of its issuer, and its secret is kept apart', () => {
  const { attributes, secrets, notes } = accepted(oidc)
  expect(attributes).toMatchObject({
    type: 'oidc',
    clientId: 'client',
    discoveryEndpoint: 'https://idp.acme.example/.well-known/openid-configuration',
  })
  expect(JSON.stringify(attributes)).not.toContain('canary')
  expect(secrets).toEqual({ clientSecret: 'canary-of-the-client' })
  expect(notes).toEqual([])
  expect(accepted({ ...oidc, clientSecret: '' })).toMatchObject({
    secrets: null,
    notes: [{ code: 'connection_without_secret' }],
  })
  const discoveryEndpoint = 'https://login.example/t/v2.0/.well-known/openid-configuration'
  expect(accepted({ ...oidc, discoveryEndpoint }).attributes.discoveryEndpoint).toBe(discoveryEndpoint)
})

describe('certificates and keys', () => {
  test.each([
    ['PEM', CERTIFICATE],
    ['Base64 between the lines', body(CERTIFICATE)],
    ['Base64 of PEM', Buffer.from(CERTIFICATE).toString('base64')],
    ['escaped line ends', CERTIFICATE.replaceAll('\n', '\\n')],
    ['a list', [CERTIFICATE, body(CERTIFICATE)]],
  ])('a certificate can come as %s', (_form, x509Cert) => {
    expect(accepted({ ...saml, x509Cert }).attributes.x509Cert).toEqual([CERTIFICATE])
  })

  test('several certificates in one text are read in any order', () => {
    const one = accepted({ ...saml, x509Cert: CERTIFICATE + OLDER_CERTIFICATE }).attributes.x509Cert
    expect(one).toHaveLength(2)
    expect(accepted({ ...saml, x509Cert: [OLDER_CERTIFICATE, CERTIFICATE] }).attributes.x509Cert).toEqual(one)
  })

  test('private keys are secrets, and an invalid key is rejected without showing it', () => {
    const { attributes, secrets } = accepted({ ...saml, requestSigningKey: key, requestSigningCert: certificateOfKey })
    expect(secrets).toEqual({ requestSigningKey: key })
    expect(attributes.requestSigningCert).toBe(certificateOfKey)
    const bad = read({ ...saml, assertionEncryptionKey: 'canary key' })
    expect(bad).toMatchObject({
      ok: false,
      problems: [{ code: 'invalid_private_key', field: 'assertionEncryptionKey' }],
    })
    expect(JSON.stringify(bad)).not.toContain('canary')
    expect(refused({ ...saml, requestSigningKey: CERTIFICATE })).toEqual(['invalid_private_key requestSigningKey'])
  })

  test.each([
    ['requestSigningKey', 'requestSigningCert'],
    ['assertionEncryptionKey', 'assertionEncryptionCert'],
  ])('%s with the certificate of another key is rejected without showing the key', (keyField, field) => {
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    for (const certificate of [CERTIFICATE, ownCertificate(other), CERTIFICATE + OLDER_CERTIFICATE]) {
      const fields = { ...saml, [keyField]: key, [field]: certificate }
      expect(refused(fields)).toEqual([`certificate_of_another_key ${field}`])
      for (const line of key.split('\n').slice(1, -2)) expect(JSON.stringify(read(fields))).not.toContain(line)
    }
    const pem = elliptic.export({ type: 'pkcs8', format: 'pem' }).toString()
    const own = ownCertificate(elliptic)
    expect(accepted({ ...saml, [keyField]: pem, [field]: own }).attributes[field]).toBe(own)
    expect(refused({ ...saml, [keyField]: 'none', [field]: own })).toEqual([`invalid_private_key ${keyField}`])
  })

  test('of a chain, the certificate of the key is used', () => {
    for (const requestSigningCert of [
      certificateOfKey + CERTIFICATE,
      [OLDER_CERTIFICATE, CERTIFICATE, certificateOfKey],
    ]) {
      const { attributes } = accepted({ ...saml, requestSigningKey: key, requestSigningCert })
      expect(attributes.requestSigningCert).toBe(certificateOfKey)
    }
    expect(accepted({ ...saml, requestSigningCert: CERTIFICATE }).attributes.requestSigningCert).toBe(CERTIFICATE)
  })
})

const METADATA = `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.acme.example/?a=1&amp;b=2">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="encryption"><ds:X509Certificate>${body(OLDER_CERTIFICATE)}</ds:X509Certificate></md:KeyDescriptor>
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Certificate>
      ${body(CERTIFICATE)}
    </ds:X509Certificate></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.acme.example/post"/>
    <md:SingleSignOnService Location='https://idp.acme.example/redirect' Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`

test('the metadata of an identity provider supplies what is not mapped', () => {
  const { idpEntityId: _, idpUrl: _url, x509Cert: _cert, ...rest } = saml
  expect(accepted({ ...rest, idpMetadataXml: METADATA }).attributes).toMatchObject({
    idpEntityId: 'https://idp.acme.example/?a=1&b=2',
    idpUrl: 'https://idp.acme.example/redirect',
    x509Cert: [CERTIFICATE],
  })
  expect(accepted({ ...saml, idpMetadataXml: METADATA }).attributes).toMatchObject({
    idpUrl: 'https://idp.acme.example/sso',
  })
  expect(refused({ ...rest, idpMetadataXml: '<html/>' })).toEqual(['invalid_saml_metadata idpMetadataXml'])
  expect(accepted({ ...rest, idpMetadataUrl: 'https://idp.acme.example/metadata' }).attributes).toMatchObject({
    idpMetadataUrl: 'https://idp.acme.example/metadata',
  })
})

test.each([
  ['is commented out', METADATA.replace('<md:KeyDescriptor use="encryption">', (key) => `<!-- ${key} -->${key}`)],
  [
    'is a whole provider before it, commented out',
    METADATA.replace('<md:IDP', `<!-- ${METADATA.slice(22, -22)} --><md:IDP`),
  ],
  [
    'is another entity, which provides no identities',
    `<EntitiesDescriptor><EntityDescriptor entityID="sp"><SPSSODescriptor/></EntityDescriptor>${METADATA.slice(22)}</EntitiesDescriptor>`,
  ],
  [
    'are line breaks and numbers in its references',
    METADATA.replace('&amp;', '&#38;').replace('entityID', '\n entityID'),
  ],
])('%s changes nothing in what the metadata contains', (_what, xml) => {
  const { idpEntityId: _, idpUrl: _url, x509Cert: _cert, ...rest } = saml
  expect(accepted({ ...rest, idpMetadataXml: xml }).attributes).toMatchObject({
    idpEntityId: 'https://idp.acme.example/?a=1&b=2',
    idpUrl: 'https://idp.acme.example/redirect',
    x509Cert: [CERTIFICATE],
  })
})

test.each([
  ['is cut off', METADATA.slice(0, -10)],
  ['is not text', 42],
  ['declares entities', `<!DOCTYPE x [<!ENTITY a "b">]>${METADATA.slice(22)}`],
  ['is longer than such a document', METADATA.replace('\n', ' '.repeat(2 ** 20))],
])('metadata that %s are rejected', (_what, xml) => {
  expect(refused({ ...saml, idpMetadataXml: xml })).toEqual(['invalid_saml_metadata idpMetadataXml'])
})

test.each<[string, Record<string, unknown>, string[]]>([
  ['no organization', { ...saml, organization: null }, ['connection_incomplete organization']],
  ['nothing that identifies it', { ...saml, key: '' }, ['connection_incomplete key']],
  ['no type', { ...saml, type: null }, ['connection_incomplete type']],
  ['another type', { ...saml, type: 'ldap' }, ['invalid_connection_protocol type']],
  ['no certificate', { ...saml, x509Cert: '' }, ['connection_incomplete x509Cert']],
  ['no certificate, but text', { ...saml, x509Cert: 'MIIB' }, ['invalid_certificate x509Cert']],
  ['no address', { ...saml, idpUrl: 'idp.acme.example' }, ['invalid_url idpUrl']],
  ['a password in an address', { ...saml, idpUrl: 'https://u:canary@idp.acme.example' }, ['invalid_url idpUrl']],
  ['no issuer', { ...oidc, discoveryEndpoint: null }, ['connection_incomplete discoveryEndpoint']],
  ['no client', { ...oidc, clientId: null }, ['connection_incomplete clientId']],
  ['a type of the other protocol', { ...oidc, connectionType: 'OktaSAML' }, ['invalid_connection_type connectionType']],
  ['a public email provider', { ...oidc, domains: 'gmail.com' }, ['consumer_domain domains']],
])('a connection with %s is rejected', (_what, fields, problems) => {
  expect(refused(fields)).toEqual(problems)
  expect(JSON.stringify(read(fields))).not.toContain('canary')
})

test('types are known in any case', () => {
  expect(accepted({ ...saml, connectionType: 'oktasaml' }).attributes.connectionType).toBe('OktaSAML')
})
