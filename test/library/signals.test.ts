import { expect, test } from 'vitest'
import { apply, InterruptedError, plan, verify } from '../../src/index.ts'
import { gathered, loaded, people, project } from './project.ts'

test('an aborted signal ends an apply in order, and the next one continues', async () => {
  const manifest = await loaded(project(people(40)))
  await using planned = await plan(manifest)
  const stop = new AbortController()
  const applying = apply(planned, { signal: stop.signal })
  let count = 0
  for await (const event of applying) {
    if (event.type === 'apply_complete') count += 1
    if (count === 5) stop.abort()
  }
  const applied = await applying
  expect(applied).toMatchObject({ outcome: 'interrupted', exitCode: 130 })
  expect(applied.kinds.reduce((sum, { pending }) => sum + pending, 0)).toBeGreaterThan(0)

  await using rest = await plan(manifest)
  expect(rest.changes).toBe(true)
  expect(await apply(rest)).toMatchObject({ run: 2, outcome: 'completed' })
  await using verification = await verify(manifest)
  expect(verification).toMatchObject({ outcome: 'verified', openWrites: 0 })
})

test('a hard stop ends an apply at once, and the next one looks up open writes', async () => {
  const manifest = await loaded(project(people(40)))
  await using planned = await plan(manifest)
  const stop = new AbortController()
  const applying = apply(planned, { hardStop: stop.signal })
  for await (const event of applying) if (event.type === 'apply_complete') stop.abort()
  expect(await applying).toMatchObject({ outcome: 'interrupted', exitCode: 130 })
  await using rest = await plan(manifest)
  await apply(rest)
  await using verification = await verify(manifest)
  expect(verification).toMatchObject({ outcome: 'verified', openWrites: 0 })
})

test('a stopped run ends even if its reader no longer reads', async () => {
  const manifest = await loaded(project(people(900)))
  const stop = new AbortController()
  const planning = plan(manifest, { signal: stop.signal })
  const events = planning[Symbol.asyncIterator]()
  for (;;) {
    const { value } = await events.next()
    if (value?.type === 'planned_change') break
  }
  stop.abort()
  await planning.then(
    (planned) => planned.close(),
    (error: unknown) => expect(error).toBeInstanceOf(InterruptedError),
  )
})

test('a run that is stopped before it starts does nothing and reports it', async () => {
  const manifest = await loaded(project(people(1)))
  const signal = AbortSignal.abort()
  await expect(plan(manifest, { signal })).rejects.toMatchObject({
    name: 'InterruptedError',
    code: 'interrupted',
    exitCode: 130,
  })
  await expect(verify(manifest, { signal })).rejects.toThrow(InterruptedError)
  await using planned = await plan(manifest)
  const applying = apply(planned, { signal })
  await expect(gathered(applying)).rejects.toThrow(InterruptedError)
  await using again = await plan(manifest)
  expect(again.changes).toBe(true)
})

test('a run leaves no listeners on its signal and on the process', async () => {
  const manifest = await loaded(project(people(3)))
  const before = process.eventNames().map((name) => [name, process.listenerCount(name)])
  const stop = new AbortController()
  let added = 0
  let removed = 0
  const { addEventListener, removeEventListener } = stop.signal
  stop.signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    added += 1
    addEventListener.apply(stop.signal, given)
  }
  stop.signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    removed += 1
    removeEventListener.apply(stop.signal, given)
  }
  const planned = await plan(manifest, { signal: stop.signal })
  await planned.close()
  expect(added).toBe(removed)
  expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(before)
  expect(process.exitCode).toBeUndefined()
})
