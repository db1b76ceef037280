import { describe, expect, test } from 'vitest'
import { notesSection, rowOf, TEMPLATES } from '../../src/kinds/connection/handoff-files.ts'
import type { Attributes } from '../../src/resource.ts'
import { CERTIFICATE, OLDER_CERTIFICATE } from './certificates.ts'

const acme = { name: 'Acme', id: 'org_1', externalId: 'acme' }
const NOW = Date.parse('2026-01-01')

function connection(attributes: Attributes, secrets: Record<string, string> | null = null) {
  return { kind: 'connection', key: 'con_1@acme', refs: { organization: 'acme' }, attributes, secrets }
}

/** The non-empty cells of a row, by column. */
function cells(template: 'saml' | 'oidc', desired: ReturnType<typeof connection>, includeSecrets = false) {
  const columns: readonly string[] = TEMPLATES.find((one) => one.template === template)?.columns ?? []
  const row = rowOf(template, desired, acme, includeSecrets)
  expect(row).toHaveLength(columns.length)
  return Object.fromEntries(columns.map((column, at) => [column, row[at]]).filter(([, cell]) => cell !== ''))
}

function notes(desired: ReturnType<typeof connection>, includeSecrets = false): string[] {
  const [, heading, , ...lines] = notesSection(desired, acme, { includeSecrets, now: NOW }).trimEnd().split('\n')
  expect(heading).toBe('## con\\_1@acme (Acme)')
  return lines
}

const organization = { organizationName: 'Acme', organizationId: 'org_1', organizationExternalId: 'acme' }

describe('a row of the files', () => {
  test('has the name of its organization if the connection has none', () => {
    expect(cells('saml', connection({ type: 'saml', idpInitiatedEnabled: false }))).toEqual({
      ...organization,
      name: 'Acme',
      idpInitiatedEnabled: 'false',
    })
  })

  test('contains one certificate: the one that expires last', () => {
    const certificates = [OLDER_CERTIFICATE, CERTIFICATE]
    for (const x509Cert of [certificates, certificates.toReversed()]) {
      expect(cells('saml', connection({ x509Cert })).x509Cert).toBe(CERTIFICATE)
    }
  })

  test('contains secrets only on request', () => {
    const oidc = connection({ name: 'SSO', clientId: 'client' }, { clientSecret: 'canary' })
    expect(cells('oidc', oidc)).toEqual({ ...organization, name: 'SSO', clientId: 'client' })
    expect(cells('oidc', oidc, true)).toEqual({
      ...organization,
      name: 'SSO',
      clientId: 'client',
      clientSecret: 'canary',
    })
  })
})

describe('notes on a connection', () => {
  test('list the omitted secrets, never their values', () => {
    const oidc = connection({ type: 'oidc' }, { clientSecret: 'canary' })
    expect(notes(oidc)).toEqual(['- omitted, add before the import: clientSecret'])
    expect(notes(oidc, true)).toEqual(['- nothing to check'])
  })

  test('report half a key pair, which WorkOS ignores', () => {
    expect(notes(connection({ type: 'saml' }, { requestSigningKey: 'canary' }), true)).toEqual([
      expect.stringContaining('requestSigningKey and requestSigningCert only count together'),
    ])
  })
})
