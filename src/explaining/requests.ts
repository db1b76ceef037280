import { separateOf, withoutSeparate } from '../applying/create.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { joinedId } from '../kinds/group/group-id.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Action } from '../planning/action.ts'
import type { DesiredResource, RefIds } from '../resource.ts'
import type { Address } from '../state/store.ts'
import type { WriteRequest } from '../workos/api.ts'
import { mapTexts, secretWord } from './masking.ts'
import { plannedAction } from './outcome.ts'

/** Stands for an id that WorkOS has not given yet: letters and digits alone, which no path and no text changes. */
const STANDIN = 'workosMigrateIdNotGivenYet'

/**
 * The requests that carrying out an action sends, made by the kind itself. Secrets are masked before it sees them; an id that does not
 * exist yet is written as `(id of organization:acme)`.
 */
export function requestsOf(set: DesiredSet, definition: KindDefinition, action: Action): WriteRequest[] {
  if (action.type === 'blocked') return []
  const names = new IdNames()
  if (action.type === 'delete') {
    const request = action.with === undefined ? definition.remove(action.id) : undefined
    return request === undefined ? [] : [request]
  }
  const desired = set.get(action.kind, action.key)
  if (desired === undefined) return []
  const shown = withMaskedSecrets(desired)
  const requests =
    action.type === 'create'
      ? creating(definition, shown, refIdsOf(set, definition, desired, names), coming(set, desired, names))
      : Object.keys(action.send).length === 0
        ? []
        : definition.update(action.id, action.send, shown)
  return requests.map((request) => names.put(request))
}

/** The create, and what WorkOS takes in requests of their own. */
function creating(definition: KindDefinition, desired: DesiredResource, refIds: RefIds, id: string): WriteRequest[] {
  const separate = separateOf(definition, desired)
  const create = definition.create(withoutSeparate(definition, desired), refIds)
  return Object.keys(separate).length === 0 ? [create] : [create, ...definition.update(id, separate, desired)]
}

/** Ids of what a resource refers to: those of the state or of what is adopted, else what they are called. */
function refIdsOf(set: DesiredSet, { refs }: KindDefinition, desired: DesiredResource, names: IdNames): RefIds {
  const ids: RefIds = {}
  for (const [role, kind] of Object.entries(refs)) ids[role] = idOf(set, { kind, key: desired.refs[role] ?? '' }, names)
  return ids
}

function idOf(set: DesiredSet, address: Address, names: IdNames): string {
  return knownId(set, address) ?? coming(set, set.get(address.kind, address.key) ?? { ...address, refs: {} }, names)
}

/** The id that something is going to have: a role is known by its slug, what is within an organization by that one's id as well. */
function coming(set: DesiredSet, resource: Pick<DesiredResource, 'kind' | 'key' | 'refs'>, names: IdNames): string {
  const { kind, key, refs } = resource
  if (kind === 'role') return key
  const own = names.of({ kind, key })
  if (kind !== 'group' && kind !== 'organization-role') return own
  const organization = refs.organization ?? ''
  const slug = key.slice(0, key.length - organization.length - 1)
  return joinedId(idOf(set, { kind: 'organization', key: organization }, names), kind === 'group' ? own : slug)
}

/** WorkOS's id of a resource, where it has one or is about to take it over. */
export function knownId(set: DesiredSet, address: Address): string | undefined {
  const action = plannedAction(set, address)
  if (action?.type === 'create') return undefined
  if (action !== undefined && 'id' in action) return action.id
  const { kind, key } = address
  const row = set.rundb.statement('SELECT id FROM known WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.id)
}

/** Names of ids that WorkOS has not given yet. */
class IdNames {
  readonly #names: string[] = []

  of({ kind, key }: Address): string {
    const index = this.#names.push(`(id of ${kind}:${key})`) - 1
    return `${STANDIN}${index}x`
  }

  put(request: WriteRequest): WriteRequest {
    return mapTexts(request, (text) =>
      text.replace(new RegExp(`${STANDIN}(\\d+)x`, 'g'), (_, index) => this.#names[Number(index)] ?? ''),
    )
  }
}

function withMaskedSecrets(desired: DesiredResource): DesiredResource {
  if (desired.secrets === null) return desired
  const secrets: JsonObject = {}
  for (const [field, value] of Object.entries(desired.secrets)) secrets[field] = maskedSecret(value)
  return { ...desired, secrets }
}

/** In the form that the kind takes it in: a hash with its type. */
function maskedSecret(value: Json): Json {
  if (!isObject(value)) return secretWord(value, false)
  const hash = secretWord(value, true)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, name === 'type' ? member : hash]))
}
