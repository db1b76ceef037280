import type { Manifest } from '../config/manifest.ts'
import { counted } from '../diagnostics/printable.ts'
import type { CollisionRule } from './collisions.ts'
import { connection } from './connection/connection.ts'
import { connectionDraft } from './connection/connection-draft.ts'
import { NO_CONNECTIONS } from './connection/statements.ts'
import type { DraftDefinition } from './draft.ts'
import { group } from './group/group.ts'
import { groupMembership } from './group/group-membership.ts'
import { groupRole } from './group/group-role.ts'
import { invitation } from './invitation/invitation.ts'
import { invitationDraft } from './invitation/invitation-draft.ts'
import type { KindDefinition, SummaryParts } from './kind.ts'
import { membership } from './membership/membership.ts'
import { organization } from './organization/organization.ts'
import { permission } from './permission/permission.ts'
import { organizationRole } from './role/organization-role.ts'
import { role } from './role/role.ts'
import { roleDefinition } from './role/role-definition.ts'
import type { SelectorRule } from './scope.ts'
import { NO_PASSWORDS } from './user/passwords/counts.ts'
import { totpFactor } from './user/totp-factor.ts'
import { user } from './user/user.ts'
import type { Remarks, Remedies } from './wording.ts'

/**
 * Every kind, in two lists, and what is looked up in them. In: the definitions of the folders here,
 * and those that `registerKind` adds. Out: the lists, live for whoever holds them; definitions by
 * name and by rule; what the kinds say together, of collisions, of selectors and to people. Whoever
 * derives something of the lists does so when it is needed, not when its module is loaded.
 */

const drafts: DraftDefinition[] = [
  permission,
  organization,
  roleDefinition,
  user,
  membership,
  group,
  groupRole,
  groupMembership,
  connectionDraft,
  invitationDraft,
]

const kinds: KindDefinition[] = [
  permission,
  role,
  organization,
  organizationRole,
  user,
  totpFactor,
  membership,
  group,
  groupRole,
  groupMembership,
  connection,
  invitation,
]

/**
 * What records describe, in the order in which it is mapped and merged: what stands later may refer
 * to what stands before.
 */
export const draftDefinitions: readonly DraftDefinition[] = drafts

/**
 * Every kind of resource, in the order of dependencies: what stands later may refer to what stands
 * before. Until a user's second factor is enrolled the account opens without it, so nothing is
 * given to the user before. A group has its roles before its members, who then get them with the
 * answer: WorkOS gives a new role of a group to its members later.
 */
export const kindDefinitions: readonly KindDefinition[] = kinds

/** Whose collisions come first where one record has several: people, then what they belong to. */
const COLLIDE_FIRST: readonly DraftDefinition[] = [user, organization, group, permission, roleDefinition, membership]

/** What follows from both lists. */
interface Lookups {
  kinds: ReadonlyMap<string, KindDefinition>
  drafts: ReadonlyMap<string, DraftDefinition>
  rules: ReadonlyMap<string, DraftDefinition>
  plurals: ReadonlyMap<string, string>
  collisions: readonly CollisionRule[]
  selectors: readonly (SelectorRule & { kind: string })[]
  remarks: Remarks
  remedies: Remedies
}

let lookups = makeLookups()

function makeLookups(): Lookups {
  const definitions: readonly DraftDefinition[] = [...drafts, ...kinds]
  const colliding = new Set([...COLLIDE_FIRST, ...drafts])
  return {
    kinds: new Map(kinds.map((kind) => [kind.name, kind])),
    drafts: new Map(drafts.map((draft) => [draft.name, draft])),
    rules: new Map(drafts.flatMap((draft) => (draft.rule === undefined ? [] : [[draft.rule, draft]]))),
    plurals: new Map([
      ...definitions.map(({ name, plural }) => [name, plural] as const),
      ['roleAssignment', 'role assignments'],
    ]),
    collisions: [...colliding].flatMap(({ collisions = [] }) => collisions),
    selectors: kinds.flatMap(({ name, scope }) => (scope?.selectors ?? []).map((rule) => ({ ...rule, kind: name }))),
    remarks: Object.assign({}, ...definitions.map(({ remarks }) => remarks)),
    remedies: Object.assign({}, ...definitions.map(({ remedies }) => remedies)),
  }
}

/**
 * Adds a kind behind all others: what it refers to stands before it. It takes part in every run
 * from then on, as the others do. Worker threads have a registry of their own: a kind with a rule
 * has to be in the list above, so that they map it.
 * @returns what takes it out again
 * @throws RangeError if its name is taken, it has a rule, or it refers to what no kind is called
 */
export function registerKind(definition: KindDefinition): () => void {
  const { name, rule, refs } = definition
  if (lookups.kinds.has(name) || lookups.drafts.has(name)) throw new RangeError(`a kind is called ${name} already`)
  if (rule !== undefined) throw new RangeError(`${name} has a rule: the threads that map do not know it`)
  for (const kind of Object.values(refs)) kindDefinition(kind)
  drafts.push(definition)
  kinds.push(definition)
  lookups = makeLookups()
  return () => {
    drafts.splice(drafts.indexOf(definition), 1)
    kinds.splice(kinds.indexOf(definition), 1)
    lookups = makeLookups()
  }
}

/**
 * Kinds that this manifest plans: connections and invitations go into files unless it says
 * otherwise.
 */
export function plannedKinds({
  connections,
  invitations,
}: Pick<Manifest, 'connections' | 'invitations'>): readonly KindDefinition[] {
  const inFiles = [
    ...(connections.mode === 'api' ? [] : [connection.name]),
    ...(invitations.send ? [] : [invitation.name]),
  ]
  return kindDefinitions.filter(({ name }) => !inFiles.includes(name))
}

/**
 * The names of kinds that are not planned: connections and invitations that are handed over in
 * files.
 */
export function unplannedKinds(planned: readonly KindDefinition[]): string[] {
  return kindDefinitions.filter((definition) => !planned.includes(definition)).map(({ name }) => name)
}

/**
 * What is rejected of which kind where names of the source have collided. The order is that in
 * which the rejects of one record are listed.
 */
export function collisionRules(): readonly CollisionRule[] {
  return lookups.collisions
}

/** How what a run speaks of is chosen: every selector, with the kind that it chooses. */
export function selectorRules(): Lookups['selectors'] {
  return lookups.selectors
}

/**
 * The kind that the others describe or belong to. It merges by the manifest's rules for duplicates.
 */
export const PEOPLE = user.name

/** What kinds add to the summary of a plan, where none of them has anything. */
export const NO_SUMMARY: SummaryParts = { passwords: NO_PASSWORDS, handoff: NO_CONNECTIONS, invitations: 0 }

/** The definition of a kind. A name that is not registered is a defect of the caller. */
export function kindDefinition(name: string): KindDefinition {
  const found = lookups.kinds.get(name)
  if (found === undefined) throw new RangeError(`no kind is called ${name}`)
  return found
}

/**
 * The definition of what records describe. A name that is not registered is a defect of the caller.
 */
export function draftDefinition(name: string): DraftDefinition {
  const found = lookups.drafts.get(name)
  if (found === undefined) throw new RangeError(`no record describes ${name}`)
  return found
}

/**
 * What the rule of this name under `map` yields; undefined for `roleAssignment`, which yields no
 * resource of its own.
 */
export function draftOfRule(rule: string): DraftDefinition | undefined {
  return lookups.rules.get(rule)
}

/**
 * Whether resources are of this kind. Others are described by records alone, and made into
 * resources of other kinds.
 */
export function isResourceKind(name: string): boolean {
  return lookups.kinds.has(name)
}

/** What the remarks of all kinds mean. A code means the same whatever kind it is remarked on. */
export function kindRemarks(): Remarks {
  return lookups.remarks
}

/** What helps against the codes of all kinds. */
export function kindRemedies(): Remedies {
  return lookups.remedies
}

/** `1 TOTP factor`, `2 TOTP factors`, for the name of a kind. */
export function countedKind(count: number, kind: string): string {
  const plural = lookups.plurals.get(kind) ?? `${kind}s`
  return counted(count, plural.replace(/s$/, ''), plural)
}
