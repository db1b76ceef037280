import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stateKinds } from '../state/kinds.ts'
import { WHOLE } from '../whole.ts'
import { WRITE_BOUNDARIES } from './boundary.ts'
import { crashAndApply, openWreck, type Wreck } from './crash.ts'
import { populate } from './population.ts'

const population = populate(20, 4)
const { users, organizations, memberships, roles } = population.expected
const RESOURCES = users.size + organizations.size + memberships.size + roles.length
const EXACT = {
  signal: 'SIGKILL',
  exit: 0,
  survived: RESOURCES,
  lost: [],
  duplicated: [],
  openWrites: 0,
  leftovers: [],
}

let wreck: Wreck
beforeAll(async () => {
  wreck = await openWreck(population)
})
afterAll(() => wreck.close())

describe.each(stateKinds)('in $name', (kind) => {
  describe.skipIf(!kind.isThere)('an apply', () => {
    let wreck: Wreck
    beforeAll(async () => {
      wreck = await openWreck(population, { kind })
    })
    afterAll(() => wreck?.close())

    test.each(
      WRITE_BOUNDARIES.map((at, n) => ({ at, count: [1, 11][n % 2] ?? 1 })),
    )('killed $at, time $count: one plain apply reaches the exact end', async (boundary) => {
      expect(await crashAndApply(wreck, boundary)).toMatchObject(EXACT)
    })

    test('a killed recovery is recovered in turn', async () => {
      await wreck.renew()
      expect((await wreck.crash(['apply', '--yes'], { at: 'after answer', count: 12 })).signal).toBe('SIGKILL')
      for (const at of ['before commit', 'after commit', 'after send', 'before commit'] as const) {
        expect((await wreck.crash(['apply', '--yes'], { at, count: 1 })).signal).toBe('SIGKILL')
      }
      expect((await wreck.run(['apply', '--yes'])).exit).toBe(0)
      expect(await wreck.compare()).toMatchObject({ survived: RESOURCES, lost: [], duplicated: [] })
    })
  })
})

/** Parts of an apply, by its calls of SQLite. */
const PARTS = WHOLE ? 6 : 2

test('killed in every part of an apply by its calls of SQLite: one plain apply reaches the exact end', async () => {
  await wreck.renew()
  const passes = await wreck.passes(['apply', '--yes'], 'statement')
  expect(passes).toBeGreaterThan(200)
  for (let part = 0; part < PARTS; part += 1) {
    const count = 1 + Math.floor(((part + 0.5) / PARTS) * passes)
    expect(await crashAndApply(wreck, { at: 'statement', count }), `statement ${count}`).toMatchObject(EXACT)
  }
}, 120_000)

test.each([
  'half of a file',
  'before a rename',
  'after a rename',
] as const)('killed at %s while a plan is saved: the old plan or the new one is there, never a part', async (at) => {
  await wreck.renew()
  const plan = join(wreck.folder, 'plan.ndjson')
  rmSync(plan, { force: true })
  expect((await wreck.crash(['plan', '--out', 'plan.ndjson'], { at, count: 1 })).signal).toBe('SIGKILL')
  expect(existsSync(plan)).toBe(at === 'after a rename')
  if (!existsSync(plan)) expect((await wreck.run(['plan', '--out', 'plan.ndjson'])).exit).toBe(0)
  const before = readFileSync(plan)
  expect((await wreck.crash(['plan', '--out', 'plan.ndjson'], { at: 'half of a file', count: 1 })).signal).toBe(
    'SIGKILL',
  )
  expect(readFileSync(plan)).toEqual(before)
  const applied = await wreck.run(['apply', 'plan.ndjson'])
  expect(applied.exit, applied.stderr).toBe(0)
  expect(await wreck.compare()).toMatchObject({ survived: RESOURCES, lost: [], duplicated: [] })
})

test('a lock of a dead process blocks nobody; an active one is shown with process, host and time', async () => {
  await wreck.renew()
  const before = Date.now()
  expect((await wreck.crash(['apply', '--yes'], { at: 'after intent', count: 3 })).signal).toBe('SIGKILL')
  const folder = join(wreck.folder, '.workos-migrate')
  const note = readdirSync(folder).find((name) => name.endsWith('.lock.json'))
  // The dead process could not remove it, and it has no meaning.
  const { pid, host, since } = JSON.parse(readFileSync(join(folder, note ?? ''), 'utf8'))
  expect(Date.parse(since)).toBeGreaterThanOrEqual(before)
  expect(host).toBe(hostname())
  // Either process can be faster.
  const both = await Promise.all([wreck.run(['apply', '--yes']), wreck.run(['apply', '--yes'])])
  const [first, second] = both.sort((a, b) => a.exit - b.exit)
  expect([first?.exit, second?.exit]).toEqual([0, 6])
  expect(second?.stderr).toMatch(new RegExp(`process ${process.pid} on ${hostname()} \\(apply, since \\d{4}-`))
  expect(second?.stderr).not.toContain(`process ${pid} `)
  expect(await wreck.compare()).toMatchObject({ survived: RESOURCES, lost: [], duplicated: [] })
})
