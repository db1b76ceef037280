import { parentPort } from 'node:worker_threads'
import type { ReadingMessage } from '../rundb/reading-thread.ts'
import { RunDatabase } from '../rundb/run-database.ts'
import type { KindSurvey } from './survey.ts'
import { type AheadTask, type SurveyTask, surveyAhead, surveyNext } from './survey-ahead.ts'

/** The entry of the thread that surveys values while the main thread merges and plans. */

const tell = (message: ReadingMessage<KindSurvey[]>) => parentPort?.postMessage(message)
parentPort?.on('message', (task: AheadTask | SurveyTask) => {
  const rundb = new RunDatabase({ path: task.path, reads: true })
  try {
    const found = rundb.still(() => {
      tell('begun')
      return 'drafts' in task ? surveyAhead(rundb, task) : surveyNext(rundb, task)
    })
    tell(found)
  } finally {
    rundb.close()
  }
})
tell('ready')
