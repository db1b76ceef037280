import { parentPort } from 'node:worker_threads'
import { copyKnown } from './known.ts'
import type { CompareTask, CopyTask, KnownResult } from './known-ahead.ts'
import { attachLive } from './live.ts'
import { insertLent } from './live-ahead.ts'
import type { ReadingMessage } from './reading-thread.ts'
import { RunDatabase } from './run-database.ts'

/** The entry of the thread that copies the state and compares WorkOS with it: see KnownAhead. */

const tell = (message: ReadingMessage<KnownResult>) => parentPort?.postMessage(message)

parentPort?.on('message', (task: CopyTask | CompareTask) => {
  tell('begun')
  tell(task.type === 'copy' ? copy(task) : compare(task))
})

function copy({ known, state, version }: CopyTask): KnownResult {
  const rundb = new RunDatabase(known)
  try {
    return { copied: copyKnown(rundb, state, version) }
  } finally {
    rundb.close()
  }
}

function compare({ known, laid, queries }: CompareTask): KnownResult {
  insertLent(laid)
  const rundb = new RunDatabase({ path: known, reads: true })
  try {
    attachLive(rundb, laid.live.path)
    return queries.map(({ sql, kind }) => {
      const rows = rundb.statement(sql).all(kind)
      return rows.map(({ key }) => String(key))
    })
  } finally {
    rundb.close()
  }
}

tell('ready')
