import type { RoleConfig } from '../config/manifest.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import { membership } from '../kinds/membership/membership.ts'
import { mapRoleSlug, parseRoleNames, rolesIn } from '../kinds/role/roles.ts'
import { isEmpty, optionalText, take } from '../kinds/values/check.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import type { Draft } from '../rundb/drafts.ts'
import type { CompiledRule } from './compile.ts'
import { concealed, concealing } from './conceal.ts'
import { noteNames } from './derived-names.ts'
import { confusableSources, type Folding, fieldsOf, foldingOf, originOf, rejection } from './evaluate.ts'
import { type ImplicitRef, implicitRef } from './implicit-refs.ts'
import { Recent } from './recent.ts'
import { unmappedRoles } from './result.ts'
import type { RuleMapper, Work } from './rule-mapper.ts'
import { addressFor, tellingFields } from './telling-fields.ts'

const KIND = 'roleAssignment'

/**
 * Maps the items of the rule for role assignments: `role` to `user` (by default the record's own),
 * in `organization`, or in the memberships of the same record, or in all memberships of the user if
 * the record has neither. Roles for memberships of the record are assigned at once; the others wait
 * in `grants` for other records.
 */
export class AssignmentMapper implements RuleMapper {
  readonly rule: CompiledRule
  readonly #work: Work
  /** Whether the rule names the user. */
  readonly #namesUser: boolean
  readonly #folding: readonly Folding[]

  constructor(rule: CompiledRule, work: Work) {
    this.rule = rule
    this.#work = work
    this.#namesUser = rule.fields.some(({ name }) => name === 'user')
    this.#folding = foldingOf(rule)
  }

  map(item: Json): void {
    const { record, mapping, own, result, firstDraft } = this.#work
    const { roles } = mapping.settings
    const fields = fieldsOf(this.rule, item, this.#work)
    const { seq, stream } = record
    const origin = originOf(record, item)
    const ownUser = this.#namesUser ? undefined : implicitRef('user', own.get('user'))
    if (ownUser !== undefined && 'leftOutBy' in ownUser) {
      const { key, leftOutBy: path } = ownUser
      const refs: Record<string, string> = key === undefined ? {} : { user: key }
      result.leftOutItems.push({ kind: KIND, key: key ?? null, path, refs, origin })
      return
    }
    if (this.rule.derives) noteNames(KIND, this.rule, fields, { result, roles, stream, seq, origin })
    const problems: ValueProblem[] = confusableSources(this.#folding, item, record.data)
    const user = ownUser === undefined ? userOf(fields, problems) : takeRef(ownUser, problems)
    const email = isEmpty(fields.email) ? undefined : take('email', normaliseEmail(fields.email), problems)
    const organization = take('organization', optionalText(fields.organization), problems) ?? null
    const names = take('role', parseRoleNames(fields.role), problems) ?? []
    if (names.length === 0 && problems.length === 0) {
      problems.push({
        code: 'no_role',
        field: 'role',
        message: 'the role is empty',
        hint: 'map a role, or skip the item with map.roleAssignment.when',
      })
    }
    const isOwn = own.has('user') || result.drafts.length > firstDraft
    if (organization === null && !isOwn && user !== undefined && problems.length === 0) {
      const dropped = roles.organizations === undefined ? meanings(names, roles, problems)(null).dropped : []
      if (problems.length > 0) {
        this.#reject(item, problems, user)
        return
      }
      for (const detail of dropped) result.notes.push({ seq, kind: KIND, key: user, code: 'role_dropped', detail })
      for (const role of new Set(names)) {
        if (!dropped.includes(role)) result.grants.push({ seq, user, email, organization, scope: 'user', role, origin })
      }
      return
    }
    const places = user === undefined ? [] : placesOf(result.drafts, firstDraft, user, organization, roles)
    const meaning = meanings(names, roles, problems)
    const meant = places.map((place) => ({ ...place, ...meaning(place.organization) }))
    if (problems.length > 0 || user === undefined) {
      this.#reject(item, problems, user ?? null)
      return
    }
    const assigned = new Set<string>()
    for (const { organization, draft, slugs, dropped } of meant) {
      for (const role of slugs) {
        if (draft === undefined)
          result.grants.push({
            seq,
            user,
            email,
            organization,
            scope: organization === null ? 'record' : 'organization',
            role,
            origin,
          })
        else {
          draft.attributes = withRole(draft.attributes, role)
          assigned.add(role)
        }
      }
      const bearer = draft?.key ?? (organization && membership.keyFromRefs?.({ user, organization }))
      const remarked = bearer ? { kind: membership.name, key: bearer } : { kind: KIND, key: user }
      for (const detail of dropped) result.notes.push({ seq, ...remarked, code: 'role_dropped', detail })
    }
    result.assigned += assigned.size
  }

  /** A role left out needs no trace: the record reports everything else. */
  leaveOut(): void {}

  reject(item: Json, problems: readonly ValueProblem[], isItem: boolean): void {
    if (!isItem) {
      this.#reject(item, problems, null)
      return
    }
    const { fields } = tellingFields(this.rule, item, problems[0]?.field, this.#work)
    const user = this.#namesUser ? fields.user : this.#work.own.get('user')?.key
    this.#reject(item, problems, textOf(user), fields)
  }

  #reject(item: Json, problems: readonly ValueProblem[], user: string | null, fields: JsonObject = {}): void {
    const { record, result } = this.#work
    const shown = concealed(problems, [], concealing(this.rule.secretNames, record.data, item))
    const email = addressFor(isEmpty(fields.email) ? KIND : 'user', fields, this.#work)
    const rejected = {
      ...rejection(record, item, KIND, user, shown, user === null ? {} : { user }),
      ...(email !== undefined && { email }),
    }
    result.rejects.push(rejected)
    result.notes.push(...unmappedRoles(rejected, shown))
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

/**
 * Translates roles for an organization; computed again only for organizations with their own rules.
 */
function meanings(names: readonly string[], roles: RoleConfig, problems: ValueProblem[]) {
  const known = new Map<string | null, { slugs: Set<string>; dropped: string[] }>()
  return (organization: string | null) => {
    const ruled = rolesIn(roles, organization) === undefined ? null : organization
    let meaning = known.get(ruled)
    if (meaning !== undefined) return meaning
    meaning = { slugs: new Set(), dropped: [] }
    known.set(ruled, meaning)
    for (const name of names) {
      const role = take('role', mapRoleSlug(name, roles, ruled), problems)
      if (role?.kind === 'role') meaning.slugs.add(role.slug)
      if (role?.kind === 'drop') meaning.dropped.push(name)
    }
    return meaning
  }
}

/** The membership of a role: a draft of this record, or one to find later. */
interface Place {
  organization: string | null
  draft?: Draft
}

function placesOf(
  drafts: Draft[],
  first: number,
  user: string,
  organization: string | null,
  roles: RoleConfig,
): Place[] {
  const own = drafts.slice(first).filter(({ kind }) => kind === membership.name)
  const at = (draft: Draft) => draft.refs.organization ?? null
  const theirs = own.filter(
    (draft) => draft.refs.user === user && (organization === null || at(draft) === organization),
  )
  if (theirs.length > 0) return theirs.map((draft) => ({ organization: at(draft), draft }))
  // The user might merge with that of these memberships: the organizations then decide what the
  // role means.
  if (organization === null && roles.organizations !== undefined && own.length > 0) {
    return [...new Set(own.map(at))].map((each) => ({ organization: each }))
  }
  return [{ organization }]
}

/** The record's own user. */
function takeRef(found: Exclude<ImplicitRef, { leftOutBy: string }>, problems: ValueProblem[]): string | undefined {
  if (found.ok) return found.key
  problems.push({ code: found.code, field: 'user', message: found.message, hint: found.hint })
  return undefined
}

/** The user that the rule names. */
function userOf(fields: JsonObject, problems: ValueProblem[]): string | undefined {
  const user = take('user', optionalText(fields.user), problems)
  if (user === undefined && problems.length === 0) {
    problems.push({
      code: 'no_user',
      field: 'user',
      message: 'the role assignment has no user',
      hint: 'map the key of the user, or skip the item with map.roleAssignment.when',
    })
  }
  return user
}

/** Memberships that recently got a role: most have the same few roles. */
const GIVEN = new Recent<string>({ entries: 1_000, characters: 1_000_000 })

/** Attributes of a membership are remembered up to this length, in characters. */
const LONGEST = 500

function withRole(attributes: string, role: string): string {
  const text = `${role} ${attributes}`
  const known = GIVEN.get(text)
  if (known !== undefined) return known
  const parsed: JsonObject = JSON.parse(attributes)
  const roles = Array.isArray(parsed.roles) ? parsed.roles : []
  const given = roles.includes(role) ? attributes : canonicalJson({ ...parsed, roles: [...roles, role].sort() })
  if (attributes.length <= LONGEST) GIVEN.set(text, given)
  return given
}
