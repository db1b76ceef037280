import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { type DesiredSet, desiredFromRow } from '../desired/desired-set.ts'
import { StateError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Step } from '../diagnostics/step.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { checkBinding } from '../planning/binding.ts'
import { readGroupRoles, type Unknown } from '../planning/group-roles.ts'
import { indexNames } from '../planning/match-by-name.ts'
import { findLive, insertLive } from '../planning/plan-tables.ts'
import { findBeyond } from '../planning/scope.ts'
import { keyOfAnotherEnvironment, markAccepted, shownWarning } from '../planning/warnings.ts'
import { keySort, stateVersion, whereabouts } from '../planning/where.ts'
import { BEYOND } from '../rundb/known.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { Target } from '../workos/target.ts'
import { matchedRefs } from './match.ts'
import type { KindVerification, SecretCounts, Verification } from './verification.ts'
import { verifyKind } from './verify-kind.ts'
import { createVerifyTables, loadApplied } from './verify-tables.ts'

export interface VerifyOptions {
  loaded: LoadedManifest
  state: StateStore
  target: Target
  /** The kinds to compare. */
  kinds: readonly KindDefinition[]
  /** Makes the desired set: what ought to be in WorkOS; and what is odd about it. */
  readSource: () => Promise<{ set: DesiredSet; warnings: Problem[] }>
  signal?: AbortSignal
  onWarning?: (problem: Problem) => void
  onProgress?: (step: Step) => void
}

/** Organizations, or whatever a kind is listed within, that are read at once; the limiter paces the requests. */
const AT_ONCE = 10

/**
 * Reads everything back from WorkOS, page by page, and compares it with the source and with the state. Writes nothing.
 * @throws GuardError when the target is not the state's, CredentialsError, TargetError
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const { loaded, state, target, readSource, signal, onWarning = () => {}, onProgress = () => {} } = options
  const { manifest } = loaded
  await checkBinding(state, target.identity, target.client)
  const { set, warnings } = await readSource()
  createVerifyTables(set.rundb)
  for (const { name: kind } of options.kinds) await loadApplied(set.rundb, state, kind)
  findBeyond(set, 'applied')
  const kinds: KindVerification[] = []
  for (const definition of options.kinds) {
    signal?.throwIfAborted()
    await readLive(set, target.client, definition, onProgress)
    onProgress({ phase: `comparing ${definition.plural}` })
    if (definition.name === 'organization') indexNames(set.rundb)
    if (definition.name === 'membership') {
      await readGroupRoles(set.rundb, target.client, 'applied', notInState(set.rundb, definition))
    }
    kinds.push(verifyKind(set, definition, manifest))
  }
  checkSums(set, kinds)
  const rejected = set.rejectCount()
  const { type, baseUrl } = target.identity
  const { name } = manifest
  const environment = loaded.environment ?? null
  const key = keySort(target.identity)
  const where = whereabouts({ name, environment, target: { type, baseUrl }, key, state: stateVersion(state) })
  const ofKey = keyOfAnotherEnvironment(where, loaded)
  for (const problem of ofKey) if (!manifest.warnings.accept.includes(problem.code)) onWarning(problem)
  const shown = [...warnings, ...ofKey].map((problem) => shownWarning(problem, loaded))
  return {
    name,
    target: { type, baseUrl },
    where,
    warnings: markAccepted(shown, manifest.warnings),
    accounting: set.accounting,
    kinds,
    secrets: countSecrets(set),
    rejected,
    openWrites: (await state.intents()).length,
    outcome: outcomeOf(kinds, rejected),
    set,
  }
}

async function readLive(
  { rundb }: DesiredSet,
  api: Api,
  definition: KindDefinition,
  onProgress: (step: Step) => void,
): Promise<void> {
  const { name, plural, within, refs, sparse } = definition
  let count = 0
  const read = async (parentIds: Iterable<string>) => {
    for await (const page of definition.list(api, parentIds)) {
      insertLive(rundb, name, page)
      count += page.length
      onProgress({ phase: `reading ${plural} from WorkOS`, done: count })
    }
  }
  // Nothing to compare: of groups alone that is a request for each organization, and they need not even be enabled.
  const isUsed = 'SELECT 1 FROM desired WHERE kind = ?1 UNION ALL SELECT 1 FROM applied WHERE kind = ?1 LIMIT 1'
  if (rundb.statement(isUsed).get(name) === undefined) return
  onProgress({ phase: `reading ${plural} from WorkOS` })
  if (within === undefined) return read([])
  // All draw from one iterator: what the kind is listed within is read once.
  const kind = refs[within] ?? ''
  const ids = (sparse ? holderIds(rundb, kind, name) : parentIds(rundb, definition, within)).values()
  await Promise.all(Array.from({ length: AT_ONCE }, () => read(ids)))
}

/** Live resources that stand for desired ones by what identifies them, and that the state does not know. */
function* notInState(rundb: DesiredSet['rundb'], definition: KindDefinition): Generator<Unknown> {
  const rows = rundb.db
    .prepare(
      `SELECT d.* FROM desired d WHERE d.kind = ?1
       AND NOT EXISTS (SELECT 1 FROM applied a JOIN live l ON l.kind = a.kind AND l.id = a.id WHERE a.kind = d.kind AND a.key = d.key)`,
    )
    .iterate(definition.name)
  for (const row of rows) {
    const desired = desiredFromRow(row)
    const natural = definition.naturalKey(desired, matchedRefs(rundb, definition, desired))
    const live = natural === null ? undefined : findLive(rundb, definition.name, 'natural_key', natural)
    if (live) yield { live, desired: desired.attributes }
  }
}

/**
 * Resources in WorkOS that a kind is listed within: those that stand for a desired one or that the state knows, and those that the state has
 * one of the kind in which belongs to the scope.
 */
function parentIds(rundb: DesiredSet['rundb'], { name, refs }: KindDefinition, within: string): string[] {
  return rundb
    .statement(
      `SELECT id FROM matched WHERE kind = ?1
       UNION SELECT k.id FROM applied k JOIN live l ON l.kind = k.kind AND l.id = k.id WHERE k.kind = ?1 AND NOT ${BEYOND}
       UNION SELECT p.id FROM applied k JOIN applied p ON p.kind = ?1 AND p.key = k.refs ->> ('$.' || ?3)
         JOIN live l ON l.kind = p.kind AND l.id = p.id WHERE k.kind = ?2 AND NOT ${BEYOND}
           AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)`,
    )
    .all(refs[within] ?? '', name, within)
    .map((row) => String(row.id))
}

/** Of the parents of something sparse, those that should have one or have it by the state. It shares their keys. */
function holderIds(rundb: DesiredSet['rundb'], parent: string, kind: string): string[] {
  return rundb
    .statement(
      `SELECT id FROM matched m WHERE kind = ?1 AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = ?2 AND d.key = m.key)
       UNION SELECT k.id FROM applied k JOIN live l ON l.kind = k.kind AND l.id = k.id
       WHERE k.kind = ?1 AND NOT ${BEYOND} AND EXISTS (SELECT 1 FROM applied a WHERE a.kind = ?2 AND a.key = k.key)`,
    )
    .all(parent, kind)
    .map((row) => String(row.id))
}

/** What the source yields and what was compared are the same resources, and every one of them is accounted for. */
function checkSums({ accounting, rundb }: DesiredSet, kinds: readonly KindVerification[]): void {
  const wrong = kinds.flatMap(({ kind, plural, desired, verified, different, missing }) => {
    const fromRecords = accounting.kinds.find((count) => count.kind === kind)?.distinct ?? 0
    const others = rundb.count('SELECT count(*) FROM desired WHERE kind = ? AND records = 0', kind)
    const outside = rundb.count('SELECT count(*) FROM out_of_scope WHERE kind = ? AND records > 0', kind)
    const distinct = fromRecords + others - outside
    if (distinct === desired && desired === verified + different + missing) return []
    return [`${plural}: ${distinct} distinct, ${desired} desired, ${verified} + ${different} + ${missing} compared`]
  })
  if (wrong.length === 0) return
  throw new StateError({
    code: 'sum_mismatch',
    message: `resources are unaccounted for: ${wrong.join('; ')}`,
    hint: 'this is a defect of workos-migrate. Please report it with the figures above',
  })
}

function countSecrets({ rundb }: DesiredSet): SecretCounts {
  const withDigests = (ownership: string) =>
    rundb.count(
      `SELECT count(*) FROM applied a JOIN desired d ON d.kind = a.kind AND d.key = a.key
       WHERE a.kind = 'user' AND a.secrets = 1 AND a.ownership = ?`,
      ownership,
    )
  return {
    inSource: rundb.count("SELECT count(*) FROM desired WHERE kind = 'user' AND secrets IS NOT NULL"),
    sent: withDigests('created'),
    leftAlone: withDigests('adopted'),
  }
}

function outcomeOf(kinds: readonly KindVerification[], rejected: number): Verification['outcome'] {
  if (kinds.some(({ missing, otherId }) => missing + otherId > 0)) return 'lost'
  const unlike = kinds.some(({ different, extra, notInState }) => different + extra + notInState > 0)
  return unlike || rejected > 0 ? 'different' : 'verified'
}
