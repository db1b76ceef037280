import { expect, test } from 'vitest'
import type { LiveResource } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { findLive } from '../../src/rundb/live.ts'
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
  const listed = new LiveAhead(folder)
  listed.add(
    'user',
    first.map((id) => user(id, 'first')),
  )
  listed.add('organization', [user('9', 'other')])
  listed.add(
    'user',
    second.map((id) => user(id, 'second')),
  )
  const rundb = new RunDatabase(folder)
  createPlanTables(rundb)
  listed.copyInto(rundb, 'user')
  const names = ['1', '2', '3', '9'].map((id) => findLive(rundb, 'user', 'id', id)?.attributes.firstName)
  const expected = (id: string) => (second.includes(id) ? 'second' : 'first')
  expect(names).toEqual([expected('1'), expected('2'), expected('3'), undefined])
  listed.copyInto(rundb, 'organization')
  expect(findLive(rundb, 'organization', 'id', '9')?.naturalKey).toBe('9@example.com')
  listed.close()
  rundb.close()
})
