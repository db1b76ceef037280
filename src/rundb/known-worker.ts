import { parentPort } from 'node:worker_threads'
import { type CompareTask, type CopyTask, type KnownResult, runTask } from './known-ahead.ts'
import type { ReadingMessage } from './reading-thread.ts'

/** The entry of the thread that copies the state and compares the copy: see KnownAhead. */

const tell = (message: ReadingMessage<KnownResult>) => parentPort?.postMessage(message)

parentPort?.on('message', (task: CopyTask | CompareTask) => {
  tell('begun')
  tell(runTask(task))
})

tell('ready')
