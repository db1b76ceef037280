import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { KindSummary } from '../../src/planning/action.ts'
import { checkGuards } from '../../src/planning/guards.ts'
import { manifestWith } from '../mapping/manifest.ts'

const NOTHING: Manifest['safety'] = { ...manifestWith({}).safety, maxRejects: '100%' }

function users(counts: Partial<KindSummary>): KindSummary {
  const zero = {
    desired: 0,
    create: 0,
    update: 0,
    adopt: 0,
    unchanged: 0,
    gone: 0,
    blocked: 0,
    delete: 0,
    orphaned: 0,
    drifted: 0,
  }
  return { kind: 'user', plural: 'users', ...zero, ...counts }
}

test.each<[string, Partial<Manifest['safety']>, Partial<KindSummary>, number, string[]]>([
  ['no thresholds, no refusal', {}, { desired: 100, create: 100 }, 0, []],
  ['as many updates as allowed', { maxUpdates: 5 }, { desired: 100, update: 5 }, 0, []],
  ['one update more', { maxUpdates: 5 }, { desired: 100, update: 6 }, 0, ['maxUpdates 6/100']],
  ['exactly the percentage', { maxUpdates: '30%' }, { desired: 100, update: 30 }, 0, []],
  ['more than the percentage', { maxUpdates: '30%' }, { desired: 100, update: 31 }, 0, ['maxUpdates 31/100']],
  ['fractions of a percent', { maxUpdates: '0.5%' }, { desired: 1000, update: 6 }, 0, ['maxUpdates 6/1000']],
  ['percentages do not apply to few', { maxUpdates: '30%' }, { desired: 19, update: 19 }, 0, []],
  ['and apply from twenty on', { maxUpdates: '30%' }, { desired: 20, update: 19 }, 0, ['maxUpdates 19/20']],
  ['counts apply to few, too', { maxUpdates: 0 }, { desired: 3, update: 1 }, 0, ['maxUpdates 1/3']],
  ['creates', { maxCreates: 0 }, { desired: 3, create: 1, update: 2 }, 0, ['maxCreates 1/3']],
  ['a threshold of zero allows none', { maxRejects: 0 }, { desired: 9 }, 1, ['maxRejects 1/10']],
  ['blocked resources count as rejected', { maxRejects: 2 }, { desired: 9, blocked: 2 }, 1, ['maxRejects 3/10']],
  ['no rejects violate nothing', { maxRejects: 0 }, { desired: 9 }, 0, []],
  [
    'each guard separately',
    { maxCreates: 1, maxUpdates: 1, maxRejects: 0 },
    { desired: 50, create: 2, update: 3 },
    4,
    ['maxCreates 2/50', 'maxUpdates 3/50', 'maxRejects 4/54'],
  ],
])('%s', (_, safety, counts, rejected, refused) => {
  const refusals = checkGuards({ ...NOTHING, ...safety }, [users(counts)], rejected)
  expect(refusals.map(({ guard, figure, total }) => `${guard} ${figure}/${total}`)).toEqual(refused)
  for (const { guard, figure, message, hint } of refusals) {
    expect(message).toContain(String(figure))
    expect(message).toContain(`safety.${guard} allows ${safety[guard as 'maxUpdates']}`)
    expect(hint).toContain(`safety.${guard}`)
  }
})

test('the figures of all kinds are summed', () => {
  const kinds = [users({ desired: 10, update: 2 }), { ...users({ desired: 30, update: 3 }), kind: 'membership' }]
  expect(checkGuards({ ...NOTHING, maxUpdates: 4 }, kinds, 0)).toMatchObject([{ figure: 5, total: 40 }])
})
