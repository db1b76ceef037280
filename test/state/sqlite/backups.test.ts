import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openStateFile } from '../../../src/state/sqlite/open.ts'
import { backupPath, newestBackup } from '../../../src/state/sqlite/state-file.ts'
import { built } from '../../built.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const storeModule = built('state/sqlite/open.ts')
const NOW = new Date('2026-03-04T05:06:07.089Z')

async function stateWith(path: string, count: number) {
  const state = openStateFile(path)
  const outcomes = Array.from({ length: count }, (_, n) => ({
    type: 'saved' as const,
    resource: {
      kind: 'user',
      key: `u${n}`,
      id: `user_${n}`,
      attributes: { email: `u${n}@example.com` },
      digests: {},
      refs: {},
      ownership: 'created' as const,
      run: 1,
    },
  }))
  await state.commit({ intents: [], outcomes })
  return state
}

describe('a backup', () => {
  test('is a complete state that can be opened, readable only by its owner', async () => {
    const folder = temporaryFolder()
    const state = await stateWith(join(folder, 'state.sqlite'), 500)
    const file = join(folder, 'copy.bak')
    await state.backUp(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const copy = openStateFile(file)
    expect({ lineage: copy.lineage, serial: copy.serial, users: await copy.count('user') }).toEqual({
      lineage: state.lineage,
      serial: state.serial,
      users: 500,
    })
    await copy.close()
    await state.close()
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
  })

  test('contains what was committed, while another connection writes', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'state.sqlite')
    const state = await stateWith(path, 10)
    const writer = new DatabaseSync(path)
    writer.exec("BEGIN IMMEDIATE; DELETE FROM resources WHERE kind = 'user'")
    const file = join(folder, 'copy.bak')
    await state.backUp(file)
    writer.exec('COMMIT')
    writer.close()
    await state.close()
    const copy = openStateFile(file)
    expect(await copy.count('user')).toBe(10)
    await copy.close()
  })

  test('never replaces a file', async () => {
    const folder = temporaryFolder()
    const state = await stateWith(join(folder, 'state.sqlite'), 1)
    const file = join(folder, 'precious')
    writeFileSync(file, 'precious')
    await expect(state.backUp(file)).rejects.toThrow('already exists')
    expect(readFileSync(file, 'utf8')).toBe('precious')
    await state.close()
  })

  test('without disk space fails with a message and leaves nothing behind', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'state.sqlite')
    await (await stateWith(path, 5_000)).close()
    const file = join(folder, 'copy.bak')
    const script = `import { openStateFile } from ${JSON.stringify(storeModule)}
      try { await openStateFile(${JSON.stringify(path)}).backUp(${JSON.stringify(file)}) } catch ({ problems }) { console.log(problems[0].code) }`
    // No file of that process can exceed 200 KiB: writing more fails as on a full disk.
    const limited = `ulimit -f 200; exec '${process.execPath}' --input-type=module -e "$0"`
    const { stdout } = spawnSync('bash', ['-c', limited, script], { encoding: 'utf8' })
    expect(stdout).toBe('backup_unwritable\n')
    expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual([])
  })

  test('that cannot be written leaves nothing behind', async () => {
    const folder = temporaryFolder()
    const state = await stateWith(join(folder, 'state.sqlite'), 1)
    await expect(state.backUp(join(folder, 'missing', 'copy.bak'))).rejects.toThrow('ENOENT')
    expect(existsSync(join(folder, 'missing'))).toBe(false)
    await state.close()
  })
})

test('the name contains the version of the schema and the time', () => {
  expect(backupPath('/a/state.sqlite', NOW, 3)).toBe('/a/state.sqlite.v3.20260304T050607089Z.bak')
  expect(backupPath('/a/state.sqlite', NOW)).toBe('/a/state.sqlite.20260304T050607089Z.bak')
})

test('the newest backup of a state is found', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'state.sqlite')
  expect(newestBackup(path)).toBeUndefined()
  expect(newestBackup(join(folder, 'nowhere', 'state.sqlite'))).toBeUndefined()
  const names = ['state.sqlite.v1.a.bak', 'state.sqlite.b.bak', 'other.sqlite.c.bak', 'state.sqlite.b.bak.partial']
  for (const [age, name] of names.entries()) {
    writeFileSync(join(folder, name), '')
    chmodSync(join(folder, name), 0o600)
    utimesSync(join(folder, name), 1_700_000_000 + age, 1_700_000_000 + age)
  }
  expect(newestBackup(path)).toBe(join(folder, 'state.sqlite.b.bak'))
})
