import type { Manifest } from '../config/manifest.ts'
import { counted } from '../diagnostics/counted.ts'
import type { CollisionRule } from './collisions.ts'
import { connectionDraft } from './connection/connection.ts'
import { NONE } from './connection/connection-counts.ts'
import { connection } from './connection/connection-kind.ts'
import type { DraftDefinition } from './draft.ts'
import { group } from './group/group.ts'
import { groupMembership } from './group/group-membership.ts'
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

/** What records describe, in the order in which it is mapped and merged: what stands later may refer to what stands before. */
export const draftDefinitions: readonly DraftDefinition[] = [
  permission,
  organization,
  roleDefinition,
  user,
  membership,
  group,
  groupMembership,
  connectionDraft,
]

/**
 * Every kind of resource, in the order of dependencies: what stands later may refer to what stands before. Until a user's second factor
 * is enrolled the account opens without it, so nothing is given to the user before.
 */
export const kindDefinitions: readonly KindDefinition[] = [
  permission,
  role,
  organization,
  organizationRole,
  user,
  totpFactor,
  membership,
  group,
  groupMembership,
  connection,
]

/** Kinds that this manifest plans: connections go into files unless it says otherwise. */
export function plannedKinds({ connections }: Pick<Manifest, 'connections'>): readonly KindDefinition[] {
  return kindDefinitions.filter(({ name }) => name !== connection.name || connections.mode === 'api')
}

const draftsByName: ReadonlyMap<string, DraftDefinition> = new Map(draftDefinitions.map((draft) => [draft.name, draft]))

const draftsByRule: ReadonlyMap<string, DraftDefinition> = new Map(
  draftDefinitions.flatMap((draft) => (draft.rule === undefined ? [] : [[draft.rule, draft]])),
)

const byName: ReadonlyMap<string, KindDefinition> = new Map(kindDefinitions.map((kind) => [kind.name, kind]))

/**
 * What is rejected of which kind where names of the source have collided. The order is that in which the rejects of one record are listed:
 * people first, then what they belong to.
 */
export const collisionRules: readonly CollisionRule[] = [
  user,
  organization,
  group,
  permission,
  roleDefinition,
  membership,
].flatMap(({ collisions = [] }) => collisions)

/** How what a run speaks of is chosen: every selector, with the kind that it chooses. */
export const selectorRules: readonly (SelectorRule & { kind: string })[] = kindDefinitions.flatMap(({ name, scope }) =>
  (scope?.selectors ?? []).map((rule) => ({ ...rule, kind: name })),
)

/** The kind of whom the others tell something: it merges by what the manifest says of duplicates. */
export const PEOPLE = user.name

/** What kinds add to the summary of a plan, where none of them has anything. */
export const NO_SUMMARY: SummaryParts = { passwords: NO_PASSWORDS, handoff: NONE }

/** The definition of a kind. A name that is not registered is a defect of the caller. */
export function kindDefinition(name: string): KindDefinition {
  const found = byName.get(name)
  if (found === undefined) throw new RangeError(`no kind is called ${name}`)
  return found
}

/** The definition of what records describe. A name that is not registered is a defect of the caller. */
export function draftDefinition(name: string): DraftDefinition {
  const found = draftsByName.get(name)
  if (found === undefined) throw new RangeError(`no record describes ${name}`)
  return found
}

/** What the rule of this name under `map` yields; undefined for `roleAssignment`, which yields no resource of its own. */
export function draftOfRule(rule: string): DraftDefinition | undefined {
  return draftsByRule.get(rule)
}

/** Whether resources are of this kind. Others are described by records alone, and made into resources of other kinds. */
export function isResourceKind(name: string): boolean {
  return byName.has(name)
}

const definitions: readonly DraftDefinition[] = [...draftDefinitions, ...kindDefinitions]

/** What the remarks of all kinds mean. A code means the same whatever kind it is remarked on. */
export const kindRemarks: Remarks = Object.assign({}, ...definitions.map(({ remarks }) => remarks))

/** What helps against the codes of all kinds. */
export const kindRemedies: Remedies = Object.assign({}, ...definitions.map(({ remedies }) => remedies))

const plurals: ReadonlyMap<string, string> = new Map([
  ...definitions.map(({ name, plural }) => [name, plural] as const),
  ['roleAssignment', 'role assignments'],
])

/** `1 TOTP factor`, `2 TOTP factors`, for the name of a kind. */
export function countedKind(count: number, kind: string): string {
  const plural = plurals.get(kind) ?? `${kind}s`
  return counted(count, plural.replace(/s$/, ''), plural)
}
