import { parentPort } from 'node:worker_threads'
import type { Row } from '../sqlite/open.ts'
import { attachLive } from './live.ts'
import type { ReadTask } from './reader.ts'
import type { ReadingMessage } from './reading-thread.ts'
import { RunDatabase } from './run-database.ts'

/** The entry of the thread that runs queries: see reader.ts. */

const tell = (message: ReadingMessage<Row[]>) => parentPort?.postMessage(message)
parentPort?.on('message', ({ path, live, sql, parameters }: ReadTask) => {
  const rundb = new RunDatabase({ path, reads: true })
  try {
    if (live !== undefined) attachLive(rundb, live)
    const rows = rundb.still(() => {
      tell('begun')
      return rundb.statement(sql).all(...parameters)
    })
    tell(rows)
  } finally {
    rundb.close()
  }
})
tell('ready')
