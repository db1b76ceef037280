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

/** Statements that change drafts once all are staged, and where they are announced. */
test.each([
  ['drafts', 3],
  ['repeats', 2],
  ['rejects', 1],
])('rundb/%s.ts announces every change of drafts', (file, changes) => {
  const code = readFileSync(new URL(`../../src/rundb/${file}.ts`, import.meta.url), 'utf8')
  expect(code.match(/^ +(if \(.*\) )?draftsChange\(rundb\)$/gm)).toHaveLength(changes)
})

test('values of desired resources change through changeDesired only', () => {
  const src = new URL('../../src/', import.meta.url)
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const counts = files.map((file) => {
    const code = readFileSync(new URL(file, src), 'utf8')
    return {
      file,
      changes: code.match(/UPDATE desired/g)?.length,
      calls: code.match(/ changeDesired\((rundb,|\n)/g)?.length,
    }
  })
  const changing = counts.filter(({ changes }) => changes !== undefined)
  expect(changing.length).toBeGreaterThan(4)
  expect(changing.filter(({ changes, calls }) => changes !== calls)).toEqual([])
})
