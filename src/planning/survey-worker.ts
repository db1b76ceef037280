import { parentPort } from 'node:worker_threads'
import { RunDatabase } from '../rundb/run-database.ts'
import { type SurveyMessage, type SurveyTask, surveyNext } from './survey-ahead.ts'

/** The entry of the thread that surveys values while the main thread plans. */

const tell = (message: SurveyMessage) => parentPort?.postMessage(message)
parentPort?.once('message', (task: SurveyTask) => {
  const rundb = new RunDatabase({ path: task.path, reads: true })
  const found = rundb.still(() => {
    tell('begun')
    return surveyNext(rundb, task)
  })
  rundb.close()
  tell(found)
})
tell('ready')
