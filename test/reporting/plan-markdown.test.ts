import { expect, test } from 'vitest'
import { prose } from '../../src/reporting/markdown/inline.ts'
import { createWorld, people } from '../planning/world.ts'
import { asGitHub, mentions } from './github.ts'
import { asMarkdown, asText, HOSTILE } from './rendered.ts'

/** The characters of a comment on GitHub. */
const LIMIT = 65_536

test('five changed rows are shown open with their changes', async () => {
  const world = await createWorld(people(40))
  await world.apply(await world.plan())
  world.rows(people(41).map((row, n) => (n < 4 ? { ...row, first_name: `New ${n}` } : row)))
  const markdown = asMarkdown(await world.plan())
  expect(markdown).toContain('**Updates 4 users, creates 1 user and 1 membership.**')
  const [changes = ''] = markdown.split('<details>')
  for (const n of [0, 1, 2, 3]) expect(changes).toContain(`-   firstName: "First${n}"\n+   firstName: "New ${n}"\n`)
  expect(changes).toContain('+ user:ext-40\n')
})

test('data creates no mentions or links, and plain words stay the same', () => {
  for (const text of ['#1', 'other/repository#2', 'GH-3', 'group/sub-group/project!4', '!5', '@team/ops', 'see x#6!']) {
    expect(mentions(asGitHub(prose(text))), text).toEqual([])
  }
  for (const text of ['wow!', 'C# 7', 'a/b-c.d', 'high-5']) expect(prose(text)).toBe(text)
})

test('dangerous changes come before frequent ones', async () => {
  const world = await createWorld(people(60), { prune: ['membership'], safety: { maxDeletes: 5 } })
  await world.apply(await world.plan())
  world.rows(people(120).map((row, n) => (n === 0 ? { ...row, org_external_id: '', org_name: '' } : row)))
  const markdown = asMarkdown(await world.plan())
  expect(markdown.indexOf('### Deleted (1)')).toBeGreaterThan(0)
  expect(markdown.indexOf('### Deleted (1)')).toBeLessThan(markdown.indexOf('### Created'))
  expect(markdown).toMatch(/### Created \(120\)\n\n<details><summary>60 users<\/summary>/)
})

test('the longest plan fits into a comment', async () => {
  const long = 'ä|`*'.repeat(140)
  const rows = people(400).map((row, n) => ({
    ...row,
    email: n % 3 === 0 ? `${long}${n}` : (row.email ?? ''),
    first_name: HOSTILE[n % HOSTILE.length] ?? '',
    last_name: long,
    metadata: JSON.stringify(Object.fromEntries(Array.from({ length: 9 }, (_, k) => [`k${k}`, `${n}${long}`]))),
  }))
  const world = await createWorld(rows, { safety: { maxRejects: 0 } })
  const plan = await world.plan()
  const warning = { code: 'odd', message: long, hint: long }
  plan.summary.warnings.push(...Array.from({ length: 200 }, () => warning))
  const markdown = asMarkdown(plan)
  expect(markdown.length).toBeLessThan(LIMIT)
  expect(markdown).toContain('> - … ')
  expect(markdown.match(/<details>/g)?.length).toBe(markdown.match(/<\/details>/g)?.length)
})

test('the headline shows what does not get into WorkOS, and each reject names its field', async () => {
  const rows = people(6).map((row, n) => (n < 2 ? { ...row, email_verified: 'perhaps' } : row))
  const world = await createWorld(rows, { safety: { maxRejects: 9 } })
  const plan = await world.plan()
  const [, , headline] = asMarkdown(plan).split('\n')
  expect(headline).toMatch(/^\*\*Creates .*\*\* 9 writes.*\. \*\*Not in WorkOS: \d+ records rejected\.\*\*$/)
  expect(asMarkdown(plan)).toContain('emailVerified: "perhaps" is neither true nor false')
  await world.apply(plan)
  const again = asMarkdown(await world.plan())
  expect(again).toMatch(/\*\*Nothing to do\.\*\* \*\*Not in WorkOS: \d+ records rejected\.\*\*/)
})

test('a resource adopted under another key shows its former address, in text and Markdown', async () => {
  const world = await createWorld(people(3))
  await world.apply(await world.plan())
  world.rows(people(3).map((row, n) => (n === 0 ? { ...row, external_id: 'renamed' } : row)))
  const plan = await world.plan()
  expect(asText(plan)).toMatch(/= user:renamed .*, previously user:ext-0\n/)
  expect(asMarkdown(plan)).toMatch(/^! user:renamed .*, previously user:ext-0$/m)
})
