import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'

/** What must be in WorkOS in the end: values by identity. */
export interface Expected {
  /** By email. */
  users: Map<string, UserValues>
  /** Name by external ID. */
  organizations: Map<string, string>
  /** Sorted roles by `email@@external ID of the organization`. */
  memberships: Map<string, string[]>
  roles: string[]
}

export interface UserValues {
  external_id: string
  first_name: string
  email_verified: boolean
  metadata: Record<string, string>
}

export interface Population {
  rows: Record<string, string>[]
  expected: Expected
}

const HASH = `$2b$10$${'f'.repeat(53)}`
const ROLES = [['admin'], ['member'], ['admin', 'billing']]

/**
 * Users in one to three of the organizations (at least 3), with one or two roles; every seventh is
 * in none.
 */
export function populate(users: number, organizations: number): Population {
  const expected: Expected = {
    users: new Map(),
    organizations: new Map(),
    memberships: new Map(),
    roles: ['admin', 'billing', 'member'],
  }
  const rows: Record<string, string>[] = []
  for (let n = 0; n < users; n += 1) {
    const email = `user${n}@example.com`
    const metadata = { number: `${n}` }
    expected.users.set(email, {
      external_id: `u-${n}`,
      first_name: `First ${n}`,
      email_verified: n % 2 === 0,
      metadata,
    })
    const user = {
      email,
      external_id: `u-${n}`,
      first_name: `First ${n}`,
      email_verified: n % 2 === 0 ? 'yes' : 'no',
      metadata: JSON.stringify(metadata),
      password_hash: n % 3 === 0 ? HASH : '',
      password_hash_type: n % 3 === 0 ? 'bcrypt' : '',
    }
    const memberships = n % 7 === 6 ? 0 : 1 + (n % 3)
    if (memberships === 0) rows.push(user)
    for (let m = 0; m < memberships; m += 1) {
      const organization = (n + m * Math.floor(organizations / 3)) % organizations
      const roles = ROLES[(n + m) % ROLES.length] ?? []
      const [id, name] = [`org-${organization}`, `Organization ${organization}`]
      expected.organizations.set(id, name)
      expected.memberships.set(`${email}@@${id}`, roles)
      rows.push({ ...user, org_external_id: id, org_name: name, role_slugs: roles.join(',') })
    }
  }
  return { rows, expected }
}

/**
 * What must be there while one user and one organization are rejected: neither, and none of their
 * memberships.
 */
export function without(expected: Expected, user: string, organization: string): Expected {
  return {
    ...expected,
    users: new Map([...expected.users].filter(([email]) => email !== user)),
    organizations: new Map([...expected.organizations].filter(([id]) => id !== organization)),
    memberships: new Map(
      [...expected.memberships].filter(
        ([title]) => !title.startsWith(`${user}@@`) && !title.endsWith(`@@${organization}`),
      ),
    ),
  }
}

export interface ProjectOptions {
  baseUrl: string
  concurrency: number
  /** Seconds. */
  timeout: number
  /** Further parts of the manifest. */
  more?: object | undefined
}

/** Writes the manifest and its CSV file into a folder. The API key is in the variable KEY. */
export function writeProject(folder: string, { rows }: Population, options: ProjectOptions): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  writeFileSync(join(folder, 'users.csv'), stringify(rows, { header: true, columns }))
  const limit = '1000000/10s'
  const manifest = {
    version: 1,
    name: 'faults',
    source: { type: 'csv', path: './users.csv' },
    roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
    target: { type: 'workos', apiKey: '${KEY}', baseUrl: options.baseUrl, timeout: options.timeout },
    run: {
      workers: 1,
      concurrency: options.concurrency,
      limits: { writes: limit, reads: limit, requests: limit },
    },
    ...options.more,
  }
  writeFileSync(join(folder, 'migrate.config.yaml'), JSON.stringify(manifest, null, 2))
}
