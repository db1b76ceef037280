import { expect, onTestFinished, test } from 'vitest'
import { kindDefinitions } from '../../src/kinds/registry.ts'
import { surveyOf, surveyValues } from '../../src/planning/survey.ts'
import { SHARE, Surveyor, surveyNext } from '../../src/planning/survey-ahead.ts'
import { insertAction } from '../../src/rundb/actions.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { manifestWith } from '../mapping/manifest.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const USERS = 3000

/** Users with every type of value, two similar addresses, and some users out of scope. */
function desired(): RunDatabase {
  const rundb = new RunDatabase(temporaryFolder())
  onTestFinished(() => rundb.close())
  const place = { fileId: rundb.fileId('users.csv'), line: 1 }
  rundb.transaction(() => {
    for (let n = 0; n < USERS; n += 1) {
      const email = n === 7 ? 'рerson8@example.com' : `person${n}@example.com`
      const attributes = { email, firstName: n % 2 ? 'NULL' : 'Ada', metadata: { [`m${n % 600}`]: n } }
      const secrets = n % 3 ? null : { passwordHash: { type: n % 2 ? 'bcrypt' : 'ssha', hash: `{SSHA}${n}` } }
      insertDesired(rundb, { kind: 'user', key: `u${n}`, refs: {}, attributes, secrets, seq: n, place, records: 1 })
    }
    insertDesired(rundb, {
      kind: 'organization',
      key: 'acme',
      refs: {},
      attributes: { name: 'Acme' },
      secrets: null,
      seq: 0,
      place,
      records: 1,
    })
    rundb.run(
      'INSERT INTO out_of_scope VALUES (\'user\', \'o\', \'{}\', \'{"email":"o@example.com","lastName":"O"}\', 1)',
    )
  })
  createPlanTables(rundb)
  return rundb
}

/** What planning does meanwhile: it writes rows and creates tables. */
function plan(rundb: RunDatabase): void {
  rundb.transaction(() => {
    for (let n = 0; n < USERS; n += 1) {
      insertAction(rundb, { phase: 1, kind: 'user', key: `u${n}`, type: 'create', id: null, action: 'x'.repeat(400) })
    }
  })
  rundb.exec('CREATE TABLE another (x); DROP TABLE another')
}

const manifest = manifestWith({ user: { firstName: 'a', lastName: 'b' } })

test('a thread during planning finds the same as a survey after planning', async () => {
  const rundb = desired()
  rundb.keepToItself()
  const surveyor = new Surveyor({ workers: 2, many: 1 })
  surveyor.prepare(USERS)
  const scope = { scoped: true, manifest }
  await surveyor.begin(rundb, scope)
  plan(rundb)
  const survey = await surveyor.survey(rundb)
  await surveyor.end()
  expect(survey).toEqual(surveyValues(rundb, scope, () => true))
  expect(survey.fields.map(({ kind, resources, cut }) => [kind, resources, cut])).toEqual([
    ['organization', 1, undefined],
    ['user', USERS, true],
  ])
  expect(survey.whole[1]?.resources).toBe(USERS + 1)
  expect(survey.gathered.get('user')).toMatchObject({ passwords: { users: USERS }, alike: { someAlike: true } })
})

test('threads share the kinds, and each is surveyed once', () => {
  const rundb = desired()
  const shares = new Int32Array(new SharedArrayBuffer(4 * kindDefinitions.length))
  const task = { path: '', scoped: false, manifest, shares }
  const index = kindDefinitions.findIndex(({ name }) => name === 'organization')
  Atomics.store(shares, index, SHARE.reading)
  const own = surveyNext(rundb, task)
  expect(own.map(({ kind }) => kind)).not.toContain('organization')
  expect(surveyNext(rundb, task, [SHARE.free, SHARE.ahead])).toEqual([])
  const other = surveyNext(rundb, task, [SHARE.reading])
  expect(surveyOf([...other, ...own])).toEqual(surveyValues(rundb, task, () => true))
})

test('with few values or one thread, the survey runs after planning', async () => {
  for (const options of [{ workers: 2 }, { workers: 1, many: 1 }]) {
    const rundb = desired()
    const surveyor = new Surveyor(options)
    await surveyor.begin(rundb, { scoped: false, manifest })
    plan(rundb)
    expect((await surveyor.survey(rundb)).gathered.get('user')).toHaveProperty('alike')
    await surveyor.end()
  }
})

test('an unused survey ends', async () => {
  const rundb = desired()
  const surveyor = new Surveyor({ workers: 2, many: 1 })
  await surveyor.begin(rundb, { scoped: false, manifest })
  await surveyor.end()
  expect(await Promise.allSettled([surveyor.survey(rundb)])).toHaveLength(1)
})

test('a thread that was prepared for nothing ends', async () => {
  const surveyor = new Surveyor({ workers: 2, many: 1 })
  surveyor.prepare(1)
  await surveyor.end()
})
