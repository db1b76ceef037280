import type { Manifest } from '../config/manifest.ts'
import type { Reason } from '../diagnostics/problem.ts'
import { canonicalJson } from '../json.ts'
import type { KindDefinition, NameMatch } from '../kinds/kind.ts'
import type { Attributes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { isEmpty } from './field-differences.ts'

/**
 * comparing/ holds the rules by which planning, applying, recovery and verifying decide alike. In:
 * values, of the source, of the state and of WorkOS, and what the caller has looked up. Out: which
 * thing in WorkOS it is and whose (this file), ids of references, what is to be sent, what differs.
 * No function here reads a table, sends a request or has an effect.
 */

/**
 * What something in WorkOS was recognised by. `name`: that of an organization, where the manifest
 * lets names count.
 */
export type MatchedBy = 'id' | 'external id' | 'natural identity' | 'name'

/**
 * Something that is in WorkOS where a desired resource is to be, and what this side knows of it.
 */
export interface Found {
  definition: KindDefinition
  /** What is to be there; after a create, what that create sent. */
  desired: DesiredResource
  live: LiveResource
  /** WorkOS ids of what it refers to, as far as these exist. */
  refIds: RefIds
  /** Key of another resource that it stands for already, by the state or by the plan. */
  claimant: string | undefined
  /** The state has it: under this key, or under one that the source no longer has. */
  known: boolean
  /**
   * A create of ours may have taken effect, and nothing was there before it. Undefined: none can
   * have. `holderCreated`: the state has created the user or the organization that the resource
   * hangs on.
   */
  openCreate: { holderCreated: boolean } | undefined
}

/**
 * What it is to the desired resource: what our own create made; what was there before, which may be
 * adopted and is never deleted; another one's; or one that the manifest does not let in.
 */
export type Identity =
  | { type: 'ours' }
  | { type: 'adoptable'; matchedBy: MatchedBy }
  | ({ type: 'clash' } & Reason)
  | ({ type: 'blocked' } & Reason)

/**
 * Decides whose it is. Planning, recovery and the look-up after a create without a plain answer
 * decide by this alone.
 */
export function identify(found: Found, adopt: Pick<Manifest['adopt'], 'mode' | 'unverified'>): Identity {
  const { definition, desired, live, refIds, claimant } = found
  const { name, plural } = definition
  if (claimant !== undefined) {
    const message = `${live.id} in WorkOS is ${name}:${claimant} already: two ${plural} of the source are one there`
    return { type: 'clash', code: 'identity_clash', message }
  }
  if (!sameIdentity(definition, desired, live, refIds)) {
    const message =
      live.naturalKey === null
        ? `${live.id} in WorkOS was found in its place and has another external id (${live.externalId}): it is another one`
        : `${live.id} in WorkOS has its external id and another identity (${live.naturalKey}): it may be somebody else`
    return { type: 'clash', code: 'external_id_clash', message }
  }
  const matchedBy = matchOf(found)
  if (found.known) return { type: 'adoptable', matchedBy }
  if (isOurs(found)) return { type: 'ours' }
  if (adopt.mode === 'never') {
    const message = `it exists in WorkOS (${live.id}, recognised by its ${matchedBy}) and adopt.mode is never`
    return { type: 'blocked', code: 'exists_already', message }
  }
  if (adopt.unverified === 'block' && matchedBy === 'natural identity' && isUnverified(definition, live)) {
    return { type: 'blocked', ...unverifiedAccount(definition, live) }
  }
  return { type: 'adoptable', matchedBy }
}

/**
 * Whether it bears what only our create can have written. The time of its creation proves nothing:
 * anybody may sign up between two of our requests, and two clocks differ. An external id does,
 * since planning saw that nothing had it. What has none of its own is ours by what it hangs on:
 * before our create that was not there either.
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

/**
 * Whether an account proves nothing of whose it is: whoever opened it never showed that the address
 * is theirs.
 */
export function isUnverified({ provenBy }: KindDefinition, live: LiveResource): boolean {
  return provenBy !== undefined && live.attributes[provenBy] !== true
}

function unverifiedAccount({ name }: KindDefinition, { id, naturalKey }: LiveResource): Reason {
  return {
    code: 'unverified_account',
    message: `WorkOS has an account with the address ${naturalKey} (${id}) that never verified it: somebody else may have opened it`,
    hint:
      'have the person verify the address, or delete the account in WorkOS; if you know that it is theirs, as where your own earlier apply ' +
      `made it: workos-migrate state import ${name}:KEY ${id}; adopt.unverified: allow lets all such accounts in`,
  }
}

/**
 * Whether a live resource that bears the external id of a desired one is the same thing. External
 * ids of two systems may collide: where the kind has a natural identity too (a user's e-mail), both
 * must agree before anything is adopted, or one person would be given another's memberships. A kind
 * without a natural identity is compared by its external id alone.
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

/** Whether both bear an external id, and not the same one. */
export function hasOtherExternalId({ attributes: { externalId } }: DesiredResource, live: LiveResource): boolean {
  return typeof externalId === 'string' && live.externalId !== null && externalId !== live.externalId
}

/**
 * Whether a resource holds to the letter what a create sent, and nothing yet of what follows in
 * requests of its own.
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
  /** Ids of those with one natural identity, where there are several. */
  namesakes(naturalKey: string): readonly string[]
  /** Asked where nothing else finds it. */
  byName(): NameMatch
}

/** `several`: more than one fits. `live` is the first of several with its natural identity. */
export type Recognition =
  | { type: 'none' }
  | { type: 'found'; live: LiveResource; matchedBy: MatchedBy }
  | ({ type: 'several'; live?: LiveResource } & Reason)

/**
 * Recognises what stands in WorkOS for a desired resource: by its id, its external id, its natural
 * identity, or its name. Planning and verifying recognise by this alone; whose it is then,
 * `identify` says.
 * @param refIds undefined where something that it refers to does not exist yet: then by its name
 *   alone
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

/** Whether a live resource bears the external id or the natural identity of a desired one. */
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
    message: `WorkOS holds several ${plural} of its name: ${ids.join(', ')}`,
    hint: `rename or delete all but one in WorkOS, or say which one it is: workos-migrate state import ${name}:<key> <id>`,
  }
}
