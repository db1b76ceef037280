import { resolve } from 'node:path'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { SourceConfig } from '../config/manifest.ts'
import { wantsColor } from '../diagnostics/color.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { renderProblems } from '../diagnostics/render.ts'
import { staging } from '../files/disk.ts'
import type { Scratch } from '../files/scratch.ts'
import { inspectSource } from '../inspecting/inspect.ts'
import type { Inspection } from '../inspecting/inspection.ts'
import { columnsRead } from '../mapping/columns-read.ts'
import { openSource } from '../sources/registry.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import { writtenNullWarnings } from '../sources/written-nulls.ts'
import type { Context } from './context.ts'
import { openTold, type Telling, type Told } from './listeners.ts'
import { OTHER_TEMPORARY, scratchAmongTemporary, scratchBeside, stagingBeside } from './scratch-place.ts'
import { placingSourceErrors, withSourceLocation } from './with-manifest-location.ts'

/** Where reading a live source tells of itself. */
export interface Tell extends Omit<Told, 'progress'> {
  onWarning(problem: Problem): void
}

export interface Subject extends Telling {
  source: SourceConfig
  /** Folder that relative paths start from. */
  directory: string
  /** The manifest it comes from, where it has one. */
  loaded?: LoadedManifest
  /** Gets the snapshot of a live source. */
  obtain?: (tell: Tell) => Promise<Snapshot | undefined>
  /** What is not to be told: written nulls, or any warning. Default: everything is. */
  untold?: 'nulls' | 'all'
  /** See InspectOptions. */
  columns?: ReadonlyMap<string, readonly string[]>
}

/** Inspects a source up to a number of records; its warnings go to standard error. */
export async function inspectHere(subject: Subject, limit: number, context: Context): Promise<Inspection> {
  const { source, directory, loaded, obtain, columns, untold } = subject
  const { progress, ...told } = openTold(subject, context)
  const scratch = scratchFor(loaded)
  const placed = (problem: Problem) => (loaded === undefined ? problem : withSourceLocation(problem, loaded))
  const warn = (problem: Problem) => {
    if (untold === 'all') return
    const { stderr, env, cwd, redactor } = context
    const shown: Problem = { ...placed(problem), severity: 'warning' }
    const text = renderProblems([shown], { color: wantsColor(stderr, env), cwd, redactor })
    progress.aside(() => stderr.write(text))
  }
  const signal = context.interrupted
  const read = async () => {
    const snapshot = await obtain?.({ ...told, onWarning: warn })
    const inspection = await inspectSource({
      type: source.type,
      limit,
      scratch: scratch.path,
      columns,
      ...(loaded && { columnsRead: (streams) => columnsRead(loaded.manifest, streams) }),
      open: (reject) => openSource(source, { directory, scratch: scratch.path, reject, warn, snapshot, signal }),
      onProgress: told.onProgress,
    })
    const known = { mapped: loaded !== undefined, source }
    const warnings = untold === undefined ? writtenNullWarnings(inspection.writtenNulls, known) : []
    for (const warning of warnings) warn(warning)
    return inspection
  }
  try {
    if (loaded === undefined) return await staging(scratch.path, OTHER_TEMPORARY, read)
    return await stagingBeside(scratch.path, () => placingSourceErrors(loaded, read))
  } finally {
    progress.clear()
    scratch.remove()
  }
}

/** Beside the state where there is a manifest, as every run has it; else among the temporary files, private as well. */
function scratchFor(loaded: LoadedManifest | undefined): Scratch {
  if (loaded === undefined) return scratchAmongTemporary()
  return scratchBeside(resolve(loaded.directory, loaded.manifest.state.path))
}
