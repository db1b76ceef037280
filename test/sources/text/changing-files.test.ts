import { appendFileSync, readdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import { OperatorError } from '../../../src/diagnostics/errors.ts'
import { openSource } from '../../../src/sources/registry.ts'
import { folderWith } from '../reading.ts'

const ROWS = 6000

/** More text than a reader has read when the first chunk is out, packed or not. */
function emails(prefix: string): string[] {
  return Array.from({ length: ROWS }, (_, n) => `${prefix}${n}-${Math.sin(n)}${Math.cos(n)}${Math.tan(n)}@example.com`)
}

const csv = (prefix = 'old') => `email\n${emails(prefix).join('\n')}\n`
const json = (prefix = 'old') => JSON.stringify(emails(prefix).map((email) => ({ email })))
const ndjson = (prefix = 'old') =>
  emails(prefix)
    .map((email) => `${JSON.stringify({ user_id: `auth0|${email}`, email })}\n`)
    .join('')

/** Reads the source. `change` happens after the first records, while reading continues. */
async function readWhile(config: SourceConfig, directory: string, change: () => void): Promise<unknown> {
  const source = await openSource(config, {
    directory,
    scratch: join(directory, 'scratch'),
    reject() {},
    warn() {},
  })
  // In the past, because a change in the same instant need not show in the time.
  for (const name of readdirSync(directory)) utimesSync(join(directory, name), 1_700_000_000, 1_700_000_000)
  let changed = false
  try {
    for await (const _ of source.read(100)) {
      if (!changed) change()
      changed = true
    }
    return undefined
  } catch (error) {
    return error
  } finally {
    expect(changed).toBe(true)
  }
}

function expectChanged(error: unknown, file: string, how: RegExp): void {
  expect(error).toBeInstanceOf(OperatorError)
  const { problems, exitCode } = error as OperatorError
  expect(problems).toMatchObject([{ code: 'source_changed', at: { file } }])
  expect(problems[0]?.message).toMatch(how)
  expect(problems[0]?.hint).toBeTruthy()
  expect(exitCode).toBe(1)
}

const SIZE = /size/
const ANOTHER = /another file/

const changes: [string, RegExp, (path: string) => void][] = [
  ['grows', SIZE, (path) => appendFileSync(path, 'late@example.com\n')],
  ['is cut off', SIZE, (path) => truncateSync(path, 100_000)],
  ['is emptied', SIZE, (path) => truncateSync(path, 0)],
  ['is rewritten with the same length', /time/, (path) => writeFileSync(path, csv('new'))],
  [
    'is replaced by a rename',
    ANOTHER,
    (path) => {
      writeFileSync(`${path}.new`, csv('new'))
      renameSync(`${path}.new`, path)
    },
  ],
  ['is removed', /no longer exists/, (path) => rmSync(path)],
]

test.each(changes)('a file that %s while it is read is rejected', async (_, how, change) => {
  const directory = folderWith({ 'users.csv': csv() })
  const error = await readWhile({ type: 'csv', path: 'users.csv' }, directory, () =>
    change(join(directory, 'users.csv')),
  )
  expectChanged(error, 'users.csv', how)
})

test('an unchanged file is read, even if its access and attribute times change', async () => {
  const directory = folderWith({ 'users.csv': csv() })
  const path = join(directory, 'users.csv')
  const read = await readWhile({ type: 'csv', path: 'users.csv' }, directory, () =>
    utimesSync(path, 1_800_000_000, 1_700_000_000),
  )
  expect(read).toBeUndefined()
})

describe('in any format, packed or not', () => {
  const formats: [string, string | Buffer, SourceConfig][] = [
    ['users.json', json(), { type: 'file', streams: { users: { path: 'users.json' } } }],
    ['users.ndjson', ndjson(), { type: 'file', streams: { users: { path: 'users.ndjson' } } }],
    ['users.csv.gz', gzipSync(csv()), { type: 'file', streams: { users: { path: 'users.csv.gz' } } }],
    ['users.csv.zst', zstdCompressSync(csv()), { type: 'file', streams: { users: { path: 'users.csv.zst' } } }],
    ['users.json.gz', gzipSync(json()), { type: 'file', streams: { users: { path: 'users.json.gz' } } }],
    ['users.ndjson', ndjson(), { type: 'auth0', users: 'users.ndjson' }],
    ['users.csv', `primary_email_address,id\n${emails('a').join(',x\n')},x\n`, { type: 'clerk', users: 'users.csv' }],
  ]

  test.each(formats)('%s: cut off', async (name, content, config) => {
    const directory = folderWith({ [name]: content })
    const error = await readWhile(config, directory, () => truncateSync(join(directory, name), 80_000))
    expectChanged(error, name, SIZE)
  })

  test.each(formats)('%s: overwritten with unreadable data', async (name, content, config) => {
    const directory = folderWith({ [name]: content })
    const error = await readWhile(config, directory, () =>
      writeFileSync(join(directory, name), Buffer.alloc(content.length, 0xff)),
    )
    expectChanged(error, name, /time/)
  })
})

describe('files that belong together', () => {
  const streams = {
    users: { path: 'users.csv' },
    teams: { path: 'teams.csv', join: { key: 'email', to: 'email' } },
  }

  test('a file that has been read must stay unchanged until the last one is read', async () => {
    const directory = folderWith({ 'users.csv': csv(), 'teams.csv': 'email,team\nnobody@example.com,a\n' })
    const error = await readWhile({ type: 'file', streams }, directory, () =>
      appendFileSync(join(directory, 'teams.csv'), 'late@example.com,b\n'),
    )
    expectChanged(error, 'teams.csv', SIZE)
  })

  test('a file about roles too, which is read after the users', async () => {
    const directory = folderWith({ 'users.csv': csv(), 'roles.csv': 'role_slug\nadmin\n' })
    const error = await readWhile({ type: 'csv', path: 'users.csv', roleDefinitions: 'roles.csv' }, directory, () =>
      appendFileSync(join(directory, 'users.csv'), 'late@example.com\n'),
    )
    expectChanged(error, 'users.csv', SIZE)
  })

  test('a file that is read twice is the same both times', async () => {
    const directory = folderWith({
      'users.ndjson': ndjson(),
      'passwords.ndjson': `${JSON.stringify({ email: 'x@example.com', passwordHash: 'x' })}\n`,
    })
    // Users are read twice: for the rows of passwords, and for themselves.
    const source = { type: 'auth0', users: 'users.ndjson', passwords: ['passwords.ndjson'] }
    const error = await readWhile(source, directory, () => appendFileSync(join(directory, 'users.ndjson'), '{}\n'))
    expectChanged(error, 'users.ndjson', SIZE)
  })
})

test.each<[string, string, RegExp, (folder: string) => void]>([
  [
    'is written before its turn',
    'part-2.csv',
    SIZE,
    (folder) => writeFileSync(join(folder, 'part-2.csv'), csv('longer')),
  ],
  ['is removed before its turn', 'part-2.csv', /no longer exists/, (folder) => rmSync(join(folder, 'part-2.csv'))],
  ['appears', 'part-3.csv', /did not exist/, (folder) => writeFileSync(join(folder, 'part-3.csv'), csv('more'))],
])('a file of a pattern that %s is rejected', async (_, file, how, change) => {
  const directory = folderWith({ 'part-1.csv': csv(), 'part-2.csv': csv('other') })
  const source = { type: 'file', streams: { users: { path: './part-*.csv', format: 'csv' } } }
  expectChanged(await readWhile(source, directory, () => change(directory)), file, how)
})
