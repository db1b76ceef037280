import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { runStep } from '../../src/cli/github.ts'
import { type FakeGithub, REPOSITORY, startFakeGithub, TOKEN } from '../fakes/github/fake-github.ts'
import { swiftClock } from '../simulated-clock.ts'
import { temporaryFolder } from '../temporary-folder.ts'

export const HEAD = 'a'.repeat(40)
export const MERGE = 'b'.repeat(40)
export const PULL_REQUEST = 7

/** A job of GitHub Actions: its variables, its files, and a local API. */
export interface TestJob {
  github: FakeGithub
  folder: string
  env: Record<string, string>
  write(name: string, content: string): void
  read(name: 'summary' | 'output'): string
  outputs(): Record<string, string>
  /** Runs a step in this process. */
  step(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>
}

export async function startJob({ fork = false, event = true } = {}): Promise<TestJob> {
  const github = await startFakeGithub()
  onTestFinished(() => github.close())
  const folder = temporaryFolder()
  const path = (name: string) => join(folder, name)
  const read = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : '')
  const repo = (name: string) => ({ repo: { full_name: name } })
  const head = { ...repo(fork ? 'stranger/migration' : REPOSITORY), sha: HEAD }
  const pull = { number: PULL_REQUEST, head, base: repo(REPOSITORY) }
  writeFileSync(path('event.json'), JSON.stringify(event ? { pull_request: pull } : { ref: 'refs/heads/main' }))
  const env = {
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_API_URL: github.url,
    GITHUB_RUN_ID: '42',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_SHA: MERGE,
    GITHUB_EVENT_PATH: path('event.json'),
    GITHUB_STEP_SUMMARY: path('summary'),
    GITHUB_OUTPUT: path('output'),
    GITHUB_TOKEN: TOKEN,
  }
  return {
    github,
    folder,
    env,
    write: (name, content) => writeFileSync(path(name), content),
    read,
    outputs: () => {
      const lines = read('output').split('\n').filter(Boolean)
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
    },
    step: (...args) => runHere(args, env, folder),
  }
}

async function runHere(args: string[], env: Record<string, string>, cwd: string) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const said = Promise.all([text(stdout), text(stderr)])
  const never = new AbortController().signal
  const code = await runStep(args, { stdout, stderr, env, cwd, clock: swiftClock, interrupted: never })
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { code, stdout: out, stderr: err }
}
