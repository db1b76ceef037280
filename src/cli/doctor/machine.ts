/**
 * What `doctor` finds on this machine: modes of files, git, room on the disk, the state and its
 * lock, Node.js, memory for workers. Nothing is written.
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
 * What staging takes, by the bytes of the source: 2 KB a record; packed text is about five times as
 * long unpacked.
 */
const STAGED = 8
const PACKED = 5

/** Room that a run takes at least, for its scratch, the state and a copy of it. */
const LEAST = 50 * MB

/**
 * Who may read the state, a manifest that holds a secret, and the files that it takes secrets from.
 */
export function lookAtModes(patient: Patient): Finding[] {
  if (process.platform === 'win32') return [skipped('modes', 'Windows has no modes of files')]
  const { loaded } = patient
  const state = statePathOf(patient)
  if (loaded === undefined || state === undefined) return [skipped('modes', 'needs state.path of the manifest')]
  const isShared = stateLocationOf(patient)?.type === 'postgres'
  const standing = isShared ? 'none' : standingOf(state, patient)
  const open = [
    ...(standing === 'there' ? openTo(state, 'the state', '600', patient) : []),
    ...(basename(dirname(state)) === '.workos-migrate'
      ? openTo(dirname(state), 'the folder of the state', '700', patient)
      : []),
    ...(loaded.warnings.some(({ code }) => code === 'literal_secret')
      ? openTo(loaded.file, 'the manifest, with a secret in it,', '600', patient)
      : []),
    ...referencesIn(patient, isSecretPath)
      .flatMap((name) => /^file:(.*)/s.exec(name)?.[1] ?? [])
      .flatMap((file) => openTo(resolve(loaded.directory, file), 'a file that holds a secret', '600', patient)),
  ]
  if (open.length > 0) return open
  if (isShared) return [ok('modes', 'the state is in PostgreSQL: the grants there say who may read it')]
  if (typeof standing === 'object') return [skipped('modes', 'needs a state that can be looked at')]
  return [ok('modes', standing === 'there' ? 'only you may read the state' : 'only you will be able to read the state')]
}

/** What is said of a file or a folder that other users may read. */
function openTo(path: string, what: string, mode: string, patient: Patient): Finding[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || (found.mode & 0o077) === 0) return []
  const is = (found.mode & 0o777).toString(8).padStart(4, '0')
  const shown = shownPath(path, patient)
  const message = `${what} has mode ${is}, and other users may look into it: ${shown}`
  return [warning('modes', message, `chmod ${mode} ${shellWord(shown)}`)]
}

/** Whether git may take the state along. */
export function lookAtGit(patient: Patient): Finding[] {
  const state = statePathOf(patient)
  if (state === undefined) return [skipped('git', 'needs state.path of the manifest')]
  if (stateLocationOf(patient)?.type === 'postgres') return [ok('git', 'the state is in PostgreSQL')]
  const root = repositoryOf(dirname(state))
  if (root === undefined) return [ok('git', 'the state is in no repository')]
  const path = relative(root, state)
  if (isTracked(root, path)) {
    const hint = `it holds personal data, and its history does: git rm --cached ${shellWord(path)}, then ignore it`
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
  const place = placeOf(state)
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

/** Whether there is a state, or what keeps a run from having one there. */
type Standing = 'there' | 'none' | Finding

/** Looks under the name of the state without opening it. */
function standingOf(path: string, patient: Patient): Standing {
  const shown = (of: string) => shownPath(of, patient)
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return existing(path, shown)
    return missing(placeOf(path), shown)
  } catch (error) {
    const code = codeOf(error) ?? String(error)
    const hint = `see whose its folder is: ls -ld ${shellWord(shown(dirname(path)))}; or correct state.path`
    return problem('state', `nobody can tell whether there is a state: ${shown(path)} (${code})`, hint)
  }
}

function existing(path: string, shown: (path: string) => string): Standing {
  const barred = [path, dirname(path)].find((one) => !isWritable(one))
  if (barred === undefined) return 'there'
  const hint = `see whose it is, and run as that user: ls -ld ${shellWord(shown(barred))}`
  return problem(
    'state',
    `this user may not write ${barred === path ? 'the state' : 'in its folder'}: ${shown(barred)}`,
    hint,
  )
}

function missing(place: string, shown: (path: string) => string): Standing {
  if (!statSync(place).isDirectory()) {
    const hint = 'move it away, or name another folder in state.path'
    return problem('state', `the state cannot be made: ${shown(place)} is no folder`, hint)
  }
  if (isWritable(place)) return 'none'
  const hint = `see whose it is, or name another folder in state.path: ls -ld ${shellWord(shown(place))}`
  return problem(
    'state',
    `the state cannot be made: this user may not write in ${shown(place) === '.' ? 'this folder' : shown(place)}`,
    hint,
  )
}

/** The nearest thing above a path that exists. */
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

/** The state: whose it is, what it is bound to, what a run left open. It is only read. */
export async function lookAtState(patient: Patient): Promise<Finding[]> {
  const path = statePathOf(patient)
  const location = stateLocationOf(patient)
  if (path === undefined || location === undefined) return [skipped('state', 'needs state of the manifest')]
  if (location.type === 'postgres') return lookAtSharedState(location, patient)
  const standing = standingOf(path, patient)
  if (standing === 'none') return [ok('state', `none yet: the first apply makes ${shownPath(path, patient)}`)]
  if (standing !== 'there') return [standing]
  const glance = await glanceAtState(location)
  if (glance === undefined) {
    const hint = 'the first apply fills it; if there was a state, put back its newest backup (state.sqlite.….bak)'
    return [warning('state', `it is empty, and counts as a new one: ${shownPath(path, patient)}`, hint)]
  }
  return findingsOf(glance, shownPath(path, patient), patient)
}

/** A state that other machines share: whether it answers, and what it says. */
async function lookAtSharedState(location: StateLocation, patient: Patient): Promise<Finding[]> {
  const place = await describePlace(location)
  const glance = await glanceAtState(location)
  if (glance === undefined) return [ok('state', `none yet: the first apply makes it in ${place}`)]
  return findingsOf(glance, place, patient)
}

function findingsOf(glance: StateGlance, place: string, patient: Patient): Finding[] {
  const { serial, resources, openWrites, binding, journal } = glance
  const findings = [ok('state', `${counted(resources, 'resource')}, serial ${serial}: ${place}`)]
  const address = knownAddress(patient)
  if (address !== undefined && binding !== undefined && binding.baseUrl !== address) {
    const hint =
      'give each environment its own state (state.path under environments), or choose the right environment with -e'
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
    const hint = 'the next command takes it in: keep it beside the state'
    findings.push(warning('state', `its journal is not counted in this: ${shownPath(journal, patient)}`, hint))
  }
  if (openWrites > 0) {
    const hint = 'the next plan or apply looks up what became of them: workos-migrate plan'
    findings.push(warning('state', `an interrupted run left ${counted(openWrites, 'write')} open`, hint))
  }
  return findings
}

/** Whether another command works with the state. */
export async function lookAtLock(patient: Patient): Promise<Finding[]> {
  const path = statePathOf(patient)
  const location = stateLocationOf(patient)
  if (path === undefined || location === undefined) return [skipped('lock', 'needs state of the manifest')]
  if (location.type === 'file' && typeof standingOf(path, patient) === 'object')
    return [skipped('lock', 'needs a state that can be written')]
  const lock = await glanceAtLock(location)
  if (!lock.held) return [ok('lock', 'nobody holds it')]
  const hint = 'wait until it has finished: the lock goes with the process, there is nothing to unlock'
  return [warning('lock', `${describeHolder(lock.holder)} is at work`, hint)]
}

/** Memory that a run takes, and each of its workers. Megabytes. */
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

/** What the machine has for `run.workers`. */
export function lookAtWorkers(patient: Patient): Finding[] {
  const loaded = soundIn(patient, 'run')
  if (loaded === undefined) return [skipped('workers', 'needs the manifest')]
  const { workers } = loaded.manifest.run
  return [workersOn(workers, { cores: availableParallelism(), memory: memory() })]
}

/** @param machine its cores, and the bytes of memory that this process may use */
export function workersOn(workers: number, { cores, memory }: { cores: number; memory: number }): Finding {
  const has = `run.workers is ${workers}, and there are ${cores} cores and ${bytes(memory)} of memory`
  const needed = (RUN + workers * WORKER) * MB
  if (memory < needed) {
    const fitting = Math.max(1, Math.floor((memory / MB - RUN) / WORKER))
    return warning(
      'workers',
      has,
      `a run takes about ${bytes(needed)} then: set run.workers to ${fitting}, or allow it more memory`,
    )
  }
  if (workers > cores)
    return warning('workers', has, `more threads than cores are no faster: set run.workers to ${cores}`)
  return ok('workers', has)
}

/** What a container allows, or what there is. */
function memory(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem())
}
