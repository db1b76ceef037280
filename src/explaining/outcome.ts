import { separateOf, withoutSeparate } from '../applying/create.ts'
import type { FieldChange } from '../comparing/comparison.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { joinedId } from '../kinds/group/group-id.ts'
import { whyLeftOutWith } from '../kinds/invitation/wording.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition, kindDefinitions } from '../kinds/registry.ts'
import type { Action, Drift } from '../planning/action.ts'
import type { DesiredResource, RefIds } from '../resource.ts'
import { leftOutBy } from '../rundb/left-out.ts'
import {
  actionOf,
  driftOf,
  knownOf,
  leftOutAlong,
  referringTo,
  rejectsUnder,
  skippedDeletionOf,
} from '../rundb/questions.ts'
import type { Address } from '../state/store.ts'
import type { WriteRequest } from '../workos/api.ts'
import type { ExplainedAction, ExplainedDependents, ExplainedReference, ExplainedReject } from './explanation.ts'
import { mapTexts, secretWord } from './masking.ts'

/** The planned action of a resource, as planning stored it. */
export function plannedAction({ rundb }: DesiredSet, address: Address): Action | undefined {
  const action = actionOf(rundb, address)
  return action === undefined ? undefined : JSON.parse(action)
}

/** What becomes of a resource, and why. */
export function outcomeOf(set: DesiredSet, address: Address, planned: ReadonlySet<string>): ExplainedAction {
  const kept = keptDifferences(set, address)
  const action = plannedAction(set, address)
  if (action !== undefined) return ofAction(action, leftOutReason(set, address), kept)
  const because = (type: ExplainedAction['type'], why: string, code: string | null = null): ExplainedAction => {
    return { type, code, why, hint: null, changes: [], kept }
  }
  const { kind, key } = address
  const known = knownOf(set.rundb, address)
  if (set.get(kind, key) !== undefined) {
    if (!planned.has(kind) && isResource(kind))
      return because('handed over', 'workos-migrate handoff writes it to a file')
    if (kept.some(({ field }) => field === '*'))
      return because('unchanged', 'it was deleted in WorkOS, and onDeleted keeps it deleted')
    if (known !== undefined) return because('unchanged', 'it has not changed in the source since it was applied')
    if (!isResource(kind)) return because('not planned', 'roles are made from it')
    return because('not planned', 'nothing is planned for it')
  }
  const reject = rejectsOf(set, kind, [key]).find((one) => one.kind === kind)
  const skipped = skippedDeletionOf(set.rundb, address)
  if (reject !== undefined) {
    const { code, message: why, hint } = reject
    return { ...because('rejected', why, code), hint }
  }
  if (skipped !== undefined) return because('orphaned', `it stays in WorkOS: ${skipped.message}`, skipped.code)
  const left = leftOutReason(set, address)
  if (left !== undefined) {
    return known === undefined
      ? because('left out', left)
      : because('orphaned', `${left}: it stays in WorkOS unless prune lists its kind`)
  }
  if (known !== undefined) {
    const why = set.reading.partial
      ? 'it is not in the part of the source that was read: it stays as it is'
      : 'it is in the state but no longer in the source: it stays in WorkOS unless prune lists its kind'
    return because('orphaned', why)
  }
  return because('not planned', 'it is in neither the desired set nor the state')
}

/** The condition that leaves out a resource, or what it belongs to. */
function leftOutReason({ rundb }: DesiredSet, address: Address): string | undefined {
  const along = leftOutAlong(rundb, address)
  if (along !== undefined) return whyLeftOutWith({ kind: address.kind, path: along })
  const path = leftOutBy(rundb, address.kind, address.key)
  return path === undefined ? undefined : `${path} leaves it out`
}

function ofAction(action: Action, left: string | undefined, kept: ExplainedAction['kept']): ExplainedAction {
  const base = { code: null, hint: null, changes: [], kept }
  switch (action.type) {
    case 'create':
      return { ...base, type: 'create', why: 'it is in neither the state nor WorkOS' }
    case 'update':
      return {
        ...base,
        type: 'update',
        why: action.changes.length > 0 ? 'it changed in the source after it was applied' : 'only the state changes',
        changes: action.changes.map(shownChange),
      }
    case 'adopt': {
      const moved = action.former === undefined ? '' : `; in the state it is ${action.kind}:${action.former}`
      const why = `WorkOS already has it as ${action.id}, found by its ${action.matchedBy}${moved}`
      return { ...base, type: 'adopt', why, changes: action.changes.map(shownChange) }
    }
    case 'delete': {
      const why =
        action.with === undefined
          ? `${left ?? 'it left the source'}, and prune lists its kind`
          : `it is deleted with ${action.with.kind}:${action.with.key}`
      return { ...base, type: 'delete', why }
    }
    case 'blocked':
      return { ...base, type: 'blocked', code: action.code, why: action.message, hint: action.hint ?? null }
  }
}

function shownChange(change: FieldChange): ExplainedAction['changes'][number] {
  if ('secret' in change) return { field: change.field, secret: true }
  const { field, before, after } = change
  return { field, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}

function keptDifferences({ rundb }: DesiredSet, address: Address): ExplainedAction['kept'] {
  return driftOf(rundb, address).map((drift) => {
    const { field, live, desired, reason }: Drift = JSON.parse(drift)
    return { field, reason, ...(live !== undefined && { live }), ...(desired !== undefined && { desired }) }
  })
}

/**
 * The rejects of a kind with these keys, in the order of the records. A user's include those of its
 * roles.
 */
export function rejectsOf({ rundb }: DesiredSet, kind: string, keys: readonly string[]): ExplainedReject[] {
  return rejectsUnder(rundb, kind, keys, kind === 'user' ? 'roleAssignment' : null).map((row) => ({
    kind: String(row.kind),
    code: String(row.code),
    field: row.field === null ? null : String(row.field),
    message: String(row.message),
    hint: row.hint === null ? null : String(row.hint),
    origin: String(row.origin),
  }))
}

function isResource(kind: string): boolean {
  return kindDefinitions.some(({ name }) => name === kind)
}

/** Maximum number of dependents of one kind that are shown one by one. */
export const DEPENDENTS = 10

/** Maximum length of a chain of resources that block each other. */
const DEPTH = 5

/** What a resource needs: its references, and the roles or permissions that it names. */
export function referencesOf(
  set: DesiredSet,
  address: Address,
  refs: Readonly<Record<string, string>>,
  planned: ReadonlySet<string>,
): ExplainedReference[] {
  const definition = kindDefinitions.find(({ name }) => name === address.kind)
  if (definition === undefined) return []
  const found = Object.entries(definition.refs).flatMap(([role, kind]) => {
    const key = refs[role]
    return key === undefined ? [] : [reference(set, role, { kind, key }, planned)]
  })
  const desired = set.get(address.kind, address.key)
  const mentions = desired === undefined ? [] : (definition.mentions?.(desired) ?? [])
  for (const { candidates, kind, label } of mentions) {
    const meant = candidates.find((one) => set.get(one.kind, one.key) !== undefined)
    if (meant !== undefined) found.push(reference(set, kind, meant, planned))
    else {
      const unknown = { role: kind, address: `${kind}:${label}`, action: 'not in the plan', id: null }
      found.push({ ...unknown, why: 'neither the source nor the manifest declares it, so it must be in WorkOS' })
    }
  }
  return found
}

function reference(
  set: DesiredSet,
  role: string,
  { kind, key }: Address,
  planned: ReadonlySet<string>,
): ExplainedReference {
  const id = knownId(set, { kind, key }) ?? null
  const { type, why } = outcomeOf(set, { kind, key }, planned)
  const tell = type === 'blocked' || type === 'rejected' || type === 'not planned'
  const missing = type === 'not planned' ? `the source has no ${kind} with this key` : why
  const cause = type === 'blocked' ? causeOf(set, { kind, key }, planned) : undefined
  return { role, address: `${kind}:${key}`, action: type, id, why: tell ? (cause ?? missing) : null }
}

/** The first cause of a block: follows blocked references. */
export function causeOf(set: DesiredSet, address: Address, planned: ReadonlySet<string>): string | undefined {
  let at = address
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const outcome = outcomeOf(set, at, planned)
    if (outcome.type !== 'blocked' && outcome.type !== 'rejected') return undefined
    const next = outcome.code === 'dependency_blocked' ? blockedReference(set, at, planned) : undefined
    if (next === undefined)
      return at === address ? outcome.why : `${at.kind}:${at.key} is ${outcome.type}: ${outcome.why}`
    at = next
  }
  return undefined
}

function blockedReference(set: DesiredSet, { kind, key }: Address, planned: ReadonlySet<string>): Address | undefined {
  const desired = set.get(kind, key)
  if (desired === undefined) return undefined
  const refs = Object.entries(kindDefinition(kind).refs).map(([role, of]) => ({
    kind: of,
    key: desired.refs[role] ?? '',
  }))
  return refs.find((ref) => ['blocked', 'rejected'].includes(outcomeOf(set, ref, planned).type))
}

/**
 * What needs a resource: the memberships of a user, the groups of an organization. Includes
 * rejects.
 */
export function dependentsOf(
  set: DesiredSet,
  { kind, key }: Address,
  planned: ReadonlySet<string>,
): ExplainedDependents[] {
  return kindDefinitions.flatMap((definition) => {
    const roles = Object.entries(definition.refs).flatMap(([role, of]) => (of === kind ? [role] : []))
    if (roles.length === 0) return []
    const { count, keys } = referringTo(set.rundb, definition.name, roles, key, DEPENDENTS)
    if (count === 0) return []
    const shown = keys.map((dependent) => {
      const address = { kind: definition.name, key: dependent }
      const { type, why } = outcomeOf(set, address, planned)
      const tell = type === 'blocked' || type === 'rejected'
      return {
        address: `${address.kind}:${address.key}`,
        action: type,
        why: tell ? (causeOf(set, address, planned) ?? why) : null,
      }
    })
    return [{ kind: definition.name, plural: definition.plural, count, shown }]
  })
}

/** Placeholder for an ID that WorkOS has not assigned. Letters and digits survive in paths. */
const STANDIN = 'workosMigrateIdNotGivenYet'

/**
 * The requests of an action, made by the kind. Secrets are masked before the kind receives them. An
 * ID that does not exist yet is written as `(id of organization:acme)`.
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

/** The create request, and separate requests for fields that need one. */
function creating(definition: KindDefinition, desired: DesiredResource, refIds: RefIds, id: string): WriteRequest[] {
  const separate = separateOf(definition, desired)
  const create = definition.create(withoutSeparate(definition, desired), refIds)
  return Object.keys(separate).length === 0 ? [create] : [create, ...definition.update(id, separate, desired)]
}

/** IDs of references: from the state or an adoption, else placeholders. */
function refIdsOf(set: DesiredSet, { refs }: KindDefinition, desired: DesiredResource, names: IdNames): RefIds {
  const ids: RefIds = {}
  for (const [role, kind] of Object.entries(refs)) ids[role] = idOf(set, { kind, key: desired.refs[role] ?? '' }, names)
  return ids
}

function idOf(set: DesiredSet, address: Address, names: IdNames): string {
  return knownId(set, address) ?? coming(set, set.get(address.kind, address.key) ?? { ...address, refs: {} }, names)
}

/**
 * The ID that a resource will have. A role is known by its slug; a resource within an organization
 * also by the organization's ID.
 */
function coming(set: DesiredSet, resource: Pick<DesiredResource, 'kind' | 'key' | 'refs'>, names: IdNames): string {
  const { kind, key, refs } = resource
  if (kind === 'role') return key
  const own = names.of({ kind, key })
  if (kind !== 'group' && kind !== 'organization-role') return own
  const organization = refs.organization ?? ''
  const slug = key.slice(0, key.length - organization.length - 1)
  return joinedId(idOf(set, { kind: 'organization', key: organization }, names), kind === 'group' ? own : slug)
}

/** The WorkOS ID of a resource, if it has one or is about to adopt one. */
export function knownId(set: DesiredSet, address: Address): string | undefined {
  const action = plannedAction(set, address)
  if (action?.type === 'create') return undefined
  if (action !== undefined && 'id' in action) return action.id
  return knownOf(set.rundb, address)?.id
}

/** Names of IDs that WorkOS has not assigned yet. */
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

/** A masked secret in the form that the kind expects: a hash with its type. */
function maskedSecret(value: Json): Json {
  if (!isObject(value)) return secretWord(value, false)
  const hash = secretWord(value, true)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, name === 'type' ? member : hash]))
}
