import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { temporaryFolder } from '../temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8')

interface Step {
  id?: string
  uses?: string
  run?: string
  env?: Record<string, string>
  with?: Record<string, unknown>
}
interface Job {
  permissions: Record<string, string>
  environment?: string
  'timeout-minutes'?: number
  steps: Step[]
}
const workflow: { permissions: object; jobs: Record<string, Job> } = parse(text)
const jobs = Object.entries(workflow.jobs)
const steps = jobs.flatMap(([, job]) => job.steps)
const scripts = steps.flatMap(({ run }) => run ?? [])

describe('the workflow of a release', () => {
  test('gives each job only its permissions, and the right to publish only to a job that runs no project code', () => {
    expect(workflow.permissions).toEqual({})
    expect(Object.fromEntries(jobs.map(([name, { permissions }]) => [name, permissions]))).toEqual({
      version: { contents: 'read' },
      propose: { contents: 'write', 'pull-requests': 'write' },
      pack: { contents: 'read' },
      publish: { 'id-token': 'write' },
      release: { contents: 'write' },
    })
    const { publish } = workflow.jobs
    expect(publish?.environment).toBe('npm')
    expect(publish?.steps.flatMap(({ run }) => run ?? [])).toEqual([
      'npm publish --provenance --access public ./release/*.tgz',
    ])
    expect(publish?.steps.some(({ uses }) => uses?.startsWith('actions/checkout'))).toBe(false)
  })

  test('runs only pinned actions, each with its version in a comment', () => {
    const used = [...text.matchAll(/uses: (\S+)(.*)$/gm)]
    expect(used.length).toBeGreaterThan(5)
    for (const [, action, comment] of used) {
      expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/)
      expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/)
    }
  })

  test('has no secrets, keeps none in a checkout, and puts no event data into a script', () => {
    expect(text).not.toMatch(/\bsecrets\b|NODE_AUTH_TOKEN|NPM_TOKEN/)
    for (const run of scripts) expect(run).not.toMatch(/\$\{\{|set -x|--verbose/)
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout'))
    expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual([false, false, false])
    expect(jobs.filter(([, job]) => job['timeout-minutes'] === undefined)).toEqual([])
  })

  test('has no token where dependencies run code', () => {
    const foreign = steps.filter(({ run }) => /\bnpm (ci|install|run)\b|\bnpx\b/.test(run ?? ''))
    expect(foreign.length).toBeGreaterThan(1)
    expect(foreign.filter(({ env }) => JSON.stringify(env ?? {}).includes('token'))).toEqual([])
    const running = jobs.filter(([, job]) => job.steps.some((step) => foreign.includes(step)))
    expect(running.map(([name, { permissions }]) => [name, permissions])).toEqual([
      ['version', { contents: 'read' }],
      ['pack', { contents: 'read' }],
    ])
  })

  test('calls existing scripts of package.json', () => {
    const known = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts)
    const called = scripts.flatMap((run) =>
      [...run.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name),
    )
    expect(called).toEqual(['bump', 'sbom', 'licenses'])
    expect(known).toEqual(expect.arrayContaining(called))
  })

  test('has valid bash scripts', () => {
    for (const run of scripts) execFileSync('bash', ['-n'], { input: run })
  })
})

/** Runs the step that decides what to do, as written, with a fake registry. */
function look(changesets: readonly string[], registry: string): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, '.changeset'))
  for (const name of ['README.md', ...changesets]) writeFileSync(join(folder, '.changeset', name), '')
  writeFileSync(join(folder, 'package.json'), '{"name":"workos-migrate","version":"1.2.3"}')
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\n[ "$2" = workos-migrate@1.2.3 ] || exit 9\n${registry}\n`)
  chmodSync(join(folder, 'npm'), 0o755)
  const run = steps.find(({ id }) => id === 'look')?.run ?? expect.fail('no step looks')
  const env = { PATH: [folder, process.env.PATH].join(delimiter), GITHUB_OUTPUT: join(folder, 'output') }
  const { status, stderr } = spawnSync('bash', ['--norc', '-e', '-c', run], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return readFileSync(join(folder, 'output'), 'utf8')
}

test.each([
  ['a version that is there', [], 'echo 1.2.3', 'pending=0\npublished=true\n'],
  ['a package that is not there', [], 'echo E404 >&2; exit 1', 'pending=0\npublished=false\n'],
  ['another version alone', [], 'exit 0', 'pending=0\npublished=false\n'],
  ['changesets', ['one.md', 'two.md'], 'exit 0', 'pending=2\npublished=false\n'],
])('the workflow detects %s', (_, changesets, registry, output) => {
  expect(look(changesets, registry)).toBe(output)
})

test('the notes of a release are the newest section of the changelog', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\nWords.\n\n## 0.2.0\n\n- new\n\n## 0.1.0\n\n- old\n')
  const line = scripts.join('\n').match(/^awk .* > release\/notes\.md$/m)?.[0] ?? expect.fail('no line makes the notes')
  mkdirSync(join(folder, 'release'))
  execFileSync('bash', ['-e', '-c', line], { cwd: folder })
  expect(readFileSync(join(folder, 'release/notes.md'), 'utf8').trim()).toBe('- new')
})

test('npm run bump applies changesets: version, lock file and changelog change together', () => {
  const folder = temporaryFolder()
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder })
  for (const name of ['package.json', 'package-lock.json', 'CHANGELOG.md', '.changeset'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n')
  const was = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version
  writeFileSync(join(folder, '.changeset/new-origin.md'), '---\n"workos-migrate": minor\n---\n\nRead another origin.\n')
  git('init', '--quiet', '--initial-branch=main')
  git('add', '--all')
  git('commit', '--quiet', '--message=Begin')

  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'bump'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, npm_config_offline: 'true' },
  })
  expect(status, stderr).toBe(0)
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const { version } = JSON.parse(read('package.json'))
  const [major, minor] = was.split('.').map(Number)
  expect(version).toBe(`${major}.${minor + 1}.0`)
  expect(JSON.parse(read('package-lock.json')).packages[''].version).toBe(version)
  expect(read('CHANGELOG.md')).toMatch(
    new RegExp(`^## ${version}\\n\\n### Minor Changes\\n\\n- .*Read another origin\\.$`, 'm'),
  )
  expect(read('CHANGELOG.md').indexOf(version)).toBeLessThan(read('CHANGELOG.md').indexOf(`## ${was}`))
  expect(String(git('status', '--porcelain', '.changeset')).trim()).toBe('D .changeset/new-origin.md')
})

test('the job that can push commits the three files that it receives, and removes the changesets', () => {
  const [folder, remote, programs] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
  const git = (...args: string[]) => String(execFileSync('git', args, { cwd: folder }))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  for (const name of ['.changeset', 'next']) mkdirSync(join(folder, name))
  for (const name of ['.changeset/README.md', '.changeset/one.md', 'CHANGELOG.md', 'package-lock.json'])
    write(name, 'was')
  write('package.json', '{"version":"0.1.0"}')
  execFileSync('git', ['init', '--quiet', '--bare', remote])
  git('init', '--quiet', '--initial-branch=main')
  git('remote', 'add', 'origin', remote)
  git('add', '--all')
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '--quiet', '--message=Begin')
  for (const name of ['CHANGELOG.md', 'package-lock.json']) write(`next/${name}`, 'is')
  write('next/package.json', '{"version":"0.2.0"}')
  writeFileSync(join(programs, 'gh'), '#!/bin/sh\necho "$*" >> "$SAID"\n[ "$2" = list ] && echo 0\nexit 0\n')
  chmodSync(join(programs, 'gh'), 0o755)

  const run = workflow.jobs.propose?.steps.at(-1)?.run ?? expect.fail('no step commits')
  const env = { ...process.env, PATH: [programs, process.env.PATH].join(delimiter), SAID: join(programs, 'said') }
  const { status, stderr } = spawnSync('bash', ['--norc', '-e', '-c', run], { cwd: folder, env, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const pushed = (...args: string[]) =>
    String(execFileSync('git', args, { cwd: remote }))
      .trim()
      .split('\n')
  expect(pushed('show', '--no-renames', '--name-status', '--format=%s', 'release/next')).toEqual([
    'Release 0.2.0',
    '',
    'D\t.changeset/one.md',
    'M\tCHANGELOG.md',
    'M\tpackage-lock.json',
    'M\tpackage.json',
  ])
  expect(readFileSync(join(programs, 'said'), 'utf8')).toContain('pr create --base main --head release/next')
})
