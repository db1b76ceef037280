import type { SQLOutputValue } from 'node:sqlite'
import type { Manifest } from '../config/manifest.ts'
import { type DesiredSet, desiredFromRow } from '../desired/desired-set.ts'
import { canonicalJson, isObject } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { withoutGroupRoles } from '../planning/group-roles.ts'
import type { DesiredResource } from '../resource.ts'
import { BEYOND } from '../rundb/known.ts'
import { compareFields, type FieldDifference } from './compare-fields.ts'
import { matchLive } from './match.ts'
import type { ChangedBy, KindVerification } from './verification.ts'
import { type Applied, insertFinding } from './verify-tables.ts'

/** Compares one kind that has been read; the kinds it depends on have been compared before. */
export function verifyKind(
  { rundb, reading, scope }: DesiredSet,
  definition: KindDefinition,
  manifest: Pick<Manifest, 'organizations' | 'adopt'>,
): KindVerification {
  const { name: kind, plural } = definition
  const sums: KindVerification = {
    kind,
    plural,
    desired: 0,
    verified: 0,
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
    // What the state knows claims its live resource first: the others take what is left.
    const rows = rundb.db
      .prepare(
        `SELECT d.*, a.id, a.attributes AS base, a.reduced, a.answered FROM desired d
         LEFT JOIN applied a ON a.kind = d.kind AND a.key = d.key WHERE d.kind = ? ORDER BY a.key IS NULL, d.key`,
      )
      .iterate(kind)
    for (const row of rows) {
      verifyOne(rundb, definition, desiredFromRow(row), appliedFromRow(row), manifest, sums)
    }
    if (!reading.partial) sums.extra = findExtra(rundb, kind)
  })
  // Who else is in WorkOS belongs to others, whether the source has them or not.
  if (scope !== undefined) return sums
  sums.others = rundb.count(
    `SELECT count(*) FROM live l WHERE kind = ?
     AND NOT EXISTS (SELECT 1 FROM matched m WHERE m.kind = l.kind AND m.id = l.id)
     AND NOT EXISTS (SELECT 1 FROM applied a WHERE a.kind = l.kind AND a.id = l.id)`,
    kind,
  )
  return sums
}

function verifyOne(
  rundb: DesiredSet['rundb'],
  definition: KindDefinition,
  desired: DesiredResource,
  applied: Applied | undefined,
  manifest: Pick<Manifest, 'organizations' | 'adopt'>,
  sums: KindVerification,
): void {
  const { kind, key } = desired
  sums.desired += 1
  const match = matchLive(rundb, definition, desired, applied, manifest)
  if (match.type === 'none' || match.type === 'clash') {
    sums.missing += 1
    if (match.type === 'clash') {
      sums.clashes += 1
      insertFinding(rundb, { type: 'clash', kind, key, id: match.live.id, message: match.message })
    } else if (applied) {
      sums.deleted += 1
      insertFinding(rundb, { type: 'deleted', kind, key, id: applied.id })
    } else {
      sums.notApplied += 1
      insertFinding(rundb, { type: 'not_applied', kind, key })
    }
    return
  }
  const { live } = match
  if (match.type === 'elsewhere' && applied) {
    sums.otherId += 1
    insertFinding(rundb, { type: 'other_id', kind, key, id: applied.id, liveId: live.id })
  }
  if (applied === undefined) {
    sums.notInState += 1
    insertFinding(rundb, { type: 'not_in_state', kind, key, id: live.id })
  }
  const before = applied?.attributes ?? desired.attributes
  const own = withoutGroupRoles(rundb, kind, live, before, applied !== undefined)
  for (const { role, group, groupId } of own.from) {
    insertFinding(rundb, { type: 'role_of_group', kind, key, role, group, groupId })
  }
  const differences = compareFields(definition, desired.attributes, applied?.attributes, own.attributes)
  for (const difference of differences) {
    const changed = changedBy(difference, applied)
    insertFinding(rundb, { type: 'different', kind, key, ...difference, changed })
  }
  if (differences.length > 0 || match.type === 'elsewhere') sums.different += 1
  else sums.verified += 1
}

/** What differs since WorkOS did not take it, or answered it so, was not changed in WorkOS since. */
function changedBy({ field, live, changed }: FieldDifference, applied: Applied | undefined): ChangedBy {
  if (changed !== 'WorkOS' || applied === undefined) return changed
  const [name = '', ...member] = field.split('.')
  const told = applied.answered?.[name]
  const answer = member.length > 0 && isObject(told) ? told[member.join('.')] : told
  if (answer !== undefined && canonicalJson(answer) === canonicalJson(live)) return 'answered'
  return applied.reduced === undefined ? changed : 'reduced'
}

function appliedFromRow({ id, base, reduced, answered }: Record<string, SQLOutputValue>): Applied | undefined {
  if (id === null) return undefined
  const attributes = JSON.parse(String(base))
  return {
    id: String(id),
    attributes,
    ...(reduced !== null && { reduced: String(reduced) }),
    ...(answered !== null && { answered: JSON.parse(String(answered)) }),
  }
}

function findExtra(rundb: DesiredSet['rundb'], kind: string): number {
  const rows = rundb.db
    .prepare(
      `SELECT k.key, k.id FROM applied k JOIN live l ON l.kind = k.kind AND l.id = k.id
       WHERE k.kind = ? AND k.ownership = 'created'
       AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
       AND NOT EXISTS (SELECT 1 FROM matched m WHERE m.kind = k.kind AND m.id = k.id) AND NOT ${BEYOND} ORDER BY k.key`,
    )
    .iterate(kind)
  let count = 0
  for (const row of rows) {
    count += 1
    insertFinding(rundb, { type: 'extra', kind, key: String(row.key), id: String(row.id) })
  }
  return count
}
