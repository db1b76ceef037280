/**
 * Explains one identity. In: an address, a key, an email address, a place or an ID, and a plan.
 * Out: an Explanation: its rows, mapped again with each value, what merged, what is planned and
 * why, and the requests that apply would send.
 */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { distance } from 'fastest-levenshtein'
import type { LoadedManifest } from '../config/load.ts'
import { SourceError, UsageError } from '../diagnostics/errors.ts'
import type { Step } from '../diagnostics/step.ts'
import { plannedKinds } from '../kinds/registry.ts'
import { type CompiledMapping, compileMapping, mapperSettings } from '../mapping/compile.ts'
import type { Plan } from '../planning/plan.ts'
import { leftOutBy } from '../rundb/left-out.ts'
import { someKeys } from '../rundb/questions.ts'
import { unpackRepeats } from '../rundb/repeats.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { openSource } from '../sources/registry.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import type { Source, SourceRecord } from '../sources/source.ts'
import type { Address, StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import { contributing, explainResource, RECORDS } from './explain-resource.ts'
import type { Explaining, Explanation, ExplanationDocument } from './explanation.ts'
import { canonicalAddresses, FORMS, findAddresses, findRecords, type Match, parseWanted } from './find-addresses.ts'
import { explainRecord, explainRefused } from './show-record.ts'
import { type TracedRecord, traceRecord } from './trace-record.ts'

export interface ExplainOptions {
  /** The user's input: see FORMS. */
  what: string
  plan: Plan
  loaded: LoadedManifest
  state: StateStore
  /** Looks up what is in WorkOS. Undefined: WorkOS is not queried. */
  api?: Api
  /** The run's scratch folder. */
  scratch: string
  snapshot: Snapshot | undefined
  /** Paths can start from here or from the manifest's folder. */
  cwd: string
  signal?: AbortSignal
  onProgress?: (step: Step) => void
}

/** Maximum number of resources explained at once. */
const EXPLAINED = 10

/**
 * Explains what the user asked for: from its records through expressions, merges and references to
 * the action and its requests. The plan is the normal plan; the records are read and mapped again
 * to get each value.
 * @throws UsageError if nothing is found
 */
export async function explain(options: ExplainOptions): Promise<ExplanationDocument> {
  const { what, plan, loaded, state, api, cwd, onProgress = () => {} } = options
  const { rundb } = plan.set
  // Each record must be found at its own place.
  rundb.transaction(() => unpackRepeats(rundb))
  const wanted = parseWanted(what)
  const folders = [loaded.directory, cwd]
  const mapping = compileMapping(mapperSettings(loaded.manifest, await mainStream(rereading(options))))
  const found = findAddresses(rundb, wanted, folders)
  let matches: Match[] = []
  // If the state has it and a condition leaves it out, no table has its row.
  const isLeftOut = found.addresses.some(({ kind, key }) => leftOutBy(rundb, kind, key) !== undefined)
  if (wanted.place !== undefined || wanted.email !== undefined || found.addresses.length === 0 || isLeftOut) {
    onProgress({ phase: 'searching the source' })
    matches = await findRecords(readAgain(rereading(options)), wanted, mapping, folders)
  }
  const certain = matches.filter(({ by }) => by !== 'column')
  const yielded = certain.flatMap(({ addresses }) => addresses.filter(({ leftOut }) => !leftOut))
  const addresses = canonicalAddresses(rundb, [...found.addresses, ...yielded])
  const positions = new Set(found.seqs)
  for (const address of addresses.slice(0, EXPLAINED))
    for (const seq of contributing(plan.set, address)) positions.add(seq)
  const records = await trace(options, positions, matches, mapping)
  const planned = new Set(plannedKinds(loaded.manifest).map(({ name }) => name))
  const explaining: Explaining = { plan, loaded, state, api, mapping, planned, records }
  const explanations: Explanation[] = []
  for (const address of addresses.slice(0, EXPLAINED)) explanations.push(await explainResource(explaining, address))
  const shown = new Set(explanations.flatMap(({ records }) => records.map(({ origin }) => origin)))
  for (const { record, addresses: meant } of alone(matches, addresses.length === 0)) {
    const traced = records.get(record.seq)
    if (traced === undefined) continue
    const [leftOut] = meant.filter((one) => one.leftOut && !told(explanations, one))
    const explanation = explainRecord(explaining, traced, leftOut)
    const keyless = traced.result.rejects.some(({ key }) => key === null)
    if (shown.has(explanation.address) && !keyless && leftOut === undefined) continue
    if (explanation.action.type !== 'not planned' || explanations.length === 0) explanations.push(explanation)
  }
  for (const origin of found.refused) explanations.push(explainRefused(explaining, origin))
  if (explanations.length === 0) throw notFound(what, suggestions(rundb, wanted.text))
  return {
    format: 'workos-migrate-explanation',
    version: 1,
    name: plan.name,
    environment: plan.inputs.environment,
    asked: what,
    explanations,
    more: Math.max(0, addresses.length - EXPLAINED),
  }
}

function told(explanations: readonly Explanation[], { kind, key }: Address): boolean {
  return explanations.some((one) => one.kind === kind && one.key === key && one.action.type === 'left out')
}

/**
 * Matching records without a resource. If no key matches, records with exactly this text in a
 * column count, too.
 */
function alone(matches: readonly Match[], nothingElse: boolean): Match[] {
  const certain = matches.filter(({ by }) => by !== 'column')
  return (certain.length === 0 && nothingElse ? matches : certain).slice(0, EXPLAINED)
}

function rereading({ loaded, scratch, snapshot, plan, signal }: ExplainOptions): ReadAgainOptions {
  return { loaded, scratch, snapshot, digest: plan.inputs.source, ...(signal && { signal }) }
}

/** Reads the records at these positions and maps them again. */
async function trace(
  options: ExplainOptions,
  positions: ReadonlySet<number>,
  matches: readonly Match[],
  mapping: CompiledMapping,
): Promise<Map<number, TracedRecord>> {
  const records = new Map<number, TracedRecord>()
  for (const { record } of matches) records.set(record.seq, await traceRecord(record, mapping))
  const missing = new Set([...positions].filter((seq) => !records.has(seq)).slice(0, RECORDS))
  if (missing.size === 0) return records
  options.onProgress?.({ phase: 'reading its records' })
  for await (const record of readAgain(rereading(options))) {
    if (!missing.delete(record.seq)) continue
    records.set(record.seq, await traceRecord(record, mapping))
    if (missing.size === 0) break
  }
  return records
}

function notFound(what: string, near: readonly string[]): UsageError {
  const meant = near.length === 0 ? '' : `did you mean ${near.join(', ')}? `
  return new UsageError({
    code: 'unknown_identity',
    message: `neither the source nor the state has ${what}`,
    hint: `${meant}${FORMS}`,
  })
}

interface ReadAgainOptions {
  loaded: LoadedManifest
  /** The run's scratch folder. */
  scratch: string
  snapshot: Snapshot | undefined
  /** Digest of the plan's source. */
  digest: string
  signal?: AbortSignal
}

/** The stream of rules without `from`. */
async function mainStream(options: ReadAgainOptions): Promise<string | undefined> {
  return (await reopen(options, options.scratch)).streams[0]
}

/**
 * Reads the source again as planning did, so that records have the same positions. Planning has
 * already reported its rejects.
 * @throws SourceError if the source has changed
 */
async function* readAgain(options: ReadAgainOptions): AsyncGenerator<SourceRecord> {
  const source = await reopen(options, mkdtempSync(join(options.scratch, 'again-')))
  for await (const chunk of source.read(options.loaded.manifest.run.chunkSize)) {
    options.signal?.throwIfAborted()
    yield* chunk
  }
  if (source.digest() === options.digest) return
  throw new SourceError({
    code: 'source_changed',
    message: 'the source changed while it was read',
    hint: 'run the same command again',
  })
}

function reopen({ loaded, snapshot, signal }: ReadAgainOptions, scratch: string): Promise<Source> {
  return openSource(loaded.manifest.source, {
    directory: loaded.directory,
    scratch,
    ...(snapshot && { snapshot }),
    reject: () => {},
    warn: () => {},
    ...(signal && { signal }),
  })
}

/** Maximum number of keys and email addresses compared per table. */
const SAMPLE = 20_000

/** Maximum number of suggestions. */
const SHOWN = 3

/** The addresses and email addresses in the run that are most similar to a text. */
function suggestions(rundb: RunDatabase, text: string): string[] {
  const wanted = text.toLowerCase()
  const colon = wanted.indexOf(':')
  const best: { text: string; away: number }[] = []
  const offer = (shown: string, compared: string): void => {
    const plain = compared.toLowerCase()
    const other = colon > 0 && shown.toLowerCase().startsWith(wanted.slice(0, colon + 1)) ? shown.toLowerCase() : plain
    const longest = Math.max(wanted.length, other.length)
    // If the lengths differ too much, the distance is not computed.
    if (Math.abs(wanted.length - other.length) > longest * 0.4) return
    const away = distance(wanted, other)
    if (away > Math.max(1, Math.floor(longest * 0.4)) || best.some((one) => one.text === shown)) return
    best.push({ text: shown, away })
    best.sort((a, b) => a.away - b.away)
    best.splice(SHOWN)
  }
  for (const { kind, key, email } of someKeys(rundb, 'user', 'roleAssignment', SAMPLE)) {
    offer(`${kind}:${key}`, key)
    if (email !== null) offer(email, email)
  }
  return best.map((one) => one.text)
}
