import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Result } from '../e2e/cli.ts'
import { found, leaksIn, openModes } from './canaries.ts'
import { type CanaryProject, clerkCanaries, csvCanaries } from './canary-project.ts'
import { LINES, ROWS, uncovered } from './commands.ts'

test('the test runs every command, and every option that changes its output', () => {
  expect(uncovered()).toEqual([])
})

/** Runs a command line, and checks that no canary is in its output or files. */
async function check({ project, canaries, written, run }: CanaryProject, line: string[]): Promise<Result> {
  const result = await project.run(line, run)
  const leaks = {
    line: line.join(' '),
    stdout: found(result.stdout, canaries),
    stderr: found(result.stderr, canaries),
    files: leaksIn(project.folder, canaries, written).filter((leak) => !leak.startsWith(ROWS)),
    modes: openModes(project.folder, written),
    defect: /\binternal_error\b/.test(result.stderr),
  }
  expect(leaks).toEqual({ line: line.join(' '), stdout: [], stderr: [], files: [], modes: [], defect: false })
  return result
}

test.each([
  ['CSV', csvCanaries, 'users.csv'],
  ['Clerk', clerkCanaries, 'clerk.csv'],
])('no secret of a %s project appears in any output or file', async (_, create, source) => {
  const canaries = await create()
  const { project, workos, written, run } = canaries
  const planted = [...written.map((file) => readFileSync(project.path(file), 'utf8')), ...Object.values(run.env ?? {})]
  expect(found(planted.join('\n'), canaries.canaries)).toEqual(canaries.canaries.map(({ name }) => name))

  const told = new Map<string, Result[]>()
  for (const lines of Object.entries(LINES)) {
    const [command, of] = lines
    told.set(command, [])
    for (const line of of) told.get(command)?.push(await check(canaries, line))
    // A changed hash is sent again.
    if (command === 'apply') {
      const text = readFileSync(project.path(source), 'utf8').replace('xxxxxxxx', 'zzzzzzzz')
      project.write(source, text)
      await check(canaries, ['apply', '--confirm', 'canaries'])
    }
  }

  const [planned] = told.get('plan') ?? []
  expect(planned?.stdout).toContain('user:u-bcrypt')
  const [applied] = told.get('apply') ?? []
  expect(applied?.exit).toBe(7)
  const [explained] = told.get('errors') ?? []
  expect(explained?.exit).toBe(0)
  const [failures] = (told.get('errors') ?? []).slice(1)
  expect(failures?.stdout).toMatch(/\[redacted\]/)
  expect(workos.log.some(({ method, path }) => method === 'POST' && path === '/user_management/users')).toBe(true)
  expect(workos.log.some(({ path, status }) => path.endsWith('/auth_factors') && status === 201)).toBe(true)
  expect(workos.log.some(({ method, status }) => method === 'DELETE' && status < 300)).toBe(true)
})

test('a secret in the compressed rows of an HTML report would be found', async () => {
  const { project, canaries, written, run } = await csvCanaries()
  expect((await project.run(['plan', '--html', 'plan.html'], run)).stderr).toContain('The report is in plan.html')
  const html = readFileSync(project.path('plan.html'), 'utf8')
  expect(leaksIn(project.folder, canaries, written)).toEqual([])
  const [leaked] = canaries
  const row = `${'\u4e00'.repeat(2)}${JSON.stringify([[leaked?.secret.toString() ?? '']])}\n`
  const chunk = gzipSync(row).toString('base64')
  project.write(
    'plan.html',
    html.replace('</body>', `<script type="application/json" data-grid="actions">"${chunk}"</script></body>`),
  )
  expect(leaksIn(project.folder, canaries, written)).toContain(`plan.html: ${leaked?.name}`)
})
