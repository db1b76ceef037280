import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PROGRAM } from '../built.ts'
import type { Project } from '../e2e/cli.ts'
import { member, peopleProject, person } from '../e2e/people.ts'
import { FAST, KEY, startWorkos, writes } from '../e2e/workos.ts'
import { inChild, weakDisk } from '../faults/command.ts'
import { swiftClock } from '../simulated-clock.ts'
import { type EventLine, eventsOf, ofType } from './event-lines.ts'

const env = { KEY }
const FILE = 'events.ndjson'
const EVENTS = ['--events', FILE]

const ROWS = [
  member('ada', 'acme', { role_slugs: 'admin' }),
  member('bea', 'acme'),
  member('cleo', 'bolt'),
  person('dora', { email: 'no address' }),
  person('eve'),
]

const LENIENT = { safety: { maxRejects: 10 } }

function read(project: Project): EventLine[] {
  return eventsOf(readFileSync(project.path(FILE), 'utf8'))
}

describe('a plan', () => {
  test('is reported action by action, with totals and without values', async () => {
    const project = peopleProject(await startWorkos(), ROWS, LENIENT)
    const { exit, stdout, stderr } = await project.run(['plan', ...EVENTS], { env })
    expect(exit, stderr).toBe(0)
    expect(stdout).toContain('users')
    const events = read(project)
    expect(events[0]).toMatchObject({ command: 'plan', tool: expect.stringMatching(/^\d+\.\d+/) })
    expect(ofType(events, 'planned_change')).toContainEqual({
      type: 'planned_change',
      address: 'user:id-ada',
      kind: 'user',
      key: 'id-ada',
      action: 'create',
      label: 'ada@example.com',
      at: expect.any(String),
    })
    const [summary] = ofType(events, 'change_summary')
    expect(summary).toMatchObject({ purpose: 'apply', changes: true, rejected: 1, leftOut: 0 })
    const users = (summary?.kinds as { kind: string }[]).find(({ kind }) => kind === 'user')
    expect(users).toMatchObject({ desired: 4, create: 4, unchanged: 0 })
    const phases = ofType(events, 'phase_complete').map(({ phase }) => phase)
    expect(phases).toEqual(expect.arrayContaining(['reading the source', 'merging duplicates', 'comparing users']))
    expect(ofType(events, 'phase_start').map(({ phase }) => phase)).toEqual(phases)
    expect(events.at(-1)).toMatchObject({ exitCode: 0 })
  })

  test('lists the changed fields without values', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    await project.run(['apply', '--yes'], { env })
    project.csv('users.csv', [person('ada', { first_name: 'Augusta', last_name: 'King' })])
    await project.run(['plan', ...EVENTS], { env })
    expect(ofType(read(project), 'planned_change')).toMatchObject([
      {
        action: 'update',
        address: 'user:id-ada',
        id: expect.stringMatching(/^user_/),
        fields: ['firstName', 'lastName'],
      },
    ])
    expect(readFileSync(project.path(FILE), 'utf8')).not.toMatch(/Augusta|King/)
  })

  test('reports a failed safety check, and a warning', async () => {
    const workos = await startWorkos()
    const rows = [person('ada', { first_name: 'NULL' }), person('bob', { first_name: 'NULL' })]
    const project = peopleProject(workos, rows, { safety: { maxCreates: 1 } })
    expect((await project.run(['plan', ...EVENTS], { env })).exit).toBe(5)
    const planned = read(project)
    expect(ofType(planned, 'refusal')).toMatchObject([{ guard: 'maxCreates', path: 'safety.maxCreates', limit: 1 }])
    expect(planned.at(-1)).toMatchObject({ exitCode: 5 })
    const warnings = ofType(planned, 'warning').map(({ problem }) => problem)
    expect(warnings).toEqual([expect.objectContaining({ code: 'written_null', severity: 'warning' })])
    expect((await project.run(['apply', '--yes', ...EVENTS], { env })).exit).toBe(5)
    const applied = read(project)
    expect(ofType(applied, 'error').map(({ problem }) => problem)).toMatchObject([
      { code: 'guard_maxCreates', severity: 'error', file: expect.stringMatching(/migrate\.config\.yaml$/) },
    ])
    expect(ofType(applied, 'apply_start', 'run_summary')).toEqual([])
    expect(applied.at(-1)).toMatchObject({ exitCode: 5 })
    expect(writes(workos.log)).toEqual([])
  })
})

describe('an apply', () => {
  test('is reported action by action, with failures and what they block', async () => {
    const workos = await startWorkos({
      interceptor: {
        before({ request, response, text }) {
          if (request.method !== 'POST' || !text.includes('bea@example.com')) return false
          response.writeHead(400, { 'content-type': 'application/json' })
          response.end(JSON.stringify({ code: 'invalid_email', message: 'The email address is not valid.' }))
          return true
        },
      },
    })
    const project = peopleProject(workos, ROWS, LENIENT)
    const { exit, stderr } = await project.run(['apply', '--yes', ...EVENTS], { env })
    expect(exit, stderr).toBe(7)
    const events = read(project)
    const started = ofType(events, 'apply_start').map(({ address }) => address)
    const ended = ofType(events, 'apply_complete', 'apply_errored')
    expect(ended.map(({ address }) => address).sort()).toEqual([...started].sort())
    expect(started.length).toBe(ofType(events, 'planned_change').length)
    for (const { address } of ended) {
      const at = (type: RegExp) => events.findIndex((event) => type.test(event.type) && event.address === address)
      expect(at(/^apply_start$/)).toBeLessThan(at(/^apply_(complete|errored)$/))
    }
    expect(ended).toContainEqual(
      expect.objectContaining({ address: 'user:id-ada', outcome: 'created', id: expect.stringMatching(/^user_/) }),
    )
    expect(ofType(ended, 'apply_errored')).toMatchObject([
      {
        address: 'user:id-bea',
        outcome: 'failed',
        code: 'invalid_email',
        message: expect.stringContaining('not valid'),
      },
      { address: 'membership:id-bea@acme', outcome: 'blocked', code: 'dependency_blocked' },
    ])
    expect(ofType(events, 'run_summary')).toMatchObject([
      { run: 1, outcome: 'incomplete', requests: { writes: writes(workos.log).length, refused: 0 } },
    ])
    expect(ofType(events, 'phase_complete').at(-1)).toMatchObject({ phase: 'applying', done: started.length })
    expect(events.at(-1)).toMatchObject({ exitCode: 7 })
  })

  test('of a saved plan is reported too', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    await project.run(['plan', '--out', 'plan.ndjson'], { env })
    expect((await project.run(['apply', 'plan.ndjson', ...EVENTS], { env })).exit).toBe(0)
    const events = read(project)
    expect(ofType(events, 'planned_change', 'apply_complete').map(({ type, address }) => [type, address])).toEqual([
      ['planned_change', 'role:admin'],
      ['planned_change', 'user:id-ada'],
      ['apply_complete', 'role:admin'],
      ['apply_complete', 'user:id-ada'],
    ])
  })

  test('reports progress, waits and failed requests', async () => {
    let refusals = 0
    const workos = await startWorkos({
      interceptor: {
        before({ request, response, text }) {
          if (request.method !== 'POST' || !text.includes('ada@example.com') || refusals++ > 0) return false
          response.writeHead(429, { 'retry-after': '8', 'content-type': 'application/json' }).end('{}')
          return true
        },
      },
    })
    const project = peopleProject(workos, [person('ada'), person('bob')])
    const { exit, stderr } = await project.run(['apply', '--yes', ...EVENTS], { env, pace: swiftClock })
    expect(exit, stderr).toBe(0)
    const events = read(project)
    expect(ofType(events, 'failed_request')).toMatchObject([
      { method: 'POST', path: '/user_management/users', status: 429, why: 'HTTP 429', attempt: 1 },
    ])
    expect(ofType(events, 'wait')).toContainEqual(
      expect.objectContaining({ for: 'the rate limit of WorkOS', reason: 'refused', why: 'Retry-After' }),
    )
    const [progress] = ofType(events, 'progress')
    expect(progress).toMatchObject({ phase: 'applying', total: 3, failed: 0, blocked: 0 })
    expect(Number(progress?.waiting)).toBeGreaterThan(0)
  })
})

test('an interrupted apply reports the interruption and its progress', async () => {
  const controller = new AbortController()
  const workos = await startWorkos({
    onRequest({ method, path }) {
      if (method === 'POST' && path === '/user_management/users') controller.abort(new Error('interrupted'))
    },
  })
  const project = peopleProject(workos, [person('ada'), person('bob'), person('cleo')], {
    run: { ...FAST, concurrency: 1 },
  })
  const { exit } = await project.run(['apply', '--yes', ...EVENTS], { env, interrupted: controller.signal })
  expect(exit).toBe(130)
  const events = read(project)
  expect(ofType(events, 'run_summary')).toMatchObject([{ outcome: 'interrupted' }])
  expect(ofType(events, 'apply_complete').length).toBeLessThan(ofType(events, 'planned_change').length)
  expect(events.at(-1)).toMatchObject({ exitCode: 130 })
})

test('every begun action ends, even after an interruption', async () => {
  const controller = new AbortController()
  let sent = 0
  const workos = await startWorkos({
    onRequest({ method, path }) {
      if (method !== 'POST' || path !== '/user_management/users') return
      sent += 1
      if (sent === 2) controller.abort(new Error('interrupted'))
    },
  })
  const people = Array.from({ length: 12 }, (_, number) => person(`user${number}`))
  // Ten begin concurrently, and two can be sent; the others wait.
  const limits = { writes: '2/30s', reads: '1000/10s', requests: '1000/10s' }
  const project = peopleProject(workos, people, { run: { limits, concurrency: 10 } })
  const { exit } = await project.run(['apply', '--yes', ...EVENTS], { env, interrupted: controller.signal })
  expect(exit).toBe(130)
  const events = read(project)
  const begun = ofType(events, 'apply_start').map(({ address }) => address)
  const ended = ofType(events, 'apply_complete', 'apply_errored')
  expect(begun.length).toBeGreaterThan(2)
  expect(ended.map(({ address }) => address).sort()).toEqual([...begun].sort())
  const pending = ended.filter(({ outcome }) => outcome === 'pending')
  expect(pending.length).toBeGreaterThan(0)
  expect(pending[0]).toMatchObject({ code: 'interrupted', action: 'create' })
  expect(events.findLastIndex(({ type }) => type === 'apply_errored')).toBeLessThan(
    events.findIndex(({ type }) => type === 'run_summary'),
  )
})

test('a full disk for events stops an apply cleanly with a message', async () => {
  const workos = await startWorkos()
  const project = peopleProject(
    workos,
    Array.from({ length: 30 }, (_, number) => person(`user${number}`)),
  )
  for (const bytes of [2_000, 9_000, 12_000]) {
    project.remove(FILE)
    const run = inChild(PROGRAM, weakDisk({ bytes }))
    const { exit, stderr } = await run(project.folder, ['apply', '--yes', ...EVENTS], env)
    expect(exit, stderr).toBe(1)
    expect(stderr).toMatch(/error: the events cannot be written to events\.ndjson: the disk is full .*\[disk_full\]/)
    expect(stderr.match(/disk_full/g), stderr).toHaveLength(1)
    expect(stderr).not.toMatch(/defect of|^\s+at /m)
  }
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).users).toHaveLength(30)
  const created = workos.log.filter(({ method, path }) => method === 'POST' && path === '/user_management/users')
  expect(created).toHaveLength(30)
})

test('verify reports every difference and the totals', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme'), person('bob')])
  await project.run(['apply', '--yes'], { env })
  const { users } = await workos.snapshot()
  const idOf = (email: string) => users.find((user) => user.email === email)?.id
  await workos.call('DELETE', `/user_management/users/${idOf('bob@example.com')}`)
  await workos.call('PUT', `/user_management/users/${idOf('ada@example.com')}`, { first_name: 'Changed' })
  expect((await project.run(['verify', ...EVENTS], { env })).exit).toBe(7)
  const events = read(project)
  expect(ofType(events, 'difference')).toMatchObject([
    { finding: 'deleted', address: 'user:id-bob', id: idOf('bob@example.com') },
    { finding: 'different', address: 'user:id-ada', field: 'firstName', changed: 'WorkOS' },
  ])
  expect(ofType(events, 'verify_summary')).toMatchObject([{ outcome: 'lost', rejected: 0, openWrites: 0 }])
  expect(events.at(-1)).toMatchObject({ exitCode: 7 })
  expect(readFileSync(project.path(FILE), 'utf8')).not.toContain('Changed')
})

test('destroy reports what it deletes', async () => {
  const project = peopleProject(await startWorkos(), [member('ada', 'acme')])
  await project.run(['apply', '--yes'], { env })
  expect((await project.run(['destroy', '--confirm', 'people', ...EVENTS], { env })).exit).toBe(0)
  const events = read(project)
  expect(ofType(events, 'change_summary')).toMatchObject([{ purpose: 'destroy', changes: true }])
  expect(ofType(events, 'apply_complete').map(({ outcome, kind }) => [outcome, kind])).toEqual(
    expect.arrayContaining([
      ['deleted', 'user'],
      ['deleted', 'organization'],
    ]),
  )
  expect(ofType(events, 'phase_start').map(({ phase }) => phase)).toContain('deleting')
})

describe('a command that fails before it begins', () => {
  test('reports the error and the exit code', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')], { surplus: true })
    for (const command of ['plan', 'apply', 'verify', 'destroy']) {
      expect((await project.run([command, ...EVENTS], { env })).exit).toBe(3)
      const events = read(project)
      expect(events.map(({ type }) => type)).toEqual(['version', 'error', 'end'])
      expect(events[1]?.problem).toMatchObject({ code: 'unknown_key', severity: 'error', line: expect.any(Number) })
      expect(events[2]).toMatchObject({ exitCode: 3 })
    }
  })

  test('even if two manifests are named', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    expect((await project.run(['plan', 'a.yaml', '--config', 'b.yaml', ...EVENTS], { env })).exit).toBe(3)
    expect(ofType(read(project), 'error')).toMatchObject([{ problem: { code: 'manifest_twice' } }])
  })

  test('even if it is interrupted', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    const interrupted = AbortSignal.abort(new Error('interrupted'))
    expect((await project.run(['plan', ...EVENTS], { env, interrupted })).exit).toBe(130)
    expect(read(project).at(-1)).toMatchObject({ exitCode: 130 })
  })
})

describe('on standard output', () => {
  test('there are only events, and the text goes to standard error', async () => {
    const project = peopleProject(await startWorkos(), ROWS, LENIENT)
    for (const args of [['plan'], ['apply', '--yes'], ['verify']]) {
      const { stdout, stderr } = await project.run([...args, '--events', '-'], { env })
      expect(eventsOf(stdout)[0]).toMatchObject({ command: args[0] })
      expect(stderr).toContain(args[0] === 'apply' ? 'Run 1' : 'users')
    }
    expect(existsSync(project.path('-'))).toBe(false)
  })

  test.each([
    ['plan', '--json'],
    ['plan', '--format', 'json'],
    ['plan', '--format', 'markdown'],
    ['apply', '--json'],
    ['verify', '--json'],
    ['destroy', '--json'],
  ])('they cannot share it with a result: %s %s %s', async (...args) => {
    const project = peopleProject(await startWorkos(), ROWS)
    const { exit, stdout, stderr } = await project.run(
      [...args.filter((word) => word !== undefined), '--events', '-'],
      { env },
    )
    expect(exit).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /--events - and --(json|format (json|markdown)) both write to standard output \[options_contradict\]/,
    )
  })

  test('an HTML file can be written too', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    const { stdout } = await project.run(['plan', '--json', ...EVENTS], { env })
    expect(JSON.parse(stdout).actions).toHaveLength(2)
    expect(read(project).length).toBeGreaterThan(3)
  })
})

describe('the file', () => {
  test('is private, and overwritten by each run', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    await project.run(['apply', '--yes', ...EVENTS], { env })
    const longer = statSync(project.path(FILE))
    expect(longer.mode & 0o777).toBe(0o600)
    chmodSync(project.path(FILE), 0o644)
    await project.run(['plan', ...EVENTS], { env })
    expect(read(project)[0]).toMatchObject({ command: 'plan' })
    const shorter = statSync(project.path(FILE))
    expect(shorter.size).toBeLessThan(longer.size)
    expect([shorter.mode & 0o777, shorter.ino]).toEqual([0o600, longer.ino])
  })

  test('with any other content is rejected and kept', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [person('ada')])
    project.write('empty.ndjson', '')
    expect((await project.run(['plan', '--events', 'empty.ndjson'], { env })).exit).toBe(0)
    await project.run(['plan', '--out', 'plan.ndjson'], { env })
    for (const name of ['migrate.config.yaml', 'users.csv', 'plan.ndjson']) {
      const before = readFileSync(project.path(name), 'utf8')
      const { exit, stderr } = await project.run(['apply', '--yes', '--events', name], { env })
      expect(exit).toBe(3)
      expect(stderr).toContain(
        `the events cannot be written to ${name}: the file contains something else [events_unwritable]`,
      )
      expect(readFileSync(project.path(name), 'utf8')).toBe(before)
    }
    expect(writes(workos.log)).toEqual([])
  })

  test('must be a regular file in an existing folder', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    mkdirSync(project.path('folder'))
    project.write('aim.ndjson', '')
    symlinkSync(project.path('aim.ndjson'), project.path('link'))
    for (const [name, why] of [
      ['folder', 'it is a folder'],
      ['link', 'it is a symbolic link'],
      ['nowhere/events.ndjson', 'ENOENT'],
    ]) {
      const { exit, stderr } = await project.run(['plan', '--events', String(name)], { env })
      expect(exit, stderr).toBe(3)
      expect(stderr).toContain(why)
      expect(stderr).toContain('[events_unwritable]')
    }
    expect(readFileSync(project.path('aim.ndjson'), 'utf8')).toBe('')
  })

  test('must differ from every other output', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    for (const option of ['--out', '--merges']) {
      const { exit, stderr } = await project.run(['plan', ...EVENTS, option, `./${FILE}`], { env })
      expect(exit).toBe(3)
      expect(stderr).toContain(`${option} names ./${FILE}, which is the file of --events [place_taken]`)
      expect(read(project).at(-1)).toMatchObject({ exitCode: 3 })
    }
  })

  test('gets each line as soon as it happens', async () => {
    let seen: string | undefined
    let project: Project | undefined
    const workos = await startWorkos({
      onRequest({ method, path }) {
        if (method === 'POST' && path === '/user_management/users')
          seen ??= readFileSync(project?.path(FILE) ?? '', 'utf8')
      },
    })
    project = peopleProject(workos, [person('ada'), person('bob')])
    await project.run(['apply', '--yes', ...EVENTS], { env })
    expect(seen).toMatch(/\n$/)
    const types = seen
      ?.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(types).toContain('apply_start')
    expect(types).not.toContain('end')
  })
})
