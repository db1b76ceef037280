import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PROGRAM } from '../built.ts'
import { inChild, weakDisk } from '../faults/command.ts'
import { cases } from '../whole.ts'
import type { Project } from './cli.ts'
import { member, peopleProject } from './people.ts'
import { KEY, startWorkos } from './workos.ts'

const rows = (count: number) =>
  Array.from({ length: count }, (_, n) => member(`user${n}`, `org${n % 9}`, { last_name: 'x'.repeat(40) }))

const onWeakDisk = (project: Project, args: readonly string[], disk: object) =>
  inChild(PROGRAM, weakDisk(disk))(project.folder, args, { KEY })

/** Names in the folder, without hidden ones. */
const names = (project: Project) => readdirSync(project.folder).filter((name) => name !== '.workos-migrate')

test('a disk that accepts a part at a time gets the whole plan and the whole report', async () => {
  const project = peopleProject(await startWorkos(), rows(60))
  const args = ['plan', '--out', 'plan.ndjson', '--merges', 'merges.json']
  expect(await project.run(args, { env: { KEY } })).toMatchObject({ exit: 0 })
  const expected = [readFileSync(project.path('plan.ndjson')), readFileSync(project.path('merges.json'))]
  project.remove('plan.ndjson')
  project.remove('merges.json')
  const { exit, stderr } = await onWeakDisk(project, args, { piece: 100 })
  expect(exit, stderr).toBe(0)
  expect([readFileSync(project.path('plan.ndjson')), readFileSync(project.path('merges.json'))]).toEqual(expected)
})

test.each(
  cases(
    [
      ['has no room', { bytes: 0 }, 'disk_full'],
      ['has no room for the end of it', { bytes: 50 }, 'disk_full'],
      ['finds out when it is synced', { sync: 'ENOSPC' }, 'disk_full'],
      ['fails when it is synced', { sync: 'EIO' }, '(EIO)'],
    ],
    [1, 3],
  ),
)(
  'a disk that %s: the old plan stays, and the path is shown',
  async (_what, disk, says) => {
    const project = peopleProject(await startWorkos(), rows(60))
    for (const [option, name] of [
      ['--out', 'plan.ndjson'],
      ['--merges', 'merges.json'],
    ] as const) {
      const before = names(project)
      writeFileSync(project.path(name), 'a good one')
      const { exit, stdout, stderr } = await onWeakDisk(project, ['plan', option, name], disk)
      expect(exit).not.toBe(0)
      expect(stdout + stderr).not.toMatch(/Saved|is in merges/)
      expect(stderr).toContain(`cannot be written to ${name}`)
      expect(stderr).toContain(says)
      expect(stderr).not.toMatch(/^\s+at .*[:(]\d+|defect/m)
      expect(readFileSync(project.path(name), 'utf8')).toBe('a good one')
      expect(names(project).sort()).toEqual([...new Set([...before, name])].sort())
    }
  },
  30_000,
)

test.each(
  cases(
    [
      ['plan', ['plan']],
      ['apply', ['apply', '--yes']],
      ['verify', ['verify']],
      ['handoff', ['handoff', '--out', 'handed']],
    ],
    [0, 1],
  ),
)('%s reports a full scratch disk, with its folder and how to choose another', async (_what, args) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, rows(300))
  const { exit, stderr } = await onWeakDisk(project, args, { pages: 40 })
  expect(exit, stderr).toBe(1)
  expect(stderr).toContain('[disk_full]')
  expect(stderr).toMatch(
    /there is no room for the working data of the command \([\d,]+ KiB free in .*\.workos-migrate\/scratch-[^)]+\)/,
  )
  expect(stderr).toContain('state.path')
  expect(stderr).not.toMatch(/^\s+at .*[:(]\d+|defect/m)
  expect(project.list('.workos-migrate').filter((name) => name.startsWith('scratch-'))).toEqual([])
  expect((await workos.snapshot()).users).toEqual([])
})

test('a snapshot is written completely in parts, and the old one stays if the disk is full', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, rows(60))
  expect((await onWeakDisk(project, ['export', '--out', 'snap'], { piece: 50 })).exit).toBe(0)
  const before = readFileSync(project.path('snap/snapshot.json'))
  expect(await project.run(['plan', '--snapshot', 'snap'], { env: { KEY } })).toMatchObject({ exit: 0 })
  project.csv('users.csv', rows(61))
  const rowsTake = project
    .list('snap')
    .filter((name) => name.endsWith('.gz'))
    .reduce((sum, name) => sum + statSync(project.path(`snap/${name}`)).size, 0)
  // Neither the rows fit, nor the rows without the header.
  for (const bytes of [100, rowsTake + 200]) {
    const { exit, stderr } = await onWeakDisk(project, ['export', '--out', 'snap'], { bytes })
    expect(exit, stderr).toBe(1)
    expect(stderr).toMatch(/cannot write the snapshot to .*snap\.next.*the disk is full .*\[disk_full\]/)
    expect(stderr).toContain('export --out')
    expect(readFileSync(project.path('snap/snapshot.json'))).toEqual(before)
  }
  expect(await project.run(['plan', '--snapshot', 'snap'], { env: { KEY } })).toMatchObject({ exit: 0 })
  expect(await project.run(['export', '--out', 'snap'], { env: { KEY } })).toMatchObject({ exit: 0 })
  expect(project.list('.').filter((name) => name.startsWith('snap'))).toEqual(['snap'])
})

test('hand-off files and a manifest of init: the old ones stay if the disk is full', async () => {
  const project = peopleProject(await startWorkos(), rows(20))
  expect(await project.run(['handoff', '--out', 'handed'], { env: { KEY } })).toMatchObject({ exit: 0 })
  const handed = () =>
    project.list('handed').map((name) => [name, readFileSync(project.path(`handed/${name}`), 'utf8')])
  const before = handed()
  expect(before.length).toBeGreaterThan(2)
  const all = before.reduce((sum, [, text = '']) => sum + text.length, 0)
  const refused = await onWeakDisk(project, ['handoff', '--out', 'handed'], { bytes: all - 10 })
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining('[disk_full]') })
  expect(handed()).toEqual(before)
  const manifest = readFileSync(project.path('migrate.config.yaml'))
  const init = await onWeakDisk(project, ['init', '--users', 'users.csv', '--force', '--yes'], { bytes: 100 })
  expect(init).toMatchObject({ exit: 1, stderr: expect.stringContaining('[disk_full]') })
  expect(readFileSync(project.path('migrate.config.yaml'))).toEqual(manifest)
  expect(names(project).filter((name) => name.startsWith('.'))).toEqual([])
})

test('inspecting a data file shows how to choose another place', async () => {
  const project = peopleProject(await startWorkos(), rows(2_000))
  const { exit, stderr } = await onWeakDisk(project, ['inspect', 'users.csv'], { pages: 10 })
  expect(exit, stderr).toBe(1)
  expect(stderr).toContain('[disk_full]')
  expect(stderr).toContain('TMPDIR')
})
