import { exceeds, type Manifest, type Threshold } from '../config/manifest.ts'
import { counted } from '../diagnostics/printable.ts'
import type { KindSummary } from './action.ts'

/** A guard that refuses a plan: the figure, the limit, and the key that sets it. */
export interface GuardRefusal {
  guard: string
  /** The key of the manifest that sets the limit. */
  path: string
  figure: number
  /** What a percentage refers to. */
  total: number
  limit: Threshold
  message: string
  hint: string
}

/** Percentages apply from this many resources on: three changed of eight are not a disaster. */
export const PERCENTAGE_FROM = 20

const CORRECT = 'correct the rejected and blocked records; or, to leave them behind, set'

export type Thresholds = Partial<Pick<Manifest['safety'], 'maxCreates' | 'maxUpdates' | 'maxDeletes' | 'maxRejects'>>

/** Where a threshold is set, for messages. */
interface Setter {
  /** Precedes the name of a guard. */
  prefix: string
  /** Follows it. */
  where: string
}

const BY_MANIFEST: Setter = { prefix: 'safety.', where: ' in the manifest' }

/**
 * The guards that a plan violates.
 * @param left the number of resources blocked by something that onDeleted keeps deleted
 */
export function checkGuards(
  safety: Thresholds,
  kinds: readonly KindSummary[],
  rejected: number,
  left = 0,
  { prefix, where }: Setter = BY_MANIFEST,
): GuardRefusal[] {
  const sum = (field: 'create' | 'update' | 'delete' | 'desired' | 'unchanged' | 'blocked' | 'orphaned') =>
    kinds.reduce((total, kind) => total + kind[field], 0)
  const desired = sum('desired')
  const refusals: GuardRefusal[] = []
  const check = (
    guard: 'maxCreates' | 'maxUpdates' | 'maxDeletes' | 'maxRejects',
    figure: number,
    total: number,
    what: string,
  ) => {
    const limit = safety[guard]
    if (limit === undefined || figure === 0) return
    if (typeof limit === 'string' && total < PERCENTAGE_FROM) return
    if (!exceeds(limit, figure, total)) return
    refusals.push({
      guard,
      path: `${prefix}${guard}`,
      figure,
      total,
      limit,
      message: `${figure} of ${what}, but ${prefix}${guard} allows ${limit}`,
      hint: `${guard === 'maxRejects' ? CORRECT : 'review them; if they are right, set'} ${prefix}${guard}${where} to ${figure} or more`,
    })
  }
  check('maxCreates', sum('create'), desired, `${counted(desired, 'resource')} would be created`)
  check('maxUpdates', sum('update'), desired, `${counted(desired, 'resource')} would be updated`)
  const held = sum('unchanged') + sum('update') + sum('delete') + sum('orphaned')
  check('maxDeletes', sum('delete'), held, `${counted(held, 'resource')} of the state would be deleted`)
  const refused = rejected + sum('blocked') - left
  const all = counted(desired + rejected, 'record or resource', 'records and resources')
  check('maxRejects', refused, desired + rejected, `${all} ${refused === 1 ? 'is' : 'are'} rejected or blocked`)
  return refusals
}

/** After a partial reading, nothing is known to have left the source, so `prune` cannot delete. */
export function checkPartial(prune: readonly string[]): GuardRefusal[] {
  if (prune.length === 0) return []
  return [
    {
      guard: 'prune',
      path: 'prune',
      figure: prune.length,
      total: prune.length,
      limit: 0,
      message: `prune deletes resources that left the source (${prune.join(', ')}), but only part of the source was read (source.updatedSince)`,
      hint: 'remove source.updatedSince to read the whole source, or set prune to [] for this run',
    },
  ]
}

/** A reject with an unknown owner might be a record that would prevent a deletion. */
export function checkUnknownRejects(deletes: number, unknown: number): GuardRefusal[] {
  if (deletes === 0 || unknown === 0) return []
  return [
    {
      guard: 'prune',
      path: 'prune',
      figure: unknown,
      total: deletes,
      limit: 0,
      message: `${unknown === 1 ? '1 record was rejected before its owner was known' : `${unknown} records were rejected before their owners were known`}, and ${counted(deletes, 'resource')} of the state would be deleted because no record has ${deletes === 1 ? 'it' : 'them'}`,
      hint: 'correct those records, or set prune to [] for this run',
    },
  ]
}

/**
 * Differences whose policy is `fail`: from what was applied, and of existing roles and permissions
 * from their definitions.
 */
export function checkDrift(drifted: number, conflicting: number, kinds: readonly KindSummary[]): GuardRefusal[] {
  const total = kinds.reduce((sum, kind) => sum + kind.desired, 0)
  const drift: GuardRefusal = {
    guard: 'onDrift',
    path: 'onDrift',
    figure: drifted,
    total,
    limit: 0,
    message: `${counted(drifted, 'value')} in WorkOS ${drifted === 1 ? 'differs' : 'differ'} from what was applied, and onDrift or onDeleted is fail for ${drifted === 1 ? 'it' : 'them'}`,
    hint: 'review them; then set onDrift to keep or overwrite, or onDeleted to keep or recreate',
  }
  const conflict: GuardRefusal = {
    guard: 'onConflict',
    path: 'roles.onConflict',
    figure: conflicting,
    total,
    limit: 0,
    message: `${counted(conflicting, 'value')} of roles and permissions that already existed in WorkOS ${conflicting === 1 ? 'differs from its definition' : 'differ from their definitions'}, and roles.onConflict is fail`,
    hint: 'review them; then correct the definitions, or set roles.onConflict to keep or update',
  }
  return [drift, conflict].filter(({ figure }) => figure > 0)
}
