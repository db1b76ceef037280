import type { RoleConfig } from '../config/manifest.ts'
import type { JsonObject } from '../json.ts'
import type { ValueProblem } from '../resources/kind.ts'
import { settle } from '../resources/values/check.ts'
import { mapRoleSlug, parseRoleNames } from '../resources/values/roles.ts'
import { optionalText } from '../resources/values/text.ts'
import type { SourceRecord } from '../sources/source.ts'
import { fieldsOf } from './evaluate.ts'
import { forEachItem, rejection } from './for-each-item.ts'
import { type Own, ownRef } from './own-refs.ts'
import type { MapResult } from './result.ts'
import type { CompiledRule } from './rule.ts'

const KIND = 'roleAssignment'

/**
 * The roles that a record gives: `role` to `user` (the record's own one unless it is mapped), in `organization` or, where
 * there is none, in the memberships of the same record.
 */
export async function mapAssignments(
  rule: CompiledRule,
  record: SourceRecord,
  own: Own,
  roles: RoleConfig,
  result: MapResult,
): Promise<void> {
  const reject = (problems: readonly ValueProblem[], key: string | null) => {
    result.rejects.push(rejection(record, KIND, key, problems, key === null ? {} : { user: key }))
  }
  await forEachItem(rule, record, reject, async (item) => {
    const fields = await fieldsOf(rule, item, record.data)
    const problems: ValueProblem[] = []
    const user = userOf(rule, fields, own, problems)
    const organization = settle('organization', optionalText(fields.organization), problems) ?? null
    const names = settle('role', parseRoleNames(fields.role), problems) ?? []
    if (names.length === 0 && problems.length === 0) {
      problems.push({
        code: 'no_role',
        field: 'role',
        message: 'no role is given',
        hint: 'leave the item out with when',
      })
    }
    const slugs = new Set<string>()
    const dropped: string[] = []
    for (const name of names) {
      const role = settle('role', mapRoleSlug(name, roles), problems)
      if (role?.kind === 'role') slugs.add(role.slug)
      if (role?.kind === 'drop') dropped.push(name)
    }
    if (problems.length > 0 || user === undefined) return reject(problems, user ?? null)
    const { seq, origin } = record
    for (const role of slugs) result.grants.push({ seq, user, organization, role, origin })
    for (const detail of dropped) result.notes.push({ seq, kind: KIND, key: user, code: 'role_dropped', detail })
  })
}

function userOf(rule: CompiledRule, fields: JsonObject, own: Own, problems: ValueProblem[]): string | undefined {
  if (!rule.fields.some(({ name }) => name === 'user')) {
    const found = ownRef('user', own.get('user'))
    if (found.ok) return found.key
    problems.push({ code: found.code, field: 'user', message: found.message, hint: found.hint })
    return undefined
  }
  const user = settle('user', optionalText(fields.user), problems)
  if (user === undefined && problems.length === 0) {
    problems.push({
      code: 'no_user',
      field: 'user',
      message: 'the role is given to no user',
      hint: "map the user's key, or leave the item out with when",
    })
  }
  return user
}
