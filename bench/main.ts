/**
 * npm run bench [-- planning|files|throughput|limits|state|database …] [--users N]… [--applied N]
 * npm run bench -- data FOLDER [--users N]
 *
 * Measures the figures of docs/explanation/performance.md. Machines differ and are noisy, so
 * compare ratios. Exits with 1 if a ratio of planning is more than 25 % worse than on the page.
 * `--users` replaces the numbers of users 3, 100,000 and 1,000,000. `--applied` sets the largest
 * number that is applied, planned again and verified (100,000). `data` writes the planned files
 * into a folder, for other tools.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { clerkSize, type DataSize, writeClerkExport } from './data.ts'
import { databaseBenchmark } from './database.ts'
import { inFolder } from './folder.ts'
import { measure } from './measure.ts'
import { planning } from './planning.ts'
import { measureReading, writeJsonDocument, writeMemberships, writeNdjson } from './reading.ts'
import { stateBenchmarks } from './state.ts'

const OPEN_LIMITS =
  'run: { limits: { writes: 1000000/10s, reads: 1000000/10s, requests: 1000000/10s }, concurrency: 50 }'
const remote = (limits: string) => (url: string) =>
  `target: { type: workos, apiKey: "\${WORKOS_API_KEY}", baseUrl: "${url}" }\n${limits}`

const { values: options, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: { users: { type: 'string', multiple: true }, applied: { type: 'string', default: '100000' } },
})
const users = options.users?.map(Number)
if (chosen[0] === 'data') writeData(chosen[1] ?? 'bench-data', users?.[0] ?? 100_000)
else await runBenchmarks()

function writeData(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true })
  writeClerkExport(folder, clerkSize(count), 'target: { type: sandbox }')
  process.stdout.write(`${folder}: users.csv, memberships.csv, roles.csv and migrate.config.yaml, ${count} users\n`)
}

async function runBenchmarks(): Promise<void> {
  const benchmarks: Record<string, () => Promise<unknown>> = {
    planning: async () => {
      if (!(await planning({ users, applied: Number(options.applied) }))) process.exitCode = 1
    },
    files,
    throughput,
    limits,
    state: async () => {
      for await (const { title, figures } of stateBenchmarks(users?.[0])) print(title, figures)
    },
    database: async () => {
      const { title, figures } = await databaseBenchmark(users?.[0])
      print(title, figures)
    },
  }
  const build = spawnSync(process.execPath, [fileURLToPath(new URL('../scripts/build.ts', import.meta.url))])
  if (build.status !== 0) throw new Error(`the program cannot be built: ${build.stderr}`)
  for (const [name, benchmark] of Object.entries(benchmarks)) {
    if (chosen.length === 0 || chosen.includes(name)) await benchmark()
  }
}

/** Reading large files with the `file` source: 300 MiB, whatever their size on disk. */
async function files(): Promise<void> {
  await inFolder(async (folder) => {
    const lines = 2_000_000
    writeNdjson(folder, 'users.ndjson', lines)
    const ndjson = await measureReading(folder, { type: 'file', streams: { users: { path: 'users.ndjson' } } })
    print('reading 2,000,000 records of NDJSON', {
      'records (must be 2,000,000)': ndjson.records,
      'records/s': ndjson.records / ndjson.seconds,
      'peak MiB (at most 300)': ndjson.peakMiB,
    })
    rmSync(join(folder, 'users.ndjson'))

    const users = writeJsonDocument(folder, 'users.json', 1_000_000_000)
    const main = { path: 'users.json', records: 'data.users' }
    const json = await measureReading(folder, { type: 'file', streams: { users: main } })
    print(`reading a JSON document of 1 GB, ${users.toLocaleString('en-US')} records`, {
      'records missing (must be 0)': users - json.records,
      'MB/s': 1000 / json.seconds,
      'peak MiB (at most 300)': json.peakMiB,
    })

    writeMemberships(folder, 'members.csv', users)
    const memberships = { path: 'members.csv', join: { key: 'user_id', to: 'id' } }
    const joined = await measureReading(folder, { type: 'file', streams: { users: main, memberships } })
    print('the same with a membership joined to each', {
      'records missing (must be 0)': users - joined.records,
      'memberships without a user (must be 0)': joined.rejected,
      'records/s': joined.records / joined.seconds,
      'peak MiB': joined.peakMiB,
    })
  })
}

/** Requests per second to a sandbox in another process, without limits. */
async function throughput(): Promise<void> {
  const size: DataSize = { users: 20_000, organizations: 100, secondMemberships: 0, roles: 0 }
  const writes = size.users * 2 + size.organizations + 1
  await withSandbox([], size, remote(OPEN_LIMITS), async (folder, env) => {
    const plan = await measure(folder, ['plan', '--json'], env)
    const apply = await measure(folder, ['apply', '--yes', '--json'], env)
    const report = JSON.parse(apply.stdout)
    print('applying 20,000 users and memberships without limits, sandbox in another process', {
      'requests/s while applying (at least 2500)': (report.requests.writes + report.requests.reads) / report.seconds,
      writes,
      'seconds applying': report.seconds,
      'seconds planning': plan.seconds,
      'CPU ms a request': ((apply.cpuSeconds - plan.cpuSeconds) * 1000) / writes,
    })
  })
}

/** The documented limits: no 429, and close to the time that the windows allow. */
async function limits(): Promise<void> {
  const size: DataSize = { users: 1000, organizations: 50, secondMemberships: 0, roles: 0 }
  await withSandbox(['--limits'], size, remote(''), async (folder, env) => {
    const apply = await measure(folder, ['apply', '--yes', '--json'], env)
    const report = JSON.parse(apply.stdout)
    // 2,000 writes to /user_management at 500 in 10 s: three windows pass before the last 500.
    const least = 30
    print('1,000 users and 1,000 memberships at the documented limits', {
      'answers 429 (must be 0)': report.requests.refused,
      'seconds applying': report.seconds,
      'times what the windows allow (at most 1.15)': report.seconds / least,
    })
  })
}

async function withSandbox(
  flags: string[],
  size: DataSize,
  target: (url: string) => string,
  work: (folder: string, env: Record<string, string>) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
    const args = [program, 'sandbox', '--port', '0', '--data', join(folder, 'sandbox.sqlite'), ...flags]
    const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const [url] = await once(server.stdout, 'data')
    try {
      writeClerkExport(folder, size, target(String(url).trim()))
      await work(folder, { WORKOS_API_KEY: 'sk_test_bench' })
    } finally {
      server.kill()
      await once(server, 'close')
    }
  })
}

function print(title: string, figures: Record<string, number>): void {
  process.stdout.write(`\n${title}\n`)
  for (const [name, figure] of Object.entries(figures)) {
    const text = figure >= 100 ? Math.round(figure).toLocaleString('en-US') : figure.toFixed(2)
    process.stdout.write(`  ${name.padEnd(44)}${text.padStart(12)}\n`)
  }
}
