import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import type { Normalised } from '../draft.ts'

interface Fitted {
  attributes: Attributes
  notes: Normalised['notes']
}

/**
 * Merged attributes with the external ids that were not taken in the metadata, sorted, so that they are the same on every run. It
 * never costs a user anything: what has no room is cut at a whole id or left out, and noted.
 * @param shared ids that are those of other people as well: by an old id nobody may find the wrong account, so they are left out, and noted
 * @param limited what keeps the metadata within its limits. It goes first, unless `metadata.keep` wants these ids kept before others
 */
export function keepExternalIds(
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

/** As many whole ids as fit, from the first on. */
function within(ids: readonly string[], length: number): string {
  let count = ids.length
  while (count > 0 && joined(ids.slice(0, count)).length > length) count -= 1
  return joined(ids.slice(0, count))
}

/** With blanks between them; an id that has one itself stands in quotes. */
function joined(ids: readonly string[]): string {
  return ids.map((id) => (id.includes(' ') ? JSON.stringify(id) : id)).join(' ')
}
