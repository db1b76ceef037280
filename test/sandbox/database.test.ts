import { afterEach, expect, test } from 'vitest'
import { Database } from '../../src/sandbox/database.ts'

const database = new Database(':memory:')
afterEach(() => database.run('DELETE FROM environments'))

test.each([
  ['users', 'email_key = ?', 'users_by_email'],
  ['users', 'external_id = ?', 'users_by_external_id'],
  ['organizations', 'external_id = ?', 'organizations_by_external_id'],
  ['organizations', 'stripe_customer_id = ?', 'organizations_by_stripe_customer'],
  ['organization_domains', 'organization_id = ?', 'organization_domains_by_organization'],
  ['memberships', 'organization_id = ? AND user_id = ?', 'memberships_by_pair'],
  ['memberships', 'user_id = ?', 'memberships_by_user'],
  ['memberships', 'organization_id = ?', 'memberships_by_organization'],
  ['auth_factors', 'user_id = ?', 'auth_factors_by_user'],
  ['organization_groups', 'organization_id = ?', 'organization_groups_by_organization'],
  ['group_members', 'membership_id = ?', 'group_members_by_membership'],
])('%s are found and deleted by %s through an index, even in a large environment', (table, where, index) => {
  for (const statement of [`SELECT * FROM ${table}`, `DELETE FROM ${table}`]) {
    const parameters = where.split('?').slice(1)
    const sql = `EXPLAIN QUERY PLAN ${statement} WHERE environment = 1 AND ${where}`
    const plan = database.all<{ detail: string }>(sql, ...parameters)
    expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining(`INDEX ${index} (environment=? AND `)])
  }
})

test('a transaction that throws leaves nothing behind, and the next one works', () => {
  const insert = (name: string) => database.run('INSERT INTO environments (name) VALUES (?)', name)
  const failing = () =>
    database.transaction(() => {
      insert('one')
      throw new Error('no')
    })
  expect(failing).toThrow('no')
  database.transaction(() => insert('two'))
  expect(database.all('SELECT name FROM environments')).toEqual([{ name: 'two' }])
})

test('digests are equal for equal secrets of one file, and differ between files', () => {
  const other = new Database(':memory:')
  expect(database.digest('secret')).toBe(database.digest('secret'))
  expect(database.digest('secret')).not.toBe(database.digest('Secret'))
  expect(database.digest('secret')).not.toBe(other.digest('secret'))
  other.close()
})
