import { comparedFields } from '../comparing/field-differences.ts'
import { hasOtherExternalId, sameIdentity } from '../comparing/identify.ts'
import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { GuardError, UsageError } from '../diagnostics/errors.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import { address } from '../planning/action.ts'
import type { Attributes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { canonicalOf } from '../rundb/merges.ts'
import type { Address, StateStore } from '../state/store.ts'
import { type Api, ApiRefusal } from '../workos/api.ts'
import { adopt } from './adopt.ts'
import { createContext } from './apply-context.ts'
import { knownIds } from './references.ts'

export interface ImportOptions {
  state: StateStore
  api: Api
  /** Undefined: the source cannot be read. */
  set: Pick<DesiredSet, 'get' | 'rundb'> | undefined
  /** Import it even if it is not in the source or has a different email address or external ID. */
  force: boolean
}

/** An object in WorkOS to import as a resource. */
export interface Import {
  /** The resource as the state will store it. */
  adopted: DesiredResource
  /** The resource in the source; undefined if it is not there. */
  desired: DesiredResource | undefined
  live: LiveResource
}

/**
 * Checks that an object in WorkOS can be imported as a resource: it exists, is of that kind, has
 * the same references, and belongs to no other resource. Changes nothing.
 * @throws UsageError, GuardError
 */
export async function checkImport(
  { state, api, set, force }: ImportOptions,
  { kind, key }: Address,
  id: string,
): Promise<Import> {
  const name = `${kind}:${key}`
  const definition = kindDefinition(kind)
  await checkFree(state, { kind, key }, id)
  const live = await readLive(api, definition, id)
  const desired = set?.get(kind, key)
  if (set && desired === undefined && !force) throw notDesired(set, { kind, key })
  const refs = desired?.refs ?? (await refsOfKey(state, definition, key, live))
  const refIds = await resolve(state, definition, { kind, key, refs })
  const wanted = desired ?? { kind, key, attributes: live.attributes, secrets: null, refs }
  if (isOther(definition, wanted, live, refIds)) {
    const mayForce = definition.fields.externalId !== undefined
    if (!force || !mayForce)
      throw otherIdentity(name, wanted, live, mayForce, sameIdentity(definition, wanted, live, refIds))
  }
  return { adopted: desired ?? { ...wanted, attributes: held(definition, live) }, desired, live }
}

/** Adopts a checked object. Sends nothing. */
export async function importResource(
  {
    state,
    api,
    manifest,
    run,
  }: { state: StateStore; api: Api; manifest: Pick<Manifest, 'adopt' | 'roles'>; run: number },
  { adopted, live: { id } }: Import,
): Promise<void> {
  const { kind, key } = adopted
  const context = createContext({ set: { get: () => adopted }, state, api, manifest, run })
  await adopt(context, kindDefinition(kind), { kind, key, id, send: {} }, adopted)
}

async function checkFree(state: StateStore, { kind, key }: Address, id: string): Promise<void> {
  const known = await state.idOf(kind, key)
  if (known !== undefined) {
    throw new GuardError({
      code: 'address_taken',
      message: `${kind}:${key} is already ${known} in the state`,
      hint:
        known === id
          ? 'do nothing: it is already imported'
          : `remove it from the state first: workos-migrate state rm ${kind}:${key}`,
    })
  }
  const claimant = await state.keyOf(kind, id)
  if (claimant === undefined) return
  throw new GuardError({
    code: 'id_claimed',
    message: `${id} already belongs to ${kind}:${claimant}`,
    hint: `merge both records with dedupe, or remove ${kind}:${claimant} from the state; an object in WorkOS can have only one key`,
  })
}

async function readLive(api: Api, definition: KindDefinition, id: string): Promise<LiveResource> {
  let live: LiveResource | undefined
  try {
    live = await definition.get(api, id)
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
  }
  if (live) return live
  throw new UsageError({
    code: 'not_in_workos',
    message: `WorkOS has no ${definition.name} ${id}`,
    hint: `check that the ID belongs to a ${definition.name}, and that the API key belongs to the right environment`,
  })
}

/** Without the source: the references that belong to the key, if the state has them. */
async function refsOfKey(
  state: StateStore,
  definition: KindDefinition,
  key: string,
  live: LiveResource,
): Promise<Record<string, string>> {
  const { name, keyFromRefs, keyRefs, naturalKey } = definition
  const [only, ...others] = Object.keys(definition.refs)
  if (keyFromRefs !== undefined && only !== undefined && others.length === 0) return { [only]: key }
  if (keyRefs === undefined) return {}
  const [before, after] = keyRefs
  for (let at = key.indexOf('@'); at >= 0; at = key.indexOf('@', at + 1)) {
    const parts = { ...(before === null ? {} : { [before]: key.slice(0, at) }), [after]: key.slice(at + 1) }
    const refs = await withReferencesOf(state, definition, parts)
    const ids: RefIds = {}
    for (const [role, kind] of Object.entries(definition.refs))
      ids[role] = (await state.idOf(kind, refs[role] ?? '')) ?? ''
    const wanted = { kind: name, key, attributes: live.attributes, secrets: null, refs }
    if (naturalKey(wanted, ids) === live.naturalKey) return refs
  }
  throw new GuardError({
    code: 'other_references',
    message: `the state does not show that ${live.id} is ${name}:${key}`,
    hint: `import the resources it refers to first; in WorkOS it belongs to ${live.naturalKey}`,
  })
}

/**
 * The references in a key, and those that follow from them: a group member is in the group's
 * organization.
 */
async function withReferencesOf(
  state: StateStore,
  definition: KindDefinition,
  parts: Record<string, string>,
): Promise<Record<string, string>> {
  const refs = { ...parts }
  for (const [role, key] of Object.entries(parts)) {
    const further = (await state.get(definition.refs[role] ?? '', key))?.refs ?? {}
    for (const [name, value] of Object.entries(further)) if (name in definition.refs) refs[name] ??= value
  }
  return definition.derivedRefs?.(refs) ?? refs
}

async function resolve(
  state: StateStore,
  definition: KindDefinition,
  desired: Pick<DesiredResource, 'kind' | 'key' | 'refs'>,
): Promise<RefIds> {
  const { ids, missing } = await knownIds(state, definition, desired)
  if (missing === undefined) return ids
  const reference = address(missing)
  throw new GuardError({
    code: 'reference_unknown',
    message: `${address(desired)} refers to ${reference}, which is not in the state`,
    hint: `import it first: workos-migrate state import ${reference} <id>`,
  })
}

/** Whether the email address, references, slug or external ID differ. */
function isOther(definition: KindDefinition, wanted: DesiredResource, live: LiveResource, refIds: RefIds): boolean {
  return !sameIdentity(definition, wanted, live, refIds) || hasOtherExternalId(wanted, live)
}

function otherIdentity(
  name: string,
  wanted: DesiredResource,
  live: LiveResource,
  mayForce: boolean,
  byExternalId: boolean,
): GuardError {
  const has =
    byExternalId || live.naturalKey === null ? `the one with the external ID ${live.externalId}` : live.naturalKey
  return new GuardError({
    code: 'other_identity',
    message: `${live.id} is not ${name}; in WorkOS it is ${has}`,
    hint: mayForce
      ? 'add --force if they are the same user; the next apply then adds the memberships of the source'
      : `find the one that belongs to ${Object.values(wanted.refs).join(' and ') || name}`,
  })
}

function notDesired({ rundb }: Pick<DesiredSet, 'rundb'>, { kind, key }: Address): UsageError {
  const canonical = canonicalOf(rundb, kind, key)
  return new UsageError({
    code: 'not_desired',
    message: `the source has no ${kind}:${key}`,
    hint: canonical
      ? `import ${kind}:${canonical}, into which it was merged`
      : 'check the address with plan --full; add --force to import something that is no longer in the source',
  })
}

function held(definition: KindDefinition, live: LiveResource): Attributes {
  const attributes: Attributes = {}
  for (const [field] of comparedFields(definition)) {
    const value = live.attributes[field]
    if (value !== undefined && value !== null) attributes[field] = value
  }
  return attributes
}
