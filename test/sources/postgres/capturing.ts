import { join } from 'node:path'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import { type OperatorError, OperatorError as Thrown } from '../../../src/diagnostics/errors.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import type { Step } from '../../../src/diagnostics/step.ts'
import { captureSource } from '../../../src/sources/snapshot/capture.ts'
import { liveReading } from '../../../src/sources/snapshot/placement.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { folderWith, type Reading, readAll } from '../reading.ts'

export interface Captured {
  folder: string
  snapshot: Snapshot
  warnings: Problem[]
  steps: Step[]
}

export interface CaptureOptions {
  folder?: string
  signal?: AbortSignal
  onStep?(step: Step): void
}

/** Reads a database into a snapshot, in a temporary folder of the test. */
export async function capture(
  config: SourceConfig,
  { folder = folderWith({}), signal, onStep }: CaptureOptions = {},
): Promise<Captured> {
  const live = await liveReading(config)
  if (live === undefined) throw new Error(`${config.type} is not live`)
  const warnings: Problem[] = []
  const steps: Step[] = []
  const snapshot = await captureSource(config, live, join(folder, 'snapshot'), {
    directory: folder,
    now: Date.now,
    onProgress(step) {
      steps.push(step)
      onStep?.(step)
    },
    onWarning: (problem) => warnings.push(problem),
    ...(signal && { signal }),
  })
  return { folder, snapshot, warnings, steps }
}

/** The records of a database. */
export async function read(config: SourceConfig): Promise<Reading> {
  const { folder, snapshot } = await capture(config)
  return readAll(config, folder, 1000, snapshot)
}

/** The problem that ends a reading. */
export async function problemOf(reading: Promise<unknown>): Promise<Problem> {
  const error: OperatorError | undefined = await reading.then(
    () => undefined,
    (thrown: unknown) => {
      if (thrown instanceof Thrown) return thrown
      throw thrown
    },
  )
  const [problem] = error?.problems ?? []
  if (problem === undefined) throw new Error('the reading succeeded')
  return problem
}
