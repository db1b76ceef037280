import { closeSync, createReadStream, existsSync, openSync, readSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { ManifestError, StalePlanError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { writeWholeFile } from '../files/whole-file.ts'
import { isObject, jsonText } from '../json.ts'
import type { Action } from './action.ts'
import type { Plan, PlanInputs, PlanSummary } from './plan.ts'
import { digestPlan } from './plan-digest.ts'

const FORMAT = 'workos-migrate-plan'
const VERSION = 1

const HEADER = [
  ['manifestFile', 'string'],
  ['inputs', 'object'],
  ['summary', 'object'],
  ['actions', 'number'],
  ['digest', 'string'],
] as const

/** The first line of a saved plan. */
export interface PlanHeader {
  format: typeof FORMAT
  version: typeof VERSION
  name: string
  /** The manifest, relative to the plan file. */
  manifestFile: string
  inputs: PlanInputs
  summary: PlanSummary
  /** The folder of the snapshot that it was made from, relative to the plan file. */
  snapshot?: string
  /** Number of action lines that follow. */
  actions: number
  /** See digestPlan. */
  digest: string
}

/**
 * Saves a plan as NDJSON: a header, then one line an action with its address and the names of the fields it changes. No
 * value of a user's is in it, and no secret; the file is 0600, and appears whole or not at all.
 */
export function writePlanFile(plan: Plan, path: string, manifestFile: string, apiKey: string): void {
  const folder = dirname(resolve(path))
  const { snapshot } = plan.set.reading
  const header: PlanHeader = {
    format: FORMAT,
    version: VERSION,
    name: plan.name,
    manifestFile: relative(folder, manifestFile),
    inputs: plan.inputs,
    summary: plan.summary,
    ...(snapshot && { snapshot: relative(folder, snapshot.folder) }),
    actions: plan.set.staging.count('SELECT count(*) FROM actions'),
    digest: digestPlan(plan, apiKey),
  }
  writeWholeFile(path, planLines(plan, header))
}

function* planLines(plan: Plan, header: PlanHeader): Generator<string> {
  yield `${jsonText(header)}\n`
  for (const action of plan.actions()) yield `${jsonText(planLine(action))}\n`
}

function planLine(action: Action): Record<string, unknown> {
  const { kind, key, type } = action
  switch (type) {
    case 'create':
      return { address: `${kind}:${key}`, action: type }
    case 'update':
    case 'adopt':
      return {
        address: `${kind}:${key}`,
        action: type,
        id: action.id,
        fields: action.changes.map(({ field }) => field),
      }
    case 'delete':
      return { address: `${kind}:${key}`, action: type, id: action.id, ...(action.with ? { with: action.with } : {}) }
    case 'blocked':
      return { address: `${kind}:${key}`, action: type, code: action.code }
  }
}

/** Whether a file starts as a saved plan does, or claims by its name to be one. */
export function isPlanFile(path: string): boolean {
  if (path.endsWith('.ndjson') && existsSync(path)) return true
  const start = Buffer.alloc(64)
  try {
    const file = openSync(path, 'r')
    const length = readSync(file, start)
    closeSync(file)
    return start.toString('utf8', 0, length).startsWith(`{"format":"${FORMAT}"`)
  } catch {
    return false
  }
}

/** The header of a saved plan. @throws ManifestError if it is damaged or of another version */
export async function readPlanHeader(path: string): Promise<PlanHeader> {
  const stream = createReadStream(path, 'utf8')
  let header: PlanHeader | undefined
  let lines = 0
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (header === undefined) header = parseHeader(path, line)
      else lines += 1
    }
  } finally {
    stream.destroy()
  }
  if (header === undefined || lines !== header.actions) throw damaged(path, 'it is cut short')
  return header
}

function parseHeader(path: string, line: string): PlanHeader {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw damaged(path, 'its first line is no JSON')
  }
  if (!isObject(value) || value.format !== FORMAT) throw damaged(path, 'its first line is no plan header')
  if (value.version !== VERSION) throw damaged(path, `it has version ${value.version}, this program reads ${VERSION}`)
  const lacks = HEADER.filter(([name, type]) => typeof value[name] !== type || value[name] === null)
  if (lacks.length > 0) throw damaged(path, `its header lacks ${lacks.map(([name]) => name).join(', ')}`)
  if (!['undefined', 'string'].includes(typeof value.snapshot))
    throw damaged(path, 'its header names the snapshot in no way that this program knows')
  return value as object as PlanHeader
}

function damaged(path: string, why: string): ManifestError {
  return new ManifestError({
    code: 'bad_plan_file',
    message: `${path} cannot be used as a plan: ${why}`,
    hint: 'make it again with plan --out',
    at: { file: path, line: 1 },
  })
}

/**
 * Holds a plan that was just computed against a saved one.
 * @throws StalePlanError naming everything that differs
 */
export function checkFresh(saved: PlanHeader, plan: Plan, apiKey: string): void {
  const differences: string[] = []
  const compare = (what: string, then: unknown, now: unknown) => {
    if (JSON.stringify(then) !== JSON.stringify(now)) differences.push(what)
  }
  compare('the manifest has changed', saved.inputs.manifest, plan.inputs.manifest)
  compare('the environment is another one', saved.inputs.environment, plan.inputs.environment)
  compare('the source has changed', saved.inputs.source, plan.inputs.source)
  compare('the target is another one', saved.inputs.target, plan.inputs.target)
  compare('the state has changed: something was applied since', saved.inputs.state, plan.inputs.state)
  compare('workos-migrate has another version', saved.inputs.toolVersion, plan.inputs.toolVersion)
  if (differences.length === 0 && saved.digest !== digestPlan(plan, apiKey)) {
    differences.push('WorkOS or the API key has changed')
  }
  if (differences.length === 0) return
  throw new StalePlanError(
    differences.map(
      (message): Problem => ({
        code: 'stale_plan',
        message: `the saved plan no longer holds: ${message}`,
        hint: 'make a new plan and have it reviewed',
      }),
    ),
  )
}
