import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createScratch, removeAbandonedScratch } from '../../src/files/scratch.ts'
import { built } from '../built.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const scratchModule = built('files/scratch.ts')

const script = (parent: string, rest: string) => `
  import { createScratch } from ${JSON.stringify(scratchModule)}
  const scratch = createScratch(${JSON.stringify(parent)})
  console.log(scratch.path)
  ${rest}`

const nodeOn = (source: string) => [process.execPath, '--input-type=module', '-e', source]

const node = (source: string) => [process.execPath, ['--input-type=module', '-e', source]] as const

/** The ID of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid
}

function leftBehind(parent: string, name: string): string {
  const path = join(parent, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'run.sqlite'), 'x')
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  return path
}

test('only the owner can read a scratch folder and the folder created for it', () => {
  const parent = join(temporaryFolder(), 'state')
  const scratch = createScratch(parent)
  onTestFinished(() => scratch.remove())
  expect(statSync(scratch.path).mode & 0o777).toBe(0o700)
  expect(statSync(parent).mode & 0o777).toBe(0o700)
})

test('two folders do not collide, and removing one keeps the other', () => {
  const parent = temporaryFolder()
  const [one, other] = [createScratch(parent), createScratch(parent)]
  writeFileSync(join(one.path, 'staged'), 'x')
  one.remove()
  expect(readdirSync(parent)).toEqual([basename(other.path)])
  other.remove()
  expect(readdirSync(parent)).toEqual([])
})

test('removing it twice does no harm', () => {
  const scratch = createScratch(temporaryFolder())
  scratch.remove()
  expect(() => scratch.remove()).not.toThrow()
})

test.each([
  ['ends', ''],
  ['exits with a code', 'process.exit(3)'],
  ['dies of an exception', "throw new Error('boom')"],
])('it is removed with a process that %s', (_, rest) => {
  const parent = temporaryFolder()
  const { stdout } = spawnSync(...node(script(parent, rest)), { encoding: 'utf8' })
  expect(basename(stdout.trim())).toMatch(/^scratch-/)
  expect(readdirSync(parent)).toEqual([])
})

test('the next process removes the folder of a killed one, with its contents', async () => {
  const parent = temporaryFolder()
  const child = spawn(...node(script(parent, 'setInterval(() => {}, 1000)')), { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [path] = (await once(child.stdout, 'data')).map((data) => String(data).trim())
  writeFileSync(join(path ?? '', 'run.sqlite'), 'x')

  createScratch(parent).remove()
  expect(readdirSync(path ?? '')).toContain('run.sqlite')

  child.kill('SIGKILL')
  await once(child, 'exit')
  createScratch(parent).remove()
  expect(readdirSync(parent)).toEqual([])
})

test('a folder is removed even if its process number now belongs to another process', () => {
  const parent = temporaryFolder()
  const abandoned = leftBehind(parent, `scratch-${hostname()}-${process.pid}-abcdef`)
  writeFileSync(join(abandoned, 'in-use.lock'), '')
  const held = createScratch(parent)
  onTestFinished(() => held.remove())
  expect(existsSync(abandoned)).toBe(false)
  createScratch(parent).remove()
  expect(existsSync(held.path)).toBe(true)
})

test('folders of other machines and files with other names stay', () => {
  const parent = temporaryFolder()
  const kept = [
    leftBehind(parent, `scratch-elsewhere-${deadPid()}-abcdef`),
    leftBehind(parent, `scratch-${hostname()}-b-${deadPid()}-abcdef`),
    leftBehind(parent, `scratch-${hostname()}`),
    leftBehind(parent, 'state'),
  ]
  const abandoned = leftBehind(parent, `scratch-${hostname()}-${deadPid()}-abcdef`)
  createScratch(parent).remove()
  expect(kept.filter((path) => !existsSync(path))).toEqual([])
  expect(existsSync(abandoned)).toBe(false)
})

test('a folder of a living process stays even if its process number does not exist: it can be in another container', () => {
  const parent = temporaryFolder()
  const held = createScratch(parent)
  onTestFinished(() => held.remove())
  // As seen from a container with the same host name, where process numbers differ.
  const seen = join(parent, `scratch-${hostname()}-${deadPid()}-abcdef`)
  renameSync(held.path, seen)
  writeFileSync(join(seen, 'run.sqlite'), 'x')
  createScratch(parent).remove()
  removeAbandonedScratch(parent)
  expect(readdirSync(seen)).toContain('run.sqlite')
})

test('a folder without a lock stays while it might be being created', () => {
  const parent = temporaryFolder()
  const making = leftBehind(parent, `scratch-${hostname()}-${process.pid}-abcdef`)
  utimesSync(making, new Date(), new Date())
  removeAbandonedScratch(parent)
  expect(existsSync(making)).toBe(true)
  utimesSync(making, 1_700_000_000, 1_700_000_000)
  removeAbandonedScratch(parent)
  expect(existsSync(making)).toBe(false)
})

test("parallel processes do not remove each other's folders", async () => {
  const parent = temporaryFolder()
  const loop = `
    import { existsSync } from 'node:fs'
    for (let n = 0; n < 40; n += 1) {
      const next = createScratch(${JSON.stringify(parent)})
      if (!existsSync(next.path)) throw new Error('it was taken')
      next.remove()
    }`
  const children = [0, 1, 2].map(() => spawn(...node(script(parent, loop)), { stdio: ['ignore', 'ignore', 'inherit'] }))
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  expect(codes).toEqual([0, 0, 0])
  expect(readdirSync(parent)).toEqual([])
})

test('on a full disk, abandoned folders are removed, and a new folder is locked', (context) => {
  const disk = temporaryFolder()
  const abandoned = join(disk, `scratch-${hostname()}-${deadPid()}-abcdef`)
  const fill = (path: string) => `
    try { for (;;) appendFileSync(join(${path}, 'run.sqlite'), 'x'.repeat(1000)) } catch (error) { console.log(error.code) }`
  const source = `
    import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
    import { join } from 'node:path'
    import { createScratch, removeAbandonedScratch } from ${JSON.stringify(scratchModule)}
    const [disk, abandoned] = ${JSON.stringify([disk, abandoned])}
    mkdirSync(abandoned)
    writeFileSync(join(abandoned, 'in-use.lock'), '')
    ${fill('abandoned')}
    const scratch = createScratch(disk)
    console.log(existsSync(abandoned))
    ${fill('scratch.path')}
    removeAbandonedScratch(disk)
    console.log(existsSync(scratch.path))`
  // A separate disk in a separate mount namespace, removed with the process.
  const mounted = `mount -t tmpfs -o size=64k tmpfs "$0" || exit 77; exec "$@"`
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--map-root-user', '--mount', 'sh', '-c', mounted, disk, ...nodeOn(source)],
    { encoding: 'utf8' },
  )
  if (status === null || status === 77 || /unshare/.test(stderr)) return context.skip()
  expect(stdout.split('\n'), stderr).toEqual(['ENOSPC', 'false', 'ENOSPC', 'true', ''])
})
