import type { LoadedManifest } from '../config/load.ts'
import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { policyFor } from '../desired/merge.ts'
import { isObject, type Json } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { draftDefinition, kindDefinitions } from '../kinds/registry.ts'
import { SUMMED_UP } from '../kinds/user/passwords/counts.ts'
import { shownHashType } from '../kinds/user/passwords/hash-types.ts'
import { withoutLength } from '../kinds/user/passwords/strangers.ts'
import type { Action } from '../planning/action.ts'
import type { LiveResource, RefIds } from '../resource.ts'
import { groupOf } from '../rundb/drafts.ts'
import {
  casesUnder,
  conflictsUnder,
  desiredReferringTo,
  knownOf,
  mergedKeys,
  mergingRecords,
  notesUnder,
  recordsOf,
  refusedRefs,
} from '../rundb/questions.ts'
import type { Address, StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import {
  type ExplainedAction,
  type ExplainedDependents,
  type ExplainedLive,
  type ExplainedMerging,
  type ExplainedPassword,
  type ExplainedRole,
  type ExplainedState,
  type Explaining,
  type Explanation,
  writtenAt,
} from './explanation.ts'
import { type Origins, originsOf, positionsOf } from './find-addresses.ts'
import { type Masking, mapTexts, maskingOf } from './masking.ts'
import {
  causeOf,
  DEPENDENTS,
  dependentsOf,
  knownId,
  outcomeOf,
  plannedAction,
  referencesOf,
  rejectsOf,
  requestsOf,
} from './outcome.ts'
import { endsOf, rolesGiven } from './roles-given.ts'
import { blank, concernsOf, showRecord } from './show-record.ts'
import type { TracedRecord } from './trace-record.ts'

/** Maximum number of records shown for one resource. */
const SHOWN = 5

/** Maximum number of records read for one question. */
export const RECORDS = 200

/** Positions of the records of a resource, and of records that give roles to its memberships. */
export function contributing(set: DesiredSet, address: Address): number[] {
  const own = positionsOf(set.rundb, originsOf(set.rundb, address)).slice(0, SHOWN)
  if (address.kind !== 'user') return own
  return [
    ...own,
    ...membershipsOf(set, address.key).flatMap((key) =>
      positionsOf(set.rundb, { kind: 'membership', keys: [key] }).slice(0, SHOWN),
    ),
  ]
}

function membershipsOf({ rundb }: DesiredSet, user: string): string[] {
  return desiredReferringTo(rundb, 'membership', 'user', user, DEPENDENTS)
}

/** Collects everything known about one resource. */
export async function explainResource(explaining: Explaining, address: Address): Promise<Explanation> {
  const { plan, loaded, state, api, mapping, planned } = explaining
  const { set } = plan
  const { kind, key } = address
  const origins = originsOf(set.rundb, address)
  const records = recordsAt(explaining, positionsOf(set.rundb, origins).slice(0, SHOWN))
  const all = [...records, ...(kind === 'user' ? [...explaining.records.values()] : [])]
  const masking = maskingOf(
    mapping,
    all.map(({ record }) => record.data),
    (text) => loaded.redactor.redact(text),
  )
  const definition = kindDefinitions.find(({ name }) => name === kind)
  const desired = set.get(kind, key)
  const planning = plannedAction(set, address)
  const action = outcomeOf(set, address, planned)
  const cause = action.type === 'blocked' ? causeOf(set, address, planned) : undefined
  const merging = mergingOf(set, loaded, address, masking)
  const known = await stateOf(state, address)
  const explanation: Explanation = {
    ...blank(kind, `${kind}:${key}`, key),
    label: desired === undefined || definition === undefined ? (planning?.label ?? null) : definition.label(desired),
    mergedKeys: origins.kind === kind ? mergedKeys(set.rundb, kind, key) : [],
    declared: declaredAt(loaded, address),
    records: records.map((traced) => showRecord(traced, { loaded, masking }, concernsOf(origins))),
    moreRecords: Math.max(0, recordsOf(set.rundb, origins.kind, origins.keys) - records.length),
    rejects: rejectsOf(set, kind, origins.keys),
    merging,
    notes: notesOf(set, origins),
    password: kind === 'user' ? passwordOf(set, key, origins.keys, action, merging, loaded.manifest.map) : null,
    roles: kind === 'membership' ? rolesOf(explaining, key) : [],
    references: referencesOf(
      set,
      address,
      desired?.refs ?? refusedRefs(set.rundb, address) ?? known?.refs ?? {},
      planned,
    ),
    dependents: dependentsOf(set, address, planned).map((one) => (kind === 'user' ? withRoles(explaining, one) : one)),
    state: known,
    live: api === undefined ? null : await liveOf(api, set, definition, address, planning),
    action: cause === undefined || cause === action.why ? action : { ...action, why: `${action.why}: ${cause}` },
    requests: definition === undefined || planning === undefined ? [] : requestsOf(set, definition, planning),
  }
  return mapTexts(explanation, masking.text)
}

function recordsAt({ records }: Explaining, positions: readonly number[]): TracedRecord[] {
  return positions.flatMap((seq) => records.get(seq) ?? [])
}

function rolesOf(explaining: Explaining, key: string): ExplainedRole[] {
  const { set } = explaining.plan
  const ends = endsOf(set, key)
  const positions = positionsOf(set.rundb, { kind: 'membership', keys: [key] })
  return ends === undefined ? [] : rolesGiven(set, explaining.loaded, ends, recordsAt(explaining, positions))
}

/** Adds the roles of a user's memberships, and where they come from. */
function withRoles(explaining: Explaining, dependents: ExplainedDependents): ExplainedDependents {
  if (dependents.kind !== 'membership') return dependents
  const shown = dependents.shown.map((one) => {
    return { ...one, roles: rolesOf(explaining, one.address.slice('membership:'.length)) }
  })
  return { ...dependents, shown }
}

/** The place where the manifest itself declares a role or a permission. */
function declaredAt(loaded: LoadedManifest, { kind, key }: Address): string | null {
  const { roles, permissions } = loaded.manifest
  const slug = kind === 'organization-role' ? (key.split('@')[0] ?? '') : key
  const isRole = kind === 'role' || kind === 'organization-role' || kind === 'role-definition'
  if (isRole && Object.hasOwn(roles.define, slug)) return writtenAt(loaded, ['roles', 'define', slug])
  if (kind === 'permission' && Object.hasOwn(permissions.define, slug))
    return writtenAt(loaded, ['permissions', 'define', slug])
  return null
}

/** Notes that are shown elsewhere: with the password, and with the roles. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set([...SUMMED_UP, 'unmapped_role'])

function notesOf({ rundb }: DesiredSet, { kind, keys }: Origins): Explanation['notes'] {
  return notesUnder(rundb, kind, keys)
    .filter(({ code }) => !TOLD_ELSEWHERE.has(code))
    .slice(0, 20)
    .map(({ code, detail }) => ({ code, detail }))
}

/** The state of a resource. Null: none. */
async function stateOf(state: StateStore, { kind, key }: Address): Promise<ExplainedState | null> {
  const known = await state.get(kind, key)
  const open = (await state.intents()).find((intent) => intent.kind === kind && intent.key === key)
  if (known === undefined && open === undefined) return null
  return {
    id: known?.id ?? '',
    ownership: known?.ownership ?? '',
    run: known?.run ?? 0,
    attributes: known?.attributes ?? {},
    refs: known?.refs ?? open?.refs ?? {},
    secrets: Object.keys(known?.digests ?? {}),
    reduced: known?.reduced ?? null,
    answered: known?.answered ?? null,
    gone: known?.gone ?? null,
    openWrite: open?.action ?? null,
  }
}

/** The resource as it is in WorkOS now: looked up by its ID, else by its identifier. */
async function liveOf(
  api: Api,
  set: DesiredSet,
  definition: KindDefinition | undefined,
  address: Address,
  action: Action | undefined,
): Promise<ExplainedLive> {
  const unable = (why: string): ExplainedLive => ({ found: false, id: null, attributes: {}, why })
  if (definition === undefined) return unable('it is not a resource in WorkOS: roles are made from it')
  const desired = set.get(address.kind, address.key)
  const id = (action !== undefined && 'id' in action ? action.id : undefined) ?? knownId(set, address)
  let live: LiveResource | undefined
  if (id !== undefined) live = await definition.get(api, id)
  else if (desired !== undefined) {
    const refIds: RefIds = {}
    for (const [role, kind] of Object.entries(definition.refs)) {
      const ref = knownId(set, { kind, key: desired.refs[role] ?? '' })
      if (ref === undefined) return unable(`its ${role} is not in WorkOS yet`)
      refIds[role] = ref
    }
    live = await definition.find(api, desired, refIds)
  } else return unable('it cannot be looked up: it is in neither the desired set nor the state')
  if (live === undefined) return { found: false, id: id ?? null, attributes: {}, why: null }
  return { found: true, id: live.id, attributes: live.attributes, why: null }
}

/** The fate of a user's password, or why the user has none. */
function passwordOf(
  set: DesiredSet,
  key: string,
  keys: readonly string[],
  action: ExplainedAction,
  merging: ExplainedMerging | null,
  map: Manifest['map'],
): ExplainedPassword | null {
  const desired = set.get('user', key)
  if (desired === undefined) return null
  const notes = passwordNotes(set, keys)
  const secret = desired.secrets?.passwordHash ?? desired.secrets?.password
  if (secret === undefined) {
    const reset = notes.find(({ code }) => SUMMED_UP.has(code))
    if (reset !== undefined) return resetOf(reset)
    const lost = merging?.conflicts.find(({ field }) => field === 'password' || field === 'passwordHash')
    if (lost !== undefined) return { fate: 'not taken', type: null, why: notTaken(lost) }
    return { fate: 'none', type: null, why: whyNone(map) }
  }
  const type = isObject(secret) && typeof secret.type === 'string' ? shownHashType(secret.type) : 'in the clear'
  if (notes.some(({ code }) => code === 'password_kept_back')) {
    return {
      fate: 'there',
      type,
      why: 'it changed in the source but is not sent: the email address of the adopted account is not verified',
    }
  }
  if (notes.some(({ code }) => code === 'password_changed_in_source')) {
    return {
      fate: 'there',
      type,
      why: 'it changed in the source but is not sent, because the user might have set one in WorkOS (passwords.onChange: send sends it)',
    }
  }
  return ofAction(set, key, action, type)
}

function whyNone({ user = {} }: Manifest['map']): string {
  const fields = (['password', 'passwordHash'] as const).filter((field) => user[field] !== undefined)
  if (fields.length === 0) return 'the manifest does not map a password'
  const paths = fields.map((field) => `map.user.${field}`).join(' and ')
  return `${paths} ${fields.length === 1 ? 'returns' : 'return'} no value for its records`
}

function ofAction(set: DesiredSet, key: string, action: ExplainedAction, type: string): ExplainedPassword {
  if (action.type === 'create') return { fate: 'sent', type, why: 'it is sent with the user' }
  const there = 'the user was in WorkOS before: its password there stays, and none is sent'
  if (action.type === 'adopt') return { fate: 'there', type, why: there }
  if (action.type === 'blocked') return { fate: 'kept', type, why: 'it is sent once the user is no longer blocked' }
  if (action.changes.some((change) => 'secret' in change)) {
    return { fate: 'sent', type, why: 'it changed in the source, and passwords.onChange is send' }
  }
  if (knownOf(set.rundb, { kind: 'user', key })?.ownership === 'adopted') return { fate: 'there', type, why: there }
  return { fate: 'kept', type, why: 'it was sent when the user was created' }
}

function resetOf({ code, detail }: { code: string; detail: string }): ExplainedPassword {
  if (code === 'password_not_a_hash') {
    return { fate: 'reset', type: null, why: `map.user.passwordHash does not return a hash (${withoutLength(detail)})` }
  }
  const type = detail.split(' ')[0] ?? null
  const why =
    code === 'password_weak_reset'
      ? `${detail} is weak, and passwords.weak resets weak passwords`
      : `WorkOS does not accept ${detail}: the user sets a new password (passwords.unsupported)`
  return { fate: 'reset', type: detail.startsWith('an unknown ') ? null : type, why }
}

function notTaken({ origin, rule }: ExplainedMerging['conflicts'][number]): string {
  return rule === 'proof'
    ? `the password of ${origin} is not used: another merged record has a verified email address, and this one does not`
    : `the password of ${origin} is not used when the records merge (${rule})`
}

function passwordNotes({ rundb }: DesiredSet, keys: readonly string[]): { code: string; detail: string }[] {
  return notesUnder(rundb, 'user', keys)
    .filter(({ code }) => code.startsWith('password'))
    .sort((one, other) => one.seq - other.seq)
}

/** Maximum number of records and values shown for one merge. */
const MERGED_SHOWN = 20

/** The prefix that groupOf adds to a value of dedupe.user.by. */
const BY_VALUE = groupOf('', '')

/**
 * The records that became the resource, why, and the values that were lost. Null: it has one
 * record.
 */
function mergingOf(
  set: DesiredSet,
  loaded: LoadedManifest,
  address: Address,
  masking: Masking,
): ExplainedMerging | null {
  const origins = originsOf(set.rundb, address)
  const { order } = policyFor(loaded.manifest, origins.kind)
  const rows = mergingRecords(set.rundb, origins.kind, origins.keys, order, MERGED_SHOWN)
  const [first] = rows
  if (first === undefined || rows.length < 2) return null
  const { by, strategy } = loaded.manifest.dedupe.user
  const isUser = origins.kind === 'user'
  const group = String(first.dedupe_group)
  const byValue = isUser && group.startsWith(BY_VALUE)
  return {
    by: byValue
      ? by.map((expression, index) => ({ expression, at: writtenAt(loaded, ['dedupe', 'user', 'by', index]) }))
      : [{ expression: 'key', at: null }],
    same: masking.value(byValue ? JSON.parse(group.slice(BY_VALUE.length)) : String(first.key)),
    strategy: isUser ? strategy : 'merge',
    records: rows.map((row, index) => ({ key: String(row.key), origin: String(row.origin), stands: index === 0 })),
    conflicts: conflictsOf(set, loaded, origins, masking),
    cases: isUser ? casesUnder(set.rundb, origins.keys) : [],
  }
}

function conflictsOf(
  { rundb }: DesiredSet,
  loaded: LoadedManifest,
  { kind, keys }: Origins,
  masking: Masking,
): ExplainedMerging['conflicts'] {
  const { fields } = draftDefinition(kind)
  const rows = conflictsUnder(rundb, kind, keys, MERGED_SHOWN)
  return rows.flatMap(({ conflicts, origin }) => {
    const lost: { field: string; rule: string; kept?: Json; dropped?: Json }[] = JSON.parse(String(conflicts))
    return lost.map(({ field, rule, kept, dropped }) => {
      const secret = fields[field.split('.')[0] ?? '']?.secret === true
      return {
        origin: String(origin),
        field,
        rule,
        ruleAt: ruleAt(loaded, kind, field, rule),
        secret,
        ...(!secret && kept !== undefined && { kept: masking.value(kept) }),
        ...(!secret && dropped !== undefined && { dropped: masking.value(dropped) }),
      }
    })
  })
}

/** The place of the rule that decided. Null: a rule of the kind. */
function ruleAt(loaded: LoadedManifest, kind: string, field: string, rule: string): string | null {
  if (kind === 'organization' && field === 'name') return writtenAt(loaded, ['organizations', 'onNameConflict'])
  if (kind !== 'user' || rule === 'proof') return null
  const { strategy, fields } = loaded.manifest.dedupe.user
  if (strategy !== 'merge') return writtenAt(loaded, ['dedupe', 'user', 'strategy'])
  const named = [field, field.split('.')[0] ?? '', 'default'].find((name) => Object.hasOwn(fields, name))
  return named === undefined ? null : writtenAt(loaded, ['dedupe', 'user', 'fields', named])
}
