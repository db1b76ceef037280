import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { policyFor } from '../desired/merge.ts'
import type { Json } from '../json.ts'
import { draftDefinition } from '../kinds/registry.ts'
import { groupOf } from '../rundb/drafts.ts'
import type { Address } from '../state/store.ts'
import type { ExplainedMerging } from './explanation.ts'
import { type Origins, originsOf } from './identity.ts'
import type { Masking } from './masking.ts'
import { writtenAt } from './places.ts'

/** Records and values of one merge that are shown. */
const SHOWN = 20

/** What groupOf puts before what dedupe.user.by yields. */
const BY_VALUE = groupOf('', '')

/** Which records became the resource, why, and which values were not taken. Null: it has one record. */
export function mergingOf(
  set: DesiredSet,
  loaded: LoadedManifest,
  address: Address,
  masking: Masking,
): ExplainedMerging | null {
  const origins = originsOf(set.rundb, address)
  const { order } = policyFor(loaded.manifest, origins.kind)
  const rows = set.rundb
    .statement(
      `SELECT d.key, d.dedupe_group, d.records, f.name || coalesce(':' || d.line, '') AS origin FROM drafts d JOIN files f ON f.id = d.file
       WHERE d.kind = ? AND d.key IN (SELECT value FROM json_each(?)) AND d.records > 0 ORDER BY ${order
         .split(', ')
         .map((column) => `d.${column}`)
         .join(', ')} LIMIT ?`,
    )
    .all(origins.kind, JSON.stringify(origins.keys), SHOWN)
  const [first] = rows
  if (first === undefined || rows.length < 2) return null
  const { by, strategy } = loaded.manifest.dedupe.user
  const isUser = origins.kind === 'user'
  const group = String(first.dedupe_group)
  const told = isUser && group.startsWith(BY_VALUE)
  return {
    by: told
      ? by.map((expression, index) => ({ expression, at: writtenAt(loaded, ['dedupe', 'user', 'by', index]) }))
      : [{ expression: 'key', at: null }],
    same: masking.value(told ? JSON.parse(group.slice(BY_VALUE.length)) : String(first.key)),
    strategy: isUser ? strategy : 'merge',
    records: rows.map((row, index) => ({ key: String(row.key), origin: String(row.origin), stands: index === 0 })),
    conflicts: conflictsOf(set, loaded, origins, masking),
    cases: isUser ? casesOf(set, origins.keys) : [],
  }
}

function conflictsOf(
  { rundb }: DesiredSet,
  loaded: LoadedManifest,
  { kind, keys }: Origins,
  masking: Masking,
): ExplainedMerging['conflicts'] {
  const { fields } = draftDefinition(kind)
  const rows = rundb
    .statement(
      `SELECT m.conflicts, f.name || coalesce(':' || m.line, '') AS origin FROM merges m JOIN files f ON f.id = m.file
       WHERE m.kind = ? AND m.key IN (SELECT value FROM json_each(?)) AND m.conflicts <> '[]' ORDER BY m.seq, m.rowid LIMIT ?`,
    )
    .all(kind, JSON.stringify(keys), SHOWN)
  return rows.flatMap(({ conflicts, origin }) => {
    const lost: { field: string; rule: string; kept?: Json; dropped?: Json }[] = JSON.parse(String(conflicts))
    return lost.map(({ field, rule, kept, dropped }) => {
      const secret = fields[field.split('.')[0] ?? '']?.secret === true
      return {
        origin: String(origin),
        field,
        rule,
        ruleAt: ruleAt(loaded, kind, field, rule),
        secret,
        ...(!secret && kept !== undefined && { kept: masking.value(kept) }),
        ...(!secret && dropped !== undefined && { dropped: masking.value(dropped) }),
      }
    })
  })
}

/** Where the rule that decided is written; null for that of the kind. */
function ruleAt(loaded: LoadedManifest, kind: string, field: string, rule: string): string | null {
  if (kind === 'organization' && field === 'name') return writtenAt(loaded, ['organizations', 'onNameConflict'])
  if (kind !== 'user' || rule === 'proof') return null
  const { strategy, fields } = loaded.manifest.dedupe.user
  if (strategy !== 'merge') return writtenAt(loaded, ['dedupe', 'user', 'strategy'])
  const named = [field, field.split('.')[0] ?? '', 'default'].find((name) => Object.hasOwn(fields, name))
  return named === undefined ? null : writtenAt(loaded, ['dedupe', 'user', 'fields', named])
}

function casesOf({ rundb }: DesiredSet, keys: readonly string[]): string[] {
  return rundb
    .statement('SELECT DISTINCT code FROM cases WHERE key IN (SELECT value FROM json_each(?)) ORDER BY code')
    .all(JSON.stringify(keys))
    .map(({ code }) => String(code))
}
