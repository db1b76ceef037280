import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isThere } from './postgres.ts'

/**
 * A MariaDB server for the tests. The first test that needs it starts it in a temporary folder. It
 * is removed after the run.
 */

/** Paths of the server's programs; undefined if MariaDB is not installed. */
export const mariaPrograms = findPrograms()

interface Programs {
  server: string
  install: string
  client: string
}

function findPrograms(): Programs | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/libexec']
  const find = (name: string) => folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  const [server, install, client] = [find('mariadbd'), find('mariadb-install-db'), find('mariadb')]
  return server && install && client ? { server, install, client } : undefined
}

export const NO_MARIADB =
  'MariaDB is not installed: the tests of the source mysql do not run. Install it with: apt-get install mariadb-server'

function programs(): Programs {
  if (mariaPrograms === undefined) throw new Error(NO_MARIADB)
  return mariaPrograms
}

/** Root starts the server as the user of Debian's package. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Settings for small size and speed: nothing waits for the disk. */
const QUICK = [
  '--innodb-buffer-pool-size=32M',
  '--innodb-log-file-size=8M',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--aria-sync-log-dir=never',
  '--sync-frm=0',
]

const SERVE = ['--performance-schema=off', '--max-connections=60', '--skip-name-resolve', '--skip-log-bin']

/** The user of the tests, and its password: a marker that must not appear in any output. */
const TESTER = 'tester'
export const TESTER_PASSWORD = 'pw-Tester&7/x'

interface Place {
  port: number
}

/** A server on a socket in its folder and on a loopback port. */
export class MariaServer {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Creates the files of a server. Call `start` next. */
  static make(folder = mkdtempSync(join(tmpdir(), 'wm-my-'))): MariaServer {
    const server = new MariaServer(folder)
    const user = serverUser()
    if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o755)
    const args = [
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      `--tmpdir=${folder}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...QUICK,
    ]
    const made = spawnSync(programs().install, args, { ...user, encoding: 'utf8', cwd: folder })
    if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`)
    return server
  }

  /**
   * Starts it, and waits until it responds.
   * @param settings options of the command line
   */
  async start(settings: readonly string[] = []): Promise<void> {
    const place: Place = { port: await freePort() }
    const log = openSync(join(this.folder, 'log'), 'a')
    const args = [
      '--no-defaults',
      `--datadir=${join(this.folder, 'data')}`,
      `--tmpdir=${this.folder}`,
      `--socket=${this.socket}`,
      `--pid-file=${this.#pidFile}`,
      '--bind-address=127.0.0.1',
      `--port=${place.port}`,
      ...QUICK,
      ...SERVE,
      ...settings,
    ]
    const child = spawn(programs().server, args, {
      ...serverUser(),
      cwd: this.folder,
      stdio: ['ignore', log, log],
      detached: true,
    })
    child.unref()
    while (!this.#answers()) {
      if (child.exitCode !== null) throw new Error(`mariadbd ended: ${readFileSync(join(this.folder, 'log'), 'utf8')}`)
      await sleep(20)
    }
    writeFileSync(join(this.folder, 'place.json'), JSON.stringify(place))
    this.sql(
      `CREATE USER IF NOT EXISTS ${TESTER} IDENTIFIED BY '${TESTER_PASSWORD}'; GRANT ALL ON *.* TO ${TESTER} WITH GRANT OPTION`,
    )
  }

  #answers(): boolean {
    if (!existsSync(this.socket)) return false
    const args = ['--no-defaults', '-u', 'root', '-S', this.socket, '-e', 'SELECT 1']
    return spawnSync(programs().client, args, { stdio: 'ignore' }).status === 0
  }

  async stop(): Promise<void> {
    const pid = existsSync(this.#pidFile) ? Number(readFileSync(this.#pidFile, 'utf8')) : 0
    if (!(pid > 0)) return
    process.kill(pid, 'SIGKILL')
    while (isThere(pid)) await sleep(10)
    rmSync(this.#pidFile, { force: true })
    rmSync(this.socket, { force: true })
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  get socket(): string {
    return join(this.folder, 'socket')
  }

  get #pidFile(): string {
    return join(this.folder, 'pid')
  }

  get port(): number {
    const { port }: Place = JSON.parse(readFileSync(join(this.folder, 'place.json'), 'utf8'))
    return port
  }

  /** The URL of a database on its port. */
  url(database: string, user = TESTER, password = TESTER_PASSWORD): string {
    return `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`
  }

  /**
   * Runs statements as root.
   * @returns the rows, with tabs between values
   */
  sql(text: string, database?: string): string {
    const args = ['--no-defaults', '-u', 'root', '-S', this.socket, '--default-character-set=utf8mb4', '-N', '-B']
    const chosen = database === undefined ? [] : ['-D', database]
    return execFileSync(programs().client, [...args, ...chosen], {
      input: text,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }).trim()
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Set by the test set-up: a folder for the server that all tests share. */
const SHARED = 'WM_TEST_MARIADB'

/**
 * For the test set-up.
 * @returns a function that removes the server, if a test started one
 */
export function provideMaria(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wm-my-'))
  process.env[SHARED] = folder
  return () => new MariaServer(folder).remove()
}

let shared: Promise<MariaServer> | undefined

/** The server that all tests share. The first request starts it, in whichever process. */
function sharedMaria(): Promise<MariaServer> {
  shared ??= startShared()
  return shared
}

async function startShared(): Promise<MariaServer> {
  const folder = process.env[SHARED]
  if (folder === undefined) throw new Error('the set-up of the tests has made no folder for a server')
  const [ready, failed] = [join(folder, 'ready'), join(folder, 'failed')]
  try {
    mkdirSync(join(folder, 'starting'))
  } catch {
    while (!existsSync(ready)) {
      if (existsSync(failed)) throw new Error(readFileSync(failed, 'utf8'))
      await sleep(50)
    }
    return new MariaServer(folder)
  }
  try {
    const server = MariaServer.make(folder)
    await server.start()
    writeFileSync(ready, '')
    return server
  } catch (error) {
    writeFileSync(failed, String(error))
    throw error
  }
}

/** A separate database for a test, on the shared server. */
export interface MariaDatabase {
  server: MariaServer
  name: string
  url: string
  /** Runs statements in it as root. */
  sql(text: string): string
}

/** @param sql creates its tables */
export async function newMariaDatabase(sql = '', given?: MariaServer): Promise<MariaDatabase> {
  const server = given ?? (await sharedMaria())
  const name = `t_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  server.sql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
  if (sql !== '') server.sql(sql, name)
  return { server, name, url: server.url(name), sql: (text) => server.sql(text, name) }
}
