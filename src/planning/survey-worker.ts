import { parentPort } from 'node:worker_threads'
import { kindDefinitions } from '../kinds/registry.ts'
import { RunDatabase } from '../rundb/run-database.ts'
import { surveyValues } from './survey.ts'
import type { SurveyMessage, SurveyTask } from './survey-ahead.ts'

/** The entry of the thread that surveys values while the main thread plans. */

const tell = (message: SurveyMessage) => parentPort?.postMessage(message)
parentPort?.once('message', ({ path, ...scope }: SurveyTask) => {
  const rundb = new RunDatabase({ path, reads: true })
  // What changes is not known yet.
  const changing = () => true
  const survey = rundb.still(() => {
    tell('begun')
    return surveyValues(rundb, kindDefinitions, scope, changing)
  })
  rundb.close()
  tell(survey)
})
tell('ready')
