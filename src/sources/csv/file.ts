import { resolve } from 'node:path'

/** A file as the manifest names it and where it is. */
export interface SourceFile {
  /** As written in the manifest: what messages say. */
  name: string
  /** Absolute. */
  path: string
}

/** The file that a manifest in `directory` means by `name`. */
export function sourceFile(name: string, directory: string): SourceFile {
  return { name, path: resolve(directory, name) }
}
