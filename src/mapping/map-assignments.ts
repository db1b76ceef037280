import type { RoleConfig } from '../config/manifest.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import type { ValueProblem } from '../resources/kind.ts'
import { settle } from '../resources/values/check.ts'
import { mapRoleSlug, parseRoleNames } from '../resources/values/roles.ts'
import { optionalText } from '../resources/values/text.ts'
import type { SourceRecord } from '../sources/source.ts'
import { concealed, concealing } from './conceal.ts'
import { type Condition, fieldsOf } from './evaluate.ts'
import { forEachItem, originOf, rejection } from './for-each-item.ts'
import { type Own, ownRef } from './own-refs.ts'
import type { Draft, MapResult } from './result.ts'
import type { CompiledRule } from './rule.ts'

const KIND = 'roleAssignment'

/**
 * The roles that a record gives: `role` to `user` (the record's own one unless it is mapped), in `organization` or, where
 * there is none, in the memberships of the same record. Roles whose memberships the record yields itself are put there at once; the others
 * wait in `grants` for the memberships of other records.
 * @param firstDraft where the record's own drafts begin in the result
 * @returns the condition by which there is no item
 */
export async function mapAssignments(
  rule: CompiledRule,
  record: SourceRecord,
  own: Own,
  roles: RoleConfig,
  result: MapResult,
  firstDraft: number,
): Promise<Condition | undefined> {
  const reject = (item: Json, problems: readonly ValueProblem[], key: string | null) => {
    const shown = concealed(problems, [], concealing(rule.secretNames, record.data, item))
    result.rejects.push(rejection(record, item, KIND, key, shown, key === null ? {} : { user: key }))
  }
  return forEachItem(rule, record, reject, async (item) => {
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
    if (problems.length > 0 || user === undefined) return reject(item, problems, user ?? null)
    const { seq } = record
    const origin = originOf(record, item)
    for (const role of slugs) {
      const drafts = membershipsOf(result.drafts, firstDraft, user, organization)
      if (drafts.length === 0) result.grants.push({ seq, user, organization, role, origin })
      else result.assigned += 1
      for (const draft of drafts) draft.attributes = withRole(draft.attributes, role)
    }
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

/** The record's own memberships of a user: in one organization, or (null) all of them. */
function membershipsOf(drafts: Draft[], first: number, user: string, organization: string | null): Draft[] {
  const own: Draft[] = []
  for (let index = first; index < drafts.length; index += 1) {
    const draft = drafts[index]
    if (draft?.kind !== 'membership' || draft.refs.user !== user) continue
    if (organization === null || draft.refs.organization === organization) own.push(draft)
  }
  return own
}

function withRole(attributes: string, role: string): string {
  const parsed: JsonObject = JSON.parse(attributes)
  const roles = Array.isArray(parsed.roles) ? parsed.roles : []
  return roles.includes(role) ? attributes : canonicalJson({ ...parsed, roles: [...roles, role] })
}
