import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { PROGRAM } from '../built.ts'
import { TOKEN } from '../fakes/github/fake-github.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { evaluate, filledIn } from './expression.ts'

/**
 * Runs action.yml like the runner of GitHub. bash executes each `run:` as written. Files replace
 * the actions for artifacts, and the Node.js of the tests replaces the setup action.
 */

export const ACTION = fileURLToPath(new URL('../../action.yml', import.meta.url))

export interface Step {
  id?: string
  name: string
  if?: string
  uses?: string
  with?: Record<string, string | number | boolean>
  run?: string
  shell?: string
  env?: Record<string, string>
  'working-directory'?: string
}

export interface Action {
  inputs: Record<string, { description: string; default?: string; required?: boolean }>
  outputs: Record<string, { description: string; value: string }>
  runs: { using: string; steps: Step[] }
}

export const action: Action = parse(readFileSync(ACTION, 'utf8'))

export interface Runner {
  /** The environment that the runner sets. */
  env: Record<string, string>
  /** The checkout. */
  workspace: string
  /** Artifacts by run and name. */
  artifacts: Map<string, string>
  run: number
  /** Called when a process starts. */
  onStart?: (step: string, child: ChildProcess) => void
}

export interface Result {
  success: boolean
  outputs: Record<string, string>
  log: string
  /** The names of the executed steps. */
  steps: string[]
  /** The arguments of npm. */
  npm: string
}

export async function runAction(given: Record<string, string>, runner: Runner): Promise<Result> {
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: usual = '' }]) => {
      return [name, given[name] ?? filledIn(usual, { github: { token: TOKEN } })]
    }),
  )
  const steps: Record<string, { outputs: Record<string, string> }> = {}
  const contexts = { inputs, steps }
  const temp = temporaryFolder()
  const result: Result = { success: true, outputs: {}, log: '', steps: [], npm: '' }
  for (const step of action.runs.steps) {
    const condition = step.if ?? 'always()'
    const goesOn = result.success || step.if?.includes('always()')
    if (!goesOn || !evaluate(condition, contexts)) continue
    result.steps.push(step.name)
    if (step.uses !== undefined) {
      result.success = carryArtifact(step, filled(step.with, contexts), runner) && result.success
      continue
    }
    const output = join(temp, `output-${result.steps.length}`)
    const env = {
      ...runner.env,
      ...filled(step.env, contexts),
      GITHUB_OUTPUT: output,
      RUNNER_TEMP: temp,
      PATH: `${fakeNpm(temp)}:${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: temp,
    }
    const cwd = join(runner.workspace, filledIn(step['working-directory'] ?? '.', contexts))
    const { code, log } = await bash(step, { env, cwd, temp, onStart: runner.onStart })
    result.log += log
    if (code !== 0) result.success = false
    if (step.id !== undefined) steps[step.id] = { outputs: outputsIn(output) }
  }
  for (const [name, { value }] of Object.entries(action.outputs)) result.outputs[name] = filledIn(value, contexts)
  if (existsSync(join(temp, 'npm.log'))) result.npm = readFileSync(join(temp, 'npm.log'), 'utf8')
  return result
}

export function filled(values: Step['with'] = {}, contexts: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, filledIn(String(value), contexts)]))
}

/**
 * bash as GitHub calls it:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#exit-codes-and-error-action-preference
 */
export async function bash(
  { name, run = '' }: Step,
  { env, cwd, temp, onStart }: { env: Record<string, string>; cwd: string; temp: string } & Pick<Runner, 'onStart'>,
): Promise<{ code: number | null; log: string }> {
  const script = join(temp, 'step.sh')
  writeFileSync(script, run)
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onStart?.(name, child)
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, log: out + error }
}

/** `name=value` lines. The action writes no other form. */
function outputsIn(file: string): Record<string, string> {
  if (!existsSync(file)) return {}
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

/** An npm without a registry: it installs the built program. */
function fakeNpm(temp: string): string {
  const folder = join(temp, 'bin')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'npm'),
    `#!/usr/bin/env bash
echo "$PWD: $*" >> '${temp}/npm.log'
prefix="$PWD"
if [ "$2" = --prefix ]; then prefix="$3"; fi
mkdir -p "$prefix/node_modules/.bin"
ln -sf '${PROGRAM}' "$prefix/node_modules/.bin/workos-declare"
ln -sf /bin/false "$prefix/node_modules/.bin/workos-migrate"
`,
  )
  chmodSync(join(folder, 'npm'), 0o755)
  return folder
}

function carryArtifact({ uses = '' }: Step, given: Record<string, string>, { artifacts, run }: Runner): boolean {
  if (uses.startsWith('actions/setup-node@')) return given['node-version'] === '24'
  const { name, path = '' } = given
  if (uses.startsWith('actions/upload-artifact@')) {
    if (!existsSync(path)) return false
    artifacts.set(`${run}/${name}`, readFileSync(path, 'utf8'))
    return true
  }
  if (!uses.startsWith('actions/download-artifact@')) throw new Error(`${uses} is not stood in for`)
  const content = artifacts.get(`${given['run-id']}/${name}`)
  if (content === undefined || given['github-token'] === '') return false
  writeFileSync(join(path, 'plan.ndjson'), content)
  return true
}
