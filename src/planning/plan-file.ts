import { dirname, relative, resolve } from 'node:path'
import type { Scope } from '../config/pilot.ts'
import { type Purpose, writeWholeFile } from '../files/whole-file.ts'
import { jsonText } from '../json.ts'
import { countActions } from '../rundb/plan-reading.ts'
import type { Action } from './action.ts'
import type { Plan, PlanInputs, PlanSummary } from './plan.ts'
import { type PlanBasis, planBasis } from './plan-basis.ts'
import { digestPlan, Sealer } from './plan-digest.ts'

export const FORMAT = 'workos-migrate-plan'
/** 2: the file is sealed. */
export const VERSION = 2

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
