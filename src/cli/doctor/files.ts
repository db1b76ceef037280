import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { type Finding, ok, problem, skipped, warning } from './finding.ts'
import { type Patient, shownPath, soundIn, statePathOf } from './patient.ts'
import { bytes, MB } from './sizes.ts'
import { filesOf } from './source.ts'

/** What staging takes, by the bytes of the source: 2 KB a record; packed text is about five times as long unpacked. */
const STAGED = 8
const PACKED = 5

/** Room that a run takes at least, for its scratch, the state and a copy of it. */
const LEAST = 50 * MB

/** Who may read the state, and a manifest that holds a secret. */
export function lookAtModes(patient: Patient): Finding[] {
  if (process.platform === 'win32') return [skipped('modes', 'Windows has no modes of files')]
  const state = statePathOf(patient)
  const { loaded } = patient
  const findings: Finding[] = []
  const demand = (path: string, what: string, mode: string) => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined || (found.mode & 0o077) === 0) return
    const is = (found.mode & 0o777).toString(8).padStart(4, '0')
    findings.push(
      warning(
        'modes',
        `${what} has mode ${is}, and other users may look into it: ${shownPath(path, patient)}`,
        `chmod ${mode} '${shownPath(path, patient)}'`,
      ),
    )
  }
  if (state !== undefined) {
    demand(state, 'the state', '600')
    if (basename(dirname(state)) === '.workos-migrate') demand(dirname(state), 'the folder of the state', '700')
  }
  if (loaded?.warnings.some(({ code }) => code === 'literal_secret'))
    demand(loaded.file, 'the manifest, with a secret in it,', '600')
  return findings.length > 0 ? findings : [ok('modes', 'only you may read the state')]
}

/** Whether git may take the state along. */
export function lookAtGit(patient: Patient): Finding[] {
  const state = statePathOf(patient)
  if (state === undefined) return [skipped('git', 'needs state.path of the manifest')]
  const root = repositoryOf(dirname(state))
  if (root === undefined) return [ok('git', 'the state is in no repository')]
  const path = relative(root, state)
  if (isTracked(root, path)) {
    const hint = `it holds personal data, and its history does: git rm --cached '${path}', then ignore it`
    return [problem('git', `the state is in the repository: ${path}`, hint)]
  }
  if (isIgnored(root, path)) return [ok('git', 'the state is ignored')]
  return [
    warning(
      'git',
      `.gitignore does not name the state: ${path}`,
      `add a line to .gitignore: ${basename(dirname(state))}/`,
    ),
  ]
}

function repositoryOf(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (folder === dirname(folder)) return undefined
  }
}

/** The folder with git's own files: `.git` is a file that names it in a worktree. */
function gitFolder(root: string): string {
  const path = join(root, '.git')
  if (!statSync(path).isFile()) return path
  return resolve(root, /^gitdir: (.*)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '.git')
}

/** By its index, in which the paths stand as they are. */
function isTracked(root: string, path: string): boolean {
  const index = join(gitFolder(root), 'index')
  const entry = Buffer.from(`${path.split(sep).join('/')}\0`)
  return existsSync(index) && readFileSync(index).includes(entry)
}

/** Whether a line of a .gitignore above it names the state, or a folder that it is in. */
function isIgnored(root: string, path: string): boolean {
  const parts = path.split(sep)
  const lines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split(/\r?\n/) : [])
  const namesOne = (folder: readonly string[], line: string) => {
    const bare = line
      .trim()
      .replace(/^(\*\*)?\//, '')
      .replace(/\/(\*{1,2})?$/, '')
    const below = parts.slice(folder.length)
    return (
      bare !== '' &&
      below.some((part, at) => part === bare || below.slice(0, at + 1).join('/') === bare || suffixed(part, bare))
    )
  }
  return (
    parts.some((_part, depth) => {
      const folder = parts.slice(0, depth)
      const found = lines(join(root, ...folder, '.gitignore'))
      return found.some((line) => namesOne(folder, line))
    }) || lines(join(gitFolder(root), 'info', 'exclude')).some((line) => namesOne([], line))
  )
}

/** `*.sqlite` means every name with that end. */
function suffixed(name: string, pattern: string): boolean {
  return /^\*\.[\w.-]+$/.test(pattern) && name.endsWith(pattern.slice(1))
}

/** Whether there is room for what a run stages beside the state. */
export async function lookAtDisk(patient: Patient): Promise<Finding[]> {
  const state = statePathOf(patient)
  if (state === undefined) return [skipped('disk', 'needs state.path of the manifest')]
  const loaded = soundIn(patient, 'source')
  const files = loaded === undefined ? [] : await filesOf(loaded).catch(() => [])
  const text = files.reduce((sum, { path, size }) => sum + size * (/\.(gz|zst)$/.test(path) ? PACKED : 1), 0)
  const place = existing(dirname(state))
  const { bavail, bsize } = statfsSync(place)
  return [roomFor(Math.max(LEAST, text * STAGED), bavail * bsize, shownPath(place, patient))]
}

/** @param needed, free bytes */
export function roomFor(needed: number, free: number, place: string): Finding {
  const said = `${bytes(free)} free ${place === '.' ? 'here' : `in ${place}`}; a run may take ${bytes(needed)}`
  const hint = 'make room there, or move the state to another disk (state.path)'
  if (free < needed) return problem('disk', said, hint)
  return free < 2 * needed ? warning('disk', said, hint) : ok('disk', said)
}

function existing(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : existing(dirname(folder))
}
