import { mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { refusing } from '../e2e/answers.ts'
import { peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { readReport } from '../reporting/html/reading.ts'

const env = { KEY }
const rows = ['ada', 'grace', 'edsger'].map((name) => person(name, { org_external_id: 'acme', org_name: 'Acme' }))

async function project(manifest: object = {}) {
  return peopleProject(await startWorkos(), rows, manifest)
}

describe('--html', () => {
  test('writes private reports of plan, apply, verify and the state', async () => {
    const people = await project()
    const read = (name: string) => readReport(readFileSync(people.path(name), 'utf8'))
    for (const [line, name] of [
      [['plan'], 'Plan'],
      [['apply', '--yes'], 'Apply'],
      [['verify'], 'Verification'],
      [['state', 'show'], 'State'],
    ] as const) {
      const { exit, stderr } = await people.run([...line, '--html', `${name}.html`], { env })
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining(`The report is in ${name}.html.`) })
      expect(statSync(people.path(`${name}.html`)).mode & 0o777).toBe(0o600)
      expect(read(`${name}.html`).report).toMatchObject({ what: name, name: 'people' })
    }
    const applied = read('Apply.html').report
    expect(applied.sentence).toBe('Done: everything in the source is in WorkOS.')
    const charts = applied.sections
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) => (block.type === 'chart' ? [block.chart] : []))
    const requests = charts.find((chart) => chart.kind === 'time')
    const writes = requests?.kind === 'time' ? requests.series.find(({ label }) => label === 'writes') : undefined
    expect(writes?.counts.reduce((sum, count) => sum + count, 0)).toBe(6)
    expect(
      read('State.html')
        .rows('resources')
        .map(({ group }) => group),
    ).toContain('membership')
    expect(read('Verification.html').report.tone).toBe('good')
    expect(people.list('.').filter((name) => name.includes('tmp'))).toEqual([])
  })

  test('reports a deletion before, during and after it', async () => {
    const people = await project()
    await people.run(['apply', '--yes'], { env })
    const read = () => readReport(readFileSync(people.path('destroy.html'), 'utf8'))
    const destroy = (...more: string[]) => people.run(['destroy', '--html', 'destroy.html', ...more], { env })

    expect((await destroy('--plan-only')).exit).toBe(0)
    const { report } = read()
    expect(report).toMatchObject({ what: 'Deletion plan', tone: 'warn' })
    const summary = report.sections.find(({ id }) => id === 'summary')?.blocks
    expect(summary?.find(({ type }) => type === 'figures')).toMatchObject({ figures: [{ label: 'delete', value: 7 }] })
    expect(summary?.find(({ type }) => type === 'table')).toMatchObject({
      columns: [{ label: '' }, { label: 'delete' }],
      rows: [
        ['organizations', 1],
        ['users', 3],
        ['memberships', 3],
      ],
    })
    expect(
      read()
        .rows('actions')
        .filter(({ facet }) => facet === 'delete'),
    ).not.toEqual([])

    expect((await destroy('--confirm', 'people')).exit).toBe(0)
    expect(read().report).toMatchObject({
      what: 'Deletion',
      sentence: 'Done: WorkOS no longer has what the plan deletes.',
    })

    expect((await destroy('--confirm', 'people')).exit).toBe(0)
    expect(read().report).toMatchObject({ what: 'Deletion plan', sentence: 'Nothing to delete.' })

    const { exit, stdout } = await destroy('--confirm', 'people', '--json')
    expect({ exit, outcome: JSON.parse(stdout).outcome }).toEqual({ exit: 0, outcome: 'completed' })
    expect((await destroy('--html', 'migrate.config.yaml')).exit).toBe(3)
  })

  test('reports rejected writes by cause, and later differences', async () => {
    const workos = await startWorkos({
      interceptor: refusing('POST', '/user_management/organization_memberships', 422),
    })
    const people = peopleProject(workos, rows)
    expect((await people.run(['apply', '--yes', '--html', 'apply.html'], { env })).exit).toBe(7)
    const applied = readReport(readFileSync(people.path('apply.html'), 'utf8'))
    expect(applied.rows('problems').map(({ facet, cells }) => [facet.split(':')[0], cells[1]])).toEqual(
      ['ada', 'edsger', 'grace']
        .map((name) => ['failed', `membership:id-${name}@acme  ${name}@example.com`])
        .toSorted(),
    )
    expect(applied.report.tone).toBe('warn')
    expect(applied.report.sections.some(({ id }) => id.startsWith('cause-failed-'))).toBe(true)

    await people.run(['verify', '--html', 'verify.html'], { env })
    const verified = readReport(readFileSync(people.path('verify.html'), 'utf8'))
    expect(verified.report.tone).toBe('bad')
    expect(verified.rows('findings').map(({ facet, cells }) => [facet, cells[0]])).toContainEqual([
      'not applied',
      'membership:id-grace@acme',
    ])
  })

  test('masks addresses in CI', async () => {
    const people = await project()
    await people.run(['plan', '--html', 'plan.html'], { env: { ...env, CI: 'true' } })
    const { all, rows: read } = readReport(readFileSync(people.path('plan.html'), 'utf8'))
    expect(all).not.toContain('ada@example.com')
    expect(read('actions').some(({ cells }) => cells[1] === 'a***@example.com')).toBe(true)
  })

  test.each([
    ['the manifest', 'migrate.config.yaml'],
    ['the state', '.workos-migrate/state.sqlite'],
    ['a file of the source', 'users.csv'],
  ])('never replaces %s', async (what, name) => {
    const people = await project()
    for (const line of [['plan'], ['apply', '--yes'], ['verify']]) {
      const { exit, stderr } = await people.run([...line, '--html', name], { env })
      expect({ exit, stderr }).toEqual({
        exit: 3,
        stderr: expect.stringContaining(`--html names ${name}, which is ${what}`),
      })
    }
  })

  test('fails before the apply if it cannot be written', async () => {
    const workos = await startWorkos()
    const people = peopleProject(workos, rows)
    mkdirSync(people.path('folder'))
    symlinkSync(people.path('elsewhere'), people.path('link.html'))
    for (const [name, why] of [
      ['folder', 'it is a folder'],
      ['link.html', 'it is a symbolic link'],
    ] as const) {
      const { exit, stderr } = await people.run(['apply', '--yes', '--html', name], { env })
      expect({ exit, stderr }).toEqual({
        exit: 3,
        stderr: expect.stringContaining(`the report cannot be written to ${name}: ${why}`),
      })
    }
    const missing = await people.run(['apply', '--yes', '--html', 'nowhere/report.html'], { env })
    expect(missing.exit).toBe(3)
    expect(missing.stderr).toContain('the report cannot be written to nowhere/report.html (ENOENT)')
    expect(missing.stderr).toContain('in an existing folder')
    expect(workos.takeLog().filter(({ method }) => method !== 'GET')).toEqual([])
  })

  test('reports a whole state, not one resource', async () => {
    const people = await project()
    await people.run(['apply', '--yes'], { env })
    const { exit, stderr } = await people.run(['state', 'show', 'user:id-ada', '--html', 'state.html'], { env })
    expect({ exit, stderr }).toEqual({ exit: 3, stderr: expect.stringContaining('--html writes the whole state') })
  })
})
