import { Worker } from 'node:worker_threads'
import type { DesiredSet } from '../desired/desired-set.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { hasChanges } from '../rundb/actions.ts'
import { countDesired } from '../rundb/desired-facts.ts'
import { type Survey, type SurveyScope, surveyValues } from './survey.ts'

/**
 * Surveys values while planning runs. In: a desired set that no longer changes. Out: what the
 * survey found. For many resources it runs in a separate thread.
 */

/** From this many resources on, starting a thread takes less time than the survey. */
const MANY = 20_000

/** A survey that might be running. */
export interface Surveying {
  /** Its result, once everything is planned. */
  survey(): Promise<Survey>
  /** Ends it, whether its result was used or not. */
  end(): Promise<void>
}

/** The input of the thread. */
export interface SurveyTask extends SurveyScope {
  /** The run's database. */
  path: string
}

/** The messages of the thread: it has begun to read, then its result. */
export type SurveyMessage = 'begun' | Survey

export interface SurveyOptions extends SurveyScope {
  /** Maximum number of busy threads. */
  workers: number
  /** The number of resources from which a thread is used. */
  many?: number
}

/**
 * Starts the survey. From now on the desired set must not change; other tables can change once this
 * has returned.
 */
export async function beginSurvey(
  { rundb }: Pick<DesiredSet, 'rundb'>,
  { scoped, manifest, workers, many = MANY }: SurveyOptions,
): Promise<Surveying> {
  const { path } = rundb
  const desired = kindDefinitions.reduce((sum, { name }) => sum + countDesired(rundb, name), 0)
  if (path === undefined || workers < 2 || desired < many) {
    const changing = (kind: string) => hasChanges(rundb, kind)
    return {
      survey: async () => surveyValues(rundb, kindDefinitions, { scoped, manifest }, changing),
      end: async () => {},
    }
  }
  return inThread({ path, scoped, manifest: { map: manifest.map } })
}

async function inThread(task: SurveyTask): Promise<Surveying> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./survey-worker.${extension}`, import.meta.url), {
    workerData: task,
    // V8 collects old garbage only at half of this. Ten million users would leave 400 MiB of it.
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  const { promise: begun, resolve: begin, reject: failToBegin } = Promise.withResolvers<void>()
  const { promise: found, resolve, reject } = Promise.withResolvers<Survey>()
  // Nothing might be awaiting it yet when it fails.
  found.catch(() => {})
  worker.on('message', (message: SurveyMessage) => {
    if (message === 'begun') begin()
    else resolve(message)
  })
  const fail = (error: Error) => {
    failToBegin(error)
    reject(error)
  }
  worker.once('error', fail)
  worker.once('exit', () => fail(new Error('the thread that surveys values ended without a result')))
  await begun
  return {
    survey: () => found,
    end: async () => {
      await worker.terminate()
    },
  }
}
