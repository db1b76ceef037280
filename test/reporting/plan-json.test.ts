import { expect, test } from 'vitest'
import { jsonText } from '../../src/json.ts'
import { actionValues } from '../../src/planning/action.ts'
import { planJson } from '../../src/reporting/plan-documents.ts'
import { createWorld, people, type Row } from '../planning/world.ts'
import { HOSTILE } from './rendered.ts'

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

test('each action is written as if its values had been parsed, whatever their names and content', async () => {
  const rows = people(HOSTILE.length).map(
    (row, index): Row => ({
      ...row,
      first_name: HOSTILE[index] ?? '',
      metadata: JSON.stringify(
        index % 2 === 0 ? { 10: 'ten', 9: 'nine', a: '"1":' } : { b: HOSTILE[index], a: '\u2028' },
      ),
      password_hash: index % 3 === 0 ? HASH : '',
      password_hash_type: index % 3 === 0 ? 'bcrypt' : '',
    }),
  )
  const world = await createWorld(rows)
  const plan = await world.plan()
  await world.apply(plan)
  const later = rows.map((row, index): Row => (index % 2 === 0 ? { ...row, last_name: 'Changed' } : row))
  world.rows([...later, ...people(12)])
  for (const each of [plan, await world.plan()]) {
    const expected = [...each.actions()].map((action) => {
      const {
        send: _send,
        applied: _applied,
        ...shown
      } = { ...action, ...actionValues(each, action) } as Record<string, unknown>
      return jsonText(shown)
    })
    expect(expected.length).toBeGreaterThan(4)
    expect([...planJson(each)].join('')).toContain(`,\n"actions":[\n${expected.join(',\n')}],\n"drift":[`)
  }
})
