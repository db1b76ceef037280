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
 * All kinds: those of the folders here and those that `registerKind` adds, with lookups by name and
 * by rule, and what they say together (collisions, selectors, texts). The lists change as kinds are
 * added: derive values from them when needed, not when a module loads.
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
 * What records describe, in the order of mapping and merging: a kind can refer only to earlier
 * ones.
 */
export const draftDefinitions: readonly DraftDefinition[] = drafts

/**
 * All kinds of resources, in order of dependency: a kind can refer only to earlier ones. TOTP
 * factors come directly after users: without its factor an account must not have access to
 * anything. Roles of groups come before members: WorkOS assigns a new role of a group to existing
 * members later, but to new members at once.
 */
export const kindDefinitions: readonly KindDefinition[] = kinds

/** Whose collisions are listed first if a record has several: users, then what they belong to. */
const COLLIDE_FIRST: readonly DraftDefinition[] = [user, organization, group, permission, roleDefinition, membership]

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
 * Adds a kind after all others, for every run from then on. Worker threads have separate
 * registries: a kind with a rule must be in the list above, so that they can map it.
 * @returns a function that removes it
 * @throws RangeError if its name is taken, it has a rule, or it refers to an unknown kind
 */
export function registerKind(definition: KindDefinition): () => void {
  const { name, rule, refs } = definition
  if (lookups.kinds.has(name) || lookups.drafts.has(name)) throw new RangeError(`a kind named ${name} already exists`)
  if (rule !== undefined) throw new RangeError(`${name} has a rule: the mapping threads do not have this kind`)
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

/** Kinds that this manifest plans: by default, connections and invitations go into files. */
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

/** Names of kinds that are not planned: connections and invitations that go into files. */
export function unplannedKinds(planned: readonly KindDefinition[]): string[] {
  return kindDefinitions.filter((definition) => !planned.includes(definition)).map(({ name }) => name)
}

/** What to reject when names collide, in the order in which the rejects of a record are listed. */
export function collisionRules(): readonly CollisionRule[] {
  return lookups.collisions
}

/** All selectors of a scope, with the kinds that they choose. */
export function selectorRules(): Lookups['selectors'] {
  return lookups.selectors
}

/**
 * The kind that other kinds describe or belong to. It merges by the manifest's rules for
 * duplicates.
 */
export const PEOPLE = user.name

/** The summary parts of a plan without any of these. */
export const NO_SUMMARY: SummaryParts = { passwords: NO_PASSWORDS, handoff: NO_CONNECTIONS, invitations: 0 }

/** @throws RangeError for an unknown name, a defect of the caller */
export function kindDefinition(name: string): KindDefinition {
  const found = lookups.kinds.get(name)
  if (found === undefined) throw new RangeError(`there is no kind ${name}`)
  return found
}

/** @throws RangeError for an unknown name, a defect of the caller */
export function draftDefinition(name: string): DraftDefinition {
  const found = lookups.drafts.get(name)
  if (found === undefined) throw new RangeError(`no record describes ${name}`)
  return found
}

/**
 * What the rule of this name under `map` returns. Undefined: `roleAssignment`, which is not a
 * resource.
 */
export function draftOfRule(rule: string): DraftDefinition | undefined {
  return lookups.rules.get(rule)
}

/**
 * Whether resources have this kind. Other kinds exist only in records and become resources of
 * another kind.
 */
export function isResourceKind(name: string): boolean {
  return lookups.kinds.has(name)
}

/** The texts of remarks of all kinds. A code means the same for every kind. */
export function kindRemarks(): Remarks {
  return lookups.remarks
}

export function kindRemedies(): Remedies {
  return lookups.remedies
}

/** `1 TOTP factor`, `2 TOTP factors`, for the name of a kind. */
export function countedKind(count: number, kind: string): string {
  const plural = lookups.plurals.get(kind) ?? `${kind}s`
  return counted(count, plural.replace(/s$/, ''), plural)
}
