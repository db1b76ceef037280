import { resolve } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { sourceFiles } from '../sources/registry.ts'

/** What owns a path, so that a command must not write to it. Undefined: nothing does. */
export type Holder = (path: string) => string | undefined

/**
 * Collects the files that a command needs itself, including those that it writes.
 * @param options the files to write, by option, relative to `cwd`
 * @throws UsageError for a file that the command needs itself, or would write twice
 */
export async function outputPlaces(
  { file, directory, manifest }: LoadedManifest,
  statePath: string,
  options: Record<string, string | undefined>,
  cwd: string,
): Promise<Holder> {
  const taken = new Map([
    [file, 'the manifest'],
    [statePath, 'the state'],
  ])
  for (const { path } of await sourceFiles(manifest.source, directory)) taken.set(path, 'a file of the source')
  for (const [option, name] of Object.entries(options)) {
    if (name === undefined || name === '-') continue
    const path = resolve(cwd, name)
    const holder = taken.get(path)
    if (holder !== undefined) throw placeTaken(option, name, holder)
    taken.set(path, `the file of ${option}`)
  }
  return (path) => taken.get(path)
}

export function placeTaken(option: string, name: string, holder: string): UsageError {
  const hint = 'choose a separate file'
  return new UsageError({ code: 'place_taken', message: `${option} names ${name}, which is ${holder}`, hint })
}
