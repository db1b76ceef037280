import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { shownFile } from '../planning/warnings.ts'
import type { Origin } from '../sources/source.ts'

/** Where a path of the manifest is written: `migrate.config.yaml:12`; null for a default. */
export function writtenAt(loaded: LoadedManifest, path: readonly (string | number)[]): string | null {
  const at = loaded.originOf(path)
  if (at === undefined) return null
  const file = shownFile(at.file, loaded.directory)
  return at.line === undefined ? file : `${file}:${at.line}`
}

/** `users.csv:12`. */
export function placeOf({ file, line }: Origin): string {
  return line === undefined ? file : `${file}:${line}`
}
