import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { PROGRAM } from '../built.ts'
import { folderOf } from '../cli/harness.ts'

/**
 * Runs jobs of GitLab CI without GitLab. gitlab-ci-local joins the files, checks them with the
 * schema of GitLab and evaluates the rules. Each job runs in its own clone with only the artifacts
 * that it needs. bash executes its lines as written.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const GITLAB_CI_LOCAL = join(ROOT, 'node_modules/gitlab-ci-local/dist/index.js')

export interface Job {
  stage: string
  script: string[]
  before_script?: string[]
  after_script?: string[]
  variables?: Record<string, string>
  needs?: { job: string }[]
  resource_group?: string
  timeout?: string
  environment?: { name: string; action?: string }
  allow_failure?: boolean | { exit_codes: number[] }
  artifacts?: { paths: string[]; when?: string; access?: string; expire_in?: string; reports?: { dotenv?: string } }
}

export interface JobResult {
  exit: number
  /** Standard output and standard error. */
  log: string
  /** Artifacts by path. */
  artifacts: Map<string, Buffer>
  /** Variables for later jobs. */
  dotenv: Record<string, string>
  /** Untracked paths in the clone after the job. */
  left: string[]
}

type Variables = Record<string, string | undefined>

function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'init.defaultBranch=main']
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** A copy of examples/gitops, committed to `main`. */
export function createRepository(): string {
  const folder = folderOf({})
  cpSync(join(ROOT, 'examples/gitops'), folder, {
    recursive: true,
    filter: (path) => !path.includes('.workos-migrate'),
  })
  git(folder, 'init', '--quiet')
  git(folder, 'remote', 'add', 'origin', 'https://gitlab.example.com/acme/migration.git')
  commit(folder, 'Copy the example')
  return folder
}

export function commit(repository: string, message: string): void {
  git(repository, 'add', '--all')
  git(repository, 'commit', '--quiet', '--message', message)
}

export { git }

export function gitlabCi(repository: string, args: readonly string[], variables: Record<string, string> = {}) {
  const given = Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`])
  const { status, stdout, stderr } = spawnSync(process.execPath, [GITLAB_CI_LOCAL, ...args, ...given], {
    cwd: repository,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: repository, NO_COLOR: '1' },
  })
  return { status, stdout, stderr }
}

/**
 * The jobs with everything that they extend and include. @throws if the schema of GitLab rejects
 * them
 */
export function jobsOf(repository: string): Record<string, Job> {
  const { status, stdout, stderr } = gitlabCi(repository, ['--preview'])
  if (status !== 0) throw new Error(stderr)
  const { stages: _stages, workflow: _workflow, ...jobs } = parse(stdout)
  return jobs
}

/** The jobs of a pipeline and when they start, by the rules. */
export function pipelineOf(repository: string, variables: Record<string, string>): Record<string, string> {
  const { status, stdout, stderr } = gitlabCi(
    repository,
    ['--list-json', '--ignore-predefined-vars', Object.keys(variables).join(',')],
    variables,
  )
  if (status !== 0) throw new Error(stderr)
  const jobs: { name: string; when: string }[] = JSON.parse(stdout)
  return Object.fromEntries(jobs.filter(({ when }) => when !== 'never').map(({ name, when }) => [name, when]))
}

/** Runs lines of bash like a runner. The servers that they call are in this process. */
export async function bash(
  lines: readonly string[],
  { cwd, env }: { cwd: string; env: Variables },
): Promise<{ exit: number; log: string }> {
  const script = `exec 2>&1\nset -eo pipefail\n${lines.join('\n')}\n`
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const [log, exit] = await Promise.all([text(child.stdout), ended])
  return { exit, log }
}

/** Runs one job in its own clone. */
export async function runJob(
  repository: string,
  job: Job,
  { variables, from = [] }: { variables: Variables; from?: readonly JobResult[] },
): Promise<JobResult> {
  const clone = join(folderOf({}), 'clone')
  git(dirname(clone), 'clone', '--quiet', repository, clone)
  for (const [path, bytes] of from.flatMap(({ artifacts }) => [...artifacts])) {
    mkdirSync(dirname(join(clone, path)), { recursive: true })
    writeFileSync(join(clone, path), bytes)
  }
  const env: Variables = {
    PATH: `${binaries()}:${process.env.PATH}`,
    HOME: dirname(clone),
    ...variables,
    ...Object.assign({}, ...from.map(({ dotenv }) => dotenv)),
    ...job.variables,
  }
  const main = await bash([...(job.before_script ?? []), ...job.script], { cwd: clone, env })
  const after = await bash(job.after_script ?? [], { cwd: clone, env })
  const left = git(clone, 'ls-files', '--others').split('\n')
  const result = {
    exit: main.exit,
    log: main.log + after.log,
    artifacts: new Map<string, Buffer>(),
    dotenv: {},
    left: left.filter((path) => path !== '' && !path.startsWith('node_modules/')),
  }
  if (result.exit === 0 || job.artifacts?.when === 'always') keepArtifacts(clone, job, result)
  rmSync(clone, { recursive: true })
  return result
}

function keepArtifacts(clone: string, { artifacts }: Job, result: Pick<JobResult, 'artifacts' | 'dotenv'>): void {
  for (const path of artifacts?.paths ?? []) {
    if (existsSync(join(clone, path))) result.artifacts.set(path, readFileSync(join(clone, path)))
  }
  const report = artifacts?.reports?.dotenv
  if (report === undefined || !existsSync(join(clone, report))) return
  const lines = readFileSync(join(clone, report), 'utf8').trim().split('\n')
  result.dotenv = Object.fromEntries(lines.map((line) => /^(\w+)=(.*)$/s.exec(line)?.slice(1) ?? [line, '']))
}

/** `npm ci` without a registry: it installs the build of this project. */
function binaries(): string {
  const npm = `#!/usr/bin/env bash
set -e
[ "$1" = ci ] || { echo "npm $1 is not what a job may call" >&2; exit 1; }
mkdir -p node_modules/.bin
printf '#!/bin/sh\\nexec "${process.execPath}" "${PROGRAM}" "$@"\\n' > node_modules/.bin/workos-migrate
chmod 700 node_modules/.bin/workos-migrate
`
  const folder = folderOf({ npm })
  chmodSync(join(folder, 'npm'), 0o755)
  return folder
}
