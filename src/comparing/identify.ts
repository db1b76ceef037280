import type { Manifest } from '../config/manifest.ts'
import type { Reason } from '../diagnostics/problem.ts'
import { canonicalJson } from '../json.ts'
import type { KindDefinition, NameMatch } from '../kinds/kind.ts'
import type { Attributes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { isEmpty } from './field-differences.ts'

/**
 * comparing/ contains the rules that planning, applying, recovery and verifying share. They decide
 * on values of the source, the state and WorkOS, and on what the caller looked up: which resource
 * in WorkOS it is and whose (this file), IDs of references, what to send, what differs. No function
 * here reads a table, sends a request or has another effect.
 */

/**
 * How a resource in WorkOS was found. `name`: by the name of an organization, if the manifest
 * allows it.
 */
export type MatchedBy = 'id' | 'external id' | 'natural identity' | 'name'

/** A resource in WorkOS at the identity of a desired one. */
export interface Found {
  definition: KindDefinition
  /** The desired resource; after a create, what was sent. */
  desired: DesiredResource
  live: LiveResource
  /** WorkOS IDs of its references, as far as they exist. */
  refIds: RefIds
  /** Key of another resource that it already belongs to, by the state or the plan. */
  claimant: string | undefined
  /** The state has it: under this key, or under a key that left the source. */
  known: boolean
  /**
   * A create of ours might have taken effect, and nothing was there before. Undefined: none can
   * have. `holderCreated`: the state created the user or organization that the resource depends on.
   */
  openCreate: { holderCreated: boolean } | undefined
}

/**
 * The relation to the desired resource: created by us, there before (adopted and never deleted),
 * another one's, or excluded by the manifest.
 */
export type Identity =
  | { type: 'ours' }
  | { type: 'adoptable'; matchedBy: MatchedBy }
  | ({ type: 'clash' } & Reason)
  | ({ type: 'blocked' } & Reason)

/**
 * Decides whose it is. Planning, recovery and the lookup after an unclear create decide only by
 * this.
 */
export function identify(found: Found, adopt: Pick<Manifest['adopt'], 'mode' | 'unverified'>): Identity {
  const { definition, desired, live, refIds, claimant } = found
  const { name, plural } = definition
  if (claimant !== undefined) {
    const message = `${live.id} in WorkOS already belongs to ${name}:${claimant}: two ${plural} of the source would share it`
    return { type: 'clash', code: 'identity_clash', message }
  }
  if (!sameIdentity(definition, desired, live, refIds)) {
    const message =
      live.naturalKey === null
        ? `${live.id} in WorkOS has the same identity but another external ID (${live.externalId}): it is a different one`
        : `${live.id} in WorkOS has the same external ID but another identity (${live.naturalKey}): it might be someone else`
    return { type: 'clash', code: 'external_id_clash', message }
  }
  const matchedBy = matchOf(found)
  if (found.known) return { type: 'adoptable', matchedBy }
  if (isOurs(found)) return { type: 'ours' }
  if (adopt.mode === 'never') {
    const message = `it exists in WorkOS (${live.id}, found by its ${matchedBy}), and adopt.mode is never`
    return { type: 'blocked', code: 'exists_already', message }
  }
  if (adopt.unverified === 'block' && matchedBy === 'natural identity' && isUnverified(definition, live)) {
    return { type: 'blocked', ...unverifiedAccount(definition, live) }
  }
  return { type: 'adoptable', matchedBy }
}

/**
 * Whether only our create can have written it. The time of creation proves nothing: anybody can
 * sign up between two of our requests, and clocks differ. An external ID does, since planning saw
 * that nothing had it. A resource without one is ours if what it depends on did not exist before
 * our create either.
 */
function isOurs({ definition, desired, live, openCreate }: Found): boolean {
  if (openCreate === undefined) return false
  if (definition.fields.externalId !== undefined) {
    const { externalId } = desired.attributes
    return typeof externalId === 'string' && live.attributes.externalId === externalId
  }
  if (openCreate.holderCreated) return true
  return definition.provenByContent === true && bearsContent(definition, desired.attributes, live.attributes)
}

function matchOf({ definition, desired, live, refIds }: Found): MatchedBy {
  const { id, externalId } = desired.attributes
  if (typeof id === 'string' && id === live.id) return 'id'
  if (typeof externalId === 'string' && externalId === live.externalId) return 'external id'
  return live.naturalKey !== null && definition.naturalKey(desired, refIds) === live.naturalKey
    ? 'natural identity'
    : 'name'
}

/** Whether nothing proves whose account it is: its owner never verified the address. */
export function isUnverified({ provenBy }: KindDefinition, live: LiveResource): boolean {
  return provenBy !== undefined && live.attributes[provenBy] !== true
}

function unverifiedAccount({ name }: KindDefinition, { id, naturalKey }: LiveResource): Reason {
  return {
    code: 'unverified_account',
    message: `an account with the address ${naturalKey} (${id}) exists in WorkOS, but the address is not verified: someone else might have opened it`,
    hint:
      'have the user verify the address, or delete the account in WorkOS; if you know that the account is the right one, as after a lost state, ' +
      `use workos-migrate state import ${name}:KEY ${id}; adopt.unverified: allow accepts all such accounts`,
  }
}

/**
 * Whether a live resource with the same external ID is the same thing. External IDs of two systems
 * can collide: if the kind has a natural key too (a user's email address), both must agree, or one
 * user would get another's memberships. A kind without a natural key is compared by external ID
 * only.
 */
export function sameIdentity(
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
): boolean {
  const natural = definition.naturalKey(desired, refIds)
  if (natural !== null && live.naturalKey !== null) return natural === live.naturalKey
  return !hasOtherExternalId(desired, live)
}

/** Whether both have an external ID, and they differ. */
export function hasOtherExternalId({ attributes: { externalId } }: DesiredResource, live: LiveResource): boolean {
  return typeof externalId === 'string' && live.externalId !== null && externalId !== live.externalId
}

/**
 * Whether a resource has exactly what a create sent, and none of what separate requests send later.
 */
function bearsContent({ fields }: KindDefinition, sent: Attributes, live: Attributes): boolean {
  return Object.entries(fields).every(([field, { secret, compared, separate }]) => {
    if (secret || compared === false) return true
    const wanted = separate ? null : (sent[field] ?? null)
    const held = live[field] ?? null
    return isEmpty(wanted) ? isEmpty(held) : canonicalJson(wanted) === canonicalJson(held)
  })
}

/** The live resources of a kind that have been read. */
export interface LiveLookup {
  byId(id: string): LiveResource | undefined
  byExternalId(externalId: string): LiveResource | undefined
  /** The first of them. */
  byNaturalKey(naturalKey: string): LiveResource | undefined
  /** IDs of those with the same natural key, if there are several. */
  namesakes(naturalKey: string): readonly string[]
  /** Called if nothing else finds it. */
  byName(): NameMatch
}

/** `several`: more than one matches; `live` is the first with the same natural key. */
export type Recognition =
  | { type: 'none' }
  | { type: 'found'; live: LiveResource; matchedBy: MatchedBy }
  | ({ type: 'several'; live?: LiveResource } & Reason)

/**
 * Finds the live resource of a desired one by ID, external ID, natural key or name. Planning and
 * verifying find resources only by this; `identify` decides whose they are.
 * @param refIds undefined if a reference does not exist yet: then only the name counts
 */
export function recognise(
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds | undefined,
  lookup: LiveLookup,
): Recognition {
  const found = refIds && byIdentity(definition, desired, refIds, lookup)
  if (found === undefined) {
    const named = lookup.byName()
    if (named.type === 'found') return { type: 'found', live: named.live, matchedBy: 'name' }
    return named.type === 'none' ? named : { ...named, type: 'several' }
  }
  if (found.matchedBy !== 'natural identity') return { type: 'found', ...found }
  const namesakes = lookup.namesakes(found.live.naturalKey ?? '')
  if (namesakes.length === 0) return { type: 'found', ...found }
  return { type: 'several', live: found.live, ...ambiguous(definition, namesakes) }
}

/** Whether a live resource has the external ID or the natural key of a desired one. */
export function bearsIdentity(
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
): boolean {
  const { externalId } = desired.attributes
  if (typeof externalId === 'string' && externalId === live.externalId) return true
  const natural = definition.naturalKey(desired, refIds)
  return natural !== null && natural === live.naturalKey
}

function byIdentity(
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds,
  lookup: LiveLookup,
): { live: LiveResource; matchedBy: MatchedBy } | undefined {
  const { id, externalId } = desired.attributes
  if (typeof id === 'string') {
    const live = lookup.byId(id)
    return live && { live, matchedBy: 'id' }
  }
  if (typeof externalId === 'string') {
    const live = lookup.byExternalId(externalId)
    if (live) return { live, matchedBy: 'external id' }
  }
  const natural = definition.naturalKey(desired, refIds)
  const live = natural === null ? undefined : lookup.byNaturalKey(natural)
  return live && { live, matchedBy: 'natural identity' }
}

function ambiguous({ name, plural }: KindDefinition, ids: readonly string[]): Reason {
  return {
    code: 'ambiguous_identity',
    message: `WorkOS has several ${plural} with its name: ${ids.join(', ')}`,
    hint: `rename or delete all but one in WorkOS, or choose one: workos-migrate state import ${name}:<key> <id>`,
  }
}
