import { type Manifest, preferences } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import { rejectAll } from '../../rundb/rejects.ts'
import { hasTrait } from '../../rundb/traits.ts'
import { type NameRules, namedWithPlaces } from '../collisions.ts'
import type { Normalised } from '../draft.ts'
import { BY_CONTENT, BY_PLACE, type Lifecycle, type MergePolicy } from '../lifecycle.ts'
import { MOOT_METADATA } from '../values/metadata.ts'
import {
  casesOf,
  type DuplicateCaseCode,
  findSharedIds,
  insertCase,
  recordDuplicateCases,
  refuseSharedUsers,
  sharedIdsOf,
} from './duplicates.ts'
import { refuseLookalikes } from './lookalikes.ts'
import { RESET_CODES } from './passwords/credentials.ts'
import { deriveTotpFactors } from './totp-factor.ts'

/**
 * Turns staged drafts, grouped by `dedupe.user.by`, into users: reports contradictions and derives
 * TOTP factors of the remaining users.
 */
export const userLifecycle: Lifecycle = {
  keyConflict(rundb, manifest, { key, kept, rejected, message }) {
    insertCase(rundb, contradictionOf([kept, rejected], manifest), 'rejected', key, rejected.records)
    rejectAll(
      rundb,
      {
        from: 'grants',
        where: 'seq = ?1 AND user = ?2',
        reason: { code: 'user_rejected', field: 'user', message, hint: null },
      },
      rejected.seq,
      key,
    )
  },
  grouped: findSharedIds,
  groupRejected(rundb, { dedupe }, members) {
    const shared = sharedIdsOf(rundb, members, undefined)
    for (const code of casesOf(members, dedupe.user.email, shared)) {
      insertCase(rundb, code, 'rejected', members[0]?.key ?? '', recordsIn(members))
    }
  },
  unite(rundb, manifest, { members, merged, withinLimits }) {
    const shared = sharedIdsOf(rundb, members, merged.externalId)
    for (const code of casesOf(members, manifest.dedupe.user.email, shared)) {
      insertCase(rundb, code, 'merged', members[0]?.key ?? '', recordsIn(members))
    }
    return keepExternalIds(merged, members, shared, manifest, withinLimits)
  },
  merged(rundb) {
    refuseSharedUsers(rundb)
    refuseLookalikes(rundb)
    recordDuplicateCases(rundb)
  },
  accepted(rundb, manifest) {
    if (hasTrait(rundb, 'user', 'totpSecret')) deriveTotpFactors(rundb, manifest)
  },
}

function recordsIn(members: readonly { records: number }[]): number {
  return members.reduce((sum, { records }) => sum + records, 0)
}

const SAME_ID: DuplicateCaseCode = 'same_external_id_different_emails'

/** The case of two records with one key: usually the key is the external ID, or follows from it. */
function contradictionOf(records: Parameters<typeof casesOf>[0], { dedupe }: Manifest): DuplicateCaseCode {
  return casesOf(records, dedupe.user.email).includes(SAME_ID) ? SAME_ID : 'key_contradiction'
}

/** The manifest's rules for duplicates of users. */
export function userPolicy({ dedupe }: Manifest): MergePolicy {
  const { strategy, fields } = dedupe.user
  const ranked = [
    ...(strategy === 'newest' ? ['updated DESC'] : []),
    ...(preferences(dedupe.user).length > 0 ? ['rank DESC'] : []),
  ]
  const columns = [...ranked, ...(ranked.length > 0 ? BY_CONTENT : []), ...BY_PLACE]
  return {
    strategy,
    rules: fields,
    order: (strategy === 'last' ? columns.map(turned) : columns).join(', '),
    differing: (others) => ({
      code: 'duplicate_user',
      field: null,
      message: `it is the same user as ${others} and differs from it, and dedupe.user.strategy is error`,
      hint: 'skip all but one of them with map.user.when, or choose another strategy',
    }),
  }
}

function turned(column: string): string {
  return column.endsWith(' DESC') ? column.slice(0, -' DESC'.length) : `${column} DESC`
}

export const userNotes: readonly string[] = [
  "n.code = 'totp_unsupported'",
  `n.code IN (${RESET_CODES.map((code) => `'${code}'`).join(', ')}) AND d.secrets IS NOT NULL`,
  `n.kind = 'user' AND n.code IN ('totp_weak_secret', 'totp_encoding_ambiguous', 'totp_several')
     AND NOT EXISTS (SELECT 1 FROM desired t WHERE t.kind = 'totp-factor' AND t.key = d.key)`,
  MOOT_METADATA,
]

export const userNames: NameRules = {
  of: 'user',
  wording: (key, names) => ({
    message: `the names ${namedWithPlaces(names)} result in the same key, ${key}: one user would get what belongs to another`,
    hint: 'make the keys differ in map.user.key, map.membership.user and wherever else the user is named',
  }),
}

interface Fitted {
  attributes: Attributes
  notes: Normalised['notes']
}

/**
 * Adds external IDs that were not kept to the metadata, sorted, so that every run has the same
 * result. What does not fit is cut after a whole ID or omitted, and noted; the user itself is never
 * rejected.
 * @param shared IDs that other users have too: they are omitted and noted, since an old ID must not
 * lead to the wrong account
 * @param limited keeps the metadata within its limits; its members come first, unless
 * `metadata.keep` ranks these IDs higher
 */
function keepExternalIds(
  merged: Attributes,
  records: readonly { attributes: Attributes }[],
  shared: ReadonlySet<string>,
  manifest: Manifest,
  limited: (attributes: Attributes) => Fitted,
): Fitted {
  const { keep, keepAs } = manifest.dedupe.user.externalIds
  const ids = keep ? others(merged, records) : []
  const own = ids.filter((id) => !shared.has(id))
  const { attributes, notes } = keepIds(merged, own, manifest, limited)
  const left = own.length < ids.length ? [{ code: 'external_ids_shared', detail: keepAs }] : []
  return { attributes, notes: [...notes, ...left] }
}

function keepIds(
  merged: Attributes,
  ids: readonly string[],
  { dedupe, metadata: limits }: Manifest,
  limited: (attributes: Attributes) => Fitted,
): Fitted {
  const { keepAs } = dedupe.user.externalIds
  if (ids.length === 0) return limited(merged)
  const first = limits.tooManyKeys === 'drop' && limits.keep.includes(keepAs)
  const fitted = first ? { attributes: merged, notes: [] } : limited(merged)
  const metadata: JsonObject = isObject(fitted.attributes.metadata) ? fitted.attributes.metadata : {}
  const hasRoom = keepAs.length <= limits.maxKeyLength && (first || Object.keys(metadata).length < limits.maxKeys)
  const text = within(ids, limits.maxValueLength)
  if (Object.hasOwn(metadata, keepAs) || !hasRoom || text === '') {
    const left = first ? limited(merged) : fitted
    return { ...left, notes: [...left.notes, { code: 'external_ids_left_out', detail: keepAs }] }
  }
  const kept = { ...fitted.attributes, metadata: { ...metadata, [keepAs]: text } }
  const result = first ? limited(kept) : { ...fitted, attributes: kept }
  const cut = text.length < joined(ids).length ? [{ code: 'external_ids_cut', detail: keepAs }] : []
  return { ...result, notes: [...result.notes, ...cut] }
}

function others(merged: Attributes, records: readonly { attributes: Attributes }[]): string[] {
  const ids = records.map(({ attributes }) => attributes.externalId).filter((id) => typeof id === 'string')
  return [...new Set(ids)].filter((id) => id !== merged.externalId).sort()
}

/** As many whole IDs as fit, from the first on. */
function within(ids: readonly string[], length: number): string {
  let count = ids.length
  while (count > 0 && joined(ids.slice(0, count)).length > length) count -= 1
  return joined(ids.slice(0, count))
}

/** Separated by spaces; an ID that contains a space is quoted. */
function joined(ids: readonly string[]): string {
  return ids.map((id) => (id.includes(' ') ? JSON.stringify(id) : id)).join(' ')
}
