import type { DesiredResource, KindDefinition } from '../resources/kind.ts'
import { kindDefinition, kindDefinitions } from '../resources/registry.ts'
import type { DeleteAction, Spared } from './action.ts'
import { insertSpared, type Leaver, leavers } from './deletion-tables.ts'
import { findLive, insertAction, insertLive } from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'
import { compareKnown } from './three-way.ts'

export interface DeletionRules {
  /** Kinds of which what left the source is deleted. */
  kinds: readonly string[]
  /** Kinds that are never deleted. */
  protect: readonly string[]
  /** Leave out what has been used or changed in WorkOS since it was created; undefined: do not look. */
  spare?: { signedIn: boolean; changed: boolean }
}

/**
 * Plans the deletion of what the state holds and the desired set does not. Only what this state created is ever deleted.
 * Users come first; their memberships go with them, without requests of their own. An organization goes only when nobody is
 * left in it whom this state did not put there. All else comes last: it goes with what it refers to, or by itself.
 */
export async function planDeletions(context: PlanningContext, rules: DeletionRules): Promise<void> {
  const { staging } = context.set
  staging.transaction(() => {
    for (const user of leavers(staging, 'user')) decide(context, rules, user)
    for (const membership of leavers(staging, 'membership')) decideDependent(context, rules, membership)
  })
  const inhabited = await organizationsWithOthers(context, rules)
  staging.transaction(() => {
    for (const organization of leavers(staging, 'organization')) {
      if (
        inhabited.has(organization.id) &&
        rules.kinds.includes('organization') &&
        organization.ownership === 'created'
      ) {
        spare(context, organization, 'has_others', 'it has members whom this state does not remove')
      } else decide(context, rules, organization)
    }
    for (const membership of leavers(staging, 'membership')) takeAlong(context, membership, 'organization')
    for (const { name, refs } of kindDefinitions) {
      if (DECIDED.has(name)) continue
      for (const leaver of leavers(staging, name)) {
        if (Object.keys(refs).length > 0) decideDependent(context, rules, leaver)
        else decide(context, rules, leaver)
      }
    }
  })
}

/** Kinds that are looked at before all others. */
const DECIDED: ReadonlySet<string> = new Set(['user', 'membership', 'organization'])

function decide(context: PlanningContext, rules: DeletionRules, leaver: Leaver): void {
  const { kind } = leaver
  if (!rules.kinds.includes(kind)) return
  const reason = reasonToSpare(context, rules, kindDefinition(kind), leaver)
  if (reason) spare(context, leaver, ...reason)
  else remove(context, leaver)
}

/** Goes with what it refers to; stays with a user who stays, for a user is left as a whole or not at all. */
function decideDependent(context: PlanningContext, rules: DeletionRules, leaver: Leaver): void {
  const { kind, refs, ownership } = leaver
  const definition = kindDefinition(kind)
  if (Object.keys(definition.refs).some((role) => takeAlong(context, leaver, role))) return
  const spared = context.set.staging
    .statement("SELECT code FROM spared WHERE kind = 'user' AND key = ?")
    .get(refs.user ?? '')
  const userStays = spared !== undefined && !(definition.undoneAlone && spared.code === 'adopted')
  if (userStays && rules.kinds.includes(kind) && ownership === 'created') {
    spare(context, leaver, 'depends', `its user user:${refs.user} stays`)
  } else decide(context, rules, leaver)
}

/** Everything ends with what it refers to: a membership with its user or its organization. */
function takeAlong(context: PlanningContext, leaver: Leaver, role: string): boolean {
  const kind = kindDefinition(leaver.kind).refs[role] ?? ''
  const key = leaver.refs[role] ?? ''
  const gone = context.set.staging
    .statement("SELECT 1 FROM actions WHERE kind = ? AND key = ? AND type = 'delete'")
    .get(kind, key)
  if (gone === undefined) return false
  remove(context, leaver, { kind, key })
  return true
}

function reasonToSpare(
  { set }: PlanningContext,
  { protect, spare: sparing }: DeletionRules,
  definition: KindDefinition,
  leaver: Leaver,
): [Spared['code'], string] | undefined {
  if (leaver.ownership === 'adopted') return ['adopted', 'it was in WorkOS before, and was adopted']
  if (protect.includes(leaver.kind)) return ['protected', 'safety.protect names its kind']
  if (definition.remove(leaver.id) === undefined) {
    const what = definition.name === 'role' ? 'environment roles' : definition.plural
    return ['no_deletion', `WorkOS offers no deletion of ${what}`]
  }
  if (sparing === undefined) return undefined
  const live = findLive(set.staging, leaver.kind, 'id', leaver.id)
  if (live === undefined) return undefined
  if (sparing.signedIn && typeof live.attributes.lastSignInAt === 'string') {
    return ['signed_in', `the user has signed in since (${live.attributes.lastSignInAt})`]
  }
  const changed = compareKnown(definition, leaver.attributes, leaver.attributes, live.attributes).kept
  if (!sparing.changed || changed.length === 0) return undefined
  return ['changed_since', `it was changed in WorkOS since: ${changed.map(({ field }) => field).join(', ')}`]
}

/** Organizations about to be deleted that have a member who is not about to leave. */
async function organizationsWithOthers(context: PlanningContext, rules: DeletionRules): Promise<ReadonlySet<string>> {
  const { set, api } = context
  const inhabited = new Set<string>()
  if (!rules.kinds.includes('organization')) return inhabited
  const ids: string[] = []
  for (const { id, ownership } of leavers(set.staging, 'organization')) if (ownership === 'created') ids.push(id)
  for await (const page of kindDefinition('membership').list(api, ids)) {
    insertLive(set.staging, 'membership', page)
    for (const { id, natural } of page) {
      const leaves = set.staging
        .statement(
          `SELECT 1 FROM known k WHERE k.kind = 'membership' AND k.id = ?1
             AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
             AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type = 'adopt')
             AND NOT EXISTS (SELECT 1 FROM spared s WHERE s.kind = k.kind AND s.key = k.key)`,
        )
        .get(id)
      const organization = natural?.split('@')[1]
      if (leaves === undefined && organization !== undefined) inhabited.add(organization)
    }
  }
  return inhabited
}

function remove(context: PlanningContext, { kind, key, id, ...rest }: Leaver, holder?: DeleteAction['with']): void {
  const resource: DesiredResource = { kind, key, attributes: rest.attributes, secrets: null, refs: rest.refs }
  const label = kindDefinition(kind).label(resource)
  insertAction(context.set.staging, { type: 'delete', kind, key, label, id, ...(holder ? { with: holder } : {}) })
}

function spare(context: PlanningContext, { kind, key }: Leaver, code: Spared['code'], message: string): void {
  insertSpared(context.set.staging, { kind, key, code, message })
}
