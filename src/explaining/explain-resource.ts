import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { desiredReferringTo, mergedKeys, notesUnder, recordsOf, refusedRefs } from '../rundb/questions.ts'
import type { Address } from '../state/store.ts'
import { blank } from './explain-record.ts'
import type { Explaining } from './explaining.ts'
import type { ExplainedDependents, ExplainedRole, Explanation } from './explanation.ts'
import { type Origins, originsOf, positionsOf } from './identity.ts'
import { liveOf, stateOf } from './in-workos.ts'
import { mapTexts, maskingOf } from './masking.ts'
import { mergingOf } from './merging.ts'
import { outcomeOf, plannedAction, rejectsOf } from './outcome.ts'
import { passwordOf } from './password.ts'
import { writtenAt } from './places.ts'
import { causeOf, DEPENDENTS, dependentsOf, referencesOf } from './references.ts'
import { requestsOf } from './requests.ts'
import { endsOf, rolesGiven } from './roles-given.ts'
import { concernsOf, showRecord } from './show-record.ts'
import type { TracedRecord } from './trace-record.ts'

/** Records of one resource that are shown. */
const SHOWN = 5

/** Records that are read for one question. */
export const RECORDS = 200

/** Positions of the records that tell of a resource, and of those that give its memberships their roles. */
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

/** Everything there is to tell of one resource. */
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

/** With the roles of a user's memberships, and where they are from. */
function withRoles(explaining: Explaining, dependents: ExplainedDependents): ExplainedDependents {
  if (dependents.kind !== 'membership') return dependents
  const shown = dependents.shown.map((one) => {
    return { ...one, roles: rolesOf(explaining, one.address.slice('membership:'.length)) }
  })
  return { ...dependents, shown }
}

/** Where the manifest itself declares a role or a permission. */
function declaredAt(loaded: LoadedManifest, { kind, key }: Address): string | null {
  const { roles, permissions } = loaded.manifest
  const slug = kind === 'organization-role' ? (key.split('@')[0] ?? '') : key
  const isRole = kind === 'role' || kind === 'organization-role' || kind === 'role-definition'
  if (isRole && Object.hasOwn(roles.define, slug)) return writtenAt(loaded, ['roles', 'define', slug])
  if (kind === 'permission' && Object.hasOwn(permissions.define, slug))
    return writtenAt(loaded, ['permissions', 'define', slug])
  return null
}

/** Notes that are told elsewhere: with the password, and with the roles. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['password_reset_required', 'password_weak_reset', 'unmapped_role'])

function notesOf({ rundb }: DesiredSet, { kind, keys }: Origins): Explanation['notes'] {
  return notesUnder(rundb, kind, keys)
    .filter(({ code }) => !TOLD_ELSEWHERE.has(code))
    .slice(0, 20)
    .map(({ code, detail }) => ({ code, detail }))
}
