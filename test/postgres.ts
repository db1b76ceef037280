import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresLocation } from '../src/state/location.ts'

/**
 * A PostgreSQL server for the tests. The first test that needs it starts it in a temporary folder.
 * It is removed after the run.
 */

/** The folder of the server's programs; undefined if PostgreSQL is not installed. */
export const postgresPrograms = findPrograms()

function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

export const NO_POSTGRES =
  'PostgreSQL is not installed: the tests of a shared state do not run. Install it with: apt-get install postgresql'

/** The server does not run as root. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

export interface ClusterOptions {
  /** Lines of postgresql.conf. */
  settings?: readonly string[]
  /** Lines of pg_hba.conf that replace trust. */
  access?: readonly string[]
  /** Password of the user `tester`. */
  password?: string
}

/** Settings for speed. A test of durability needs its own. */
const QUICK = ['fsync = off', 'full_page_writes = off']

/** A server on a socket in its folder. */
export class Cluster {
  readonly folder: string
  readonly #data: string

  constructor(folder: string) {
    this.folder = folder
    this.#data = join(folder, 'data')
  }

  /** Creates the files of a server. Call `start` next. */
  static make(options: ClusterOptions = {}, folder = mkdtempSync(join(tmpdir(), 'wm-pg-'))): Cluster {
    const cluster = new Cluster(folder)
    const user = serverUser()
    if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o755)
    const passwords = join(folder, 'password')
    const asked = options.password === undefined ? [] : [`--pwfile=${passwords}`]
    if (options.password !== undefined) writeFileSync(passwords, options.password)
    const made = spawnSync(
      join(postgresPrograms ?? '', 'initdb'),
      [
        '-D',
        join(folder, 'data'),
        '-U',
        'tester',
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
        ...asked,
      ],
      { ...user, encoding: 'utf8', cwd: folder },
    )
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
    const lines = [
      `unix_socket_directories = '${folder}'`,
      "listen_addresses = ''",
      'max_connections = 60',
      'shared_buffers = 32MB',
      ...QUICK,
      ...(options.settings ?? []),
    ]
    appendFileSync(join(folder, 'data', 'postgresql.conf'), `${lines.join('\n')}\n`)
    if (options.access !== undefined) {
      writeFileSync(join(folder, 'data', 'pg_hba.conf'), `${options.access.join('\n')}\n`)
    }
    return cluster
  }

  /** Writes a file to the data folder, with the owner and mode that the server requires. */
  put(name: string, text: string): void {
    const path = join(this.#data, name)
    writeFileSync(path, text, { mode: 0o600 })
    const { uid, gid } = serverUser()
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
  }

  /** Starts it, and waits until it responds. */
  async start(): Promise<void> {
    const log = openSync(join(this.folder, 'log'), 'a')
    const child = spawn(join(postgresPrograms ?? '', 'postgres'), ['-D', this.#data], {
      ...serverUser(),
      cwd: this.folder,
      stdio: ['ignore', log, log],
      detached: true,
    })
    child.unref()
    for (;;) {
      if (child.exitCode !== null) throw new Error(`postgres ended: ${readFileSync(join(this.folder, 'log'), 'utf8')}`)
      if (/^ready\s*$/m.test(this.#pidFile() ?? '')) return
      await sleep(20)
    }
  }

  /**
   * @param how `SIGINT` shuts it down cleanly; `SIGQUIT` stops it at once, so that only data on
   *   disk remains
   */
  async stop(how: 'SIGINT' | 'SIGQUIT' = 'SIGQUIT'): Promise<void> {
    const pid = Number(this.#pidFile()?.split('\n')[0])
    if (!(pid > 0)) return
    process.kill(pid, how)
    while (isThere(pid)) await sleep(10)
    rmSync(join(this.#data, 'postmaster.pid'), { force: true })
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** The URL of a database on its socket. */
  url(user = 'tester', database = 'postgres'): string {
    return `postgres://${user}@${encodeURIComponent(this.folder)}/${database}`
  }

  sql(text: string, { port = 5432, database = 'postgres' } = {}): string {
    const program = join(postgresPrograms ?? '', 'psql')
    const args = [
      '-X',
      '-q',
      '-t',
      '-A',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      this.folder,
      '-p',
      `${port}`,
      '-U',
      'tester',
      '-d',
      database,
    ]
    return execFileSync(program, [...args, '-c', text], {
      encoding: 'utf8',
      env: { ...process.env, PGOPTIONS: '-c client_min_messages=error' },
    }).trim()
  }

  #pidFile(): string | undefined {
    const path = join(this.#data, 'postmaster.pid')
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }
}

/** Whether a process runs. A zombie does not count. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Set by the test set-up: a folder for the server that all tests share. */
const SHARED = 'WM_TEST_POSTGRES'

/**
 * For the test set-up.
 * @returns a function that removes the server, if a test started one
 */
export function provideCluster(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wm-pg-'))
  process.env[SHARED] = folder
  return () => new Cluster(folder).remove()
}

let shared: Promise<Cluster> | undefined

/** The server that all tests share. The first request starts it, in whichever process. */
export function sharedCluster(): Promise<Cluster> {
  shared ??= startShared()
  return shared
}

async function startShared(): Promise<Cluster> {
  const folder = process.env[SHARED]
  if (folder === undefined) throw new Error('the set-up of the tests has made no folder for a server')
  const ready = join(folder, 'ready')
  try {
    mkdirSync(join(folder, 'starting'))
  } catch {
    while (!existsSync(ready)) await sleep(50)
    return new Cluster(folder)
  }
  const cluster = Cluster.make({}, folder)
  await cluster.start()
  writeFileSync(ready, '')
  return cluster
}

/** A location for a separate state, in a schema that does not exist yet. */
export async function newPostgresLocation(cluster?: Cluster): Promise<PostgresLocation> {
  const schema = `t_${randomUUID().replaceAll('-', '')}`
  const url = (cluster ?? (await sharedCluster())).url()
  return { type: 'postgres', url, schema, name: 'a-migration', environment: null }
}
