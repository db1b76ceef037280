import { expect, test } from 'vitest'
import type { Accounting } from '../../src/desired/accounting.ts'
import { renderAccounting } from '../../src/reporting/accounting-text.ts'
import { painter } from '../../src/reporting/style.ts'
import type { LeftOut } from '../../src/rundb/left-out.ts'
import type { StreamCount } from '../../src/sources/source.ts'

function rendered(streams: StreamCount[], mapped: number, leftOut: number, leftOutBy: LeftOut[] = []): string[] {
  const accounting: Accounting = { streams, records: { mapped, leftOut, leftOutBy, assigned: 0 }, kinds: [] }
  return renderAccounting(accounting, painter(false))
    .split('\n')
    .map((line) => line.trim().replaceAll(/ +/g, ' '))
}

const users: StreamCount = { stream: 'users', file: 'u.csv', role: 'main', read: 5, passed: 4, rejected: 1 }

test('one main stream shows how many records were mapped and left out', () => {
  expect(rendered([users], 3, 1)).toContain('users (u.csv) 5 = 3 mapped + 1 left out + 1 rejected')
})

test('several main streams show the sum', () => {
  const more: StreamCount = { stream: 'more', file: 'm.csv', role: 'main', read: 2, passed: 2, rejected: 0 }
  expect(rendered([users, more], 5, 1)).toEqual(
    expect.arrayContaining([
      'users (u.csv) 5 = 4 passed on + 1 rejected',
      'more (m.csv) 2 = 2 passed on + 0 rejected',
      'total passed on 6 = 5 mapped + 1 left out',
    ]),
  )
})

test('ignored rows are shown', () => {
  const rows: StreamCount = {
    stream: 'rows',
    file: 'r.csv',
    role: 'joined',
    read: 9,
    passed: 2,
    rejected: 3,
    ignored: 4,
  }
  expect(rendered([users, rows], 4, 0)).toContain('rows (r.csv) 9 = 2 joined + 3 rejected + 4 ignored')
})

test('conditions that left records out are listed with their places, the highest count first', () => {
  const lines = rendered([users], 0, 1_240, [
    { stream: 'teams', path: null, records: 2 },
    { stream: 'users', path: 'map.user.when', records: 1_234, at: { file: 'recipes/okta.yaml', line: 14, column: 11 } },
    { stream: 'users', path: 'roles.unmapped', records: 4 },
  ])
  expect(lines.filter((line) => line.includes('left out') && !line.includes('='))).toEqual([
    'users: 1,234 left out by map.user.when (recipes/okta.yaml:14)',
    'users: 4 left out by roles.unmapped',
    'teams: 2 left out: no rule in map reads this stream',
  ])
})
