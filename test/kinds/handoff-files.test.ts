import { describe, expect, test } from 'vitest'
import { notesSection, rowOf, TEMPLATES } from '../../src/kinds/connection/handoff-files.ts'
import type { Attributes } from '../../src/resource.ts'
import { CERTIFICATE, OLDER_CERTIFICATE } from './certificates.ts'

const acme = { name: 'Acme', id: 'org_1', externalId: 'acme' }
const NOW = Date.parse('2026-01-01')

function connection(attributes: Attributes, secrets: Record<string, string> | null = null) {
  return { kind: 'connection', key: 'con_1@acme', refs: { organization: 'acme' }, attributes, secrets }
}

/** The cells of a row that are not empty, by their columns. */
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
  test('is called as its organization where the connection has no name', () => {
    expect(cells('saml', connection({ type: 'saml', idpInitiatedEnabled: false }))).toEqual({
      ...organization,
      name: 'Acme',
      idpInitiatedEnabled: 'false',
    })
  })

  test('has room for one certificate: that which is in force longest', () => {
    const certificates = [OLDER_CERTIFICATE, CERTIFICATE]
    for (const x509Cert of [certificates, certificates.toReversed()]) {
      expect(cells('saml', connection({ x509Cert })).x509Cert).toBe(CERTIFICATE)
    }
  })

  test('has secrets only where they are asked for', () => {
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
  test('name the secrets that are left out, never their values', () => {
    const oidc = connection({ type: 'oidc' }, { clientSecret: 'canary' })
    expect(notes(oidc)).toEqual(['- left out, and to be supplied: clientSecret'])
    expect(notes(oidc, true)).toEqual(['- nothing to look at'])
  })

  test('tell of half a pair, which WorkOS does not take', () => {
    expect(notes(connection({ type: 'saml' }, { requestSigningKey: 'canary' }), true)).toEqual([
      expect.stringContaining('requestSigningKey and requestSigningCert count together only'),
    ])
  })
})
