/**
 * The checks of `doctor` on this machine: file modes, git, disk space, the state and its lock,
 * Node.js, memory for workers. They write nothing.
 */

import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { isSecretPath } from '../../config/schema.ts'
import { codeOf, ExitCode } from '../../diagnostics/errors.ts'
import { shellWord } from '../../diagnostics/printable.ts'
import { counted } from '../../reporting/style.ts'
import { describeHolder } from '../../state/holder.ts'
import type { StateLocation } from '../../state/location.ts'
import { placeOf as describePlace, glanceAtLock, glanceAtState } from '../../state/open.ts'
import type { StateGlance } from '../../state/store.ts'
import { filesOf } from './manifest.ts'
import {
  bytes,
  type Finding,
  MB,
  ok,
  type Patient,
  problem,
  referencesIn,
  shownPath,
  skipped,
  soundIn,
  stateLocationOf,
  statePathOf,
  warning,
} from './patient.ts'
import { knownAddress } from './target.ts'

/**
 * Staging needs STAGED times the bytes of the source (2 KB for each record). Compressed text
 * expands about PACKED times.
 */
const STAGED = 8
const PACKED = 5

/** The least disk space of a run, for its scratch files, the state and a copy of it. */
const LEAST = 50 * MB

/** Checks who can read the state, a manifest with a secret, and the files with secrets. */
export function lookAtModes(patient: Patient): Finding[] {
  if (process.platform === 'win32') return [skipped('modes', 'Windows has no file modes')]
  const { loaded } = patient
  const state = statePathOf(patient)
  if (loaded === undefined || state === undefined) return [skipped('modes', 'needs state.path from the manifest')]
  const isShared = stateLocationOf(patient)?.type === 'postgres'
  const standing = isShared ? 'none' : standingOf(state, patient)
  const open = [
    ...(standing === 'there' ? openTo(state, 'the state', '600', patient) : []),
    ...(basename(dirname(state)) === '.workos-migrate'
      ? openTo(dirname(state), 'the folder of the state', '700', patient)
      : []),
    ...(loaded.warnings.some(({ code }) => code === 'literal_secret')
      ? openTo(loaded.file, 'the manifest, which contains a secret,', '600', patient)
      : []),
    ...referencesIn(patient, isSecretPath)
      .flatMap((name) => /^file:(.*)/s.exec(name)?.[1] ?? [])
      .flatMap((file) => openTo(resolve(loaded.directory, file), 'a file that contains a secret', '600', patient)),
  ]
  if (open.length > 0) return open
  if (isShared) return [ok('modes', 'the state is in PostgreSQL, where grants decide who can read it')]
  if (typeof standing === 'object') return [skipped('modes', 'needs a readable state')]
  return [ok('modes', standing === 'there' ? 'only you can read the state' : 'only you will be able to read the state')]
}

function openTo(path: string, what: string, mode: string, patient: Patient): Finding[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || (found.mode & 0o077) === 0) return []
  const is = (found.mode & 0o777).toString(8).padStart(4, '0')
  const shown = shownPath(path, patient)
  const message = `${what} has mode ${is}, so other users can access it: ${shown}`
  return [warning('modes', message, `chmod ${mode} ${shellWord(shown)}`)]
}

/** Checks that git does not track the state. */
export function lookAtGit(patient: Patient): Finding[] {
  const state = statePathOf(patient)
  if (state === undefined) return [skipped('git', 'needs state.path from the manifest')]
  if (stateLocationOf(patient)?.type === 'postgres') return [ok('git', 'the state is in PostgreSQL')]
  const root = repositoryOf(dirname(state))
  if (root === undefined) return [ok('git', 'the state is not in a repository')]
  const path = relative(root, state)
  if (isTracked(root, path)) {
    const hint = `remove it, since it and its history contain personal data: git rm --cached ${shellWord(path)}, then ignore it`
    return [problem('git', `git tracks the state: ${path}`, hint)]
  }
  if (isIgnored(root, path)) return [ok('git', 'git ignores the state')]
  return [
    warning(
      'git',
      `.gitignore does not list the state: ${path}`,
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

/** The folder of git's own files. In a worktree, `.git` is a file with its path. */
function gitFolder(root: string): string {
  const path = join(root, '.git')
  if (!statSync(path).isFile()) return path
  return resolve(root, /^gitdir: (.*)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '.git')
}

/** Searches git's index, which contains the paths as plain text. */
function isTracked(root: string, path: string): boolean {
  const index = join(gitFolder(root), 'index')
  const entry = Buffer.from(`${path.split(sep).join('/')}\0`)
  return existsSync(index) && readFileSync(index).includes(entry)
}

/** Whether a .gitignore lists the state, or a folder that contains it. */
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

/** Matches patterns such as `*.sqlite`. */
function suffixed(name: string, pattern: string): boolean {
  return /^\*\.[\w.-]+$/.test(pattern) && name.endsWith(pattern.slice(1))
}

/** Checks the disk space for the files that a run stages next to the state. */
export async function lookAtDisk(patient: Patient): Promise<Finding[]> {
  const state = statePathOf(patient)
  if (state === undefined) return [skipped('disk', 'needs state.path from the manifest')]
  const loaded = soundIn(patient, 'source')
  const files = loaded === undefined ? [] : await filesOf(loaded).catch(() => [])
  const text = files.reduce((sum, { path, size }) => sum + size * (/\.(gz|zst)$/.test(path) ? PACKED : 1), 0)
  const place = placeOf(state)
  const { bavail, bsize } = statfsSync(place)
  return [roomFor(Math.max(LEAST, text * STAGED), bavail * bsize, shownPath(place, patient))]
}

/** @param needed, free bytes */
export function roomFor(needed: number, free: number, place: string): Finding {
  const said = `${bytes(free)} free ${place === '.' ? 'here' : `in ${place}`}; a run can need ${bytes(needed)}`
  const hint = 'free up space, or move the state to another disk (state.path)'
  if (free < needed) return problem('disk', said, hint)
  return free < 2 * needed ? warning('disk', said, hint) : ok('disk', said)
}

/** Whether there is a state, or the problem that prevents one. */
type Standing = 'there' | 'none' | Finding

/** Checks the path of the state without opening it. */
function standingOf(path: string, patient: Patient): Standing {
  const shown = (of: string) => shownPath(of, patient)
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return existing(path, shown)
    return missing(placeOf(path), shown)
  } catch (error) {
    const code = codeOf(error) ?? String(error)
    const hint = `check the owner of its folder: ls -ld ${shellWord(shown(dirname(path)))}; or correct state.path`
    return problem('state', `cannot check whether there is a state: ${shown(path)} (${code})`, hint)
  }
}

function existing(path: string, shown: (path: string) => string): Standing {
  const barred = [path, dirname(path)].find((one) => !isWritable(one))
  if (barred === undefined) return 'there'
  const hint = `check the owner, and run as that user: ls -ld ${shellWord(shown(barred))}`
  return problem(
    'state',
    `this user cannot write ${barred === path ? 'the state' : 'to its folder'}: ${shown(barred)}`,
    hint,
  )
}

function missing(place: string, shown: (path: string) => string): Standing {
  if (!statSync(place).isDirectory()) {
    const hint = 'move it, or set state.path to another folder'
    return problem('state', `the state cannot be created: ${shown(place)} is not a folder`, hint)
  }
  if (isWritable(place)) return 'none'
  const hint = `set state.path to another folder, or check the owner: ls -ld ${shellWord(shown(place))}`
  return problem(
    'state',
    `the state cannot be created: this user cannot write to ${shown(place) === '.' ? 'this folder' : shown(place)}`,
    hint,
  )
}

/** The nearest existing parent of a path. */
function placeOf(path: string): string {
  const folder = dirname(path)
  return existsSync(folder) || folder === dirname(folder) ? folder : placeOf(folder)
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Checks the target of the state and its unfinished writes, without writing to it. */
export async function lookAtState(patient: Patient): Promise<Finding[]> {
  const path = statePathOf(patient)
  const location = stateLocationOf(patient)
  if (path === undefined || location === undefined) return [skipped('state', 'needs state from the manifest')]
  if (location.type === 'postgres') return lookAtSharedState(location, patient)
  const standing = standingOf(path, patient)
  if (standing === 'none') return [ok('state', `none yet: the first apply creates ${shownPath(path, patient)}`)]
  if (standing !== 'there') return [standing]
  const glance = await glanceAtState(location)
  if (glance === undefined) {
    const hint =
      'restore the newest backup (state.sqlite.….bak) if there was a state; otherwise the first apply fills it'
    return [warning('state', `it is empty and counts as new: ${shownPath(path, patient)}`, hint)]
  }
  return findingsOf(glance, shownPath(path, patient), patient)
}

/** The same for a shared state. */
async function lookAtSharedState(location: StateLocation, patient: Patient): Promise<Finding[]> {
  const place = await describePlace(location)
  const glance = await glanceAtState(location)
  if (glance === undefined) return [ok('state', `none yet: the first apply creates it in ${place}`)]
  return findingsOf(glance, place, patient)
}

function findingsOf(glance: StateGlance, place: string, patient: Patient): Finding[] {
  const { serial, resources, openWrites, binding, journal } = glance
  const findings = [ok('state', `${counted(resources, 'resource')}, serial ${serial}: ${place}`)]
  const address = knownAddress(patient)
  if (address !== undefined && binding !== undefined && binding.baseUrl !== address) {
    const hint = 'set a separate state.path for each environment, or choose the right environment with -e'
    findings.push(
      problem(
        'state',
        `it belongs to ${binding.type} at ${binding.baseUrl}, not to workos at ${address}`,
        hint,
        ExitCode.guard,
      ),
    )
  }
  if (journal !== undefined) {
    const hint = 'keep it next to the state: the next command reads it'
    findings.push(warning('state', `these counts do not include its journal: ${shownPath(journal, patient)}`, hint))
  }
  if (openWrites > 0) {
    const hint = 'run workos-migrate plan, which checks what happened to them'
    findings.push(warning('state', `an interrupted run left ${counted(openWrites, 'unfinished write')}`, hint))
  }
  return findings
}

/** Checks whether another command uses the state. */
export async function lookAtLock(patient: Patient): Promise<Finding[]> {
  const path = statePathOf(patient)
  const location = stateLocationOf(patient)
  if (path === undefined || location === undefined) return [skipped('lock', 'needs state from the manifest')]
  if (location.type === 'file' && typeof standingOf(path, patient) === 'object')
    return [skipped('lock', 'needs a writable state')]
  const lock = await glanceAtLock(location)
  if (!lock.held) return [ok('lock', 'free')]
  const hint = 'wait until it ends: the lock ends with the process, so there is nothing to unlock'
  return [warning('lock', `${describeHolder(lock.holder)} is running`, hint)]
}

/** Memory of a run, and of each of its workers. Megabytes. */
const RUN = 200
const WORKER = 100

/** Node.js, and SQLite in it. */
export async function lookAtNode(): Promise<Finding[]> {
  const { node } = process.versions
  try {
    const { openThrowaway } = await import('../../sqlite/open.ts')
    const db = openThrowaway(':memory:', { cacheKiB: 64 })
    const version = db.prepare('SELECT sqlite_version() AS version').get()?.version
    db.close()
    return [ok('node', `${node} on ${process.platform}-${process.arch}, with SQLite ${version}`)]
  } catch {
    return [problem('node', `${node} has no node:sqlite`, 'install Node.js 24 or later from https://nodejs.org')]
  }
}

export function lookAtWorkers(patient: Patient): Finding[] {
  const loaded = soundIn(patient, 'run')
  if (loaded === undefined) return [skipped('workers', 'needs the manifest')]
  const { workers } = loaded.manifest.run
  return [workersOn(workers, { cores: availableParallelism(), memory: memory() })]
}

/** @param machine its cores, and the bytes of memory that this process can use */
export function workersOn(workers: number, { cores, memory }: { cores: number; memory: number }): Finding {
  const has = `run.workers is ${workers}; this machine has ${counted(cores, 'core')} and ${bytes(memory)} of memory`
  const needed = (RUN + workers * WORKER) * MB
  if (memory < needed) {
    const fitting = Math.max(1, Math.floor((memory / MB - RUN) / WORKER))
    return warning(
      'workers',
      has,
      `set run.workers to ${fitting}, or allow more memory: a run takes about ${bytes(needed)}`,
    )
  }
  if (workers > cores)
    return warning('workers', has, `set run.workers to ${cores}: more threads than cores are not faster`)
  return ok('workers', has)
}

/** The memory limit of the container, or the memory of the machine. */
function memory(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem())
}
