import { expect, test } from 'vitest'
import type { LiveResource } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { countLive, findLive } from '../../src/rundb/live.ts'
import { LiveAhead } from '../../src/rundb/live-ahead.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { temporaryFolder } from '../temporary-folder.ts'

function user(id: string, firstName: string): LiveResource {
  return { id, externalId: null, naturalKey: `${id}@example.com`, attributes: { firstName } }
}

test.each([
  ['in the order of IDs', ['1', '2'], ['3']],
  ['in another order', ['3', '1'], ['2', '3']],
])('pages %s become rows, and of two the later one counts', (_, first, second) => {
  const folder = temporaryFolder()
  const ahead = new LiveAhead(folder)
  const users = ahead.list('user')
  users.add(first.map((id) => user(id, 'first')))
  const organizations = ahead.list('organization')
  organizations.add([user('9', 'other')])
  users.add(second.map((id) => user(id, 'second')))
  users.done()
  expect(ahead.ids('user')).toEqual(new Set(['1', '2', '3']))
  const rundb = new RunDatabase(folder)
  createPlanTables(rundb)
  ahead.becomeLiveOf(rundb)
  const names = ['1', '2', '3', '9'].map((id) => findLive(rundb, 'user', 'id', id)?.attributes.firstName)
  const expected = (id: string) => (second.includes(id) ? 'second' : 'first')
  expect(names).toEqual([expected('1'), expected('2'), expected('3'), undefined])
  // A list can continue after other rows were read, also by their indexes.
  expect(findLive(rundb, 'user', 'natural_key', '2@example.com')?.id).toBe('2')
  organizations.done()
  expect(findLive(rundb, 'organization', 'natural_key', '9@example.com')?.id).toBe('9')
  ahead.close()
  expect(countLive(rundb, 'user')).toBe(3)
  rundb.close()
})
