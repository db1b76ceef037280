import { rmSync, statfsSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { clerkSize, writeClerkExport } from './data.ts'
import { inFolder } from './folder.ts'
import { type Measured, measure, measureYardstick } from './measure.ts'
import { complaints, type Figures, markdownRow, markdownTable, publishedFigures, withRatios } from './table.ts'

/** Default numbers of users. */
const SIZES = [3, 100_000, 1_000_000]

const FILES = ['users.csv', 'memberships.csv', 'roles.csv']

/**
 * Bytes on disk for a user with memberships and roles: in the files and in the scratch databases.
 */
const BYTES_PER_USER = 4000

export interface PlanningOptions {
  /** Numbers of users. */
  users?: readonly number[]
  /**
   * Up to this number of users, everything is applied, planned again and verified. The embedded
   * sandbox accepts about 4,000 writes per second.
   */
  applied: number
}

/**
 * Plans a Clerk export with both mapping files, plans it again after an apply, and verifies it.
 * csv-parse reads the same files as the yardstick. Processes alternate, and the shortest time of
 * each counts, because other load only adds time.
 * @returns whether the ratios match docs/explanation/performance.md
 */
export async function planning({ users = SIZES, applied }: PlanningOptions): Promise<boolean> {
  const published = publishedFigures()
  const [load = 0] = loadavg()
  if (load > availableParallelism() / 2) {
    process.stdout.write(
      `\nThe machine is busy (load ${load.toFixed(1)}): even ratios say little, as a plan needs all cores and the yardstick one.\n`,
    )
  }
  const measured: Figures[] = []
  process.stdout.write(`\nplanning a Clerk export, the least of several runs\n${markdownTable([])}`)
  for (const size of users) {
    if (!hasRoom(size))
      throw new Error(`${tmpdir()} has too little room for ${size} users: set TMPDIR to another folder`)
    const figures = await inFolder((folder) => figuresOf(folder, size, size <= applied))
    process.stdout.write(markdownRow(figures))
    measured.push(figures)
  }
  const worse = complaints(measured, published)
  for (const line of worse) process.stdout.write(`worse: ${line}\n`)
  if (worse.length === 0) process.stdout.write('No ratio is worse by more than 25 % than one that the page has.\n')
  return worse.length === 0
}

function hasRoom(users: number): boolean {
  const { bavail, bsize } = statfsSync(tmpdir())
  return bavail * bsize > users * BYTES_PER_USER
}

async function figuresOf(folder: string, users: number, isApplied: boolean): Promise<Figures> {
  writeClerkExport(folder, clerkSize(users), 'target: { type: sandbox }')
  const runs = users > 100_000 ? 1 : users > 1000 ? 3 : 7
  const read = new Least()
  const plan = new Least()
  read.add(await measureYardstick(folder, FILES))
  for (let run = 0; run < runs; run += 1) {
    read.add(await measureYardstick(folder, FILES))
    rmSync(join(folder, '.workos-migrate'), { recursive: true, force: true })
    plan.add(await measure(folder, ['plan']))
  }
  const first = { users, yardstick: read.seconds, plan: plan.seconds, cpu: plan.cpuSeconds, peak: plan.peakMiB }
  if (!isApplied) return withRatios(first)

  await measure(folder, ['apply', '--yes', '--quiet'])
  const again = new Least()
  const verify = new Least()
  for (let run = 0; run < runs; run += 1) {
    again.add(await measure(folder, ['plan']))
    verify.add(await measure(folder, ['verify']))
  }
  return withRatios({ ...first, again: again.seconds, verify: verify.seconds })
}

/** The smallest of several measurements. */
class Least {
  seconds = Number.POSITIVE_INFINITY
  cpuSeconds = Number.POSITIVE_INFINITY
  peakMiB = Number.POSITIVE_INFINITY

  add({ seconds, cpuSeconds, peakMiB }: Measured): void {
    this.seconds = Math.min(this.seconds, seconds)
    this.cpuSeconds = Math.min(this.cpuSeconds, cpuSeconds)
    this.peakMiB = Math.min(this.peakMiB, peakMiB)
  }
}
