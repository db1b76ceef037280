import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apply, loadManifest, type Plan, plan, type RunEvent, verify } from '../../src/index.ts'
import { gathered, loaded, people, project } from './project.ts'

/** Runs that read their events at the same time; returns the events in order with their run. */
async function together<T>(runs: (Promise<T> & AsyncIterable<RunEvent>)[]) {
  const order: { of: number; event: RunEvent }[] = []
  const read = async (run: AsyncIterable<RunEvent>, of: number) => {
    for await (const event of run) order.push({ of, event })
  }
  await Promise.all(runs.map(read))
  return { order, results: await Promise.all(runs) }
}

/** Whether each run had started before any of them ended. */
function overlap(order: readonly { of: number; event: RunEvent }[], runs: number): boolean {
  const firstEnd = order.findIndex(({ event }) => event.type === 'end')
  const begun = new Set(order.slice(0, firstEnd).map(({ of }) => of))
  return begun.size === runs
}

test('two manifests with two states are planned, applied and verified at the same time', async () => {
  const folders = [project(people(40, 'acme')), project(people(25, 'borealis'))]
  const manifests = await Promise.all(folders.map(loaded))

  const planning = await together(manifests.map((manifest) => plan(manifest)))
  expect(overlap(planning.order, 2)).toBe(true)
  const [acme, borealis] = planning.results
  if (acme === undefined || borealis === undefined) throw new Error('there are two plans')

  const applying = await together([apply(acme), apply(borealis)])
  expect(overlap(applying.order, 2)).toBe(true)
  const created = applying.results.map(({ kinds }) => kinds.find(({ kind }) => kind === 'user')?.created)
  expect(created).toEqual([40, 25])
  expect(applying.results.map(({ run }) => run)).toEqual([1, 1])
  for (const { of, event } of applying.order) {
    if (!('address' in event)) continue
    expect(event.address, `an event of run ${of}`).toContain(of === 0 ? 'acme' : 'borealis')
  }
  expect(folders.every((folder) => existsSync(join(folder, '.workos-migrate/state.sqlite')))).toBe(true)

  const verifying = await together(manifests.map((manifest) => verify(manifest)))
  expect(verifying.results.map(({ outcome }) => outcome)).toEqual(['verified', 'verified'])
  for (const result of [...planning.results, ...verifying.results]) await result.close()
})

test('many runs of one manifest plan at the same time, without warnings of Node', async () => {
  const warnings: unknown[] = []
  const onWarning = (warning: unknown) => warnings.push(warning)
  process.on('warning', onWarning)
  try {
    const manifest = await loaded(project(people(5)))
    const { signal } = new AbortController()
    const plans = await Promise.all(Array.from({ length: 15 }, () => plan(manifest, { signal })))
    expect(new Set(plans.map(({ kinds }) => JSON.stringify(kinds))).size).toBe(1)
    const addresses = await Promise.all(plans.map(async (made: Plan) => (await gathered(made.actions())).length))
    expect(new Set(addresses)).toEqual(new Set([11]))
    await Promise.all(plans.map((made) => made.close()))
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
  } finally {
    process.off('warning', onWarning)
  }
})

test('one run stops, and the other one continues', async () => {
  const manifests = await Promise.all([project(people(60, 'acme')), project(people(60, 'borealis'))].map(loaded))
  const [acme, borealis] = await Promise.all(manifests.map((manifest) => plan(manifest)))
  if (acme === undefined || borealis === undefined) throw new Error('there are two plans')
  const stop = new AbortController()
  const stopped = apply(acme, { signal: stop.signal })
  const going = apply(borealis)
  for await (const event of stopped) if (event.type === 'apply_complete') stop.abort()
  expect((await stopped).outcome).toBe('interrupted')
  expect((await going).outcome).toBe('completed')
  await Promise.all([acme.close(), borealis.close()])
})

test('runs do not share secrets', async () => {
  const secret = 'acme-7'
  const [one, other] = [project(people(9)), project(people(9))]
  const manifest = await loadManifest({ cwd: one, env: { HTTPS_PROXY: `http://user:${secret}@127.0.0.1:9` } })
  const elsewhere = await loaded(other)
  const told = await Promise.all(
    [plan(manifest), plan(elsewhere)].map(async (run) => {
      const events = await gathered(run)
      await (await run).close()
      return JSON.stringify(events)
    }),
  )
  expect(told[0]).not.toContain(secret)
  expect(told[1]).toContain(secret)
})
