import { type ChangedBy, comparedFields, compareFields, type FieldDifference } from '../comparing/field-differences.ts'
import { bearsIdentity, identify, recognise } from '../comparing/identify.ts'
import { referencesOf } from '../comparing/references.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { canonicalJson, isObject } from '../json.ts'
import type { CompareContext, KindDefinition, ReadContext } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import {
  countOthers,
  createdAndLeft,
  desiredWithApplied,
  hasUnmatched,
  insertFinding,
  insertMatched,
  isInTheSource,
  matchedId,
  matchedKey,
} from '../rundb/findings.ts'
import { type Applied, keyById, setApart } from '../rundb/known.ts'
import { countLive, findLive, liveLookup } from '../rundb/live.ts'
import { isAsInState, matchPlain, type PlainMatch } from '../rundb/plain-match.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Finding, KindVerification } from './verification.ts'

/**
 * Compares one kind after the kinds it depends on. In: desired, applied and live resources. Out:
 * findings in the run's database, and counts. One statement matches what has its desired values;
 * code compares the rest one by one.
 */
export async function verifyKind(
  { reading, scope }: Pick<DesiredSet, 'reading' | 'scope'>,
  definition: KindDefinition,
  context: ReadContext,
): Promise<KindVerification> {
  const { rundb } = context
  const { name: kind, plural } = definition
  const match = plainMatchOf(definition)
  // They need no finding.
  const plain = match === undefined ? 0 : matchPlain(rundb, match)
  if (!isAsInState(rundb, kind)) setApart(rundb, kind)
  const live = countLive(rundb, kind)
  const hasMore = hasUnmatched(rundb, kind)
  // Skipped if every live resource has already matched.
  if (hasMore || live > plain) await definition.live?.prepare?.(context)
  const sums: KindVerification = {
    kind,
    plural,
    desired: plain,
    verified: plain,
    different: 0,
    missing: 0,
    notApplied: 0,
    deleted: 0,
    clashes: 0,
    otherId: 0,
    notInState: 0,
    extra: 0,
    others: 0,
  }
  rundb.transaction(() => {
    // Resources in the state claim their live resource first.
    const rest = hasMore ? desiredWithApplied(rundb, kind) : []
    for (const { desired, applied } of rest) verifyOne(context, definition, desired, applied, sums)
    if (!reading.partial) sums.extra = findExtra(rundb, kind)
  })
  // Each match has its own live resource. With a scope, others can belong to users outside it.
  const isLeft = live > sums.desired - sums.missing
  if (isLeft && scope === undefined) sums.others = countOthers(rundb, kind)
  return sums
}

/** What SQL needs to match a kind. Undefined: code compares each resource. */
export function plainMatchOf(definition: KindDefinition): PlainMatch | undefined {
  const { name: kind, refs, natural, inForce = {}, live: { own, wholly } = {} } = definition
  if (natural === undefined || (own !== undefined && wholly === undefined)) return undefined
  const maps = comparedFields(definition).flatMap(([field, { compare }]) => (compare === 'map' ? [field] : []))
  return { kind, refs, natural, maps, inForce, wholly: wholly ?? (() => '1') }
}

function verifyOne(
  context: CompareContext,
  definition: KindDefinition,
  desired: DesiredResource,
  applied: Applied | undefined,
  sums: KindVerification,
): void {
  const { rundb } = context
  const { kind, key } = desired
  const tell = (finding: Finding) => insertFinding(rundb, finding)
  sums.desired += 1
  const match = matchLive(context, definition, desired, applied)
  if (match.type === 'none' || match.type === 'clash') {
    sums.missing += 1
    if (match.type === 'clash') {
      sums.clashes += 1
      tell({ type: 'clash', kind, key, id: match.live.id, message: match.message })
    } else if (applied) {
      sums.deleted += 1
      tell({ type: 'deleted', kind, key, id: applied.id })
    } else {
      sums.notApplied += 1
      tell({ type: 'not_applied', kind, key })
    }
    return
  }
  const { live } = match
  if (match.type === 'elsewhere' && applied) {
    sums.otherId += 1
    tell({ type: 'other_id', kind, key, id: applied.id, liveId: live.id })
  }
  if (applied === undefined) {
    sums.notInState += 1
    tell({ type: 'not_in_state', kind, key, id: live.id })
  }
  const before = applied?.attributes ?? desired.attributes
  const own = definition.live?.own?.(rundb, live, before, applied !== undefined)
  for (const { role, group, groupId } of own?.from ?? [])
    tell({ type: 'role_of_group', kind, key, role, group, groupId })
  const held = own?.attributes ?? live.attributes
  const differences = compareFields(definition, desired.attributes, applied?.attributes, held)
  for (const difference of differences) {
    tell({ type: 'different', kind, key, ...difference, changed: changedBy(difference, applied) })
  }
  if (differences.length > 0 || match.type === 'elsewhere') sums.different += 1
  else sums.verified += 1
}

/** A value that WorkOS did not accept, or returned differently, did not change since. */
function changedBy({ field, live, changed }: FieldDifference, applied: Applied | undefined): ChangedBy {
  if (changed !== 'WorkOS' || applied === undefined) return changed
  const [name = '', ...member] = field.split('.')
  const told = applied.answered?.[name]
  const answer = member.length > 0 && isObject(told) ? told[member.join('.')] : told
  if (answer !== undefined && canonicalJson(answer) === canonicalJson(live)) return 'answered'
  return applied.reduced === undefined ? changed : 'reduced'
}

function findExtra(rundb: RunDatabase, kind: string): number {
  let count = 0
  for (const { key, id } of createdAndLeft(rundb, kind)) {
    count += 1
    const finding: Finding = { type: 'extra', kind, key, id }
    insertFinding(rundb, finding)
  }
  return count
}

/** The match of a desired resource in WorkOS. */
type Match =
  | { type: 'found'; live: LiveResource }
  /** Under a different ID than in the state. */
  | { type: 'elsewhere'; live: LiveResource }
  | { type: 'clash'; live: LiveResource; message: string }
  | { type: 'none' }

/**
 * Finds the live resource of a desired one: the one in the state, unless another has its identity.
 * Without a state, it matches by ID, external ID, natural key or, if allowed, name. The run's
 * database contains what was read from WorkOS.
 */
function matchLive(
  context: CompareContext,
  definition: KindDefinition,
  desired: DesiredResource,
  applied: Applied | undefined,
): Match {
  const { rundb } = context
  const { name } = definition
  const refIds = matchedRefs(rundb, definition, desired)
  const known = applied !== undefined
  const named = applied && findLive(rundb, name, 'id', applied.id)
  if (named && bearsIdentity(definition, desired, named, refIds)) return claim(rundb, desired, named, 'found')
  const recognised = recognise(definition, desired, refIds, {
    ...liveLookup(rundb, name),
    byName: () => (known ? undefined : definition.live?.byName?.(context, desired)) ?? { type: 'none' },
  })
  if (recognised.type === 'several' && recognised.live && named === undefined) {
    return { type: 'clash', live: recognised.live, message: recognised.message }
  }
  const other = recognised.type === 'none' ? undefined : recognised.live
  if (other === undefined) return named ? claim(rundb, desired, named, 'found') : { type: 'none' }
  if (recognised.type === 'found' && recognised.matchedBy === 'name') return claim(rundb, desired, other, 'found')
  const { unverified } = context.manifest.adopt
  // Without a claimant: `claim` looks for one.
  const identity = identify(
    { definition, desired, live: other, refIds, claimant: undefined, known, openCreate: undefined },
    { mode: 'match', unverified },
  )
  if (identity.type === 'clash' || identity.type === 'blocked') {
    return named ? claim(rundb, desired, named, 'found') : { type: 'clash', live: other, message: identity.message }
  }
  return claim(rundb, desired, other, known ? 'elsewhere' : 'found')
}

/** WorkOS IDs of its references, as far as they were found. */
export function matchedRefs(rundb: RunDatabase, definition: KindDefinition, desired: DesiredResource): RefIds {
  const ids: RefIds = {}
  for (const { role, kind, key } of referencesOf(definition, desired)) {
    const id = matchedId(rundb, kind, key)
    if (id !== undefined) ids[role] = id
  }
  return ids
}

/**
 * Assigns one live resource to one desired one.
 *
 * `identify` knows a claimant but does not decide this, because it ranks a claimant above any other
 * reason. It would report someone else with the same external ID as one of two source records. If
 * the state has another live resource, it would count the claimed one instead. Here the claim comes
 * last, also for matches by state or name, which `identify` does not see.
 */
function claim(rundb: RunDatabase, desired: DesiredResource, live: LiveResource, type: 'found' | 'elsewhere'): Match {
  const { kind, key } = desired
  const holder = keyById(rundb, kind, live.id)
  const held = holder !== undefined && holder !== key && isInTheSource(rundb, kind, holder) ? holder : undefined
  const claimant = held ?? matchedKey(rundb, kind, live.id)
  if (claimant !== undefined) {
    return {
      type: 'clash',
      live,
      message: `${live.id} already belongs to ${kind}:${claimant}: two resources of the source match it`,
    }
  }
  insertMatched(rundb, desired, live.id)
  return { type, live }
}
