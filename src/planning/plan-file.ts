import { closeSync, createReadStream, readSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { readSelector, type Scope } from '../config/pilot.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import { NotRegularFile, openRegular, regularFileAt } from '../files/regular-file.ts'
import { type Purpose, writeWholeFile } from '../files/whole-file.ts'
import { isObject, jsonText } from '../json.ts'
import { countActions } from '../rundb/actions.ts'
import type { Action } from './action.ts'
import type { Plan, PlanInputs, PlanSummary } from './plan.ts'
import { digestPlan, isPlanBasis, type PlanBasis, planBasis, Sealer } from './plan-digest.ts'

/**
 * A saved plan. In: a plan, or the path of one that was saved. Out: the file, or its header, with what tells whether the file is as it was
 * written. What it was made from is held against a new plan in check-fresh.ts.
 */

const FORMAT = 'workos-migrate-plan'
/** 2: the file is sealed. */
const VERSION = 2

/** The first line of a saved plan. */
export interface PlanHeader {
  format: typeof FORMAT
  version: typeof VERSION
  name: string
  /** The manifest, relative to the plan file. */
  manifestFile: string
  inputs: PlanInputs
  summary: PlanSummary
  /** Of whom it speaks. Absent: of everybody. */
  scope?: Scope
  /** The folder of the snapshot that it was made from, relative to the plan file. */
  snapshot?: string
  /** What tells the part of an input that has changed. Absent in what earlier versions saved. */
  basis?: PlanBasis
  /** Number of action lines that follow. */
  actions: number
  /** See digestPlan. */
  digest: string
}

export interface WritePlanOptions {
  manifestFile: string
  manifest: object
  apiKey: string
  purpose: Purpose
}

/**
 * Saves a plan as NDJSON: a header, then one line an action with its address and the names of the fields it changes. No
 * value of a user's or of the manifest's is in it, and no secret; the file is 0600, and appears whole or not at all. The header ends with a seal
 * over all of the file: what was reviewed is what is applied.
 */
export function writePlanFile(
  plan: Plan,
  path: string,
  { manifestFile, manifest, apiKey, purpose }: WritePlanOptions,
): void {
  const folder = dirname(resolve(path))
  const {
    scope,
    reading: { snapshot },
  } = plan.set
  const header: PlanHeader = {
    format: FORMAT,
    version: VERSION,
    name: plan.name,
    manifestFile: relative(folder, manifestFile),
    inputs: plan.inputs,
    summary: plan.summary,
    ...(scope && { scope: { only: scope.only, limit: scope.limit } }),
    ...(snapshot && { snapshot: relative(folder, snapshot.folder) }),
    basis: planBasis(plan, manifest, apiKey),
    actions: countActions(plan.set.rundb),
    digest: digestPlan(plan, apiKey),
  }
  const text = jsonText(header)
  const sealer = new Sealer(text)
  for (const line of planLines(plan)) sealer.add(line)
  const sealed = `${text.slice(0, -1)},"seal":"${sealer.seal(apiKey)}"}\n`
  writeWholeFile(path, concatenated(sealed, planLines(plan)), purpose)
}

function* concatenated(first: string, rest: Iterable<string>): Generator<string> {
  yield first
  yield* rest
}

function* planLines(plan: Plan): Generator<string> {
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

const HEADER = [
  ['manifestFile', 'string'],
  ['inputs', 'object'],
  ['summary', 'object'],
  ['actions', 'number'],
  ['digest', 'string'],
  ['seal', 'string'],
] as const

/** The last member of the header. The seal covers what is before it and everything behind the line. */
const SEALED = /^(\{.*),"seal":"([0-9a-f]{64})"\}$/

/** Longer than any header: what begins so is no plan. */
const MAX_HEADER = 16 * 1024 * 1024

/** The header of a saved plan, and what is needed to tell whether the file is as it was written. */
interface SavedPlan extends PlanHeader {
  seal: string
  /** Of the file as it is. */
  sealer: Sealer
}

/** Whether a file starts as a saved plan does, or claims by its name to be one. @throws ManifestError for a FIFO or a device */
export function isPlanFile(path: string): boolean {
  let file: number
  try {
    if (regularFileAt(path) === undefined) return false
    if (path.endsWith('.ndjson')) return true
    file = openRegular(path)
  } catch (error) {
    // Of folders, and of what may not be read, whoever takes it for a manifest tells.
    if (!(error instanceof NotRegularFile) || error.what === 'a folder') return false
    throw damaged(path, `that is ${error.what}`)
  }
  try {
    const start = Buffer.alloc(64)
    const length = readSync(file, start)
    return start.toString('utf8', 0, length).startsWith(`{"format":"${FORMAT}"`)
  } finally {
    closeSync(file)
  }
}

/** The header of a saved plan. @throws ManifestError if it is damaged or of another version */
export async function readPlanHeader(path: string): Promise<SavedPlan> {
  let first: Buffer = Buffer.alloc(0)
  let sealer: Sealer | undefined
  let header: (PlanHeader & { seal: string }) | undefined
  for await (const chunk of bytesOf(path)) {
    if (sealer !== undefined) {
      sealer.add(chunk)
      continue
    }
    first = Buffer.concat([first, chunk])
    const end = first.indexOf('\n')
    if (end === -1 && first.length < MAX_HEADER) continue
    const line = first.toString('utf8', 0, end === -1 ? undefined : end)
    header = parseHeader(path, line)
    sealer = new Sealer(`${SEALED.exec(line)?.[1]}}`)
    sealer.add(first.subarray(end + 1))
  }
  if (header === undefined || sealer === undefined) {
    if (first.length > 0) parseHeader(path, first.toString('utf8'))
    throw damaged(path, 'it is cut short')
  }
  if (sealer.lines < header.actions) throw damaged(path, 'it is cut short')
  if (sealer.lines > header.actions) throw damaged(path, 'it has more lines than its header says')
  return { ...header, sealer }
}

/**
 * Makes sure that a saved plan is what the program wrote: whoever reviewed its lines and counts has seen what is applied.
 * Comes after checkFresh, which tells of another API key: under that no seal fits.
 * @throws ManifestError for one that was changed
 */
export function checkSeal(path: string, { seal, sealer }: SavedPlan, apiKey: string): void {
  if (sealer.seal(apiKey) !== seal) throw damaged(path, 'it was changed after it was written')
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  let file: number
  try {
    file = openRegular(path)
  } catch (error) {
    throw error instanceof NotRegularFile ? damaged(path, `that is ${error.what}`) : error
  }
  yield* createReadStream(path, { fd: file })
}

function parseHeader(path: string, line: string): PlanHeader & { seal: string } {
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
  if (value.scope !== undefined && !isScope(value.scope))
    throw damaged(path, 'its header names its scope in no way that this program knows')
  if (value.basis !== undefined && !isPlanBasis(value.basis))
    throw damaged(path, 'its header tells what it was made from in no way that this program knows')
  if (!SEALED.test(line)) throw damaged(path, 'it was changed after it was written')
  return value as object as PlanHeader & { seal: string }
}

function isScope(scope: unknown): boolean {
  if (!isObject(scope) || !Array.isArray(scope.only)) return false
  const { limit } = scope
  const counts = limit === null ? scope.only.length > 0 : Number.isInteger(limit) && Number(limit) > 0
  return counts && scope.only.every((text) => typeof text === 'string' && readSelector(text).ok)
}

function damaged(path: string, why: string): ManifestError {
  return new ManifestError({
    code: 'bad_plan_file',
    message: `${path} cannot be used as a plan: ${why}`,
    hint: 'make it again with plan --out',
    at: { file: path, line: 1 },
  })
}
