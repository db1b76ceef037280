import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { Turns } from '../../src/rundb/turns.ts'

/** Adds to a shared number a thousand times, without an atomic operation. */
const ADDING = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(workerData.module).then(({ Turns }) => {
    const turns = new Turns(workerData.shared)
    const sum = new Int32Array(workerData.sum)
    for (let count = 0; count < 1000; count++) {
      turns.take()
      const before = sum[0]
      for (let delay = 0; delay < 100; delay++) Math.random()
      sum[0] = before + 1
      turns.end()
    }
    parentPort.postMessage('done')
  })`

test('threads take turns', async () => {
  const sum = new SharedArrayBuffer(4)
  const module = new URL('../../src/rundb/turns.ts', import.meta.url).href
  const workerData = { module, shared: new Turns().shared, sum }
  const threads = [1, 2, 3].map(() => new Worker(ADDING, { eval: true, workerData }))
  await Promise.all(threads.map((thread) => once(thread, 'message')))
  expect(new Int32Array(sum)[0]).toBe(3000)
  await Promise.all(threads.map((thread) => thread.terminate()))
})

test('a thread that ended in its turn does not stop the others', () => {
  const ended = new Turns()
  ended.take()
  const other = new Turns(ended.shared)
  other.take()
  other.end()
  ended.take()
  ended.end()
})
