import type { Hash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { type FileHandle, glob, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { ManifestError, SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'

/** A file by its name in the manifest and its path. */
export interface SourceFile {
  /** As written in the manifest and shown in messages. */
  name: string
  /** Absolute. */
  path: string
}

/** Resolves a file name of a manifest in `directory`. */
export function sourceFile(name: string, directory: string): SourceFile {
  return { name, path: resolve(directory, name) }
}

const PATTERN = /[*?{[]/

/**
 * The files that match paths and patterns: in the order of the paths, and for a pattern in the
 * order of the names. A file that matches several times is read once, at its first place.
 * @param stream whose paths they are
 * @throws ManifestError when a pattern matches no file. A plain path need not exist
 */
export async function expandPaths(paths: readonly string[], directory: string, stream: string): Promise<SourceFile[]> {
  const files = new Map<string, SourceFile>()
  for (const path of paths) {
    for (const file of await expand(path, directory, stream)) if (!files.has(file.path)) files.set(file.path, file)
  }
  return [...files.values()]
}

/** Like `expandPaths` for optional files. Returns those that exist. */
export async function existingPaths(
  paths: readonly string[],
  directory: string,
  stream: string,
): Promise<SourceFile[]> {
  const found: string[] = []
  for (const path of paths) {
    const [file] = await expand(path, directory, stream).catch((error: unknown) => {
      if (error instanceof ManifestError) return []
      throw error
    })
    if (file !== undefined && (await isFile(file.path))) found.push(path)
  }
  return expandPaths(found, directory, stream)
}

async function expand(path: string, directory: string, stream: string): Promise<SourceFile[]> {
  // A file name can look like a pattern: `export (1) [final].csv`.
  if (!PATTERN.test(path) || (await isFile(resolve(directory, path)))) return [sourceFile(path, directory)]
  const names: string[] = []
  for await (const name of glob(path, { cwd: directory })) {
    if (await isFile(resolve(directory, name))) names.push(shown(name, directory))
  }
  if (names.length === 0) throw noMatch(path, directory, stream)
  return names.sort().map((name) => sourceFile(name, directory))
}

/**
 * Relative to the manifest's folder if inside it, with `/` on every system, so that the order is
 * the same.
 */
function shown(name: string, directory: string): string {
  const within = relative(directory, resolve(directory, name))
  const short = isAbsolute(within) || within.startsWith('..') ? name : within
  return short.split(sep).join('/')
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

function noMatch(pattern: string, directory: string, stream: string): ManifestError {
  return new ManifestError({
    code: 'no_file_matches',
    message: `no file matches ${pattern}`,
    hint: `check the pattern; it was applied in ${directory}`,
    path: `source.streams.${stream}.path`,
  })
}

/** Values that change if a file changes. */
interface Stamp {
  size: bigint
  mtimeNs: bigint
  ino: bigint
  dev: bigint
}

/**
 * Watches the files during one reading of a source. A file that changes while it is read would
 * yield a mixture of old and new data, without any sign in the text. So each file must stay
 * unchanged from the beginning of the reading, or from its first opening, until all files have been
 * read. Pipes and devices are not checked.
 */
export class FileWatch {
  readonly #seen = new Map<string, { file: SourceFile; stamp: Stamp }>()
  readonly #digests = new Map<string, string>()
  readonly #onBytes: (read: number, of: number) => void
  #total = 0
  #read = 0

  /** @param onBytes receives the number of bytes read and the total size of the files */
  constructor(onBytes: (read: number, of: number) => void = () => {}) {
    this.#onBytes = onBytes
  }

  /** SHA-256 (hex) of each file that was read to its end, by name. */
  digests(): ReadonlyMap<string, string> {
    return this.#digests
  }

  /** Begins the reading of these files. Missing files are reported when they are opened. */
  async begin(files: readonly SourceFile[]): Promise<void> {
    for (const file of files) {
      const stamp = await named(file)
      if (!stamp?.isFile()) continue
      this.#seen.set(file.path, { file, stamp })
      this.#total += Number(stamp.size)
    }
  }

  /** Adds bytes that were read. A file that is read twice counts once. */
  read(bytes: number): void {
    this.#read = Math.min(this.#total, this.#read + bytes)
    if (this.#total > 0) this.#onBytes(this.#read, this.#total)
  }

  /**
   * Records that a file was opened.
   * @throws SourceError when it has changed since an earlier opening
   */
  async opened(file: SourceFile, handle: FileHandle): Promise<void> {
    const stats = await handle.stat({ bigint: true })
    if (!stats.isFile()) return
    const before = this.#seen.get(file.path)
    if (before === undefined) this.#seen.set(file.path, { file, stamp: stats })
    else demandSame(file, before.stamp, stats)
  }

  /**
   * Records that an open file was read to its end.
   * @param hash of its bytes
   * @throws SourceError when the file, or the file that now has its name, is not the one that was
   *   opened
   */
  async ended(file: SourceFile, handle: FileHandle, bytes: number, hash?: Hash): Promise<void> {
    if (hash !== undefined) this.#digests.set(file.name, hash.copy().digest('hex'))
    const before = this.#seen.get(file.path)
    if (before === undefined) return
    demandSame(file, before.stamp, await handle.stat({ bigint: true }))
    demandSame(file, before.stamp, await named(file))
    if (BigInt(bytes) === before.stamp.size) return
    throw new SourceError(changed(file, `it has ${before.stamp.size} bytes, but only ${bytes} could be read`))
  }

  /**
   * Checks every file again.
   * @param files that would be read now
   * @throws SourceError with all files that have changed
   */
  async check(files: readonly SourceFile[]): Promise<void> {
    const problems: Problem[] = []
    for (const file of files) {
      const isNew = !this.#seen.has(file.path) && (await named(file))?.isFile()
      if (isNew) problems.push(changed(file, 'it did not exist when reading began'))
    }
    for (const { file, stamp } of this.#seen.values()) {
      const how = difference(stamp, await named(file))
      if (how !== undefined) problems.push(changed(file, how))
    }
    if (problems.length > 0) throw new SourceError(problems)
  }
}

/** Undefined: the file no longer exists. */
function named({ path }: SourceFile): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined)
}

function demandSame(file: SourceFile, before: Stamp, now: Stamp | undefined): void {
  const how = difference(before, now)
  if (how !== undefined) throw new SourceError(changed(file, how))
}

function difference(before: Stamp, now: Stamp | undefined): string | undefined {
  if (now === undefined) return 'it no longer exists'
  if (now.ino !== before.ino || now.dev !== before.dev) return 'another file now has its name'
  if (now.size !== before.size) return `its size changed from ${before.size} to ${now.size} bytes`
  if (now.mtimeNs === before.mtimeNs) return undefined
  return `its modification time changed from ${timeOf(before)} to ${timeOf(now)}`
}

function timeOf({ mtimeNs }: Stamp): string {
  return new Date(Number(mtimeNs / 1_000_000n)).toISOString()
}

function changed(file: SourceFile, how: string): Problem {
  return {
    code: 'source_changed',
    message: `the file changed while it was read: ${how}`,
    hint: 'wait until nothing writes to it, or use a copy; then run the command again',
    at: { file: file.name },
  }
}
