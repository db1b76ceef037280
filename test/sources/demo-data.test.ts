import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { mapped } from './mapped.ts'
import { folderWith, readAll, sums } from './reading.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const names = ['users.csv', 'memberships.csv', 'roles.csv']
const files = Object.fromEntries(
  names.map((name) => [name, readFileSync(join(root, 'examples/clerk-demo', name), 'utf8')]),
)
const source = { type: 'clerk', users: 'users.csv', memberships: 'memberships.csv', roles: 'roles.csv' }

function list(value: JsonObject[string] | undefined): JsonObject[string][] {
  return Array.isArray(value) ? value : []
}

test('the script generates the demo data', () => {
  const out = join(folderWith({}), 'out')
  mkdirSync(out)
  execFileSync(process.execPath, [join(root, 'scripts/generate-demo-data.ts'), out], { stdio: 'pipe' })
  expect(names.map((name) => readFileSync(join(out, name), 'utf8'))).toEqual(names.map((name) => files[name]))
})

test('the demo data contain users with several organizations, with one and with none', async () => {
  const reading = await readAll(source, folderWith(files))
  const memberships = reading.records.map(({ data }) => list(data.memberships).length)
  expect(reading.records.length).toBeGreaterThanOrEqual(220)
  expect(new Set(memberships)).toEqual(new Set([0, 1, 2, 3, 5]))
  expect(sums(reading)).toEqual([
    ['users', 225, 224, 1],
    ['memberships', 286, 285, 1],
    ['roles', 67, 67, 0],
  ])
  expect(reading.warnings).toEqual([])
  expect(reading.rejected.map(({ problem }) => problem.code)).toEqual(['ragged_row', 'no_such_user'])
})

test('the mapping rejects three users on purpose, and no other record', async () => {
  const result = await mapped(source, files, { roles: { map: { 'org:billing': 'billing' } } })
  expect(result.rejects.map(({ code }) => code)).toEqual(['invalid_email', 'email_missing', 'invalid_password_hash'])
  const resets = result.notes.filter(({ code }) => code === 'password_reset_required').map(({ detail }) => detail)
  expect(resets.sort()).toEqual(['md5', 'md5', 'md5', 'phpass', 'phpass'])
})

test('the minimal example has three users, two organizations and three memberships', async () => {
  const users = readFileSync(join(root, 'examples/csv-minimal/users.csv'), 'utf8')
  const result = await mapped({ type: 'csv', path: 'users.csv' }, { 'users.csv': users })
  const distinct = (kind: string) =>
    new Set(result.drafts.filter((draft) => draft.kind === kind).map(({ key, group }) => group ?? key)).size
  expect(result.rejects).toEqual([])
  expect(['user', 'organization', 'membership'].map(distinct)).toEqual([3, 2, 3])
})
