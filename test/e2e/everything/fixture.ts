import type { Project } from '../cli.ts'
import type { Row } from '../people.ts'
import { HASHES } from './passwords.ts'

/** Numbers of organizations and ordinary users. */
const ORGANIZATIONS = 60
const USERS = 180

/** One secret of an authenticator app, in four encodings and as an otpauth URI. */
const SECRETS: readonly [encoding: string, secret: string][] = [
  ['base32', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
  ['hex', '48656c6c6f21deadbeef48656c6c6f21deadbeef'],
  ['base64', 'SGVsbG8h3q2+70hlbGxvId6tvu8='],
  ['text', 'a secret of 20 bytes'],
  ['', 'otpauth://totp/Acme:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme'],
]

/** The bytes of these secrets in the form that WorkOS accepts, computed elsewhere; in order. */
export const SECRETS_IN_BASE32 = ['JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', 'MEQHGZLDOJSXIIDPMYQDEMBAMJ4XIZLT']

const organizationOf = (n: number) => `org-${String(n % ORGANIZATIONS).padStart(2, '0')}`

/** A row of a user in an organization. */
function row(name: string, organization: number | undefined, more: Row = {}): Row {
  const own: Row =
    organization === undefined
      ? {}
      : { org_external_id: organizationOf(organization), org_name: `Organization ${organization % ORGANIZATIONS}` }
  return {
    email: `${name}@example.com`,
    external_id: name,
    email_verified: 'yes',
    first_name: name,
    last_name: 'Example',
    metadata: JSON.stringify({ plan: 'free' }),
    updated_at: '2026-01-01T00:00:00Z',
    ...own,
    ...more,
  }
}

/**
 * Ordinary users: passwords of every type, secrets in every encoding, in one to three organizations
 * each.
 */
function ordinary(): Row[] {
  return Array.from({ length: USERS }, (_, n) => {
    const [type = '', hash = ''] = HASHES[n % HASHES.length] ?? []
    const [encoding = '', secret = ''] = n % 9 === 0 ? (SECRETS[(n / 9) % SECRETS.length] ?? []) : []
    const name = `user${n}`
    const own = { password_hash: hash, password_hash_type: type, totp_encoding: encoding, totp_secret: secret }
    const roles = ['admin', 'member', '', 'auditor', 'admin,billing'][n % 5] ?? ''
    const groups = ['Engineering', 'Finance|Engineering', ''][n % 3] ?? ''
    const first = row(name, n, { ...own, role_slugs: roles, groups })
    return [
      first,
      ...(n % 4 === 0 ? [row(name, n + 7)] : []),
      ...(n % 8 === 0 ? [row(name, n + 13, { groups: 'Finance' })] : []),
    ]
  }).flat()
}

/** Nine kinds of duplicates, and the result of each. */
function duplicates(): Row[] {
  const [type = '', hash = ''] = HASHES[0] ?? []
  const hashed = { password_hash: hash, password_hash_type: type }
  return [
    // 1: a row twice.
    row('twice', 1),
    row('twice', 1),
    // 2: one address in two cases.
    row('case', 2),
    row('case', 3, { email: 'CASE@Example.com', external_id: '' }),
    // 3: one domain in Unicode and in Punycode.
    row('idn', 4, { email: 'idn@bücher.example' }),
    row('idn-2', 5, { email: 'idn@xn--bcher-kva.example', external_id: 'idn-2' }),
    // 4: a plus tag.
    row('tagged', 6, { email: 'tagged@example.com' }),
    row('tagged-2', 7, { email: 'tagged+news@example.com' }),
    // 5: dots at Gmail.
    row('dotted', 8, { email: 'dotted.person@gmail.com' }),
    row('dotted-2', 9, { email: 'dottedperson@googlemail.com' }),
    // 6: one address, two external IDs, two passwords, two secrets, names of different length,
    // different metadata.
    row('both', 10, { ...hashed, first_name: 'Bo', totp_encoding: 'base32', totp_secret: SECRETS[0]?.[1] ?? '' }),
    row('both-2', 11, {
      email: 'both@example.com',
      first_name: 'Bodo',
      updated_at: '2026-05-01T00:00:00Z',
      password_hash: HASHES[3]?.[1] ?? '',
      password_hash_type: HASHES[3]?.[0] ?? '',
      totp_encoding: 'hex',
      totp_secret: SECRETS[1]?.[1] ?? '',
      metadata: JSON.stringify({ plan: 'pro', seat: '12' }),
      role_slugs: 'billing',
    }),
    // 7: one external ID, two addresses: two users.
    row('claimed', 12),
    row('claimed', 13, { email: 'other.claimed@example.com', email_verified: 'no' }),
    // 8: an address that one account verified, and another with a password did not.
    row('proven', 14),
    row('unproven', 15, { email: 'proven@example.com', email_verified: 'no', ...hashed }),
    // 9: a user already in WorkOS, with the address of one row and no known external ID.
    row('existing', 16),
    row('existing-2', 17, { email: 'existing@example.com' }),
    // And one for whom an earlier row has another name of the organization.
    row('renamer', 18, { org_name: 'Organization Eighteen' }),
  ]
}

const userRoles = (): Row[] => [
  { external_id: 'user0', role_slug: 'billing', org_external_id: '' },
  { external_id: 'user8', role_slug: 'billing', org_external_id: '' },
  { external_id: 'user1', role_slug: 'admin', org_external_id: organizationOf(1) },
  { external_id: 'user2', role_slug: 'keeper', org_external_id: organizationOf(2) },
  { external_id: 'user3', role_slug: 'auditor', org_external_id: '' },
]

const roleDefinitions = (): Row[] => [
  {
    role_slug: 'admin',
    role_name: 'Admin',
    role_type: 'environment',
    permissions: 'users:read,users:write',
    org_external_id: '',
  },
  {
    role_slug: 'billing',
    role_name: 'Billing',
    role_type: 'environment',
    permissions: '["invoices:pay"]',
    org_external_id: '',
  },
  {
    role_slug: 'auditor',
    role_name: 'Auditor',
    role_type: 'organization',
    permissions: 'logs:read',
    org_external_id: '',
  },
  {
    role_slug: 'keeper',
    role_name: 'Keeper',
    role_type: 'organization',
    permissions: '',
    org_external_id: organizationOf(2),
  },
]

/** All parts of an identity, in three files, with rules that do not depend on the order of rows. */
export function writeEverything(
  project: Pick<Project, 'csv' | 'manifest'>,
  { target }: { target: object },
  order: (rows: Row[]) => Row[],
): void {
  project.csv('users.csv', order([...ordinary(), ...duplicates()]))
  project.csv('user-roles.csv', order(userRoles()))
  project.csv('role-definitions.csv', order(roleDefinitions()))
  project.manifest({
    version: 1,
    name: 'everything',
    source: {
      type: 'csv',
      path: './users.csv',
      roleDefinitions: './role-definitions.csv',
      userRoles: './user-roles.csv',
    },
    map: {
      user: {
        totpSecret:
          "totp_secret ? (totp_encoding ? { 'secret': totp_secret, 'encoding': totp_encoding } : totp_secret)",
      },
      organization: { domains: "$replace(org_external_id, 'org-', 'tenant') & '.example'" },
      group: { each: "$[org_external_id and groups].$split(groups, '|')", name: '$' },
      groupMember: { each: "$[org_external_id and groups].$split(groups, '|')", group: '$' },
    },
    dedupe: {
      user: {
        email: { plusTags: 'ignore', gmailDots: 'ignore' },
        prefer: ['emailVerified', '$record.password_hash_type = "bcrypt"'],
        updatedAt: '$record.updated_at',
        fields: { firstName: 'longest', 'metadata.plan': 'newest', passwordHash: 'newest' },
      },
    },
    organizations: { onNameConflict: 'most' },
    target,
    // The second row of the one external ID, with its membership and its organization.
    safety: { maxRejects: 10 },
    run: {
      workers: 2,
      chunkSize: 37,
      concurrency: 50,
      limits: { writes: '100000/1s', reads: '100000/1s', requests: '100000/1s' },
    },
  })
}
