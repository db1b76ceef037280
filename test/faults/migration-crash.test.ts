import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { migrations } from '../../src/state/sqlite/database.ts'
import { APPLICATION_ID } from '../../src/state/sqlite/state-file.ts'
import { WHOLE } from '../whole.ts'
import type { Boundary } from './boundary.ts'
import { inChild, inProcess } from './command.ts'

const CHILD = fileURLToPath(new URL('./crashing-child.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-schema-'))
const stateFolder = join(folder, '.workos-migrate')
const path = join(stateFolder, 'state.sqlite')
writeFileSync(join(folder, 'users.csv'), 'email\nada@example.com\n')
const manifest = {
  version: 1,
  source: { type: 'csv', path: 'users.csv' },
  target: { type: 'sandbox' },
  state: { path },
}
writeFileSync(join(folder, 'migrate.config.yaml'), JSON.stringify(manifest))
afterAll(() => rmSync(folder, { recursive: true }))

/** A state as the first version of the schema wrote it; version 0: an empty file. */
function writeOldState(version: number): void {
  rmSync(stateFolder, { recursive: true, force: true })
  mkdirSync(stateFolder, { mode: 0o700 })
  const db = new DatabaseSync(path)
  for (const step of migrations.slice(0, version)) db.exec(step)
  if (version > 0) {
    const meta = db.prepare('INSERT INTO meta VALUES (?, ?)')
    for (const [name, value] of [
      ['lineage', 'old-lineage'],
      ['serial', '7'],
      ['digest_key', 'ab'.repeat(32)],
    ] as const) {
      meta.run(name, value)
    }
    const insert = db.prepare(`INSERT INTO resources (kind, key, id, attributes, digests, refs, ownership, run)
      VALUES ('user', ?, ?, '{}', '{}', '{}', 'created', 1)`)
    for (let n = 0; n < 50; n += 1) insert.run(`key-${n}`, `user_${n}`)
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`)
  }
  db.close()
}

const crashing = (boundary: Boundary) =>
  inChild(CHILD, { CRASH: JSON.stringify(boundary) })(folder, ['state', 'list', '--json'], {})

function versionOnDisk(): number {
  const db = new DatabaseSync(path, { readOnly: true })
  const version = db.prepare('PRAGMA user_version').get()?.user_version
  db.close()
  return Number(version)
}

async function expectWhole(version: number, when: string): Promise<void> {
  const { exit, stdout, stderr } = await inProcess(folder, ['state', 'list', '--json'], {})
  expect(exit, `${when}: ${stderr}`).toBe(0)
  const keys = stdout.split('\n').filter(Boolean)
  expect(keys, when).toHaveLength(version === 0 ? 0 : 50)
  const db = new DatabaseSync(path, { readOnly: true })
  expect(db.prepare('PRAGMA user_version').get(), when).toEqual({ user_version: migrations.length })
  const lineage = db.prepare(`SELECT value FROM meta WHERE name = 'lineage'`).get()?.value
  if (version > 0) expect(lineage, when).toBe('old-lineage')
  else expect(lineage, when).toBeTypeOf('string')
  db.close()
  // A backup exists before a migration.
  if (version > 0) expect(backups(), when).toBeGreaterThan(0)
}

function backups(): number {
  return readdirSync(stateFolder).filter((name) => name.endsWith('.bak')).length
}

test.each(
  migrations.map((_step, version) => version),
)('killed at any statement that upgrades a state of version %d: the next command finishes it, nothing is lost', async (version) => {
  let statement = WHOLE ? 0 : -1
  let reached = 0
  // Until the schema is complete before the kill: the migration has then ended.
  while (reached < migrations.length) {
    statement += WHOLE ? 1 : 5
    writeOldState(version)
    expect((await crashing({ at: 'statement', count: statement })).signal).toBe('SIGKILL')
    reached = versionOnDisk()
    await expectWhole(version, `statement ${statement}`)
  }
  expect(statement).toBeGreaterThan(5)
}, 120_000)

test.each([
  'before a rename',
  'after a rename',
] as const)('killed %s of the backup before a migration: the next command makes a complete one and continues', async (at) => {
  writeOldState(1)
  expect((await crashing({ at, count: 1 })).signal).toBe('SIGKILL')
  await expectWhole(1, at)
  expect(backups()).toBeGreaterThanOrEqual(1)
})
