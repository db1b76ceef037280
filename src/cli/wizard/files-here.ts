import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { OperatorError } from '../../diagnostics/errors.ts'
import { type DataFile, describeDataFile } from '../../inspecting/recognise.ts'

/** A data file, and what it seems to be. */
export interface FoundFile {
  /** As it was named, relative to the working folder. */
  name: string
  /** Absolute. */
  path: string
  data: DataFile
}

const DATA = /\.(csv|tsv|json|ndjson|jsonl)(\.(gz|zst))?$/i
/** Files of a project that hold no users. */
const OTHERS = /^(package(-lock)?|tsconfig.*|composer|biome|deno|.*\.config|.*\.schema)\.json$/i
/** More than these are not looked into. */
const MAX_FILES = 40

/** The data files in a folder, those first that are known to hold users. What cannot be read is no data file. */
export async function filesIn(folder: string): Promise<FoundFile[]> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && DATA.test(entry.name) && !OTHERS.test(entry.name))
    .map((entry) => entry.name)
    .sort()
  const found: FoundFile[] = []
  for (const name of names.slice(0, MAX_FILES)) {
    try {
      found.push(await describe(name, folder))
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
    }
  }
  return found.sort((a, b) => rank(a) - rank(b))
}

/** @throws ManifestError when there is no such file, SourceError when it is empty or no text */
export async function describe(name: string, folder: string): Promise<FoundFile> {
  const path = resolve(folder, name)
  return { name, path, data: await describeDataFile({ name, path }) }
}

/** Whether a file may hold the users: it says so, or says nothing. */
export function mayHoldUsers({ data: { recognised } }: FoundFile): boolean {
  return recognised === undefined || isUsers(recognised.part)
}

export function isUsers(part: string): boolean {
  return part === 'users' || part === 'dashboard'
}

function rank({ data: { recognised } }: FoundFile): number {
  if (recognised === undefined) return 2
  return isUsers(recognised.part) ? (recognised.origin === 'csv' ? 1 : 0) : 3
}
