import { Worker } from 'node:worker_threads'
import type { DesiredSet } from '../desired/desired-set.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { hasChanges } from '../rundb/actions.ts'
import { countDesired } from '../rundb/desired-facts.ts'
import { type Survey, type SurveyScope, surveyValues } from './survey.ts'

/**
 * The survey of values beside planning. In: a desired set, which does not change any more. Out:
 * what a look at all values tells. A thread of its own looks at many of them in the meantime.
 */

/** Of so many resources starting a thread takes less than the look itself. */
const MANY = 20_000

/** A survey that may be under way. */
export interface Surveying {
  /** What it tells, once everything is planned. */
  survey(): Promise<Survey>
  /** Ends it, whether it was asked for or not. */
  end(): Promise<void>
}

/** What a thread is given. */
export interface SurveyTask extends SurveyScope {
  /** The run's database. */
  path: string
}

/** What a thread tells: that it has begun to read, then what it found. */
export type SurveyMessage = 'begun' | Survey

export interface SurveyOptions extends SurveyScope {
  /** How many threads may be busy at once. */
  workers: number
  /** From how many resources on. */
  many?: number
}

/**
 * Begins to look at all values. From now on what is desired must stay as it is; other tables may
 * change once this has returned.
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
    // V8 collects old garbage only at half of this: ten million users would leave 400 MiB of it.
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  const { promise: begun, resolve: begin, reject: failToBegin } = Promise.withResolvers<void>()
  const { promise: found, resolve, reject } = Promise.withResolvers<Survey>()
  // Nobody may be waiting for it yet when it fails.
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
  worker.once('exit', () => fail(new Error('the thread that looks at values ended without an answer')))
  await begun
  return {
    survey: () => found,
    end: async () => {
      await worker.terminate()
    },
  }
}
