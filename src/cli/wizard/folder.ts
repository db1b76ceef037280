/** The data files of a folder with what each seems to be, and the other files with the reason. */
import { readdirSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { OperatorError } from '../../diagnostics/errors.ts'
import { readRegular } from '../../files/regular-file.ts'
import { rankOf } from '../../inspecting/names.ts'
import { describeDataFile } from '../../inspecting/recognise.ts'
import { isSecretName } from '../../inspecting/sensitivity.ts'
import { objectIn } from '../../inspecting/sniff.ts'
import type { FoundFile, UnusedFile } from './answers.ts'

export interface Folder {
  /** Data files, with recognized users files first. */
  files: FoundFile[]
  others: UnusedFile[]
}

const DATA = /\.(csv|tsv|json|ndjson|jsonl)(\.(gz|zst))?$/i
/** Project files without users. */
const OF_PROJECT =
  /^(package(-lock)?|tsconfig.*|composer|biome|deno|.*\.config|.*\.schema)\.json$|^migrate\.config\.|\.(md|[cm]?[jt]sx?|py|rb|php|go|rs|java|cs|sh|html?|css|ya?ml|toml|lock|log|config|ini)$|^(LICENSE|README|NOTICE|Makefile|Dockerfile|Gemfile|Procfile)/i
/** The most data files to inspect. */
const MAX_FILES = 40

export async function lookInto(folder: string): Promise<Folder> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !OF_PROJECT.test(entry.name))
    .map((entry) => entry.name)
    .sort()
  const files: FoundFile[] = []
  const others: UnusedFile[] = []
  const leave = (name: string, why: string) => others.push({ name, path: resolve(folder, name), why, personal: true })
  for (const name of names) {
    if (/\.sql(\.gz)?$/i.test(name)) leave(name, 'it is SQL: load it into a database, and use --from')
    else if (!DATA.test(name)) leave(name, 'it is not CSV, JSON or NDJSON: export it in one of these formats')
    else if (files.length >= MAX_FILES) leave(name, `init inspects only ${MAX_FILES} data files`)
    else {
      try {
        files.push(await describe(name, folder))
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error
        leave(name, `it cannot be read: ${error.problems[0]?.message ?? error.message}`)
      }
    }
  }
  return { files: withPages(files).sort((a, b) => rank(a) - rank(b)), others }
}

/** Groups lists of users that were saved page by page (`users-1.json`, `users-2.json`). */
function withPages(files: readonly FoundFile[]): FoundFile[] {
  const books = Map.groupBy(files, ({ name, data: { head, recognised } }) => {
    const isPage =
      recognised !== undefined && PAGED.has(recognised.origin) && recognised.part === 'users' && /\d/.test(name)
    return isPage ? `${recognised.title} ${head.format} ${head.records} ${name.replace(/\d+/g, '#')}` : name
  })
  return [...books.values()].flatMap(([first, ...pages]) => {
    if (first === undefined) return []
    return pages.length === 0 ? first : { ...first, pages }
  })
}

/** Origins whose users can be in several files. */
const PAGED: ReadonlySet<string> = new Set([
  'cognito',
  'okta',
  'keycloak',
  'supabase',
  'stytch',
  'descope',
  'firebase',
  'file',
])

/** Whether the folder is an export of the WorkOS migration tool, by its manifest.json. */
export function isPackage({ files }: Folder): boolean {
  const manifest = files.find(({ name }) => name === 'manifest.json')
  if (manifest === undefined || statSync(manifest.path).size > MAX_MANIFEST) return false
  const content = objectIn(readRegular(manifest.path).toString('utf8'))
  return content?.schemaVersion !== undefined && content.provider !== undefined
}

/** The largest manifest.json of a package. Bytes. */
const MAX_MANIFEST = 256 * 1024

/**
 * @throws ManifestError for a missing file, SourceError for an empty file or a file without text
 */
export async function describe(name: string, folder: string): Promise<FoundFile> {
  const path = resolve(folder, name)
  return { name, path, data: await describeDataFile({ name, path }) }
}

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
