import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { Lease, LeaseEnded } from '../../src/rundb/lease.ts'

/** Writes to shared memory while it reads, until its lease ends. */
const READING = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(workerData.module).then(({ Lease, LeaseEnded }) => {
    const lease = new Lease(workerData.shared)
    const read = new Int32Array(workerData.read)
    try {
      for (;;) lease.read(() => { for (let step = 0; step < 1000; step++) Atomics.add(read, 0, 1) })
    } catch (error) {
      parentPort.postMessage(error instanceof LeaseEnded)
    }
  })`

test('once a lease has ended, another thread reads nothing more', async () => {
  const [lease, read] = [new Lease(), new Int32Array(new SharedArrayBuffer(4))]
  const module = new URL('../../src/rundb/lease.ts', import.meta.url).href
  const thread = new Worker(READING, { eval: true, workerData: { module, shared: lease.shared, read: read.buffer } })
  while (Atomics.load(read, 0) < 100_000) await new Promise(setImmediate)
  lease.end()
  const then = Atomics.load(read, 0)
  expect(then % 1000).toBe(0)
  expect(await once(thread, 'message')).toEqual([true])
  expect(Atomics.load(read, 0)).toBe(then)
  await thread.terminate()
})

test('an error while reading leaves the lease as it was', () => {
  const lease = new Lease()
  expect(() =>
    lease.read(() => {
      throw new RangeError('odd')
    }),
  ).toThrow(RangeError)
  expect(lease.read(() => 'more')).toBe('more')
  lease.end()
  lease.end()
  expect(() => lease.read(() => 'more')).toThrow(LeaseEnded)
})

test('a reading that lasts longer than the patience does not count', () => {
  const lease = new Lease()
  const other = new Lease(lease.shared)
  expect(() => other.read(() => lease.end(20))).toThrow(LeaseEnded)
  expect(() => other.read(() => 'more')).toThrow(LeaseEnded)
})

const src = new URL('../../src/', import.meta.url)
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file: file.replaceAll('\\', '/'), code: readFileSync(new URL(file, src), 'utf8') }))

/** By file, how often it has the pattern. */
const counted = (pattern: RegExp) =>
  Object.fromEntries(
    files.flatMap(({ file, code }) => {
      const found = code.match(pattern)?.length
      return found === undefined ? [] : [[file, found]]
    }),
  )

test('every change of drafts is announced', () => {
  // In drafts.ts, workers stage with one of the four. In repeats.ts, three belong to one function.
  expect(counted(/(INTO|UPDATE|DELETE\s+FROM)\s+drafts\b/g)).toEqual({ 'rundb/drafts.ts': 4, 'rundb/repeats.ts': 3 })
  // The table of rejectAll.
  expect(counted(/(INTO|UPDATE|DELETE\s+FROM)\s+\$\{from\}/g)).toEqual({ 'rundb/rejects.ts': 1 })
  expect(counted(/^ +(if \(.*\) )?draftsChange\(rundb\)$/gm)).toEqual({
    'rundb/drafts.ts': 3,
    'rundb/rejects.ts': 1,
    'rundb/repeats.ts': 2,
  })
})

test('values of desired resources change through changeDesired only', () => {
  const { 'rundb/desired.ts': own = 0, ...calls } = counted(/ changeDesired\((rundb,|\n)/g)
  expect(counted(/UPDATE\s+desired\b/g)).toEqual({ ...calls, 'rundb/desired.ts': own })
  expect(Object.keys(calls).length).toBeGreaterThan(4)
})

test('desired resources are added and removed where facts about them are kept', () => {
  expect(counted(/(INTO|DELETE\s+FROM)\s+desired\b/g)).toEqual({
    'rundb/desired.ts': 3,
    'rundb/left-out.ts': 1,
    'rundb/rejects.ts': 1,
    'rundb/scope.ts': 1,
  })
})
