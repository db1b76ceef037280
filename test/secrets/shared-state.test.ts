import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { member, peopleProject } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { Cluster, newPostgresLocation, postgresPrograms } from '../postgres.ts'

const PASSWORD = 'p@ss/w:rd-canary'

const COMMANDS = [
  ['validate'],
  ['config'],
  ['doctor'],
  ['doctor', '--json'],
  ['plan', '--out', 'plan.ndjson', '--html', 'plan.html', '--verbose', '--events', 'events.ndjson'],
  ['apply', 'plan.ndjson', '--yes', '--json'],
  ['verify'],
  ['explain', 'ada@example.com'],
  ['errors'],
  ['state', 'show'],
  ['state', 'show', '--html', 'state.html'],
  ['state', 'list', '--json'],
  ['state', 'backup', 'state.bak'],
  ['state', 'restore', 'state.bak', '--yes'],
  ['state', 'migrate', '--to', 'elsewhere.sqlite'],
  ['state', 'migrate', '--to', '${DATABASE_URL}', '--schema', 'other'],
]

test.skipIf(postgresPrograms === undefined)('the password of a shared state is in no output or file', async () => {
  const cluster = Cluster.make({ access: ['local all all scram-sha-256'], password: PASSWORD })
  onTestFinished(() => cluster.remove())
  await cluster.start()
  const { schema } = await newPostgresLocation(cluster)
  const urlWith = (password: string) => cluster.url(`tester:${encodeURIComponent(password)}`)
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme')], {
    state: { type: 'postgres', url: '${DATABASE_URL}', schema },
  })
  const outputs: string[] = []
  const run = async (args: readonly string[], url: string) => {
    const { exit, stdout, stderr } = await project.run(args, { env: { KEY, DATABASE_URL: url } })
    outputs.push(stdout, stderr)
    return { args, exit, stderr }
  }
  for (const args of COMMANDS) expect(await run(args, urlWith(PASSWORD)), args.join(' ')).toMatchObject({ exit: 0 })
  const shown = outputs.join('')
  expect(shown).toContain(`schema ${schema}`)

  // Also for failures: a wrong password, a missing server, a mistake in the address.
  expect(await run(['plan'], urlWith(`${PASSWORD}-not`))).toMatchObject({ exit: 1 })
  expect(await run(['state', 'show'], `${urlWith(PASSWORD)}?sslmode=prefer`)).toMatchObject({ exit: 1 })
  expect(await run(['state', 'show'], `postgres:/me:${PASSWORD}@nowhere`)).toMatchObject({ exit: 1 })
  await cluster.stop()
  for (const args of [['plan'], ['apply', '--yes'], ['state', 'show']]) {
    expect(await run(args, urlWith(PASSWORD))).toMatchObject({ exit: 1 })
  }
  await run(['doctor'], urlWith(PASSWORD))

  const files = readdirSync(project.folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(project.folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
  const forms = [PASSWORD, encodeURIComponent(PASSWORD), 'w:rd-canary', Buffer.from(PASSWORD).toString('base64')]
  for (const form of forms) {
    expect(outputs.filter((text) => text.includes(form))).toEqual([])
    expect(files.filter((text) => text.includes(form))).toEqual([])
  }
})
