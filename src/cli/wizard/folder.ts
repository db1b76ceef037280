/**
 * The files of a folder. In: the folder. Out: its data files and what each seems to be; the others
 * with why they are none; and, once it is known where the users are, the files beside them that are
 * of use.
 */
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
    if (/\.sql(\.gz)?$/i.test(name)) leave(name, 'it is SQL: load it into a database, and read that with --from')
    else if (!DATA.test(name)) leave(name, 'it is no CSV, JSON or NDJSON: export it as one of these')
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
  return { files: withPages(files).sort((a, b) => rank(a) - rank(b)), others }
}

/**
 * Lists of users that were saved page by page, `users-1.json` and `users-2.json`: the first of
 * them, with the others as its pages.
 */
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

/** Origins whose users are a stream of files, which may be many. */
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

/** Whether the folder is one that WorkOS's own tool exported: its manifest.json says so. */
export function isPackage({ files }: Folder): boolean {
  const manifest = files.find(({ name }) => name === 'manifest.json')
  if (manifest === undefined || statSync(manifest.path).size > MAX_MANIFEST) return false
  const content = objectIn(readRegular(manifest.path).toString('utf8'))
  return content?.schemaVersion !== undefined && content.provider !== undefined
}

/** Bytes of a package's manifest at most. */
const MAX_MANIFEST = 256 * 1024

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
