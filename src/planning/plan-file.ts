import { createHash, createHmac } from 'node:crypto'
import { closeSync, createReadStream, readSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { readSelector, type Scope } from '../config/pilot.ts'
import { decisive } from '../config/secrets.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { codeOf, ManifestError } from '../diagnostics/errors.ts'
import { NotRegularFile, openRegular, regularFileAt } from '../files/regular-file.ts'
import { type Purpose, writeWholeFile } from '../files/whole-file.ts'
import { canonicalJson, isObject, jsonText } from '../json.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { countActions } from '../rundb/actions.ts'
import { allDesiredColumns, desiredColumns } from '../rundb/desired.ts'
import { rejectedIdentities } from '../rundb/rejects.ts'
import type { Action } from './action.ts'
import type { Plan, PlanInputs, PlanSummary } from './plan.ts'

/**
 * Saved plans. In: a plan, or the path of a saved one. Out: the file, or its header; the digests of
 * the plan and its inputs, and the seal that shows changes to the file. check-fresh.ts compares
 * them with a new plan.
 */

const FORMAT = 'workos-migrate-plan'
/** 2: the file has a seal. */
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
  /** The users that the plan is limited to. Absent: all. */
  scope?: Scope
  /** The folder of the plan's snapshot, relative to the plan file. */
  snapshot?: string
  /** Shows which part of an input changed. Absent in plans that earlier versions saved. */
  basis?: PlanBasis
  /** Number of action lines that follow. */
  actions: number
  digest: string
}

export interface WritePlanOptions {
  manifestFile: string
  manifest: object
  apiKey: string
  purpose: Purpose
}

/**
 * Saves a plan as NDJSON: a header, then one line per action with its address and the names of the
 * fields it changes. The file contains no values of users or of the manifest and no secrets. It has
 * the mode 0600 and appears whole or not at all. A seal over the whole file ends the header, so
 * that only the reviewed plan can be applied.
 */
export function writePlanFile(plan: Plan, path: string, { purpose, ...options }: WritePlanOptions): void {
  const { apiKey } = options
  const text = jsonText(planHeader(plan, dirname(resolve(path)), options))
  const sealer = new Sealer(text)
  for (const line of planLines(plan)) sealer.add(line)
  const sealed = `${text.slice(0, -1)},"seal":"${sealer.seal(apiKey)}"}\n`
  writeWholeFile(path, concatenated(sealed, planLines(plan)), purpose)
}

/** The header of a plan in this folder. */
export function planHeader(
  plan: Plan,
  folder: string,
  { manifestFile, manifest, apiKey }: Omit<WritePlanOptions, 'purpose'>,
): PlanHeader {
  const {
    scope,
    reading: { snapshot },
  } = plan.set
  return {
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

/** The end of the header. The seal covers everything before it and every line after the header. */
const SEALED = /^(\{.*),"seal":"([0-9a-f]{64})"\}$/

/** Longer than any header. A longer first line is not a plan. */
const MAX_HEADER = 16 * 1024 * 1024

/** The header of a saved plan, and what is needed to check its seal. */
export interface SavedPlan extends PlanHeader {
  seal: string
  /** Computes the seal of the file as it is now. */
  sealer: Sealer
}

/**
 * Whether a file starts like a saved plan, or its name claims that it is one.
 * @throws ManifestError for a FIFO or a device
 */
export function isPlanFile(path: string): boolean {
  let file: number
  try {
    if (regularFileAt(path) === undefined) return false
    if (path.endsWith('.ndjson')) return true
    file = openRegular(path)
  } catch (error) {
    // For folders and unreadable files, the manifest loader reports the error.
    if (!(error instanceof NotRegularFile) || error.what === 'a folder') return false
    throw damaged(path, `it is ${error.what}`)
  }
  try {
    const start = Buffer.alloc(64)
    const length = readSync(file, start)
    return isPlanHead(start.toString('utf8', 0, length))
  } finally {
    closeSync(file)
  }
}

/** Whether a file with this beginning is a saved plan. */
export function isPlanHead(head: string): boolean {
  return head.startsWith(`{"format":"${FORMAT}",`)
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
    throw damaged(path, 'it is truncated')
  }
  if (sealer.lines < header.actions) throw damaged(path, 'it is truncated')
  if (sealer.lines > header.actions) throw damaged(path, 'it has more lines than its header states')
  return { ...header, sealer }
}

/**
 * Checks that a saved plan is as the program wrote it, so that reviewers saw what is applied. Call
 * it after checkFresh, which detects another API key: with another key, no seal matches.
 * @throws ManifestError for a plan that was changed
 */
export function checkSeal(path: string, { seal, sealer }: SavedPlan, apiKey: string): void {
  if (sealer.seal(apiKey) !== seal) throw damaged(path, 'it was changed after it was written')
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  let file: number
  try {
    file = openRegular(path)
  } catch (error) {
    throw error instanceof NotRegularFile ? damaged(path, `it is ${error.what}`) : unreadable(path, error)
  }
  yield* createReadStream(path, { fd: file })
}

function parseHeader(path: string, line: string): PlanHeader & { seal: string } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw damaged(path, 'its first line is not JSON')
  }
  if (!isObject(value) || value.format !== FORMAT) throw damaged(path, 'its first line is not a plan header')
  if (value.version !== VERSION)
    throw damaged(path, `it has version ${value.version}, but this program reads version ${VERSION}`)
  const lacks = HEADER.filter(([name, type]) => typeof value[name] !== type || value[name] === null)
  if (lacks.length > 0) throw damaged(path, `its header lacks ${lacks.map(([name]) => name).join(', ')}`)
  if (!['undefined', 'string'].includes(typeof value.snapshot))
    throw damaged(path, 'the snapshot in its header is invalid')
  if (value.scope !== undefined && !isScope(value.scope)) throw damaged(path, 'the scope in its header is invalid')
  if (value.basis !== undefined && !isPlanBasis(value.basis)) throw damaged(path, 'the basis in its header is invalid')
  if (!SEALED.test(line)) throw damaged(path, 'it was changed after it was written')
  return value as object as PlanHeader & { seal: string }
}

function isScope(scope: unknown): boolean {
  if (!isObject(scope) || !Array.isArray(scope.only)) return false
  const { limit } = scope
  const counts = limit === null ? scope.only.length > 0 : Number.isInteger(limit) && Number(limit) > 0
  return counts && scope.only.every((text) => typeof text === 'string' && readSelector(text).ok)
}

function unreadable(path: string, error: unknown): ManifestError {
  const reason = codeOf(error) ?? 'unknown'
  const at = { file: path }
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return new ManifestError({ code: 'missing_file', message: `there is no file ${path}`, hint: 'check the path', at })
  }
  const message = `${path} cannot be read (${reason})`
  return new ManifestError({ code: 'unreadable_file', message, hint: 'check its permissions', at })
}

function damaged(path: string, why: string): ManifestError {
  return new ManifestError({
    code: 'bad_plan_file',
    message: `${path} cannot be used as a plan: ${why}`,
    hint: 'create it again with plan --out',
    at: { file: path, line: 1 },
  })
}

/**
 * One digest (hex) of everything that applying the plan would do, secrets included: plans with the
 * same digest are the same. It is keyed with the API key, so that nobody without the key can test
 * guesses of a password against a plan file.
 */
export function digestPlan(plan: Plan, apiKey: string): string {
  const hmac = createHmac('sha256', apiKey)
  const { rundb, scope } = plan.set
  if (scope !== undefined) hmac.update(canonicalJson({ only: scope.only, limit: scope.limit }))
  for (const action of plan.actions()) {
    hmac.update(canonicalJson(action))
    const row = desiredColumns(rundb, action.kind, action.key)
    hmac.update(canonicalJson([row?.attributes ?? null, row?.secrets ?? null, row?.refs ?? null]))
  }
  return hmac.digest('hex')
}

/**
 * Computes the seal of a saved plan from the header without the seal and every byte after it. Like
 * the digest it is keyed: nobody without the API key can make a valid seal.
 */
export class Sealer {
  readonly #hash = createHash('sha256')
  #lines = 0

  /** @param header the text of the header, without the seal and the line end */
  constructor(header: string) {
    this.#hash.update(`${header}\n`)
  }

  /** The number of line ends that were added. */
  get lines(): number {
    return this.#lines
  }

  /** Adds a piece of what follows the header. */
  add(piece: string | Uint8Array): void {
    const bytes = Buffer.from(piece)
    this.#hash.update(bytes)
    for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) this.#lines += 1
  }

  seal(apiKey: string): string {
    return createHmac('sha256', apiKey)
      .update(`seal\0${this.#hash.copy().digest('hex')}`)
      .digest('hex')
  }
}

/**
 * The inputs of a plan, piece by piece, so that a message can name what changed. All digests are
 * keyed with the API key; secrets of the manifest have none.
 */
export interface PlanBasis {
  /** Digest of a fixed text. If it differs, the key differs and no digest can be compared. */
  key: string
  /** Digests of the values of the effective manifest, by path. */
  manifest: Record<string, string>
  /**
   * Digests of the files of the source, by name. They only explain: a file can change without an
   * effect on the plan.
   */
  files: Record<string, string>
  /**
   * Digests of the desired resources by kind, and of the rejects. Absent in plans that earlier
   * versions saved: any changed byte of the source makes these stale.
   */
  desired?: Record<string, string>
  /** When reading the source into the snapshot began. */
  snapshot?: string
}

/** Characters of a digest. A collision has no advantage for anyone. */
const LENGTH = 16

/** @param manifest the effective one */
export function planBasis({ set }: Plan, manifest: object, apiKey: string): PlanBasis {
  const digest = (what: string, text: string) =>
    createHmac('sha256', apiKey).update(`${what}\0${text}`).digest('hex').slice(0, LENGTH)
  const values = [...leavesOf(decisive(manifest))]
  const { snapshot } = set.reading
  return {
    key: digest('key', ''),
    manifest: Object.fromEntries(values.map(([path, value]) => [path, digest(path, canonicalJson(value))])),
    files: Object.fromEntries([...set.files].map(([name, sha256]) => [name, digest(name, sha256)])),
    desired: digestDesired(set, apiKey),
    ...(snapshot && { snapshot: snapshot.startedAt }),
  }
}

/**
 * One digest per kind of what should exist, secrets included, and one of the rejects, because the
 * reviewer accepted exactly these. Unmapped columns and the places of records are not part of it.
 */
function digestDesired({ rundb }: DesiredSet, apiKey: string): Record<string, string> {
  const digest = (what: string, lines: Iterable<string>) => {
    const hmac = createHmac('sha256', apiKey).update(`${what}\0`)
    for (const line of lines) hmac.update(`${line}\n`)
    return hmac.digest('hex').slice(0, LENGTH)
  }
  return Object.fromEntries([
    ...kindDefinitions.map(({ name, plural }) => [plural, digest(name, allDesiredColumns(rundb, name))]),
    ['rejected records', digest('rejects', rejectedIdentities(rundb))],
  ])
}

/** Whether a member of a header has the form that `planBasis` returns. */
function isPlanBasis(value: unknown): value is PlanBasis {
  if (!isObject(value)) return false
  const { key, manifest, files, snapshot, desired = {} } = value
  const texts = (record: unknown) => isObject(record) && Object.values(record).every((text) => typeof text === 'string')
  if (typeof key !== 'string' || ![manifest, files, desired].every(texts)) return false
  return ['undefined', 'string'].includes(typeof snapshot)
}

/**
 * Names that are new, missing, or have another digest, in their present order. For an object that
 * was empty, only its members.
 */
export function changedNames(then: Record<string, string>, now: Record<string, string>): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(then)])
  const changed = [...names].filter((name) => then[name] !== now[name])
  return changed.filter((name) => !changed.some((other) => other.startsWith(`${name}.`)))
}

/** The values of an object by path. A list is one value: its items have no names. */
function* leavesOf(value: unknown, path: readonly string[] = []): Generator<[string, unknown]> {
  if (!isObject(value) || (path.length > 0 && Object.keys(value).length === 0)) {
    if (value !== undefined) yield [path.join('.'), value]
    return
  }
  for (const [key, member] of Object.entries(value)) yield* leavesOf(member, [...path, key])
}
