import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLines } from './lines.ts'

/** A hash in valid bcrypt form, without a known password. */
const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

export interface DataSize {
  users: number
  organizations: number
  /** Memberships per user: the average is 1.5 if half of the users have a second one. */
  secondMemberships: number
  /** The share of users with a row in the roles file. */
  roles: number
}

/** The Clerk migration of 100,000 users that other tools were measured with. */
export function clerkSize(users: number): DataSize {
  return { users, organizations: Math.max(10, Math.floor(users / 200)), secondMemberships: 0.5, roles: 0.2 }
}

/** Writes a Clerk export with both mapping files and a manifest. */
export function writeClerkExport(folder: string, size: DataSize, target: string): void {
  const users = linesOf(join(folder, 'users.csv'))
  users.add(
    'id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,' +
      'unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher',
  )
  const memberships = linesOf(join(folder, 'memberships.csv'))
  memberships.add('clerk_user_id,org_external_id,org_name')
  const roles = linesOf(join(folder, 'roles.csv'))
  roles.add('clerk_user_id,role_slug,org_external_id')
  for (let index = 0; index < size.users; index += 1) {
    const id = `user_${index.toString(36).padStart(8, '0')}`
    const email = `user${index}@example.com`
    users.add(`${id},First${index},Last${index},name${index},${email},,${email},,,,,${BCRYPT},bcrypt`)
    const organization = index % size.organizations
    memberships.add(`${id},org-${organization},Organization ${organization}`)
    if (index % 100 < size.secondMemberships * 100) {
      const second = (index * 7 + 1) % size.organizations
      if (second !== organization) memberships.add(`${id},org-${second},Organization ${second}`)
    }
    if (index % 100 < size.roles * 100) roles.add(`${id},org:admin,org-${organization}`)
  }
  for (const file of [users, memberships, roles]) file.close()
  writeFileSync(join(folder, 'migrate.config.yaml'), manifest(target))
}

function manifest(target: string): string {
  return `version: 1
name: bench
source: { type: clerk, users: users.csv, memberships: memberships.csv, roles: roles.csv }
roles: { define: { admin: { name: Admin } } }
${target}
`
}

function linesOf(path: string): { add(line: string): void; close(): void } {
  const { add, close } = createLines(path)
  return { add: (line) => add(`${line}\n`), close }
}
