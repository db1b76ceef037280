import { expect, test } from 'vitest'
import type { RejectedItem } from '../../src/rundb/rejects.ts'
import { type Failure, type OpenState, RUNS_KEPT } from '../../src/state/store.ts'
import { forEachKind, openForTest } from './kinds.ts'

const start = (state: OpenState, command = 'apply') =>
  state.startRun({ command, startedAt: '2026-01-02T03:04:05Z', toolVersion: '1', manifestDigest: 'd' })

const reject = (n: number): RejectedItem => ({
  kind: n % 2 === 0 ? 'user' : 'record',
  key: n % 2 === 0 ? `u${n}` : null,
  code: 'invalid_email',
  field: n % 2 === 0 ? 'email' : null,
  message: `"${n}" is no address`,
  hint: n % 3 === 0 ? 'expected one' : null,
  origin: `users.csv:${n}`,
  records: 1 + (n % 2),
  email: n % 4 === 0 ? `u${n}@example.com` : null,
})

const failure: Failure = {
  kind: 'user',
  key: 'u1',
  action: 'create',
  outcome: 'failed',
  code: 'c',
  message: 'm',
  origin: 'users.csv:2',
  email: 'u1@example.com',
}

async function all<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

forEachKind((kind) => {
  test('rejects are read as they were written, in order, in many batches', async () => {
    const state = await openForTest(await kind.newLocation())
    const run = await start(state)
    const rejects = Array.from({ length: 2_500 }, (_, n) => reject(n))
    await state.recordRejects(run, rejects.slice(0, 1_200))
    await state.recordRejects(run, rejects.slice(1_200))
    expect(await all(state.rejects(run))).toEqual(rejects)
    expect(await all(state.rejects(run + 1))).toEqual([])
  })

  test('failures of old runs are deleted, those of the last runs are kept', async () => {
    const state = await openForTest(await kind.newLocation())
    const runs: number[] = []
    for (let n = 0; n < RUNS_KEPT + 2; n += 1) {
      const run = await start(state)
      runs.push(run)
      await state.recordFailures(run, [failure])
      await state.recordRejects(run, [reject(n)])
    }
    const left = await Promise.all(
      runs.map(async (run) => [(await all(state.failures(run))).length, (await all(state.rejects(run))).length]),
    )
    expect(left.slice(0, 2)).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(left.slice(2)).toEqual(Array.from({ length: RUNS_KEPT }, () => [1, 1]))
    expect(await state.runs()).toHaveLength(RUNS_KEPT + 2)
  })

  test('manual changes of the state do not displace a run', async () => {
    const state = await openForTest(await kind.newLocation())
    const run = await start(state)
    await state.recordRejects(run, [reject(0)])
    for (let n = 0; n < RUNS_KEPT + 5; n += 1) await start(state, 'state rm')
    expect(await all(state.rejects(run))).toHaveLength(1)
  })
})
