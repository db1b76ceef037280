/**
 * npm run test:faults [-- --short] [matrix|crashes|long …]
 *
 * Applies through every fault and every crash, reads everything back, and prints what was lost or
 * duplicated. Exits with 1 if anything was, or if an exit code, a summary or a count of requests
 * was wrong.
 */
// Kills the built program.
import './build.ts'
import { WRITE_BOUNDARIES } from '../test/faults/boundary.ts'
import { inChild } from '../test/faults/command.ts'
import { crashAndApply, openWreck, type Recovery } from '../test/faults/crash.ts'
import { faultCases, mixed } from '../test/faults/fault-cases.ts'
import { applyUnderFaults, type FaultRunResult } from '../test/faults/fault-run.ts'
import { populate } from '../test/faults/population.ts'
import { growth, Sampler } from '../test/faults/sampler.ts'

const args = process.argv.slice(2)
const short = args.includes('--short')
const chosen = args.filter((arg) => arg !== '--short')
const parts: Record<string, () => Promise<boolean>> = { matrix, crashes, long }
const unknown = chosen.find((name) => parts[name] === undefined)
if (unknown !== undefined) throw new Error(`unknown part ${unknown}: ${Object.keys(parts).join(', ')}`)

let sound = true
for (const [name, part] of Object.entries(parts)) {
  if (chosen.length === 0 || chosen.includes(name)) sound = (await part()) && sound
}
process.stdout.write(sound ? '\nNothing was lost, nothing was duplicated.\n' : '\nNOT SOUND: see above.\n')
process.exitCode = sound ? 0 : 1

/** Each fault alone, all of them mixed, and lasting ones. */
async function matrix(): Promise<boolean> {
  const [users, rate] = short ? [60, 0.02] : [1000, 0.05]
  const population = populate(users, short ? 10 : 40)
  const { memberships } = population.expected
  title(`${users} users, ${memberships.size} memberships, each fault at ${rate * 100} %`)
  head('fault', ['injected', 'survived', 'lost', 'duplicated', 'requests', 'seconds'], 'exit codes')
  // The longest first. Most time is spent waiting, so several run at once.
  const waiting = faultCases(users, rate).reverse()
  const rows: FaultRunResult[] = []
  const lane = async () => {
    for (let faultCase = waiting.shift(); faultCase !== undefined; faultCase = waiting.shift()) {
      const row = await applyUnderFaults({ population, faultCase, command: inChild(), concurrency: 100 })
      rows.push(row)
      printResult(row)
    }
  }
  await Promise.all(Array.from({ length: 4 }, lane))
  return rows.every(isSound)
}

/** SIGKILL at the boundaries of the journal, and at every SQLite call of an apply. */
async function crashes(): Promise<boolean> {
  const population = populate(short ? 20 : 60, 6)
  const wreck = await openWreck(population)
  const { users, organizations, memberships, roles } = population.expected
  const total = users.size + organizations.size + memberships.size + roles.length
  title(`SIGKILL, then one plain apply: ${total} resources, each time`)
  head('killed', ['crashes', 'survived', 'lost', 'duplicated', 'left open'], '')
  const counts = short ? [7] : [1, 2, 7, 20, 50]
  const sweep = short ? 6 : 40
  let passed = true
  const row = async (name: string, boundaries: Parameters<typeof crashAndApply>[1][]) => {
    const recoveries: Recovery[] = []
    for (const boundary of boundaries) recoveries.push(await crashAndApply(wreck, boundary))
    const sum = (figure: (recovery: Recovery) => number) =>
      recoveries.reduce((all, recovery) => all + figure(recovery), 0)
    const [lost, duplicated, open] = [
      sum((r) => r.lost.length),
      sum((r) => r.duplicated.length),
      sum((r) => r.openWrites),
    ]
    const survived = sum((r) => r.survived)
    print(name, [recoveries.length, survived, lost, duplicated, open], '')
    const bad = recoveries.filter((r) => r.signal !== 'SIGKILL' || r.exit !== 0 || r.leftovers.length > 0)
    for (const { signal, exit, stderr } of bad) process.stdout.write(`  ${signal} ${exit} ${stderr}\n`)
    passed &&= bad.length === 0 && lost + duplicated + open === 0 && survived === total * recoveries.length
  }
  for (const at of WRITE_BOUNDARIES)
    await row(
      at,
      counts.map((count) => ({ at, count })),
    )
  wreck.renew()
  const passes = await wreck.passes(['apply', '--yes'], 'statement')
  const spread = Array.from({ length: sweep }, (_, part) => 1 + Math.floor(((part + Math.random()) / sweep) * passes))
  await row(
    'anywhere in SQLite',
    spread.map((count) => ({ at: 'statement', count })),
  )
  await wreck.close()
  return passed
}

/**
 * Many users, all faults mixed, three SIGKILLs: the result must be exact, memory and handles flat.
 */
async function long(): Promise<boolean> {
  const [users, concurrency] = short ? [300, 50] : [10_000, 100]
  const population = populate(users, short ? 10 : 50)
  const writes = users + population.expected.memberships.size
  title(`${users} users, ${population.expected.memberships.size} memberships, three SIGKILLs`)
  head('fault', ['injected', 'survived', 'lost', 'duplicated', 'requests', 'seconds'], 'exit codes')
  const sampler = new Sampler(short ? 50 : 250)
  const kills = [0.15, 0.2, 0.25].map((share) => Math.floor(share * writes))
  const onChild = (pid: number) => sampler.watch(pid)
  const row = await applyUnderFaults({
    population,
    faultCase: mixed(0.05),
    command: inChild(),
    concurrency,
    kills,
    onChild,
  })
  sampler.stop()
  printResult(row)
  const grown = growth(sampler.processes)
  if (grown === undefined) {
    process.stdout.write('  memory and handles were not sampled long enough\n')
    return isSound(row)
  }
  const [memory, handles] = [Math.round(grown.memory), grown.handles]
  process.stdout.write(
    `  memory: at most ${Math.round(grown.peakMemory)} MiB, ${memory} MiB more in the last third than in the middle one\n` +
      `  handles: at most ${grown.peakHandles}, ${handles} more in the last third than in the middle one\n`,
  )
  // Connections vary up to `concurrency`. Memory can grow until the next garbage collection, but
  // not with the users.
  const flat = memory <= 48 && handles <= concurrency / 2 && grown.peakHandles <= concurrency + 80
  if (!flat) process.stdout.write('  NOT FLAT\n')
  return isSound(row) && flat
}

function isSound({ lost, duplicated, untruths }: FaultRunResult): boolean {
  return lost.length + duplicated.length + untruths.length === 0
}

function title(text: string): void {
  process.stdout.write(`\n${text}\n\n`)
}

function head(name: string, columns: string[], last: string): void {
  print(name, columns, last)
}

function print(name: string, columns: (string | number)[], last: string): void {
  const cells = columns.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell).padStart(11))
  process.stdout.write(`${name.padEnd(38)}${cells.join('')}  ${last}\n`.replace(/ +\n$/, '\n'))
}

function printResult(row: FaultRunResult): void {
  const { name, injected, survived, lost, duplicated, requests, seconds, exits, untruths } = row
  print(name, [injected, survived, lost.length, duplicated.length, requests, Math.round(seconds)], exits.join(' '))
  const details = [...lost.slice(0, 5), ...duplicated.slice(0, 5), ...untruths.slice(0, 5)]
  for (const detail of details) process.stdout.write(`  ${detail}\n`)
}
