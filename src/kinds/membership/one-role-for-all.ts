import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { FieldFilling, WarningContext } from '../kind.ts'

/** From so many memberships on, one role for all of them is worth a look. */
const SAME_ROLE = 10
/** The share of the memberships that have a role at all: ten administrators among a thousand members are no slip. */
const WITH_ROLE = 0.9
/** What everybody may well be. */
const ORDINARY: ReadonlySet<string> = new Set(['member', 'user', 'basic-member'])

/** A warning where nearly all memberships have a role, and all of these the same one. */
export function oneRoleForAll({
  loaded: { manifest, locate },
  partial,
  filling,
}: WarningContext & { filling: FieldFilling | undefined }): Problem[] {
  const roles = filling?.fields.find(({ field }) => field === 'roles')
  if (partial || filling === undefined || roles === undefined) return []
  if (roles.filled < SAME_ROLE || roles.distinct !== 1) return []
  const slugs = Array.isArray(roles.example) ? roles.example.map(String) : []
  if (slugs.length !== 1 || roles.filled < filling.resources * WITH_ROLE) return []
  const [slug = ''] = slugs
  if (ORDINARY.has(slug) || slug === manifest.roles.default) return []
  const path = manifest.map.membership?.roles !== undefined ? ['map', 'membership', 'roles'] : ['map', 'roleAssignment']
  const whom = roles.filled === filling.resources ? 'all' : `${figure(roles.filled)} of`
  return [
    {
      code: 'one_role_for_all',
      severity: 'warning',
      message: `${whom} ${figure(filling.resources)} memberships get the same role: ${slug}`,
      hint: 'if that is right, do nothing; else look at the column that says the role, and at roles.map',
      at: locate(path),
      path: path.join('.'),
    },
  ]
}
