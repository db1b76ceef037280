import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { checkSeal, readPlanHeader } from '../../src/planning/plan-file.ts'
import { PROGRAM } from '../built.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { cases, WHOLE } from '../whole.ts'
import type { Boundary } from './boundary.ts'
import { inChild, weakDisk } from './command.ts'
import { openWreck } from './crash.ts'
import { populate } from './population.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

const USERS = WHOLE ? 300 : 40
const KEY = 'sk_test_wreck0'
const SAVE = ['plan', '--out', 'plan.ndjson', '--merges', 'merges.json']
const APPLY = ['apply', '--yes']
const HANDOFF = ['handoff', '--out', 'handed']

/** Commands and where they die; the short form runs the first ones. */
const KILLS: readonly (readonly [readonly string[], Boundary])[] = [
  [SAVE, { at: 'half of a file', count: 1 }],
  [APPLY, { at: 'after send', count: 25 }],
  [SAVE, { at: 'before a rename', count: 2 }],
  [HANDOFF, { at: 'before a rename', count: 2 }],
  [APPLY, { at: 'before commit', count: 12 }],
  [SAVE, { at: 'after a rename', count: 1 }],
  [['state', 'backup'], { at: 'before a rename', count: 1 }],
  [APPLY, { at: 'statement', count: 4_000 }],
  [APPLY, { at: 'after intent', count: 9 }],
  [SAVE, { at: 'half of a file', count: 2 }],
]

const PLACES = cases(KILLS, [0, 1, 2, 3])

/** Every whole file can be read to its end, and the program wrote it. */
async function expectReadable(folder: string): Promise<void> {
  const plan = join(folder, 'plan.ndjson')
  checkSeal(plan, await readPlanHeader(plan), KEY)
  for (const line of readFileSync(plan, 'utf8').trimEnd().split('\n')) JSON.parse(line)
  JSON.parse(readFileSync(join(folder, 'merges.json'), 'utf8'))
  expect(JSON.parse(readFileSync(join(folder, 'migrate.config.yaml'), 'utf8'))).toMatchObject({ version: 1 })
  for (const name of readdirSync(join(folder, 'handed'))) {
    if (!name.endsWith('.tmp')) expect(readFileSync(join(folder, 'handed', name), 'utf8'), name).toMatch(/^.+\n$/s)
  }
  const state = join(folder, '.workos-migrate')
  const backups = readdirSync(state).filter((name) => name.endsWith('.bak'))
  expect(backups.length).toBeGreaterThan(0)
  for (const name of backups) {
    const db = new DatabaseSync(join(state, name), { readOnly: true })
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    db.close()
  }
}

function temporaries(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tmp|scratch-/.test(name))
}

/**
 * What fails for lack of space, on a disk that is full to the last block, or one that simulates it.
 */
async function expectRefusals(folder: string, disk: SmallDisk | undefined): Promise<void> {
  const before = new Map(['plan.ndjson', 'merges.json'].map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  // Removes what the kills left, which would make room.
  expect((await inChild()(folder, ['plan'], { KEY })).exit).toBe(0)
  const more = disk === undefined ? weakDisk({ bytes: 700, piece: 100 }) : {}
  for (const args of [SAVE, ['plan', '--merges', 'merges.json'], HANDOFF, APPLY]) {
    disk?.fillTo(100)
    const { exit, stdout, stderr } = await inChild(PROGRAM, more)(folder, args, { KEY })
    if (disk === undefined && exit === 0) continue
    expect(exit, stderr).toBe(1)
    expect(stderr).toMatch(/\[(disk_full|state_unwritable|scratch_unwritable)\]/)
    expect(stderr).toContain(folder)
    expect(stdout + stderr).not.toMatch(/Saved|defect of|^\s+at .*[:(]\d+/m)
  }
  for (const [name, content] of before) expect(readFileSync(join(folder, name), 'utf8')).toBe(content)
  disk?.fillTo(95)
}

test(`${USERS} users with memberships, a disk that is 95 % full, ${PLACES.length} SIGKILLs: the exact end state, every whole file readable`, async () => {
  const disk = mountSmallDisk(join(temporaryFolder(), 'disk'), 100)
  onTestFinished(() => disk?.unmount())
  const folder = join(disk?.folder ?? temporaryFolder(), 'project')
  mkdirSync(folder)
  const population = populate(USERS, 12)
  // Without a mounted disk, every write is accepted in parts, as on a nearly full one.
  const wreck = await openWreck(population, { folder, env: disk === undefined ? weakDisk({ piece: 200 }) : {} })
  onTestFinished(() => wreck.close())
  disk?.fillTo(95)
  // An apply that does a little, so that there is a state to save.
  expect((await wreck.crash(APPLY, { at: 'after commit', count: 2 })).signal).toBe('SIGKILL')
  for (const args of [SAVE, ['state', 'backup'], HANDOFF]) {
    const { exit, stderr } = await wreck.run(args)
    expect(exit, stderr).toBe(0)
  }
  await expectReadable(folder)

  for (const [args, boundary] of PLACES) {
    const { signal, stderr } = await wreck.crash(args, boundary)
    expect(signal, `${args.join(' ')} ${JSON.stringify(boundary)}: ${stderr}`).toBe('SIGKILL')
    await expectReadable(folder)
    if (disk !== undefined) expect(disk.used()).toBeGreaterThan(94)
  }
  await expectRefusals(folder, disk)
  await expectReadable(folder)

  const { exit, stderr } = await wreck.run(APPLY)
  expect(exit, stderr).toBe(0)
  const { users, organizations, memberships, roles } = population.expected
  const survived = users.size + organizations.size + memberships.size + roles.length
  expect(await wreck.compare()).toMatchObject({ survived, lost: [], duplicated: [] })
  for (const args of [SAVE, ['state', 'backup'], HANDOFF]) expect((await wreck.run(args)).exit).toBe(0)
  await expectReadable(folder)
  expect(temporaries(folder)).toEqual([])
}, 300_000)

test('the next command, whichever it is, removes what a killed plan left', async () => {
  const folder = join(temporaryFolder(), 'project')
  const wreck = await openWreck(populate(10, 3), { folder })
  onTestFinished(() => wreck.close())
  writeFileSync(join(folder, '.workos-migrate-notes.tmp'), 'of somebody else')
  expect((await wreck.run(['plan', '--out', 'kept.ndjson'])).exit).toBe(0)
  for (const args of cases([['plan'], SAVE, ['apply', 'kept.ndjson'], APPLY, ['verify']], [0, 2])) {
    expect((await wreck.crash(SAVE, { at: 'before a rename', count: 1 })).signal).toBe('SIGKILL')
    expect(temporaries(folder).filter((name) => name.endsWith('.tmp'))).toHaveLength(2)
    expect((await wreck.run(args)).exit, args.join(' ')).toBe(0)
    expect(temporaries(folder), args.join(' ')).toEqual(['.workos-migrate-notes.tmp'])
  }
  for (const args of [['plan'], ['state', 'list']]) {
    const backup = await wreck.crash(['state', 'backup'], { at: 'before a rename', count: 1 })
    expect(backup.signal).toBe('SIGKILL')
    expect(temporaries(folder)).toHaveLength(2)
    expect((await wreck.run(args)).exit).toBe(0)
    expect(temporaries(folder), args.join(' ')).toEqual(['.workos-migrate-notes.tmp'])
  }
}, 60_000)
