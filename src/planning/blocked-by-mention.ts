import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition, Mention } from '../kinds/kind.ts'
import type { DesiredResource } from '../resource.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { BlockedAction } from './action.ts'
import { findMention } from './references.ts'

type Blocked = Pick<BlockedAction, 'type' | 'code' | 'message' | 'hint'>

/** Blocks a resource that needs something which is neither desired nor in WorkOS: the role of a membership. */
export function blockedByMention(
  { rundb }: DesiredSet,
  definition: KindDefinition,
  desired: DesiredResource,
): Blocked | undefined {
  const missing = definition.mentions?.(desired).find((mention) => !findMention(rundb, definition, desired, mention))
  if (missing === undefined) return undefined
  const what = `${missing.kind.replaceAll('-', ' ')} ${missing.label}`
  const rejected = rejectedDefinition(rundb, missing)
  if (rejected !== undefined) {
    return {
      type: 'blocked',
      code: `${missing.kind.replaceAll('-', '_')}_rejected`,
      message: `the definition of the ${what} was rejected (${rejected.origin}): ${rejected.message}`,
      hint: 'correct the definition, and this follows',
    }
  }
  return {
    type: 'blocked',
    code: `unknown_${missing.kind.replaceAll('-', '_')}`,
    message: `the ${what} is neither declared in the manifest nor in WorkOS`,
    hint: 'declare it under roles.define, or correct it in the source',
  }
}

/** The first record that would have declared it and was refused, with its place: `roles.csv:4`. */
function rejectedDefinition(
  rundb: RunDatabase,
  { madeFrom: { kind, keys } }: Mention,
): { origin: string; message: string } | undefined {
  const row = rundb
    .statement(
      `SELECT r.message, f.name || coalesce(':' || r.line, '') AS origin FROM rejects r JOIN files f ON f.id = r.file
       WHERE r.kind = ? AND r.key IN (SELECT value FROM json_each(?)) ORDER BY r.seq, r.rowid LIMIT 1`,
    )
    .get(kind, JSON.stringify(keys))
  return row && { origin: String(row.origin), message: String(row.message) }
}
