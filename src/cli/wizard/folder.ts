/**
 * The files of a folder. In: the folder. Out: its data files and what each seems to be; the others with why they are none; and, once it is known
 * where the users are, the files beside them that are of use.
 */
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { OperatorError } from '../../diagnostics/errors.ts'
import { rankOf } from '../../inspecting/names.ts'
import { describeDataFile } from '../../inspecting/recognise.ts'
import { isSecretName } from '../../inspecting/sensitivity.ts'
import type { FoundFile, UnusedFile } from './answers.ts'

export interface Folder {
  /** Its data files, those first that are known to hold users. */
  files: FoundFile[]
  others: UnusedFile[]
}

const DATA = /\.(csv|tsv|json|ndjson|jsonl)(\.(gz|zst))?$/i
/** Files of a project that hold no users. */
const OF_PROJECT =
  /^(package(-lock)?|tsconfig.*|composer|biome|deno|.*\.config|.*\.schema)\.json$|^migrate\.config\.|\.(md|[cm]?[jt]sx?|py|rb|php|go|rs|java|cs|sh|html?|css|ya?ml|toml|lock|log|config|ini)$|^(LICENSE|README|NOTICE|Makefile|Dockerfile|Gemfile|Procfile)/i
/** More data files than these are not looked into. */
const MAX_FILES = 40

/** Looks at the files in a folder. */
export async function lookInto(folder: string): Promise<Folder> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !OF_PROJECT.test(entry.name))
    .map((entry) => entry.name)
    .sort()
  const files: FoundFile[] = []
  const others: UnusedFile[] = []
  const leave = (name: string, why: string) => others.push({ name, path: resolve(folder, name), why, personal: true })
  for (const name of names) {
    if (!DATA.test(name)) leave(name, 'it is no CSV, JSON or NDJSON: export it as one of these')
    else if (files.length >= MAX_FILES) leave(name, `only ${MAX_FILES} data files are looked into`)
    else {
      try {
        files.push(await describe(name, folder))
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error
        leave(name, `it cannot be read: ${error.problems[0]?.message ?? error.message}`)
      }
    }
  }
  return { files: files.sort((a, b) => rank(a) - rank(b)), others }
}

/** @throws ManifestError when there is no such file, SourceError when it is empty or no text */
export async function describe(name: string, folder: string): Promise<FoundFile> {
  const path = resolve(folder, name)
  return { name, path, data: await describeDataFile({ name, path }) }
}

/** A data file that is not read. */
export function unused({ name, path, data }: FoundFile, why: string): UnusedFile {
  const { recognised, head } = data
  const tells = (column: string) => isSecretName(column) || rankOf(column, 'email') !== undefined
  const personal = recognised !== undefined || head.firstRow !== undefined || head.paths.some(tells)
  return { name, path, why, personal }
}

export function isUsers(part: string): boolean {
  return part === 'users' || part === 'dashboard'
}

function rank({ data: { recognised, head } }: FoundFile): number {
  if (recognised === undefined) return head.paths.some((path) => rankOf(path, 'email') !== undefined) ? 2 : 4
  return isUsers(recognised.part) ? (recognised.origin === 'csv' ? 1 : 0) : 3
}
