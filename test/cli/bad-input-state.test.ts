import { appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { acquireLock } from '../../src/state/sqlite/lock.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import { type BadInput, type Prepared, refuses, SECRET } from './bad-input.ts'
import { command, type World } from './harness.ts'

const STATE = '.workos-migrate/state.sqlite'

function sqlite(file: string, sql: string): undefined {
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
}

/** Applies the manifest to create a state. */
async function applied(world: World): Promise<undefined> {
  const { code, stderr } = await command(['apply', '--yes'], world)
  expect({ code, stderr }).toMatchObject({ code: 0 })
}

const states: BadInput[] = [
  {
    name: 'a file that is not a database',
    files: { [STATE]: 'not a database, though long enough to be read as the header of one: '.repeat(3) },
    exit: 1,
    says: [
      /the state file .*state\.sqlite cannot be read: file is not a database/,
      /restore|move it away and apply again/,
    ],
  },
  {
    name: 'a database with damaged pages',
    async prepare(world) {
      await applied(world)
      const file = join(world.cwd, STATE)
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.fill(0xff, 100))
    },
    exit: 1,
    says: [/state\.sqlite cannot be read: /, /restore|move it away and apply again/],
  },
  {
    name: 'a database of another program',
    manifest: 'state: { path: other.sqlite }\n',
    prepare: ({ cwd }) => sqlite(join(cwd, 'other.sqlite'), 'CREATE TABLE orders (id INTEGER)'),
    exit: 1,
    says: [/other\.sqlite is not a state file of workos-migrate/, 'hint: point state.path at another file'],
  },
  {
    name: 'a state of a later version',
    async prepare({ cwd }) {
      await openStateFile(join(cwd, STATE)).close()
      return sqlite(join(cwd, STATE), 'PRAGMA user_version = 99')
    },
    exit: 1,
    says: ['was written by a later version of workos-migrate', 'hint: update workos-migrate'],
  },
  {
    name: 'a folder instead of the state',
    manifest: 'state: { path: . }\n',
    prepare: ({ cwd }): Prepared => ({ after: () => expect(statSync(cwd).mode & 0o777).toBe(0o700) }),
    exit: 1,
    says: ['is a folder', 'state.path'],
  },
  {
    name: 'a file instead of the state folder',
    manifest: 'state: { path: users.csv/state.sqlite }\n',
    exit: 1,
    says: [/the operating system reported an error: E(NOTDIR|EXIST): .*users\.csv/, 'hint: check the path'],
  },
  {
    name: 'a state that another process uses',
    prepare({ cwd }) {
      return { after: acquireLock(join(cwd, STATE), 'apply', new Date('2030-01-01T00:00:00Z')) }
    },
    exit: 6,
    says: [`process ${process.pid} on`, '(apply, since 2030-01-01T00:00:00.000Z)', 'the lock ends with the process'],
  },
  {
    name: 'a damaged lock',
    files: { [`${STATE}.lock`]: 'not a database, though long enough to be read as the header of one: '.repeat(3) },
    exit: 1,
    says: [
      /the lock .*state\.sqlite\.lock cannot be taken: file is not a database/,
      'hint: stop every command that works on this state',
    ],
  },
  {
    name: 'the key of another environment',
    async prepare(world): Promise<Prepared> {
      await applied(world)
      return { env: { WORKOS_API_KEY: `sk_test_other_${SECRET}` } }
    },
    exit: 5,
    says: ['the API key and the state', 'give each environment its own state'],
  },
  {
    name: 'the state of another target',
    async prepare(world) {
      await applied(world)
      appendFileSync(
        join(world.cwd, 'migrate.config.yaml'),
        'environments: { local: { target: { type: sandbox, baseUrl: null } } }\n',
      )
    },
    args: ['apply', '--yes', '-e', 'local'],
    exit: 5,
    says: [/belongs to workos at http:.*, not to sandbox at/, 'choose the right environment with -e'],
  },
  {
    name: 'sandbox data of another program',
    manifest: 'environments: { local: { target: { type: sandbox, data: users.csv, baseUrl: null } } }\n',
    args: ['apply', '--yes', '-e', 'local'],
    files: { 'users.csv': `email\n${'a@example.com\n'.repeat(50)}` },
    exit: 1,
    at: 'users.csv',
    says: [/users\.csv cannot be used as sandbox data/, 'hint: choose another file'],
  },
]

const questions: BadInput[] = [
  {
    name: 'a missing state',
    args: ['state', 'list'],
    exit: 3,
    says: [/there is no state at .*state\.sqlite/, 'run workos-migrate apply first'],
  },
  {
    name: 'an unknown kind',
    args: ['state', 'list', '--kind', 'usr'],
    exit: 3,
    says: [
      'unknown kind usr',
      'did you mean user?',
      'permission, role, organization, organization-role, user, totp-factor, membership',
    ],
  },
  {
    name: 'an address that is not in the state',
    args: ['state', 'show', 'user:nobody'],
    prepare: applied,
    exit: 3,
    says: ['the state has no resource user:nobody', 'use an address such as user:auth0|123'],
  },
  {
    name: 'an address without a kind',
    args: ['state', 'show', 'nobody'],
    prepare: applied,
    exit: 3,
    says: ['nobody is not an address', 'use an address such as user:auth0|123'],
  },
]

/** Saves a plan and changes its text. */
function saved(change: (text: string, world: World) => string): BadInput['prepare'] {
  return async (world) => {
    const { code } = await command(['plan', '--out', 'plan.ndjson'], world)
    expect(code).toBe(0)
    const file = join(world.cwd, 'plan.ndjson')
    writeFileSync(file, change(readFileSync(file, 'utf8'), world))
    return undefined
  }
}

const apply = ['apply', 'plan.ndjson']

const plans: BadInput[] = [
  { name: 'that is missing', args: apply, exit: 3, at: 'plan.ndjson', says: [/there is no file .*plan\.ndjson/] },
  {
    name: 'that is truncated in its actions',
    args: apply,
    prepare: saved((text) => text.slice(0, text.indexOf('\n') + 1)),
    exit: 3,
    at: 'plan.ndjson:1',
    says: ['cannot be used as a plan: it is truncated', 'hint: create it again with plan --out'],
  },
  {
    name: 'that is truncated in its header',
    args: apply,
    prepare: saved((text) => text.slice(0, 100)),
    exit: 3,
    at: 'plan.ndjson:1',
    says: ['its first line is not JSON'],
  },
  { name: 'that is empty', args: apply, prepare: saved(() => ''), exit: 3, says: ['it is truncated'] },
  {
    name: 'of another version',
    args: apply,
    prepare: saved((text) => text.replace('"version":2', '"version":1')),
    exit: 3,
    says: ['it has version 1, but this program reads version 2'],
  },
  {
    name: 'without its digest',
    args: apply,
    prepare: saved((text) => text.replace('"digest":', '"digset":')),
    exit: 3,
    says: ['its header lacks digest'],
  },
  {
    name: 'that is the report of a plan',
    args: apply,
    files: { 'plan.ndjson': '{"format":"workos-migrate-plan-report","version":1}\n' },
    exit: 3,
    says: ['its first line is not a plan header', 'plan --out'],
  },
  {
    name: 'of a changed source',
    args: apply,
    prepare: saved((text, { cwd }) => {
      appendFileSync(join(cwd, 'users.csv'), 'late@example.com\n')
      return text
    }),
    exit: 8,
    says: [
      'the saved plan is out of date: the source has changed in users: users.csv',
      'hint: make a new plan and have it reviewed: workos-migrate plan --out plan.ndjson; or restore the file',
    ],
  },
  {
    name: 'of a changed manifest',
    args: apply,
    prepare: saved((text, { cwd }) => {
      appendFileSync(join(cwd, 'migrate.config.yaml'), 'safety: { maxRejects: 9 }\n')
      return text
    }),
    exit: 8,
    says: ['the saved plan is out of date: the manifest has changed: safety.maxRejects', 'undo the change'],
  },
  {
    name: 'with changed lines',
    args: apply,
    prepare: saved((text) => text.replace('"action":"create"}', '"action":"update"}')),
    exit: 3,
    at: 'plan.ndjson:1',
    says: ['it was changed after it was written', 'hint: create it again with plan --out'],
  },
  {
    name: 'made with another key',
    args: apply,
    prepare: saved((text) => text.replace(/"(digest|key)":"[0-9a-f]{8}/g, '"$1":"00000000')),
    exit: 8,
    says: ['WorkOS or the API key has changed'],
  },
]

const many = { 'users.csv': `email\n${Array.from({ length: 40 }, (_, n) => `user${n}@example.com\n`).join('')}` }

const guards: BadInput[] = [
  {
    name: 'without a terminal for approval',
    args: ['apply'],
    exit: 3,
    says: ['standard input is not a terminal', 'approve with --yes'],
  },
  {
    name: 'without the word of safety.confirm',
    manifest: 'safety: { confirm: production }\n',
    exit: 5,
    says: ['safety.confirm requires the word production', 'add --confirm production'],
  },
  {
    name: 'with a wrong word for safety.confirm',
    args: ['apply', '--confirm', 'staging'],
    manifest: 'safety: { confirm: production }\n',
    exit: 5,
    says: ['safety.confirm requires the word production, but --confirm has staging'],
  },
  {
    name: 'more creations than allowed',
    manifest: 'safety: { maxCreates: 39 }\n',
    files: many,
    exit: 5,
    says: ['40 of 40 resources would be created, but safety.maxCreates allows 39'],
  },
  {
    name: 'more creations than the percentage allowed',
    args: ['plan'],
    manifest: 'safety: { maxCreates: 50% }\n',
    files: many,
    exit: 5,
    says: ['Refused: 40 of 40 resources would be created, but safety.maxCreates allows 50%'],
  },
  {
    name: 'more updates than allowed',
    manifest: 'map: { user: { firstName: name } }\nsafety: { maxUpdates: 0 }\n',
    files: { 'users.csv': 'email,name\na@example.com,Ada\n' },
    async prepare(world) {
      await applied(world)
      writeFileSync(join(world.cwd, 'users.csv'), 'email,name\na@example.com,Adah\n')
    },
    exit: 5,
    says: ['1 of 1 resource would be updated, but safety.maxUpdates allows 0', 'set safety.maxUpdates'],
  },
  {
    name: 'more rejects than allowed',
    manifest: 'safety: { maxRejects: 1 }\n',
    files: { 'users.csv': 'email\na\nb\nc@example.com\n' },
    exit: 5,
    says: ['2 of 3 records and resources are rejected or blocked, but safety.maxRejects allows 1'],
  },
  {
    name: 'without the word of safety.confirm, for a saved plan with --yes',
    args: ['apply', 'plan.ndjson', '--yes'],
    manifest: 'safety: { confirm: production }\n',
    prepare: saved((text) => text),
    exit: 5,
    says: ['safety.confirm requires the word production', 'hint: review the plan, then add --confirm production'],
  },
  {
    name: 'a plan saved over the manifest',
    args: ['plan', '--out', 'migrate.config.yaml'],
    exit: 3,
    says: ['--out names migrate.config.yaml, which is the manifest'],
  },
  {
    name: 'a plan saved over the state',
    args: ['plan', '--merges', '.workos-migrate/state.sqlite'],
    exit: 3,
    says: ['which is the state'],
  },
  {
    name: 'a plan and its report in the same file',
    args: ['plan', '--out', 'one', '--merges', './one'],
    exit: 3,
    says: ['--merges names ./one, which is the file of --out'],
  },
  {
    name: 'a plan saved to an unwritable place',
    args: ['plan', '--out', 'gone/plan.ndjson'],
    exit: 3,
    says: ['the plan cannot be written to gone/plan.ndjson (ENOENT)', 'hint: name a file with --out'],
  },
]

if (process.getuid?.() !== 0) {
  states.push({
    name: 'a read-only folder',
    prepare({ cwd }) {
      mkdirSync(join(cwd, '.workos-migrate'))
      chmodSync(join(cwd, '.workos-migrate'), 0o500)
    },
    exit: 1,
    says: [/the operating system reported an error: EACCES/],
  })
}

refuses('a state that cannot be used is refused', states)
refuses('a question that the state cannot answer is refused', questions)
refuses('a saved plan is refused', plans)
refuses('an apply is refused', guards)
