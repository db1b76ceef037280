import { TargetError } from '../../diagnostics/errors.ts'
import type { Attributes } from '../../resource.ts'
import { type Api, ApiRefusal } from '../../workos/api.ts'
import { group } from '../group/group.ts'
import { ownRoles, rankedRoles, rolesOfGroup, whereEnabled } from '../group/group-roles.ts'
import type { GivenRole } from '../kind.ts'
import { pages } from '../wire.ts'

/**
 * What an answer tells of a membership without the roles that groups give it: they are no difference to what was sent. Groups are asked
 * only where the answer has a role that was not sent. Where they cannot be read, every role counts as the membership's own.
 */
export async function withoutRolesOfGroups(
  api: Api,
  id: string,
  sent: Attributes,
  answered: Attributes,
): Promise<Attributes> {
  const [wanted, held] = [sent.roles, answered.roles]
  if (!Array.isArray(wanted) || !Array.isArray(held)) return answered
  if (held.every((role) => wanted.includes(role))) return answered
  const given: GivenRole[] = []
  await whereReadable(async () => {
    const path = `/user_management/organization_memberships/${encodeURIComponent(id)}/groups`
    for await (const page of pages(api, path, {}, (body) => group.parse(body, {}), true)) {
      for (const { id: groupId, attributes } of page) {
        const roles = await rolesOfGroup(api, groupId)
        if (roles.length === 0) continue
        const ranked = held.length === 1 ? await rankedRoles(api, groupId.split('/')[0] ?? '') : []
        for (const role of roles) {
          const rank = ranked.indexOf(role)
          const hides = rank < 0 ? [] : ranked.slice(rank + 1)
          given.push({ role, group: String(attributes.name), groupId, hides })
        }
      }
    }
  })
  return ownRoles(answered, sent, given, true).attributes
}

/** The write has taken effect: what fails about groups is no refusal of it. */
async function whereReadable(work: () => Promise<void>): Promise<void> {
  try {
    await whereEnabled(work)
  } catch (error) {
    const notWorkos = error instanceof TargetError && error.problems.some(({ code }) => code === 'not_workos')
    if (!notWorkos && !(error instanceof ApiRefusal)) throw error
  }
}
