import { expect, test } from 'vitest'
import { createWorld, people, type Row } from '../planning/world.ts'
import { asJson, asMarkdown, asText } from './rendered.ts'

const WHEN = { user: { when: 'first_name != "out"' }, organization: null, membership: null }

const some = (count: number, out: readonly number[]): Row[] =>
  people(count).map((row, n) => ({ ...row, first_name: out.includes(n) ? 'out' : 'in' }))

test('left out records are listed with place, key and condition in every format', async () => {
  const world = await createWorld(some(3, [1]), { map: WHEN })
  const plan = await world.plan()
  const at = { file: 'migrate.config.yaml', line: 1, column: expect.any(Number) }
  const [item, ...others] = plan.set.leftOut()
  expect(others).toEqual([])
  expect(item).toEqual({
    stream: 'users',
    kind: 'user',
    key: 'ext-1',
    origin: './users.csv:3',
    path: 'map.user.when',
    at,
  })
  expect(asText(plan)).toContain(
    '\nLeft out (1)\n  · ./users.csv:3  user:ext-1  by map.user.when (migrate.config.yaml:1)\n',
  )
  expect(asJson(plan).leftOut).toEqual([item])
  const markdown = asMarkdown(plan)
  expect(markdown).toContain('<details><summary>Left out (1)</summary>')
  expect(markdown).toContain('- `./users.csv:3` `user:ext-1` by map.user.when (migrate.config.yaml:1)\n')
})

test('of many, the first few are shown, and all with --full', async () => {
  const plan = await (await createWorld(some(9, [0, 1, 2, 3, 4, 5, 6, 7]), { map: WHEN })).plan()
  const named = (text: string) => text.match(/^ {2}· /gm)?.length
  expect(named(asText(plan))).toBe(5)
  expect(asText(plan)).toContain('  … 3 more (--full shows all)\n')
  expect(named(asText(plan, { full: true }))).toBe(8)
  expect(asText(plan, { full: true })).not.toContain('(--full shows all)')
  expect(asJson(plan).leftOut).toHaveLength(8)
})

test('orphans are listed, also those whose record the manifest now leaves out', async () => {
  const world = await createWorld(people(4), { map: { organization: null, membership: null } })
  await world.apply(await world.plan())
  world.rows(some(3, [2]))
  await world.manifest({ map: WHEN })
  const plan = await world.plan()
  const orphans = [...plan.orphans()]
  expect(orphans).toMatchObject([
    { kind: 'user', key: 'ext-2', label: 'person2@example.com', ownership: 'created', leftOutBy: 'map.user.when' },
    { kind: 'user', key: 'ext-3', label: 'person3@example.com', ownership: 'created' },
  ])
  expect(orphans).toHaveLength(plan.orphanCount())
  const text = asText(plan)
  expect(text).toContain('\nNo longer in the source; kept in WorkOS (2)\n  ? user:ext-2  person2@example.com  user_')
  expect(text).toContain('created; left out by map.user.when\n')
  expect(asJson(plan).orphans).toEqual(orphans)
  expect(asMarkdown(plan)).toContain('<summary>No longer in the source; kept in WorkOS (2)</summary>')
  expect([...plan.orphans(1)]).toHaveLength(1)
})

test('pruned resources are not orphans', async () => {
  const more = { map: { organization: null, membership: null }, prune: ['user'], safety: { maxDeletes: 5 } }
  const world = await createWorld(people(2), more)
  await world.apply(await world.plan())
  world.rows(people(1))
  const plan = await world.plan()
  expect([...plan.orphans()]).toEqual([])
  expect(asText(plan)).not.toContain('No longer in the source')
})
