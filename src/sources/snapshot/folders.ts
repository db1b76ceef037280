import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, UsageError } from '../../diagnostics/errors.ts'
import { syncFolder } from '../../files/whole-file.ts'
import { HEAD } from './format.ts'

/** The database of a snapshot that is being written, in its folder. */
export const PROGRESS = 'progress.sqlite'

/** Where a snapshot is written before it takes its place. */
export function nextOf(folder: string): string {
  return `${folder}.next`
}

/** Where the one before it is until it is removed. */
function oldOf(folder: string): string {
  return `${folder}.old`
}

/**
 * Puts a finished snapshot in its place. Also ends what a killed process began: whichever of the renames it had come to,
 * either the old snapshot is whole or the new one.
 * @throws UsageError when something else is there
 */
export function finishReplacement(folder: string): void {
  const [next, old] = [nextOf(folder), oldOf(folder)]
  if (existsSync(join(next, HEAD))) {
    checkReplaceable(folder)
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(join(next, PROGRESS + suffix), { force: true })
    if (existsSync(folder)) {
      rmSync(old, { recursive: true, force: true })
      renameSync(folder, old)
    }
    renameSync(next, folder)
    // Before the old one goes.
    syncFolder(dirname(folder))
  } else if (!existsSync(folder) && existsSync(join(old, HEAD))) {
    renameSync(old, folder)
  }
  if (existsSync(join(folder, HEAD)) && existsSync(join(old, HEAD))) rmSync(old, { recursive: true, force: true })
}

/**
 * A snapshot replaces the whole folder, so nothing else may be in it. A link would be replaced, not what it leads to.
 * @throws UsageError naming what else is there
 */
export function checkReplaceable(folder: string): void {
  const strange = namesIn(folder).find((name) => name !== HEAD && !name.endsWith('.ndjson.gz'))
  if (strange === undefined) return
  throw new UsageError({
    code: 'folder_in_use',
    message: `${folder} is no place for a snapshot: ${strange} is there, and the folder is replaced as a whole`,
    hint: 'name a folder that does not exist yet, or one that holds a snapshot and nothing else',
    at: { file: folder },
  })
}

function namesIn(folder: string): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return ['a symbolic link of that name']
  try {
    return readdirSync(folder)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') return ['a file of that name']
    throw error
  }
}
