import { describe, expect, test } from 'vitest'
import { complaints, type Figures, markdownTable, publishedFigures, RATIOS, withRatios } from '../../bench/table.ts'

describe('docs/explanation/performance.md', () => {
  const published = publishedFigures()

  test('has a row for each measured number of users', () => {
    expect(published.map(({ users }) => users)).toEqual(expect.arrayContaining([3, 100_000, 1_000_000]))
  })

  test('has every ratio that a run is compared with', () => {
    const said = Object.fromEntries(
      published.map((row) => [row.users, RATIOS.filter((ratio) => (row[ratio] ?? 0) > 0)]),
    )
    expect(said).toMatchObject({ 3: RATIOS, 100000: RATIOS, 1000000: RATIOS })
  })

  test('has ratios that match its rounded seconds', () => {
    for (const row of published) {
      const ratios = withRatios(row)
      for (const ratio of RATIOS) {
        if (row[ratio] === undefined) continue
        expect((ratios[ratio] ?? 0) / row[ratio], `${ratio} of ${row.users} users`).toBeCloseTo(1, 1)
      }
    }
  })
})

const figures: Figures = withRatios({ users: 1000, yardstick: 2, plan: 8, cpu: 12.34, peak: 400.4, again: 3 })

test('a written table can be read back', () => {
  const rows = [figures, { users: 10_000_000, yardstick: 1234.5, plan: 2469 }]
  expect(publishedFigures(`# Page\n\n${markdownTable(rows)}\nMore text.\n`)).toEqual([
    { users: 1000, yardstick: 2, plan: 8, cpu: 12.3, peak: 400, planRatio: 4, again: 3, againRatio: 1.5 },
    { users: 10_000_000, yardstick: 1235, plan: 2469 },
  ])
})

test('a page without the table or with another column is an error', () => {
  expect(() => publishedFigures('# Page\n')).toThrow('the page has no table with Users | csv-parse, s | Plan, s')
  expect(() => publishedFigures('| Users | Speed |\n|--|--|\n| 3 | 4 |\n')).toThrow('the page has no table')
})

describe('a ratio is worse', () => {
  test('by more than a quarter', () => {
    expect(complaints([{ users: 1000, planRatio: 5, againRatio: 1.9 }], [figures])).toEqual([
      '1,000 users: Again ÷ csv-parse is 1.90, and docs/explanation/performance.md says 1.50',
    ])
  })

  test('not if it is better, not measured, or not on the page', () => {
    expect(
      complaints(
        [
          { users: 1000, planRatio: 1 },
          { users: 3, planRatio: 99 },
        ],
        [figures],
      ),
    ).toEqual([])
  })
})
