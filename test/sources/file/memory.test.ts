import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeJsonDocument, writeMemberships, writeNdjson } from '../../../bench/reading.ts'

const run = promisify(execFile)

/** Heap limit in MiB: enough to start and to read, too little to hold the files. */
const HEAP = 24
const BYTES = 24_000_000

let folder = ''
let users = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reading-'))
  users = writeJsonDocument(folder, 'users.json', BYTES)
  writeNdjson(folder, 'users.ndjson', users)
  writeMemberships(folder, 'members.csv', users)
})

afterAll(() => rmSync(folder, { recursive: true }))

function inSmallHeap(args: string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [`--max-old-space-size=${HEAP}`, '--max-semi-space-size=2', ...args], { cwd: folder })
}

const main = { path: 'users.json', records: 'data.users' }
const memberships = { path: 'members.csv', join: { key: 'user_id', to: 'id' } }

test.each([
  ['a JSON document', { users: main }],
  ['NDJSON', { users: { path: 'users.ndjson' } }],
  ['a JSON document with a file joined to it', { users: main, memberships }],
])('reads %s of any size in little memory', async (_name, streams) => {
  const program = fileURLToPath(new URL('../../../bench/read-source.ts', import.meta.url))
  const { stdout } = await inSmallHeap([program, JSON.stringify({ type: 'file', streams })])
  expect(JSON.parse(stdout)).toMatchObject({ records: users, rejected: 0 })
})

test('that memory is too small for the whole document', async () => {
  const whole = "console.log(JSON.parse(require('node:fs').readFileSync('users.json', 'utf8')).data.users.length)"
  await expect(inSmallHeap(['-e', whole])).rejects.toThrow('heap')
})
