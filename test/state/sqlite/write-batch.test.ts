import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../../src/state/sqlite/database.ts'
import { SAVE } from '../../../src/state/sqlite/rows.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

test('a resource is saved without a scan of its kind', () => {
  const db = openDatabase(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => db.close())
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${SAVE}`).all()
  const searches = steps.map(({ detail }) => String(detail)).filter((detail) => detail.includes('resources'))
  expect(searches).toEqual([expect.stringContaining('USING INDEX resources_by_id (kind=? AND id=?)')])
})
